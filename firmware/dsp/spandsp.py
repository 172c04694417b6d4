"""SpanDSP, the packaged C library, as an independent decoder.

The only module that loads it, in cffi's ABI mode (no compiler). The product does not need it:
the receivers of ``firmware.dsp`` are wider or steadier, as ``docs/signals.md`` shows by figures;
tests and benches set them against this one. Its echo canceller prints on stdout and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cffi import FFI

LIBRARY: Final = "libspandsp.so.2"
_DECLARATIONS: Final = """
typedef struct adsi_rx_state_s adsi_rx_state_t;
typedef struct adsi_tx_state_s adsi_tx_state_t;
typedef struct dtmf_rx_state_s dtmf_rx_state_t;
typedef struct super_tone_rx_descriptor_s super_tone_rx_descriptor_t;
typedef struct super_tone_rx_state_s super_tone_rx_state_t;
typedef void (*put_msg_func_t)(void *user_data, const uint8_t *msg, int len);
typedef void (*digits_rx_callback_t)(void *user_data, const char *digits, int len);
typedef void (*tone_report_func_t)(void *user_data, int code, int level, int delay);

adsi_rx_state_t *adsi_rx_init(adsi_rx_state_t *, int standard, put_msg_func_t, void *user_data);
int adsi_rx(adsi_rx_state_t *, const int16_t amp[], int len);
int adsi_rx_free(adsi_rx_state_t *);
adsi_tx_state_t *adsi_tx_init(adsi_tx_state_t *, int standard);
void adsi_tx_set_preamble(adsi_tx_state_t *, int preamble_len, int preamble_ones_len,
                          int postamble_ones_len, int stop_bits);
void adsi_tx_send_alert_tone(adsi_tx_state_t *);
int adsi_tx_put_message(adsi_tx_state_t *, const uint8_t *msg, int len);
int adsi_tx(adsi_tx_state_t *, int16_t amp[], int max_len);
int adsi_tx_free(adsi_tx_state_t *);

dtmf_rx_state_t *dtmf_rx_init(dtmf_rx_state_t *, digits_rx_callback_t, void *user_data);
void dtmf_rx_parms(dtmf_rx_state_t *, int filter_dialtone, int twist, int reverse_twist,
                   int threshold);
int dtmf_rx(dtmf_rx_state_t *, const int16_t amp[], int samples);
size_t dtmf_rx_get(dtmf_rx_state_t *, char *digits, int max);
int dtmf_rx_free(dtmf_rx_state_t *);

super_tone_rx_descriptor_t *super_tone_rx_make_descriptor(super_tone_rx_descriptor_t *);
int super_tone_rx_free_descriptor(super_tone_rx_descriptor_t *);
int super_tone_rx_add_tone(super_tone_rx_descriptor_t *);
int super_tone_rx_add_element(super_tone_rx_descriptor_t *, int tone, int f1, int f2,
                              int min, int max);
super_tone_rx_state_t *super_tone_rx_init(super_tone_rx_state_t *, super_tone_rx_descriptor_t *,
                                          tone_report_func_t, void *user_data);
int super_tone_rx(super_tone_rx_state_t *, const int16_t amp[], int samples);
int super_tone_rx_free(super_tone_rx_state_t *);
"""


class SpandspMissingError(OSError):
    """SpanDSP cannot be loaded: install the package libspandsp2 (libspandsp2t64)."""


class Standard(IntEnum):
    """The caller ID standard of an ADSI receiver or sender."""

    CLASS = 1
    CLIP = 2
    CLIP_DTMF = 5


@cache
def _open() -> tuple[FFI, FFI]:
    """Load the library once: the foreign interface, and the functions as attributes."""
    # Here, not above: who only asks for the error type needs no cffi.
    from cffi import FFI  # noqa: PLC0415

    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    try:
        return ffi, ffi.dlopen(LIBRARY)
    except OSError as error:
        raise SpandspMissingError(
            f"{LIBRARY} cannot be loaded ({error}); install the package libspandsp2"
        ) from error


class AdsiReceiver:
    """SpanDSP's receiver of caller ID messages. Raises SpandspMissingError without the library."""

    def __init__(self, standard: Standard) -> None:
        self._ffi, self._lib = _open()
        self._messages: list[bytes] = []
        # Kept, or cffi would free what the library still calls.
        self._callback = self._ffi.callback("put_msg_func_t", self._put)
        state = self._lib.adsi_rx_init(self._ffi.NULL, standard, self._callback, self._ffi.NULL)
        self._state = self._ffi.gc(state, self._lib.adsi_rx_free)

    def _put(self, _user: object, message: object, length: int) -> None:
        self._messages.append(bytes(self._ffi.buffer(message, length)))

    def feed(self, samples: NDArray[np.int16]) -> tuple[bytes, ...]:
        """Take any number of samples; give the messages completed in them.

        For FSK a message is its octets from the type on, without the checksum (SpanDSP drops
        messages whose checksum is wrong); for DTMF its digits.
        """
        samples = np.ascontiguousarray(samples, np.int16)
        self._lib.adsi_rx(self._state, self._ffi.from_buffer("int16_t[]", samples), samples.size)
        done = tuple(self._messages)
        self._messages.clear()
        return done


