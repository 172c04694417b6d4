import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.calls.effects import Direction
from firmware.lab import pbx_steps, steps
from firmware.lab.runner import in_words
from firmware.lab.scenario import ScenarioError, actor_line, load_scenario

HEAD = """\
[scenario]
name = "a"
[scenario.site]
lines = {nido-1 = {port = "fxs1"}, nido-2 = {port = "fxs2"}}
"""
SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(tmp_path, text))
    assert str(caught.value)
    return [str(p).replace(str(tmp_path), "") for p in caught.value.problems]


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_every_scenario_of_the_product_can_be_read(file: Path) -> None:
    scenario = load_scenario(file)
    known = (("nido-1", "nido-2"), ("cassa", "ufficio"), ("centrale", "verbali"))
    assert scenario.lines in known
    assert any(isinstance(step, steps.Expectation) for step in scenario.steps)
    assert file.read_text().splitlines()[scenario.places[0] - 1] == "[[step]]"


def test_steps_are_typed_and_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "speech.wav").write_bytes(b"")
    text = (
        HEAD
        + """
[[step]]
actor = "phone.2"
do = "dial"
digits = "0571#"
pulse = true
after = 1.5
[[step]]
actor = "phone.nido-1"
expect = "record"
direction = "in"
answered = false
within = 2
[[step]]
actor = "pbx"
do = "say"
file = "speech.wav"
"""
    )
    scenario = load_scenario(write(tmp_path, text))
    dial, record, say = scenario.steps
    assert isinstance(dial, steps.Dial)
    assert (dial.digits, dial.pulse, dial.after) == ("0571#", True, 1.5)
    assert isinstance(record, steps.Recorded)
    assert (record.direction, record.answered, record.within) == (Direction.IN, False, 2.0)
    assert isinstance(say, pbx_steps.Say)
    assert say.file == tmp_path / "speech.wav"
    assert scenario.places == (6, 12, 18)
    assert in_words(dial) == "dial digits 0571# pulse True"
    assert in_words(record) == "expects record direction in answered False"


def test_a_site_is_read_from_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[lines.a]\nport = "fxs1"\n')
    text = '[scenario]\nname = "x"\nsite = "site.toml"\n[[step]]\nactor = "phone.a"\ndo = "on-hook"'
    assert load_scenario(write(tmp_path, text)).site == {"lines": {"a": {"port": "fxs1"}}}
    (tmp_path / "site.toml").unlink()
    (problem,) = problems(tmp_path, text)
    assert problem == "/s.toml:3: scenario.site: /site.toml does not exist; check the name"


STEP = "[[step]]\n"


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ('do = "on-hook"', ':5: step[0].actor: is missing; write "phone.1"'),
        ('actor = "nido"\ndo = "x"', 'step[0].actor: "nido" is no actor'),
        ("actor = 3\ndo = 'x'", "step[0].actor: 3 is no actor"),
        ('actor = "phone.3"\ndo = "on-hook"', "there is no phone.3; lines here: nido-1, nido-2"),
        ('actor = "phone.x"\ndo = "on-hook"', "there is no phone.x"),
        ('actor = "network"\ndo = "cut"', "network is not available yet; leave it out"),
        (
            'actor = "exchange.1"\ndo = "ring"',
            "there is no exchange.1; lines here: none of this kind",
        ),
        ('actor = "clock"\ndo = "set"', "clock is not available yet"),
        ('actor = "pbx"', "step[0]: neither does nor expects anything"),
        ('actor = "pbx"\ndo = "call"\nexpect = "call"', "both does and expects"),
        ('actor = "phone.1"\ndo = "of-hook"', 'step[0].do: "of-hook" is not known; did you mean'),
        ('actor = "phone.1"\ndo = 7', "7 is not known"),
        ('actor = "phone.1"\ndo = "dial"', ":5: step[0].digits: is missing"),
        (
            'actor = "phone.1"\ndo = "dial"\ndigits = "12x"',
            ':8: step[0].digits: "12x" does not fit',
        ),
        ('actor = "phone.1"\ndo = "dial"\ndigits = "1"\npuls = true', "unknown key; did you mean"),
        ('actor = "phone.1"\nexpect = "tone"\ntone = "loud"', '"loud" does not fit'),
        ('actor = "phone.1"\nexpect = "tone"\ntone = "busy"\nwithin = 0', "0 does not fit"),
        ('actor = "phone.1"\nexpect = "tone"\ntone = "busy"\nwithin = nan', "does not fit"),
        ('actor = "phone.1"\ndo = "play"', "needs either phrase or file"),
        ('actor = "phone.1"\ndo = "play"\nfile = "no.wav"', "no.wav does not exist"),
        ('actor = "phone.1"\ndo = "play"\nfile = "a"\nphrase = "b"', "needs either phrase or file"),
        ('actor = "phone.1"\ndo = "on-hook"\nat = 3\nafter = 1', "has both at and after"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_at_its_line(
    tmp_path: Path, step: str, says: str
) -> None:
    (problem,) = problems(tmp_path, HEAD + STEP + step + "\n")
    assert says in problem
    assert problem.startswith("/s.toml:")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "step: there are no steps"),
        ("step = 3", "step: there are no steps"),
        ("[[steps]]", 'steps: unknown section; did you mean "step"?'),
        ("[scenario]\nname = 3\nsite = {}", ":2: scenario.name: 3 does not fit"),
        ("x = [", "is not valid TOML"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    assert any(says in problem for problem in problems(tmp_path, text))


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = HEAD + STEP + 'actor = "pbx"\n' + STEP + 'actor = "who"\n' + "[other]\n"
    assert len(problems(tmp_path, text)) == 3


def test_a_phone_is_named_by_its_line_or_counted() -> None:
    lines = ("nido-1", "2")
    assert actor_line("phone.1", lines) == "nido-1"
    assert actor_line("phone.2", lines) == "2"  # a name comes before a count
    assert actor_line("phone.0", lines) is None
    assert actor_line("phone.²", lines) is None


words = st.sampled_from(
    ["actor", "do", "expect", "phone.1", "pbx", "dial", "tone", "call", "digits", "at", "file", "x"]
)
values = st.one_of(words, st.integers(-3, 3), st.floats(), st.booleans(), st.lists(words))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(words, values, max_size=5), max_size=4))
def test_nothing_but_a_scenario_or_its_problems_comes_out(
    tmp_path: Path, tables: list[dict[str, object]]
) -> None:
    def toml(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return f'"{value}"' if isinstance(value, str) else str(value)

    rows = ["".join(f'"{k}" = {toml(v)}\n' for k, v in table.items()) for table in tables]
    file = write(tmp_path, HEAD + "".join(STEP + row for row in rows))
    with contextlib.suppress(ScenarioError):
        assert len(load_scenario(file).steps) == len(tables)


def test_a_clock_needs_its_time_zone_and_a_sentence_its_value(tmp_path: Path) -> None:
    step = '[[step]]\nactor = "phone.1"\nexpect = "sentence"\nsentence = "forward-always-on"\n'
    head = HEAD.replace('name = "a"', 'name = "a"\nclock = 2026-03-31T06:29:50')
    found = problems(tmp_path, head + step)
    assert any("scenario.clock" in problem for problem in found)
    assert any("no value for forward-always-on" in problem for problem in found)
    given = HEAD.replace('name = "a"', 'name = "a"\nclock = 2026-03-31T06:29:50+02:00')
    scenario = load_scenario(write(tmp_path, given + step + 'value = "110"\n'))
    assert scenario.clock is not None
    assert scenario.clock.hour == 6
