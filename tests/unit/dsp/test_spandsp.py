"""The binding of SpanDSP; without the library one clear error."""

import numpy as np
import pytest

from firmware.dsp import spandsp
from firmware.dsp.dtmf_send import render
from firmware.dsp.levels import amplitude
from firmware.dsp.spandsp import (
    AdsiReceiver,
    CadencePart,
    DtmfDecoder,
    SpandspMissingError,
    Standard,
    ToneRecogniser,
)


@pytest.fixture
def library():
    try:
        spandsp._open()
    except SpandspMissingError as error:
        pytest.skip(str(error))


def test_absent_library_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(spandsp, "LIBRARY", "libspandsp-that-is-not.so.9")
    spandsp._open.cache_clear()
    try:
        with pytest.raises(SpandspMissingError, match="install the package libspandsp2"):
            AdsiReceiver(Standard.CLIP)
    finally:
        spandsp._open.cache_clear()


def test_dtmf(library):
    assert DtmfDecoder().feed(render("0123456789*#ABCD")) == "0123456789*#ABCD"
    quiet = render("5", high_dbm0=-35, low_dbm0=-35)
    assert DtmfDecoder(threshold=-30).feed(quiet) == ""
    assert DtmfDecoder().feed(quiet) == "5"


def test_tone_recogniser(library):
    times = np.arange(5 * 8000) / 8000
    busy = amplitude(-13) * np.sin(2 * np.pi * 425 * times) * (times % 1 < 0.5)
    busy_tone = [CadencePart(425, 400, 600), CadencePart(None, 400, 600)]
    other = [CadencePart(1000, 400, 600)]
    assert 0 in ToneRecogniser([busy_tone, other]).feed(busy.astype(np.int16))
    assert ToneRecogniser([busy_tone, other]).feed(np.zeros(40000, np.int16)) == ()


def test_nothing_in_silence(library):
    assert AdsiReceiver(Standard.CLIP).feed(np.zeros(8000, np.int16)) == ()
