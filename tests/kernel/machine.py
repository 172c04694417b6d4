"""A virtual machine that runs one of our programs over a real kernel.

The guest has this machine's own files, read-only over 9p: the same Python, the same environment,
the same sources. It has a kernel of its own, and what that simulates.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

from tests.kernel.packages import Kernel, need

_SYSTEMS = {
    "x86_64": ("qemu-system-x86_64", "qemu-system-x86", ["-M", "q35", "-cpu", "max"], "ttyS0"),
    "aarch64": (
        "qemu-system-aarch64",
        "qemu-system-arm",
        ["-M", "virt", "-cpu", "max"],
        "ttyAMA0",
    ),
}
_INIT = """\
#!/busybox sh
/busybox mount -t proc proc /proc
/busybox mount -t sysfs sys /sys
/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /busybox insmod /modules/$module || echo "insmod $module failed"; done
/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host /host
for place in proc sys dev; do /busybox mount --rbind /$place /host/$place; done
/busybox mount -t configfs config /host/sys/kernel/config
/busybox mount -t tmpfs tmp /host/tmp
/busybox mount -t tmpfs run /host/run
cd /host
/busybox env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1 \\
    /busybox chroot /host /bin/sh -c {script}
/busybox poweroff -f
"""


def run(kernel: Kernel, command: str, *, work: Path, minutes: float = 10) -> int:
    """Boot, run the shell ``command`` from the repository's root, give its exit code.

    What it prints is printed here.
    """
    program, package, options, console = _SYSTEMS[platform.machine()]
    need(program, package)
    initrd = _initrd(kernel, command, work)
    # Time in the guest is counted in instructions, 4 ns each: what it measures is its own
    # doing, not that of the host's other work.
    accelerator = os.environ.get("DERIVATO_KERNEL_TEST_ACCEL", "tcg,thread=single")
    qemu = [
        *("nice", "-n", os.environ.get("DERIVATO_KERNEL_TEST_NICE", "19")),
        *(program, *options, "-accel", accelerator, "-icount", "shift=2,sleep=on", "-m", "1024"),
        *("-display", "none", "-no-reboot", "-monitor", "none", "-serial", "stdio", "-nodefaults"),
        *("-kernel", str(kernel.image), "-initrd", str(initrd)),
        *("-append", f"console={console} quiet panic=-1 loglevel=4"),
        *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
    ]
    code = 1
    child = subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    timer = subprocess.Popen(["sleep", str(minutes * 60)])
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("guest: exit code "):
                code = int(line.split()[-1])
            elif timer.poll() is None:
                sys.stdout.write(line)
                sys.stdout.flush()
            else:
                print(f"the guest was still running after {minutes:g} minutes", file=sys.stderr)
                break
    finally:
        timer.kill()
        child.kill()
        child.wait()
    return code


def _initrd(kernel: Kernel, command: str, work: Path) -> Path:
    root = work / "initrd"
    for name in ("proc", "sys", "dev", "host", "modules"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for module in kernel.modules:
        (root / "modules" / module.name).write_bytes(module.read_bytes())
    (root / "busybox").write_bytes(kernel.busybox.read_bytes())
    (root / "busybox").chmod(0o755)
    folder = Path(__file__).parents[2]
    init = root / "init"
    names = " ".join(module.name for module in kernel.modules)
    script = shlex.quote(f'cd {folder} && {command}; echo "guest: exit code $?"')
    init.write_text(_INIT.format(modules=names, script=script))
    init.chmod(0o755)
    need("cpio", "cpio")
    paths = "\n".join(str(path.relative_to(root)) for path in [root, *root.rglob("*")])
    done = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=paths.encode(), check=True,
        capture_output=True,
    )  # fmt: skip
    image = work / "initrd.img"
    image.write_bytes(done.stdout)
    return image
