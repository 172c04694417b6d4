"""One voice: what is said is heard whole, keys are heard, messages are recorded."""

from __future__ import annotations

import numpy as np

from firmware.dsp import dtmf_send
from firmware.dsp.guide_channel import GuideChannel, Listening, Music, Recording, Speak


def noise(samples: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9000, 9000, samples).astype(np.int16)


class Made:
    def __init__(self) -> None:
        self.keys: list[str] = []
        self.recordings: list[np.ndarray] = []
        self.channel = GuideChannel(self.keys.append, self.recordings.append)

    def hear(self, frames: int) -> np.ndarray:
        pcm = b"".join(self.channel.capture() for _ in range(frames))
        return np.frombuffer(pcm, np.int16)

    def speak(self, samples: np.ndarray | None, frames: int) -> None:
        for n in range(frames):
            self.channel.capture()
            part = None if samples is None else samples[n * 160 : n * 160 + 160]
            self.channel.playout(None if part is None else part.tobytes())


def test_speech_is_heard_whole_and_without_a_gap_then_silence() -> None:
    made, said = Made(), noise(1000)
    made.channel.order(Speak(said))
    heard = made.hear(10)
    assert np.array_equal(heard[:1000], said)
    assert not heard[1000:].any()


def test_a_new_sentence_takes_the_place_of_the_old_at_once() -> None:
    made = Made()
    made.channel.order(Speak(noise(8000)))
    made.hear(3)
    second = noise(320, seed=2)
    made.channel.order(Speak(second))
    assert np.array_equal(made.hear(2), second)


def test_music_goes_round_and_stands_back_for_speech() -> None:
    made, music, said = Made(), noise(400, seed=3), noise(160)
    made.channel.order(Music(music))
    assert np.array_equal(made.hear(5), np.resize(music, 800))
    made.channel.order(Speak(said))
    assert np.array_equal(made.hear(1), said)
    assert made.hear(1).any()
    made.channel.order(Music(music[:0]))
    assert not made.hear(1).any()


def test_keys_are_heard_only_when_wanted() -> None:
    made = Made()
    keys = np.concatenate([dtmf_send.render("5"), np.zeros(1600, np.int16)])
    made.speak(keys, len(keys) // 160)
    assert made.keys == []
    made.channel.order(Listening(on=True))
    made.speak(None, 10)
    made.speak(keys, len(keys) // 160)
    assert made.keys == ["5"]


def test_the_key_that_led_here_does_not_count() -> None:
    made = Made()
    made.channel.order(Listening(on=True))
    long = np.concatenate([dtmf_send.render("0")[:480], np.zeros(3200, np.int16)])
    made.speak(None, 2)
    made.speak(long, len(long) // 160)
    assert made.keys == []


def test_a_message_is_recorded_until_it_is_ended_or_long_enough() -> None:
    made, said = Made(), noise(1600)
    made.channel.order(Recording(60_000))
    made.speak(said, 10)
    made.channel.order(Recording(0))
    made.hear(1)
    assert np.array_equal(made.recordings[0], said)
    made.channel.order(Recording(100))
    made.speak(None, 20)
    assert len(made.recordings[1]) == 800
    made.channel.order(Recording(0))
    made.hear(1)
    assert len(made.recordings) == 2
