"""Receive who calls from an exchange line at rest: FSK in all its positions, and DTMF."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.fsk_receiver import FskMessage, FskReceiver
from firmware.lines.callerid import decode
from firmware.lines.callerid_dtmf import DtmfCode, decode_digits
from firmware.lines.callerid_message import Absence, CallerIdError, CallSetup
from firmware.lines.callerid_plan import Modem
from firmware.lines.fxs import Caller

_CODES = (DtmfCode.A_TO_C, DtmfCode.D_TO_C)
"""Forms that begin and end with letters, which nobody dials."""

_LONGEST = 48  # digits of a message: two numbers of 20, and marks


class CallerReceiver:
    """Give each caller that is told in a stream of 8 kHz samples, fed in pieces of any length.

    Messages that are damaged are dropped: a wrong number shown is worse than none.
    """

    def __init__(self, modem: Modem = Modem.V23) -> None:
        self._fsk = FskReceiver(modem)
        self._dtmf = DtmfReceiver()
        self._digits = ""

    def feed(self, samples: NDArray[np.int16]) -> tuple[Caller, ...]:
        """Take samples; give the callers that were told whole in them."""
        calls = [
            message
            for event in self._fsk.feed(samples)
            if isinstance(event, FskMessage) and (message := _call(event.payload)) is not None
        ]
        for event in self._dtmf.feed(samples):
            if isinstance(event, DigitStart):
                self._digits = (self._digits + event.digit)[-_LONGEST:]
                calls += self._dialled()
        return tuple(map(caller, calls))

    def _dialled(self) -> list[CallSetup]:
        """The message that ends with the last digit, if one does."""
        for code in _CODES:
            marks = {code.number, code.reason, code.redirecting} - {""}
            starts = [at for at, digit in enumerate(self._digits) if digit in marks]
            for start in starts if self._digits.endswith(code.end) else ():
                try:
                    found = decode_digits(code, self._digits[start:])
                except CallerIdError:
                    continue
                self._digits = ""
                return [found]
        return []


def _call(payload: bytes) -> CallSetup | None:
    try:
        message = decode(payload)
    except CallerIdError:
        return None
    return message if isinstance(message, CallSetup) else None


def caller(call: CallSetup) -> Caller:
    """What a message tells of a caller, as the rest of the program knows callers."""
    return Caller(
        number=call.number if isinstance(call.number, str) else None,
        name=call.name if isinstance(call.name, str) else None,
        private=call.number is Absence.PRIVATE,
        stamp=str(call.at) if call.at else "",
        redirecting=call.redirecting if isinstance(call.redirecting, str) else "",
    )
