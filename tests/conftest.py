"""What all tests share: in CI, a peer test that is skipped is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

_skipped = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let every scenario be played against real servers, not only a few."""
    parser.addoption("--all-scenarios", action="store_true", help="all of them, on real servers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note each peer test that did not run, with its reason."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("peers"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        item.config.stash.setdefault(_skipped, []).append(f"{item.nodeid}: {reason}")
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run: CI is the place where the real servers must be had."""
    if _failing(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say why the run failed although every test that ran passed."""
    skipped = _failing(config)
    if skipped:
        terminalreporter.section("peer tests were skipped", red=True)
        terminalreporter.line(
            f"CI is set, so the {len(skipped)} peer tests that did not run are failures:"
        )
        for line in skipped:
            terminalreporter.line(f"  {line}")


def _failing(config: pytest.Config) -> list[str]:
    in_ci = os.environ.get("CI", "") not in ("", "0", "false")
    return config.stash.get(_skipped, []) if in_ci else []
