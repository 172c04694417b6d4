"""Every phrase: complete, unambiguous, and read back as it was meant."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from firmware.guide.italian import SIGNS
from firmware.guide.phrases import (
    JOINT_MS,
    PAUSE,
    PAUSE_MS,
    PIECES,
    TAIL_MS,
    TEXTS,
    Phrase,
    Sentence,
    Slot,
    Voice,
    completed,
    pieces,
    slot,
    text,
)

EXAMPLE = {
    None: "",
    Slot.SPELT: "3669382534",
    Slot.AT_TIME: "0630",
    Slot.TIME_IS: "2359",
    Slot.SINCE: "0930",
}
WORDS = {word: sign for sign, word in SIGNS.items()}
SPELT = [sentence for sentence in Sentence if slot(sentence) is Slot.SPELT]


def example(sentence):
    return Phrase(sentence, EXAMPLE[slot(sentence)])


@pytest.mark.parametrize("sentence", Sentence)
def test_every_sentence_can_be_said(sentence):
    phrase = example(sentence)
    assert all(key in PIECES for key in pieces(phrase) if key != PAUSE)
    lead = TEXTS[sentence].partition("{")[0].strip(" ,")
    assert text(phrase).startswith(lead)
    assert "{" not in text(phrase)


def test_no_two_pieces_share_a_file_on_any_disk():
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in PIECES)
    assert all(words.strip() for words in PIECES.values())
    assert PAUSE not in PIECES


def test_no_two_sentences_sound_alike():
    said = [text(example(sentence)) for sentence in Sentence]
    assert len(set(said)) == len(said)


@given(st.sampled_from(SPELT), st.text("".join(SIGNS), min_size=1, max_size=40))
def test_numbers_are_spelt_digit_by_digit(sentence, number):
    words = text(Phrase(sentence, number)).removeprefix(text_of_lead(sentence)).split()
    joined = " ".join(words).replace("due punti", "due-punti").split()
    assert "".join(WORDS[word.replace("-", " ")] for word in joined if word) == number or (
        "2." in number  # "due punto", never confused with ":" since addresses have one or the other
    )


def text_of_lead(sentence):
    return TEXTS[sentence].partition("{")[0].strip(" ,")


@pytest.mark.parametrize("kind", [Slot.AT_TIME, Slot.TIME_IS])
def test_every_minute_of_the_day_sounds_different(kind):
    sentence = next(sentence for sentence in Sentence if slot(sentence) is kind)
    times = [f"{hour:02}{minute:02}" for hour in range(24) for minute in range(60)]
    said = {text(Phrase(sentence, time)): time for time in times}
    assert len(said) == 1440
    assert {"Sveglia alle sei e trenta", "Servizio sveglia sono le sei e trenta"} & set(said)


def test_what_the_issue_asks_for():
    assert (
        text(Phrase(Sentence.FORWARD_ALWAYS_ON, "366")) == "Deviazione attivata verso tre sei sei"
    )
    assert text(Phrase(Sentence.WAKE_UP_ON, "0630")) == "Sveglia alle sei e trenta"


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        (Sentence.HANG_UP, "1"),
        (Sentence.NUMBER_IS, ""),
        (Sentence.NUMBER_IS, "centralino"),
        (Sentence.WAKE_UP_ON, "2460"),
        (Sentence.WAKE_UP_ON, ""),
    ],
)
def test_what_cannot_be_said_is_no_phrase(sentence, value):
    with pytest.raises(ValueError, match=sentence.value):
        Phrase(sentence, value)


@given(st.sampled_from(Sentence), st.text(max_size=12))
def test_whatever_the_network_calls_itself_does_no_harm(sentence, value):
    phrase = completed(sentence, value)
    if phrase is not None:
        assert text(phrase)


@given(st.sampled_from(SPELT), st.text("0123456789", min_size=1, max_size=12))
def test_a_phrase_takes_as_long_as_its_pieces(sentence, number):
    phrase = Phrase(sentence, number)
    keys = pieces(phrase)
    spoken = [key for key in keys if key != PAUSE]
    voice = Voice(dict.fromkeys(PIECES, 300))
    pauses = (len(keys) - len(spoken)) * PAUSE_MS
    expected = 300 * len(spoken) + pauses + JOINT_MS * (len(keys) - 1) + TAIL_MS
    assert voice.length_ms(phrase) == expected
    assert Voice({key: 300 for key in PIECES if key != spoken[-1]}).length_ms(phrase) is None
