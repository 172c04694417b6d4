"""The echo canceller, in the manner of ITU-T G.168 on its lines (limits ours, tighter)."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.dsp.echo import EchoCanceller
from firmware.dsp.levels import level
from tests.unit.dsp.g168 import LINES, a_law, composite, echo, line, noise, samples, tone


def run(canceller, heard, sent):
    out = np.empty_like(heard)
    for first in range(0, heard.size - 159, 160):
        part = slice(first, first + 160)
        out[part] = canceller.process(heard[part], sent[part])
    return out


def loss_db(before, after):
    """Echo return loss enhancement."""
    power = np.mean(np.square(before, dtype=float)), np.mean(np.square(after, dtype=float))
    return 10 * np.log10(power[0] + 1e-9) - 10 * np.log10(power[1] + 1e-3)


def seconds(first, last):
    return slice(round(first * 8000), round(last * 8000))


# Test 2: convergence


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("kind", ["composite", "noise"])
def test_converges_within_a_second_on_every_line(name, kind):
    sent = samples(composite(2, -13) if kind == "composite" else noise(2, -13))
    heard = samples(echo(sent, line(name)))
    out = run(EchoCanceller(suppress=False), heard, sent)
    assert loss_db(heard[seconds(0.5, 1)], out[seconds(0.5, 1)]) >= 30
    assert loss_db(heard[seconds(1, 2)], out[seconds(1, 2)]) >= 35


@pytest.mark.parametrize("level_dbm0", [-3, -10, -20, -30])
def test_converges_at_every_level(level_dbm0):
    sent = samples(composite(2, level_dbm0))
    heard = samples(echo(sent, line("D.5", loss_db=8)))
    out = run(EchoCanceller(), heard, sent)
    assert loss_db(heard[seconds(1, 2)], out[seconds(1, 2)]) >= 25


@pytest.mark.parametrize("name", LINES)
def test_what_remains_is_not_heard(name):
    sent = samples(composite(3, -13))
    out = run(EchoCanceller(), samples(echo(sent, line(name))), sent)
    assert level(out[seconds(1, 3)]) <= -55


def test_echo_at_the_end_of_the_tail_and_behind_a_device():
    sent = samples(composite(3, -13))
    late = samples(echo(sent, line("D.2", delay=32 * 8 - 64)))
    assert loss_db(late[-8000:], run(EchoCanceller(32), late, sent)[-8000:]) >= 30
    device = samples(echo(sent, line("D.2", delay=480)))
    assert loss_db(device[-8000:], run(EchoCanceller(32), device, sent)[-8000:]) < 3
    out = run(EchoCanceller(32, delay_ms=60), device, sent)
    assert loss_db(device[-8000:], out[-8000:]) >= 30


def test_coding_on_the_way_sets_the_limit():
    sent = samples(composite(3, -13))
    heard = samples(a_law(echo(sent, line("D.4"))))
    out = run(EchoCanceller(suppress=False), heard, sent)
    assert loss_db(heard[-8000:], out[-8000:]) >= 28


# Test 3: double talk


@pytest.mark.parametrize("near_dbm0", [-9, -15, -21])
@pytest.mark.parametrize("name", ["D.3", "D.7"])
def test_double_talk_neither_diverges_nor_spoils_the_near_voice(near_dbm0, name):
    sent = samples(composite(9, -15))
    voice = np.zeros(sent.size)
    voice[seconds(3, 6)] = composite(3, near_dbm0, near=True, seed=9)
    back = echo(sent, line(name))
    heard = samples(back + voice)
    out = run(EchoCanceller(), heard, sent)
    talk, after = seconds(3, 6), seconds(6, 6.5)
    assert loss_db(voice[talk], out[talk] - voice[talk]) >= 15
    assert loss_db(back[after], out[after]) >= 20


def test_near_voice_alone_passes_unchanged():
    voice = samples(composite(3, -15, near=True))
    out = run(EchoCanceller(), voice, np.zeros_like(voice))
    np.testing.assert_array_equal(out, voice)


# Tests 4 and 9: no echo path, a new echo path, comfort noise


def test_infinite_return_loss_makes_no_echo():
    sent = samples(composite(5, -13))
    back = echo(sent, line("D.2"))
    back[seconds(2, 5)] = 0
    out = run(EchoCanceller(), samples(back), sent)
    assert level(out[seconds(2.5, 5)]) <= -65


def test_a_line_that_changes_is_learnt_again():
    sent = samples(composite(6, -13))
    back = echo(sent, line("D.2"))
    back[seconds(3, 6)] = echo(sent, line("D.6"))[seconds(3, 6)]
    heard = samples(back)
    out = run(EchoCanceller(), heard, sent)
    assert loss_db(heard[seconds(3, 3.5)], out[seconds(3, 3.5)]) > -3
    assert loss_db(heard[seconds(4, 5)], out[seconds(4, 5)]) >= 25


@pytest.mark.parametrize("background", [-45, -55])
def test_comfort_noise_has_the_level_of_the_line(background):
    sent = samples(composite(6, -13))
    hiss = noise(6, background)
    out = run(EchoCanceller(), samples(echo(sent, line("D.4")) + hiss), sent)
    assert level(out[seconds(3, 6)]) == pytest.approx(background, abs=2)


# Test 6: narrow bands


@pytest.mark.parametrize("tones", [(1004,), (425,), (697, 1209), (2100,), (3400,)])
def test_tones_do_not_spoil_what_is_known(tones):
    sent = samples(np.concatenate((composite(2, -13), tone(4, -13, *tones), composite(1, -13))))
    heard = samples(echo(sent, line("D.5")))
    out = run(EchoCanceller(suppress=False), heard, sent)
    assert loss_db(heard[seconds(3, 6)], out[seconds(3, 6)]) >= 40
    assert loss_db(heard[seconds(6, 6.25)], out[seconds(6, 6.25)]) >= 25


# Ours


def test_disabled_it_is_a_wire():
    canceller = EchoCanceller()
    canceller.disable()
    assert not canceller.enabled
    heard = np.arange(-80, 80, dtype=np.int16)
    np.testing.assert_array_equal(canceller.process(heard, heard), heard)


def test_enabled_again_it_begins_anew():
    sent = samples(composite(2, -13))
    heard = samples(echo(sent, line("D.2")))
    canceller = EchoCanceller(suppress=False)
    first = run(canceller, heard, sent)
    canceller.disable()
    run(canceller, heard, sent)
    canceller.enable()
    assert canceller.enabled
    again = run(canceller, heard, sent)
    assert loss_db(heard[-8000:], again[-8000:]) >= 30
    assert loss_db(heard[:400], again[:400]) == pytest.approx(
        loss_db(heard[:400], first[:400]), abs=3
    )


@pytest.mark.parametrize(("heard", "sent"), [(160, 80), (100, 100), (81, 81)])
def test_wrong_lengths_are_one_clear_error(heard, sent):
    with pytest.raises(ValueError, match="multiple of 80"):
        EchoCanceller().process(np.zeros(heard, np.int16), np.zeros(sent, np.int16))


@pytest.mark.parametrize(("tail", "delay"), [(0, 0), (-5, 0), (32, 5), (32, -10)])
def test_impossible_tails_are_refused(tail, delay):
    with pytest.raises(ValueError, match="cannot be cancelled"):
        EchoCanceller(tail, delay_ms=delay)


def test_empty_frame():
    nothing = np.zeros(0, np.int16)
    assert EchoCanceller().process(nothing, nothing).size == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.data())
def test_any_input_gives_finite_output_no_louder_than_the_line(seed, data):
    rng = np.random.default_rng(seed)
    shapes = st.sampled_from(["noise", "zero", "high", "low", "square", "small"])
    canceller = EchoCanceller()

    def frame(kind):
        match kind:
            case "noise":
                return rng.integers(-32768, 32768, 160).astype(np.int16)
            case "zero":
                return np.zeros(160, np.int16)
            case "high":
                return np.full(160, 32767, np.int16)
            case "low":
                return np.full(160, -32768, np.int16)
            case "square":
                return np.where(np.arange(160) % 8 < 4, 32767, -32768).astype(np.int16)
            case _:
                return rng.integers(-1, 2, 160).astype(np.int16)

    with np.errstate(invalid="raise", over="raise", divide="raise"):
        for _ in range(30):
            heard, sent = frame(data.draw(shapes)), frame(data.draw(shapes))
            for _ in range(4):
                out = canceller.process(heard, sent)
                assert out.dtype == np.int16
                assert out.shape == heard.shape
    silence = np.zeros(160, np.int16)
    for _ in range(50):
        out = canceller.process(silence, silence)
    assert level(out) <= -65


def test_nothing_is_printed():
    code = (
        "import numpy as np; from firmware.dsp.echo import EchoCanceller; c = EchoCanceller();"
        "x = np.full(160, 99, np.int16); [c.process(x, x) for _ in range(9)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=dict(os.environ)
    )
    assert (done.stdout, done.stderr) == (b"", b"")
