"""How a step fails."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - "raise Failure(what, instead)" reads as what it says
    """A step did not come true: ``what`` was wanted, ``instead`` is what was there."""

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.instead = instead
