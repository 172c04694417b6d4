"""The program `pjsua` of the same source and flags as the module: a yardstick for measurements."""

import shutil
import subprocess
from pathlib import Path

from . import build
from .errors import BuildError
from .progress import Progress

NAME = "pjsua"
SOURCES = ("main", "pjsua_app", "pjsua_app_cli", "pjsua_app_common", "pjsua_app_config")
SOURCES += ("pjsua_app_legacy",)


def run(shop: build.Workshop, into: Path, progress: Progress) -> None:
    """All steps on an unpacked tree; `into` then holds the program."""
    if shop.recipe.patches:
        with progress.stage(f"apply {len(shop.recipe.patches)} patches"):
            build.patch(shop)
    with progress.stage("configure"):
        build.configure(shop)
    total = max(1, build.sources(shop))
    with progress.stage("compile", lambda: build.objects(shop) / total):
        shop.run(["make", f"-j{build.processors()}", "lib"], cwd=shop.tree)
    with progress.stage("link"):
        _link(shop, into)
    with progress.stage("check"):
        _check(into / NAME)


def _link(shop: build.Workshop, into: Path) -> None:
    into.mkdir()
    folder = shop.tree / "pjsip-apps/src/pjsua"
    sources = [f"{name}.c" for name in SOURCES]
    shop.run(["gcc", *shop.setting("cflags"), "-c", *sources], cwd=folder)
    objects = [f"{name}.o" for name in SOURCES]
    libraries = [f"-l{name}" for name in shop.setting("libs")]
    command = ["g++", "-s", *objects, *shop.setting("ldflags"), *libraries]
    shop.run([*command, "-o", str(into / NAME)], cwd=folder)


def _check(program: Path) -> None:
    # Its status after --help is that of a wrong option, so the text decides.
    tried = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    if "--null-audio" not in tried.stdout:
        raise BuildError(f"{program.name} does not start: {tried.stderr.strip()}")


def install(program: Path, directory: Path) -> Path:
    """Copy the program into `directory`, which is made if it is not there."""
    target = directory / NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy2(program, target)
    except OSError as error:
        raise BuildError(f"{target}: {error.strerror}; give --pjsua another directory") from None
    return target
