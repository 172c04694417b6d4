from pathlib import Path
from xml.etree import ElementTree as ET

from firmware.lab.junit import story, to_xml, why
from firmware.lab.runner import Outcome, Result, StepResult
from firmware.lab.scenario import Scenario

SCENARIO = Scenario(Path("busy.toml"), "Busy & <loud>", "", {}, (), (), ())
GOOD = StepResult(3, "phone.1", "off-hook", Outcome.PASSED, "", 0.1)
BAD = StepResult(7, "phone.1", "expects tone busy", Outcome.FAILED, "silence \x00 at 0 s", 5.1)


def test_what_passed_and_what_failed_is_told_with_line_and_reason() -> None:
    results = [
        Result(SCENARIO, (GOOD,), 1.0),
        Result(SCENARIO, (GOOD, BAD), 5.5),
        Result(SCENARIO, (), 0.5, trouble="the program ended with 1: port in use"),
    ]
    suite = ET.fromstring(to_xml(results))
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("3", "2", "7.000")
    good, bad, broken = suite.findall("testcase")
    assert good.find("failure") is None
    assert good.get("name") == "Busy & <loud>"
    failure = bad.find("failure")
    assert failure is not None
    message = failure.get("message")
    assert message == "busy.toml:7: phone.1: expects tone busy: instead: silence � at 0 s"
    assert "off-hook" in (failure.text or "")
    trouble = broken.find("failure")
    assert trouble is not None
    assert "port in use" in (trouble.get("message") or "")


def test_a_skipped_step_is_no_failure() -> None:
    skipped = StepResult(3, "pbx", "expects call", Outcome.SKIPPED, "only the embedded one can", 1)
    result = Result(SCENARIO, (skipped,), 1.0)
    assert result.passed
    assert why(result) == ""
    assert "skipped" in story(result)
