"""Options, the order of the stages, and what is printed."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from . import build, cache, needs, program, recipe, source, wheel
from .errors import BuildError
from .progress import Progress

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "pjsua2"
TAIL = 20  # lines of the log that are shown when a step fails

# Usual seconds of the stages on two processors; they only place the progress bar.
WEIGHTS = {
    "fetch the source": 3.0,
    "unpack": 2.0,
    "configure": 6.0,
    "compile": 75.0,
    "link": 2.0,
    "check": 1.0,
}


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tools/pjsua2",
        description="Build (or take from the cache) a wheel of pjsua2 for one Python on this "
        "machine and print its path. The source is the PJSIP component of Debian's asterisk, from "
        "the mirror that apt uses, checked by SHA-256. Build on the architecture that will run it; "
        "cross-building is not done here.",
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the Python it is for"
    )
    parser.add_argument(
        "--tarball", type=Path, metavar="FILE", help="use this source of PJSIP instead"
    )
    parser.add_argument("--sha256", metavar="HEX", help="what --tarball must be")
    parser.add_argument("--tag", metavar="X.Y", help="use this release from upstream's repository")
    parser.add_argument(
        "--no-patches", action="store_true", help="leave our fixes out (newer source)"
    )
    parser.add_argument(
        "--assert-build", action="store_true", help="abort on a broken rule; for tests"
    )
    parser.add_argument(
        "--cache-dir", type=Path, default=CACHE, metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--pjsua",
        type=Path,
        metavar="DIR",
        help="put the program pjsua of this build there",
    )
    parser.add_argument(
        "--print-apt", action="store_true", help="print the Debian packages it needs"
    )
    chosen = parser.parse_args(arguments)
    if chosen.tarball and chosen.tag:
        parser.error("--tarball and --tag exclude each other")
    if chosen.sha256 and not chosen.tarball:
        parser.error("--sha256 belongs to --tarball")
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    chosen = options(arguments)
    if chosen.print_apt:
        print(*needs.packages())
        return 0
    signal.signal(signal.SIGTERM, _stop)
    try:
        with Progress(WEIGHTS) as progress:
            made = make(chosen, progress)
            if chosen.pjsua:
                program.install(make_program(chosen, progress), chosen.pjsua)
    except BuildError as error:
        _report(error)
        return 1
    except KeyboardInterrupt:
        print("tools/pjsua2: interrupted; nothing was changed", file=sys.stderr)
        return 130
    print(made)
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _report(error: BuildError) -> None:
    if error.log is not None and error.log.exists():
        lines = error.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
        print(*lines, f"whole log: {error.log}", sep="\n", file=sys.stderr)
    print(f"tools/pjsua2: {error}", file=sys.stderr)


def _identity(chosen: argparse.Namespace) -> str:
    """What the cache knows the chosen source by."""
    if chosen.tag:
        return source.commit_of(chosen.tag)
    if chosen.tarball:
        if chosen.sha256:
            source.verify(chosen.tarball, chosen.sha256)
        return source.sha256_of(chosen.tarball)
    return source.PINS[0].sha256


def make(chosen: argparse.Namespace, progress: Progress) -> Path:
    """The wheel of what was asked for, from the cache where it is there."""
    python = recipe.interpreter(chosen.python)
    fixes = () if chosen.no_patches else recipe.patches()
    how = recipe.Recipe(asserts=chosen.assert_build, patches=fixes)
    key = recipe.key(source=_identity(chosen), recipe=how, python=python)
    entry = cache.Entry(chosen.cache_dir.resolve(), key)
    if (found := entry.wheel()) is not None:
        return found
    needs.require(python.include)
    with entry.building(_waiting(progress)) as lock:
        if (found := entry.wheel()) is not None:
            return found
        return _build(chosen, how, python, entry, lock, progress)


def make_program(chosen: argparse.Namespace, progress: Progress) -> Path:
    """The program pjsua of what was asked for, from the cache where it is there."""
    python = recipe.interpreter(chosen.python)
    fixes = () if chosen.no_patches else recipe.patches()
    how = recipe.Recipe(asserts=chosen.assert_build, patches=fixes)
    key = replace(
        recipe.key(source=_identity(chosen), recipe=how, python=python), python=program.NAME
    )
    entry = cache.Entry(chosen.cache_dir.resolve(), key, product=program.NAME)
    if (found := entry.wheel()) is not None:
        return found
    needs.require(python.include)
    with entry.building(_waiting(progress)) as lock:
        if (found := entry.wheel()) is not None:
            return found
        entry.work.mkdir()
        entry.log.unlink(missing_ok=True)
        tree, _ = _tree(chosen, entry.work, progress)
        shop = build.Workshop(tree=tree, recipe=how, python=python, log=entry.log, lock=lock)
        program.run(shop, entry.work / "program", progress)
        return entry.publish(entry.work / "program")


@contextlib.contextmanager
def _waiting(progress: Progress) -> Iterator[None]:
    progress.say("another build of the same wheel is running: waiting for it")
    yield


def _build(
    chosen: argparse.Namespace,
    how: recipe.Recipe,
    python: recipe.Interpreter,
    entry: cache.Entry,
    lock: int,
    progress: Progress,
) -> Path:
    entry.work.mkdir()
    entry.log.unlink(missing_ok=True)
    tree, identity = _tree(chosen, entry.work, progress)
    released = source.version_of(tree)
    module = entry.work / "module"
    shop = build.Workshop(tree=tree, recipe=how, python=python, log=entry.log, lock=lock)
    build.run(shop, released, module, progress)
    version = f"{released}+{entry.key.local_version}" + (".assert" if how.asserts else "")
    finished = entry.work / "wheel"
    finished.mkdir()
    wheel.write(
        finished / wheel.file_name(version, python),
        module=module,
        licence=tree / "COPYING",
        version=version,
        python=python,
        origin={"source": identity, "system": entry.key.system, **how.contents()},
    )
    return entry.publish(finished)


def _tree(chosen: argparse.Namespace, work: Path, progress: Progress) -> tuple[Path, str]:
    """Source tree to build, and the hash or commit that it was checked by."""
    with progress.stage("fetch the source"):
        if chosen.tag:
            return source.from_tag(chosen.tag, work), f"tag {chosen.tag}"
        if chosen.tarball:
            tarball, identity = chosen.tarball, source.sha256_of(chosen.tarball)
        else:
            tarball, identity = source.from_debian(work, source.PINS[0], progress)
    with progress.stage("unpack"):
        return source.unpack(tarball, work / "source"), identity
