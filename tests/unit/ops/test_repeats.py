from hypothesis import given
from hypothesis import strategies as st

from firmware.ops.repeats import Counted, Repeats

ONE = ("derivato.sip", 30, "%s refused")


def test_the_same_is_said_once_and_then_counted() -> None:
    repeats = Repeats(window_s=60)
    said = [repeats.admit(ONE, "a", at_s=n * 0.001) for n in range(10_000)]
    assert said == [True] + [False] * 9_999
    assert list(repeats.sweep(59)) == []
    assert list(repeats.sweep(61)) == [Counted(ONE, 9_999, 60)]
    assert repeats.admit(ONE, "a", at_s=62)


def test_different_content_of_one_template_is_limited_too() -> None:
    repeats = Repeats(different=5)
    assert sum(repeats.admit(ONE, f"address {n}", at_s=0) for n in range(10_000)) == 5
    assert [counted.times for counted in repeats.sweep(1e9)] == [9_995]


def test_memory_is_bounded_and_what_was_counted_is_told() -> None:
    repeats = Repeats(most=10)
    for n in range(1000):
        template = ("x", 30, f"template {n}")
        assert repeats.admit(template, "", at_s=0)
        assert not repeats.admit(template, "", at_s=0)
    assert len(repeats._windows) == 10
    assert sum(counted.times for counted in repeats.sweep(1e9)) == 1000


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.floats(0, 30)), max_size=200))
def test_every_message_is_said_or_counted(script: list[tuple[int, int, float]]) -> None:
    repeats = Repeats(window_s=20, different=3, most=3)
    at, said, told = 0.0, 0, 0
    for template, content, pause in script:
        at += pause
        told += sum(counted.times for counted in repeats.sweep(at))
        said += repeats.admit(("x", 30, str(template)), str(content), at_s=at)
    told += sum(counted.times for counted in repeats.sweep(at + 1e6))
    assert said + told == len(script)
