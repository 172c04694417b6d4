"""The border for callbacks: nothing escapes into pjsua2."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

log = logging.getLogger("derivato.sip")

P = ParamSpec("P")
S = TypeVar("S")


def guarded(
    callback: Callable[Concatenate[S, P], None],
) -> Callable[Concatenate[S, P], None]:
    """Log what a callback raises.

    An exception that leaves a director callback is printed and swallowed by SWIG, and pins the
    object in ``sys.last_exc`` until the process ends.
    """

    @functools.wraps(callback)
    def safe(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except Exception:
            log.exception("callback %s failed", callback.__name__)

    return safe
