"""What can go wrong at the border to pjsua2."""

from __future__ import annotations


class SipError(Exception):
    """An order that pjsua2 refused: a URI that is none, no free call slot, a dead leg.

    ``status`` is pjlib's status code (0 when the refusal is our own). pjsua2's own error prints
    as an empty string, so its text is carried over here.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class StartError(SipError):
    """The endpoint could not start: a port in use, an unreadable certificate, no pjsua2."""