def adsi_audio(
    payload: bytes, standard: Standard, *, alert_tone: bool = False, count: int = 16000
) -> NDArray[np.int16]:
    """Give up to ``count`` samples of SpanDSP's sending ``payload`` (without its checksum)."""
    ffi, lib = _open()
    state = ffi.gc(lib.adsi_tx_init(ffi.NULL, standard), lib.adsi_tx_free)
    if alert_tone:
        lib.adsi_tx_send_alert_tone(state)
    lib.adsi_tx_put_message(state, payload, len(payload))
    samples = np.zeros(count, np.int16)
    view = ffi.from_buffer("int16_t[]", samples, require_writable=True)
    made = 0
    while made < count and (step := lib.adsi_tx(state, view + made, count - made)) > 0:
        made += step
    return samples[:made]


class DtmfDecoder:
    """SpanDSP's DTMF receiver; the parameters are its own, in dB and dBm0.

    ``twist`` and ``reverse_twist`` are limits of level differences, ``threshold`` the least
    level; None leaves the defaults. Raises SpandspMissingError without the library.
    """

    def __init__(
        self,
        *,
        filter_dialtone: bool | None = None,
        twist: int | None = None,
        reverse_twist: int | None = None,
        threshold: int | None = None,
    ) -> None:
        self._ffi, self._lib = _open()
        null = self._ffi.NULL
        state = self._lib.dtmf_rx_init(null, null, null)
        self._state = self._ffi.gc(state, self._lib.dtmf_rx_free)
        # The library takes negative values as "unchanged"; for the level -99 says that.
        self._lib.dtmf_rx_parms(
            self._state,
            -1 if filter_dialtone is None else int(filter_dialtone),
            -1 if twist is None else twist,
            -1 if reverse_twist is None else reverse_twist,
            -99 if threshold is None else threshold,
        )

    def feed(self, samples: NDArray[np.int16]) -> str:
        """Take any number of samples; give the digits recognised in them."""
        samples = np.ascontiguousarray(samples, np.int16)
        self._lib.dtmf_rx(self._state, self._ffi.from_buffer("int16_t[]", samples), samples.size)
        digits = self._ffi.new("char[129]")
        self._lib.dtmf_rx_get(self._state, digits, 128)
        return str(self._ffi.string(digits).decode("ascii"))


@dataclass(frozen=True, slots=True)
class CadencePart:
    """``least_ms`` to ``most_ms`` ms of ``hz`` Hz, or of silence when ``hz`` is None."""

    hz: int | None
    least_ms: int
    most_ms: int


class ToneRecogniser:
    """SpanDSP's recogniser of supervisory tones, each a sequence of cadence parts.

    At least two frequencies must be named in all (it reads memory it never wrote otherwise).
    Raises SpandspMissingError without the library.
    """

    def __init__(self, tones: Sequence[Sequence[CadencePart]]) -> None:
        self._ffi, self._lib = _open()
        self._reports: list[int] = []
        null = self._ffi.NULL
        descriptor = self._lib.super_tone_rx_make_descriptor(null)
        self._descriptor = self._ffi.gc(descriptor, self._lib.super_tone_rx_free_descriptor)
        for tone in tones:
            number = self._lib.super_tone_rx_add_tone(self._descriptor)
            for part in tone:
                hz = 0 if part.hz is None else part.hz
                self._lib.super_tone_rx_add_element(
                    self._descriptor, number, hz, 0, part.least_ms, part.most_ms
                )
        self._callback = self._ffi.callback("tone_report_func_t", self._report)
        state = self._lib.super_tone_rx_init(null, self._descriptor, self._callback, null)
        self._state = self._ffi.gc(state, self._lib.super_tone_rx_free)

    def _report(self, _user: object, code: int, _level: int, _delay: int) -> None:
        self._reports.append(code)

    def feed(self, samples: NDArray[np.int16]) -> tuple[int, ...]:
        """Take any number of samples; give the tones begun (their index) or ended (-1)."""
        samples = np.ascontiguousarray(samples, np.int16)
        view = self._ffi.from_buffer("int16_t[]", samples)
        done = 0
        while done < samples.size:
            step = self._lib.super_tone_rx(self._state, view + done, samples.size - done)
            if step <= 0:
                break
            done += step
        reports = tuple(self._reports)
        self._reports.clear()
        return reports
