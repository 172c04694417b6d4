"""Fixtures of the peer tests: the tree of servers and a network of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from .certificates import Authority
from .netns import Namespace, require_tools
from .roots import PeersUnavailableError, peer_root

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this directory."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="session")
def root() -> Path:
    """The unpacked Debian tree with Asterisk, Kamailio, SIPp and baresip."""
    try:
        require_tools()
        return peer_root()
    except PeersUnavailableError as error:
        pytest.skip(f"no real servers here: {error}")


@pytest.fixture(scope="module")
def namespace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """A network namespace for the tests of one file."""
    inside = Namespace(tmp_path_factory.mktemp("peers"))
    try:
        inside.__enter__()
    except PeersUnavailableError as error:
        pytest.skip(f"no network namespace here: {error}")
    try:
        yield inside
    finally:
        inside.__exit__()


@pytest.fixture(scope="session")
def authority(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that the gateway and the peers are told to trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of every program's output with a test that failed."""
    report = yield
    inside = getattr(item, "funcargs", {}).get("namespace")
    if report.failed and isinstance(inside, Namespace):
        running = [process for process in inside.processes if process.exit_code is None]
        for process in dict.fromkeys((*running, *inside.processes[-2:])):
            report.sections.append((f"{process.name} {process.log}", process.tail()))
    return report
