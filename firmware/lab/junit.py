"""Results as JUnit XML, the form that test servers read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from firmware.lab.runner import Outcome, Result


def to_xml(results: Sequence[Result]) -> str:
    """Write ``results`` as one test suite: a test case for each scenario."""
    failed = sum(not result.passed for result in results)
    suite = ET.Element(
        "testsuite",
        name="derivato lab",
        tests=str(len(results)),
        failures=str(failed),
        errors="0",
        skipped="0",
        time=f"{sum(result.for_s for result in results):.3f}",
    )
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=result.scenario.file.stem,
            name=result.scenario.name,
            file=str(result.scenario.file),
            time=f"{result.for_s:.3f}",
        )
        if not result.passed:
            ET.SubElement(case, "failure", message=_clean(why(result))).text = _clean(story(result))
        else:
            ET.SubElement(case, "system-out").text = _clean(story(result))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def why(result: Result) -> str:
    """Why a scenario failed: the step with its line, what was wanted, what was there instead."""
    for step in result.steps:
        if step.outcome is Outcome.FAILED:
            return (
                f"{result.scenario.file}:{step.place}: {step.actor}: {step.what}: "
                f"instead: {step.found}"
            )
    return f"{result.scenario.file}: {result.trouble}" if result.trouble else ""


def story(result: Result) -> str:
    """All steps, one a line."""
    lines = [
        f"{step.at_s:7.2f} s  {step.outcome.value:7}  {step.actor}: {step.what}"
        + (f" → {step.found}" if step.found else "")
        for step in result.steps
    ]
    return "\n".join([*lines, *([result.trouble] if result.trouble else [])])


def _clean(text: str) -> str:
    """Leave out what XML cannot carry (XML 1.0 §2.2)."""
    return "".join(c if c in "\t\n" or c.isprintable() else "�" for c in text)
