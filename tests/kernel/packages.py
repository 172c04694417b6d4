"""A kernel with gpio-sim and a static busybox, from Debian's packages, without touching the host's.

The kernels of Debian 12 and 13 have no gpio-sim; that of trixie-backports has. Everything is kept
in .cache/kernel, by the version of the kernel.
"""

from __future__ import annotations

import lzma
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITE = "trixie-backports"
WANTED = ("9p", "9pnet_virtio", "gpio-sim", "snd-aloop", "virtio_pci")
"""Modules of the guest; what they need comes with them."""


class KernelTestError(Exception):
    """The test cannot run here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel ready to boot: its image and the modules, in the order in which they load."""

    version: str
    image: Path
    modules: tuple[Path, ...]
    busybox: Path


def need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise KernelTestError(f"{program} is missing; run: apt-get install {package}")


def architecture() -> str:
    return _output("dpkg", "--print-architecture").strip()


def get(cache: Path) -> Kernel:
    """Fetch and unpack what is not in ``cache`` yet."""
    need("apt-get", "apt")
    need("depmod", "kmod")
    apt = _private_apt(cache / "apt", architecture())
    image = _newest_image(apt, architecture())
    version = image.removeprefix("linux-image-")
    root = cache / version
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        names = [image, *_parts(apt, image), "busybox-static"]
        _download(apt, names, root / "debs")
        for deb in (root / "debs").glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(deb), str(root / "tree")], check=True)
        (root / "done").touch()
    tree = root / "tree"
    if not (tree / "lib").exists():  # where depmod looks
        (tree / "lib").symlink_to("usr/lib")
    modules = _folder(tree / "usr/lib/modules" / version, tree / "lib/modules" / version)
    images = [modules / "vmlinuz", tree / "boot" / f"vmlinuz-{version}"]
    busybox = [tree / "bin/busybox", tree / "usr/bin/busybox"]
    return Kernel(
        version,
        next(path for path in images if path.exists()),
        _load_order(tree, modules, root / "modules"),
        next(path for path in busybox if path.exists()),
    )


def base_trees(cache: Path) -> list[Path]:
    """Device trees of the Raspberry Pis, from Debian's kernel for arm64 (5 MB, fetched once)."""
    root = cache / "dtb"
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        apt = _private_apt(cache / "apt-arm64", "arm64")
        version = _newest_image(apt, "arm64").removeprefix("linux-image-")
        _download(apt, [f"linux-base-{version}:arm64"], root / "debs")
        for deb in (root / "debs").glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(deb), str(root / "tree")], check=True)
        (root / "done").touch()
    return sorted((root / "tree").rglob("bcm2*-rpi-*.dtb"))


def _private_apt(folder: Path, arch: str) -> list[str]:
    """Options that keep apt's lists and archives to ourselves; the lists are brought up to date."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    uris = _output("apt-get", "indextargets", "--format", "$(REPO_URI)").split()
    mirror = next((uri for uri in uris if "security" not in uri), None)
    if mirror is None:
        raise KernelTestError("apt knows no repository here; run: apt-get update")
    lines = [
        f"deb [arch={arch} signed-by={KEYRING}] {mirror} {suite} main\n"
        for suite in ("trixie", SUITE)
    ]
    sources = folder / "sources.list"
    sources.write_text("".join(lines))
    options = [
        *("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"),
        *("-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"),
        *("-o", f"APT::Architectures::={arch}", "-o", "APT::Sandbox::User=root"),
        *("-o", "Dir::Etc::preferencesparts=/dev/null"),
    ]
    done = subprocess.run(["apt-get", *options, "-qq", "update"], check=False)
    if done.returncode:
        raise KernelTestError(f"apt-get update for {SUITE} failed; is the network there?")
    return options


def _newest_image(apt: list[str], arch: str) -> str:
    meta = f"linux-image-{arch}"
    shown = _output("apt-cache", *apt, "show", f"{meta}/{SUITE}", "--no-all-versions")
    depends = next(line for line in shown.splitlines() if line.startswith("Depends:"))
    return next(word for word in depends.split() if word.startswith("linux-image-")).rstrip(",")


def _parts(apt: list[str], image: str) -> list[str]:
    """The packages of the kernel itself and its modules, where they are apart (from 7.3 on)."""
    shown = _output("apt-cache", *apt, "show", "--no-all-versions", image)
    depends = next(line for line in shown.splitlines() if line.startswith("Depends:"))
    words = depends.replace(",", " ").split()
    return [word for word in words if word.startswith(("linux-binary-", "linux-modules-"))]


def _download(apt: list[str], names: list[str], folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(["apt-get", *apt, "-qq", "download", *names], cwd=folder, check=True)


def _folder(*places: Path) -> Path:
    return next(place for place in places if place.is_dir())


def _load_order(tree: Path, modules: Path, target: Path) -> tuple[Path, ...]:
    """Unpack the wanted modules and what they need; dependencies come first."""
    if not (modules / "modules.dep").exists():
        subprocess.run(["depmod", "-b", str(tree), modules.name], check=True)
    needs: dict[str, list[str]] = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    by_name = {_plain(path): path for path in needs}
    order: list[str] = []
    for name in WANTED:
        path = by_name.get(_plain(name))
        if path is None:
            continue  # built in
        for each in (*reversed(needs[path]), path):
            if each not in order:
                order.append(each)
    target.mkdir(exist_ok=True)
    return tuple(_unpacked(modules / path, target) for path in order)


def _plain(path: str) -> str:
    return Path(path).name.partition(".")[0].replace("-", "_")


def _unpacked(packed: Path, target: Path) -> Path:
    plain = target / packed.name.removesuffix(".xz")
    if not plain.exists():
        content = packed.read_bytes()
        plain.write_bytes(lzma.decompress(content) if packed.suffix == ".xz" else content)
    return plain


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
