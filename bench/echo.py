"""Echo canceller in the manner of ITU-T G.168, beside SpeexDSP in C, from the same samples.

    python -m bench.echo            # table in Markdown, ratios of cost at the end

SpeexDSP runs as an application would run it: frames of 20 ms, tail of 32 ms, through cffi.
SpanDSP's canceller is left out: as packaged it prints two lines per sample on stdout.
Speech is taken from Asterisk's sound packages where they are installed; else only the
composite source signal of the Recommendation.
"""

import sys
import time
import wave
from pathlib import Path

import numpy as np
from cffi import FFI

from firmware.dsp.echo import EchoCanceller
from firmware.dsp.levels import amplitude, level
from tests.unit.dsp.g168 import LINES, a_law, composite, echo, line, noise, samples, tone

SOUNDS = Path("/usr/share/asterisk/sounds")


class Speex:
    """SpeexDSP's canceller; none of its preprocessing."""

    def __init__(self):
        self._ffi = FFI()
        self._ffi.cdef(
            "typedef struct S S; S *speex_echo_state_init(int, int);"
            "void speex_echo_state_destroy(S *); int speex_echo_ctl(S *, int, void *);"
            "void speex_echo_cancellation(S *, const int16_t *, const int16_t *, int16_t *);"
        )
        self._lib = self._ffi.dlopen("libspeexdsp.so.1")
        state = self._lib.speex_echo_state_init(160, 256)
        self._state = self._ffi.gc(state, self._lib.speex_echo_state_destroy)
        self._lib.speex_echo_ctl(self._state, 24, self._ffi.new("int *", 8000))

    def process(self, heard, sent):
        out = np.empty_like(heard)
        view = self._ffi.from_buffer
        self._lib.speex_echo_cancellation(
            self._state, *(view("int16_t[]", x) for x in (heard, sent, out))
        )
        return out


CANCELLERS = {
    "ours": EchoCanceller,
    "ours, no suppressor": lambda: EchoCanceller(suppress=False),
    "SpeexDSP": Speex,
}


def run(canceller, heard, sent):
    out = np.empty_like(heard)
    for first in range(0, heard.size - 159, 160):
        part = slice(first, first + 160)
        out[part] = canceller.process(heard[part], sent[part])
    return out


def loss_db(before, after):
    power = np.mean(np.square(before, dtype=float)), np.mean(np.square(after, dtype=float))
    return 10 * np.log10(power[0] + 1e-9) - 10 * np.log10(power[1] + 1e-3)


def seconds(first, last):
    return slice(round(first * 8000), round(last * 8000))


def speech(package, length, level_dbm0):
    """Sentences one after the other; None if the package is not installed."""
    pieces, total = [], 0
    for path in sorted((SOUNDS / package).glob("*.wav")):
        with wave.open(str(path)) as file:
            pieces.append(np.frombuffer(file.readframes(file.getnframes()), np.int16))
        total += pieces[-1].size
        if total >= length * 8000:
            joined = np.concatenate(pieces)[: round(length * 8000)].astype(float)
            active = joined[np.abs(joined) > 300]
            return joined * amplitude(level_dbm0) / np.sqrt(2 * np.mean(active**2))
    return None


def convergence(make, sent):
    """Worst over the lines: first second at 20 dB, loss in 0.5..1 s and in the last second."""
    reached, early, late = [], [], []
    for name in LINES:
        heard = samples(echo(sent, line(name)))
        out = run(make(), heard, sent)
        steps = [seconds(k / 10, k / 10 + 0.35) for k in range(30)]
        losses = [loss_db(heard[step], out[step]) for step in steps]
        reached.append(next((k / 10 + 0.35 for k, db in enumerate(losses) if db >= 20), 99.0))
        early.append(loss_db(heard[seconds(0.5, 1)], out[seconds(0.5, 1)]))
        late.append(loss_db(heard[-8000:], out[-8000:]))
    return f"{max(reached):.2f} s / {min(early):.0f} / {min(late):.0f} dB"


def double_talk(make, far, near):
    """Near voice to what is wrong in it; loss in the half second after; worst of three lines."""
    quality, after = [], []
    talk, next_ = seconds(4, 8), seconds(8, 8.5)
    voice = np.zeros(far.size)
    voice[talk] = near[: talk.stop - talk.start]
    # Against what the canceller makes of the voice alone: a fixed filter is not a distortion.
    alone = run(make(), samples(voice), np.zeros(far.size, np.int16)).astype(float)
    for name in ("D.2", "D.4", "D.7"):
        back = echo(far, line(name))
        out = run(make(), samples(back + voice), far)
        quality.append(loss_db(alone[talk], out[talk] - alone[talk]))
        after.append(loss_db(back[next_], out[next_]))
    return f"{min(quality):.0f} / {min(after):.0f} dB"


