"""The one error that reaches the user."""

from pathlib import Path


class BuildError(Exception):
    """Building cannot go on; the text says what is wrong and what to do.

    `log` names the file with the whole output of the failed step, where there is one.
    """

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
