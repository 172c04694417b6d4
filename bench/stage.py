"""Where capacity is measured: a gateway, a far side, and what stands between them.

On loopback the far side is the switchboard itself. In a network namespace, as root, Asterisk
stands between: then transfers are Asterisk's, and its audio passes through it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.peers.asterisk import Asterisk, Endpoint
from tests.peers.netns import Namespace, require_tools
from tests.peers.roots import PeersUnavailableError, peer_root

from . import box, far

_PBX, _BOX, _FAR = "10.77.0.2", "10.77.0.3", "10.77.0.4"
_SPARE = 8
_DIALPLAN = """
[test](+)
exten => _[23]XX,1,Dial(PJSIP/${EXTEN}@far)
exten => 9,1,Dial(PJSIP/9@far)
exten => _7XX,1,Dial(PJSIP/6${EXTEN:1}@box)
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running gateway with `lines` telephones, and the far side of its calls."""

    box: box.Box
    far: far.Far
    lines: int
    between: str
    work: Path
    _prefix: str
    _to: far.Address

    def way_in(self, line: int) -> tuple[str, far.Address]:
        """Address to call a line, and where to send the request."""
        return f"sip:{self._prefix}{line:02}@{self._to[0]}:{self._to[1]}", self._to


@contextlib.asynccontextmanager
async def loopback(
    work: Path, *, lines: int, manners: Callable[[str], far.Manners], module: str = "firmware"
) -> AsyncIterator[Stage]:
    """A stage on loopback: no root, no PBX."""
    sockets = far.loopback(3 * lines + _SPARE)
    async with far.Far(sockets, manners=manners) as other:
        server = f"127.0.0.1:{other.address[1]}"
        port = box.free_port()
        text = box.site(lines=lines, bind="127.0.0.1", port=port, server=server)
        async with box.running(work, text, module=module) as gateway:
            yield Stage(
                gateway, other, lines, "the far side itself", work, "6", ("127.0.0.1", port)
            )


@contextlib.asynccontextmanager
async def asterisk(
    namespace: Namespace, root: Path, *, lines: int, manners: Callable[[str], far.Manners]
) -> AsyncIterator[Stage]:
    """A stage with Asterisk between, in a namespace."""
    count = 3 * lines + _SPARE
    sockets = [namespace.udp(_FAR, 5060), *(namespace.udp(_FAR) for _ in range(count))]
    endpoints = (
        Endpoint(name="box", host=f"{_BOX}:5060"),
        Endpoint(name="far", host=f"{_FAR}:5060"),
    )
    with Asterisk(namespace, root, address=_PBX, endpoints=endpoints, dialplan=_DIALPLAN) as pbx:
        pbx.cli("pjsip set logger off")  # writing every message costs more than handling it
        pbx.cli("core set verbose 0")
        async with far.Far(sockets, manners=manners) as other:
            text = box.site(lines=lines, bind=_BOX, port=5060, server=_PBX)
            prefix = ("ip", "netns", "exec", namespace.name)
            work = namespace.work / "capacity"
            async with box.running(work, text, prefix=prefix) as gateway:
                yield Stage(gateway, other, lines, "Asterisk 22", work, "7", (_PBX, 5060))


@contextlib.asynccontextmanager
async def best(
    work: Path, *, lines: int, manners: Callable[[str], far.Manners]
) -> AsyncIterator[Stage]:
    """The stage with Asterisk where it can be had, else the one on loopback."""
    if os.geteuid() != 0:
        async with loopback(work, lines=lines, manners=manners) as stage:
            yield stage
        return
    try:
        require_tools()
        root = peer_root()
    except PeersUnavailableError:
        async with loopback(work, lines=lines, manners=manners) as stage:
            yield stage
        return
    with Namespace(work) as namespace:
        async with asterisk(namespace, root, lines=lines, manners=manners) as stage:
            yield stage
