"""`python -m tests.kernel [-- COMMAND]`: boot the machine and run the tests in it."""

import sys
import tempfile
from pathlib import Path

from tests.kernel import machine, packages

CACHE = Path(__file__).parents[2] / ".cache/kernel"


def main(words: list[str]) -> int:
    try:
        kernel = packages.get(CACHE)
        print(f"kernel {kernel.version}, modules: {' '.join(m.stem for m in kernel.modules)}")
        command = " ".join(words) or f"{sys.executable} -m tests.kernel.guest"
        with tempfile.TemporaryDirectory() as work:
            return machine.run(kernel, command, work=Path(work))
    except packages.KernelTestError as error:
        print(f"tests.kernel: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
