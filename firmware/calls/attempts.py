"""One call over several ways: when to leave one for the next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.calls.effects import PlaceCall
from firmware.calls.office import MS
from firmware.calls.routes import Ways
from firmware.calls.ways import Way

# RFC 3261 §21.4: the way did not work: no answer (408), or it does not let us in (401, 407),
# RFC 5626: the flow to us is broken (430). All of §21.5 are failures of a server.
WAY_FAILED = frozenset({401, 407, 408, 430}) | frozenset(range(500, 600))
PREEMPTED = 580
"""Code of a leg that had to make room for an emergency call; no SIP server sends it alone."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that is tried by ``way``, and then by each of ``rest``.

    ``until_ns`` is when it is tried by the next way because nobody works on it on this one; None
    if somebody does, or there is no other. ``hops`` counts the forwardings inside the box.
    """

    call: PlaceCall
    way: Way | None
    rest: Ways
    until_ns: int | None
    hops: int = 0

    def failed_by(self, code: int) -> bool:
        """Whether a leg that ended with ``code`` calls for the next way.

        What the party called has refused stays refused, unless it is an emergency.
        """
        failed = code >= 300 if self.call.emergency else code in WAY_FAILED
        return failed and bool(self.rest)

    def begun(self) -> Attempt:
        """Somebody works on it: no more hurry to leave this way."""
        return replace(self, until_ns=None)

    def next(self, leg: str, at_ns: int, trying_ms: int) -> Attempt:
        """The same call by the next way, as ``leg``."""
        way, *rest = self.rest
        return attempt(replace(self.call, leg=leg), (way, *rest), at_ns, trying_ms, hops=self.hops)


def attempt(call: PlaceCall, ways: Ways, at_ns: int, trying_ms: int, *, hops: int = 0) -> Attempt:
    """Begin ``call`` by the first of ``ways``, of which there is one at least."""
    way, *rest = ways
    until = at_ns + trying_ms * MS if rest else None
    return Attempt(call, way, tuple(rest), until, hops)
