"""The level reference."""

import numpy as np
import pytest

from firmware.dsp.levels import SILENCE_DBM0, amplitude, level, level_of_sine


def test_full_scale_is_the_overload_point_of_a_law():
    assert level_of_sine(32767) == pytest.approx(3.14)
    assert amplitude(3.14) == pytest.approx(32767)
    assert amplitude(0) == pytest.approx(22826, abs=1)


@pytest.mark.parametrize("dbm0", [0, -10, -36, -60])
def test_level_of_a_sine(dbm0):
    wave = amplitude(dbm0) * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    assert level(np.rint(wave).astype(np.int16)) == pytest.approx(dbm0, abs=0.1)
    assert level_of_sine(amplitude(dbm0)) == pytest.approx(dbm0)


def test_silence():
    assert level(np.zeros(0, np.int16)) == SILENCE_DBM0
    assert level(np.zeros(160, np.int16)) == SILENCE_DBM0