def colour(make):
    """What is wrong in a near voice when nothing is sent: the canceller's own filters."""
    voice = samples(composite(4, -15, near=True))
    out = run(make(), voice, np.zeros_like(voice))
    wrong = np.mean((out.astype(float) - voice) ** 2)
    return f"{loss_db(voice, out - voice):.0f} dB" if wrong else "none"


def change(make, sent):
    back = echo(sent, line("D.2"))
    back[seconds(3, 6)] = echo(sent, line("D.6"))[seconds(3, 6)]
    heard = samples(back)
    out = run(make(), heard, sent)
    return " / ".join(
        f"{loss_db(heard[seconds(a, a + 0.5)], out[seconds(a, a + 0.5)]):.0f}" for a in (3, 3.5, 4)
    )


def vanished(make, sent):
    back = echo(sent, line("D.2"))
    back[seconds(3, 6)] = 0
    out = run(make(), samples(back), sent)
    return " / ".join(f"{level(out[seconds(a, a + 0.5)]):.0f}" for a in (3, 3.5, 5.5))


def narrow(make):
    during, after = [], []
    for tones in ((1004,), (425,), (697, 1209), (2100,), (3400,)):
        sent = samples(np.concatenate((noise(2, -13), tone(4, -13, *tones), noise(1, -13))))
        heard = samples(echo(sent, line("D.5")))
        out = run(make(), heard, sent)
        during.append(loss_db(heard[seconds(3, 6)], out[seconds(3, 6)]))
        after.append(loss_db(heard[seconds(6, 6.1)], out[seconds(6, 6.1)]))
    return f"{min(during):.0f} / {min(after):.0f} dB"


def background(make, sent):
    worst = 0.0
    for dbm0 in (-40, -50, -60):
        heard = samples(echo(sent, line("D.4")) + noise(6, dbm0))
        got = level(run(make(), heard, sent)[seconds(3, 6)]) - dbm0
        worst = max(worst, got, key=abs)
    return f"{worst:+.1f} dB"


def coded(make, sent):
    heard = samples(a_law(echo(sent, line("D.4"))))
    return f"{loss_db(heard[-8000:], run(make(), heard, sent)[-8000:]):.0f} dB"


def cost_ms(make, sent):
    """Processor time in ms for a second of audio, the best of three runs."""
    heard = samples(echo(sent, line("D.4")))
    best = float("inf")
    for _ in range(3):
        canceller, begun = make(), time.process_time()
        run(canceller, heard, sent)
        best = min(best, time.process_time() - begun)
    return best * 1000 / (sent.size / 8000)


def main():
    css = samples(composite(6, -13))
    rows = {
        "CSS: 20 dB after / 0.5–1 s / last s, worst line": lambda m: convergence(m, css),
        "white noise, the same": lambda m: convergence(m, samples(noise(6, -13))),
        "double talk (CSS): near voice to error / loss after": lambda m: double_talk(
            m, samples(composite(9, -15)), composite(4, -15, near=True, seed=3)
        ),
        "near voice alone: error": colour,
        "other path: loss per 0.5 s, dB": lambda m: change(m, css),
        "no path any more: level after 0, 0.5, 2.5 s, dBm0": lambda m: vanished(m, css),
        "tones: loss during / 0.1 s after, worst of 5": narrow,
        "noise of the line at −40, −50, −60 dBm0: worst error": lambda m: background(m, css),
        "A-law in the path: loss": lambda m: coded(m, css),
    }
    italian, english = speech("it_IT_m_Carlo", 9, -15), speech("en_US_f_Allison", 4, -15)
    if italian is not None and english is not None:
        far = samples(italian)
        rows["Italian speech: as CSS"] = lambda m: convergence(m, far)
        rows["double talk (Italian, English): as CSS"] = lambda m: double_talk(m, far, english)
    print("| |", " | ".join(CANCELLERS), "|")
    print("| --- |" + " --- |" * len(CANCELLERS))
    for title, measure in rows.items():
        print(f"| {title} |", " | ".join(measure(make) for make in CANCELLERS.values()), "|")
        sys.stdout.flush()
    costs = {name: cost_ms(make, css) for name, make in CANCELLERS.items()}
    print("| cost, ms per s of audio |", " | ".join(f"{ms:.2f}" for ms in costs.values()), "|")
    ratios = (f"{ms / costs['SpeexDSP']:.1f}" for ms in costs.values())
    print("| cost, SpeexDSP = 1 |", " | ".join(ratios), "|")


if __name__ == "__main__":
    main()
