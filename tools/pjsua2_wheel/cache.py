"""One finished wheel or program per key, safe against a kill and against two builds at once."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .recipe import Key


@dataclass(frozen=True, slots=True)
class Entry:
    """Place of one key in the cache directory; `product` is the pattern of the finished file.

    `wheels` appears in one step when the build is whole. `work` belongs to whoever holds the
    lock, so what a killed build left there is removed by the next.
    """

    root: Path
    key: Key
    product: str = "*.whl"

    @property
    def wheels(self) -> Path:
        """Directory of the finished wheel or program."""
        return self.root / self.key.name

    @property
    def work(self) -> Path:
        """Directory of the build that is going on."""
        return self.root / f".work-{self.key.name}"

    @property
    def log(self) -> Path:
        """Whole output of the last build."""
        return self.root / f"{self.key.name}.log"

    def wheel(self) -> Path | None:
        """The finished wheel (or program), if there is one."""
        return next(iter(self.wheels.glob(self.product)), None)

    @contextlib.contextmanager
    def building(self, waiting: "contextlib.AbstractContextManager[None]") -> Iterator[int]:
        """Hold the lock of this key, with an empty `work`; yields the lock's descriptor.

        `waiting` is entered while somebody else builds the same thing. The lock goes away with
        the last process that has the descriptor open, so no stale lock can remain.
        """
        _check_place(self.root)
        descriptor = os.open(self.root / f".lock-{self.key.name}", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with waiting:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                shutil.rmtree(self.work, ignore_errors=True)
                yield descriptor
            finally:
                shutil.rmtree(self.work, ignore_errors=True)
        finally:
            os.close(descriptor)

    def publish(self, directory: Path) -> Path:
        """Make the wheel in `directory` (below `work`) the finished one; returns its path."""
        shutil.rmtree(self.wheels, ignore_errors=True)
        directory.rename(self.wheels)
        wheel = self.wheel()
        if wheel is None:
            raise BuildError(f"{self.wheels}: no {self.product} in it")
        return wheel


def _check_place(root: Path) -> None:
    if " " in str(root):
        raise BuildError(f"{root}: PJSIP's makefiles fail in a path with spaces; give --cache-dir")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"{root}: {error.strerror}; give --cache-dir DIR") from None
