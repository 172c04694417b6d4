"""From a source tree to the extension module: patch, configure, compile, link, check.

The C library (make, on all processors) and the SWIG wrapper (one long compilation) run side by
side; each alone would leave processors idle.
"""

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import recipe as recipes
from .errors import BuildError
from .progress import Progress

SYSTEM_LIBRARIES = ("/lib/", "/lib64/", "/usr/lib/")
CODECS = ("PCMA", "PCMU", "G722")  # what a telephone gateway cannot do without


@dataclass(slots=True)
class Workshop:
    """A source tree, how it is built, and where the output of every step goes."""

    tree: Path
    recipe: recipes.Recipe
    python: recipes.Interpreter
    log: Path
    lock: int  # file descriptor; every child keeps it, so an orphan still holds the lock

    @contextlib.contextmanager
    def running(
        self, command: Sequence[str], *, cwd: Path, more: dict[str, str] | None = None
    ) -> Iterator[None]:
        """Run one step beside the block, its output appended to the log.

        Leaving the block waits for the step and raises BuildError where it failed. An interrupted
        block ends the step with everything that it started.
        """
        with self.log.open("ab") as output:
            output.write(f"\n$ cd {cwd}; {shlex.join(command)}\n".encode())
            output.flush()
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=os.environ | {"LC_ALL": "C"} | (more or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(self.lock,),
                start_new_session=True,
            )
        try:
            yield
            status = child.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
        if status:
            raise BuildError(f"{Path(command[0]).name} failed (status {status})", log=self.log)

    def run(self, command: Sequence[str], *, cwd: Path, more: dict[str, str] | None = None) -> None:
        """Run one step; raise BuildError where it fails."""
        with self.running(command, cwd=cwd, more=more):
            pass

    @property
    def swig(self) -> Path:
        """Directory where the module is made."""
        return self.tree / "pjsip-apps/src/swig/python"

    def setting(self, name: str) -> list[str]:
        """A list of flags from the tree's own makefiles: cflags, ldflags or libs."""
        command = ["make", "-s", "--no-print-directory", "-f", "helper.mak", name]
        answer = subprocess.run(command, cwd=self.swig, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise BuildError(f"make {name}: {answer.stderr.strip()}")
        return answer.stdout.split()


def patch(shop: Workshop) -> None:
    """Apply our patches; one that does not apply stops the build."""
    for file in shop.recipe.patches:
        try:
            command = ["patch", "-p1", "--forward", "--fuzz=0", "--no-backup-if-mismatch"]
            shop.run([*command, "-i", str(file)], cwd=shop.tree)
        except BuildError as error:
            advice = f"it is written for {recipes.PATCHED_VERSION}; see --no-patches"
            raise BuildError(f"{file.name} does not apply: {advice}", log=error.log) from None


def configure(shop: Workshop) -> None:
    """Write our config_site.h, mend what Debian's component leaves out, and configure."""
    site = shop.tree / "pjlib/include/pj/config_site.h"
    site.write_text(recipes.CONFIG_SITE, encoding="utf-8")
    # Debian removes this file for its licence, the makefile still lists it; it is dead code here.
    (shop.tree / "pjmedia/src/pjmedia-audiodev/bdimad_dev.c").touch()
    flags = {"CFLAGS": shop.recipe.cflags, "CXXFLAGS": shop.recipe.cflags}
    shop.run(["sh", "./configure", *recipes.CONFIGURE], cwd=shop.tree, more=flags)


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def objects(shop: Workshop) -> int:
    """Object files compiled so far."""
    return sum(1 for _ in shop.tree.glob("*/build/output/**/*.o"))


def sources(shop: Workshop) -> int:
    """Upper bound of the object files that the library will have."""
    return sum(1 for _ in shop.tree.glob("*/src/pj*/**/*.c*"))


def compile_all(shop: Workshop) -> None:
    """Compile the C library and the wrapper at the same time."""
    with shop.running(["make", f"-j{processors()}", "lib"], cwd=shop.tree):
        wrap(shop)


def wrap(shop: Workshop) -> None:
    """Generate the wrapper and compile it."""
    includes = [flag for flag in shop.setting("cflags") if flag.startswith("-I")]
    shop.run(["swig", *recipes.SWIG, *includes, "-o", "wrap.cpp", "../pjsua2.i"], cwd=shop.swig)
    flags = [*shop.setting("cflags"), *recipes.WRAPPER, f"-I{shop.python.include}"]
    shop.run(["g++", *flags, "-c", "wrap.cpp", "-o", "wrap.o"], cwd=shop.swig)


def link(shop: Workshop, into: Path) -> None:
    """Link the module with the static libraries; `into` then holds it and pjsua2.py."""
    into.mkdir()
    module = into / f"_pjsua2{shop.python.suffix}"
    libraries = [f"-l{name}" for name in shop.setting("libs")]
    command = ["g++", *recipes.LINK, "wrap.o", *shop.setting("ldflags"), *libraries]
    shop.run([*command, "-o", str(module)], cwd=shop.swig)
    (into / "pjsua2.py").write_bytes((shop.swig / "pjsua2.py").read_bytes())


_TRY = """
import pjsua2 as pj
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint = pj.Endpoint()
endpoint.libCreate()
print("version", endpoint.libVersion().full)
endpoint.libInit(config)
print("codecs", *(codec.codecId for codec in endpoint.codecEnum2()))
endpoint.libDestroy()
"""


def check(shop: Workshop, module: Path, version: str) -> None:
    """Raise BuildError unless the module loads, works and needs system libraries only."""
    extension = str(module / f"_pjsua2{shop.python.suffix}")
    needed = subprocess.run(["ldd", extension], capture_output=True, text=True, check=False)
    for line in needed.stdout.splitlines():
        _, arrow, found = line.partition(" => ")
        if arrow and not found.startswith(SYSTEM_LIBRARIES):
            raise BuildError(f"the module is not self-contained: {line.strip()}")
    environment = os.environ | {"PYTHONPATH": str(module)}
    environment.pop("LD_LIBRARY_PATH", None)
    command = [shop.python.path, "-c", _TRY]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    with shop.log.open("a") as log:
        log.write(f"\n$ try the module\n{tried.stdout}{tried.stderr}")
    said = dict(line.partition(" ")[::2] for line in tried.stdout.splitlines())
    if tried.returncode or not said.get("version", "").startswith(version):
        raise BuildError("the module does not load or does not start", log=shop.log)
    absent = [codec for codec in CODECS if f"{codec}/" not in said.get("codecs", "")]
    if absent:
        raise BuildError(f"the module lacks {', '.join(absent)}", log=shop.log)


def run(shop: Workshop, version: str, module: Path, progress: Progress) -> None:
    """All steps on an unpacked tree."""
    if shop.recipe.patches:
        with progress.stage(f"apply {len(shop.recipe.patches)} patches"):
            patch(shop)
    with progress.stage("configure"):
        configure(shop)
    total = max(1, sources(shop))
    with progress.stage("compile", lambda: objects(shop) / total):
        compile_all(shop)
    with progress.stage("link"):
        link(shop, module)
    with progress.stage("check"):
        check(shop, module, version)
