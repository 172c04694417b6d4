"""What the daemon hears of calls, registrations and connections reaches the right trunk."""

from __future__ import annotations

import asyncio

from firmware.calls.effects import DialLeg
from firmware.calls.events import LegEnded, LegProgress, Wake
from firmware.calls.ways import TrunkState, ViaExchange, ViaTrunk
from firmware.ops.trunk_watch import Change, TrunkWatch
from firmware.sip.events import RegistrationChanged, ServerAnswered, TransportDown
from firmware.sip.settings import AccountSettings, Transport
from firmware.trunk.health import HealthTimes, Watched

TIMES = HealthTimes(probe_ms=50, answer_ms=40, fast_ms=20, return_ms=100)


class Sip:
    def __init__(self) -> None:
        self.probes: list[tuple[str, int]] = []
        self.used: list[tuple[str, int]] = []
        self.registered: list[str] = []

    def ask_server(self, trunk: str, place: int) -> None:
        self.probes.append((trunk, place))

    def use_server(self, trunk: str, place: int) -> None:
        self.used.append((trunk, place))

    def register(self, account: str) -> None:
        self.registered.append(account)


def account(name: str, trunk: str, transport: Transport = Transport.UDP) -> AccountSettings:
    return AccountSettings(name, trunk, "s", "u", "d", transport=transport)


class Bench:
    def __init__(self) -> None:
        self.sip, self.changes = Sip(), list[Change]()
        watched = {
            "a": Watched(("a1", "a2"), ("a",), TIMES),
            "b": Watched(("b1",), (), TIMES),
        }
        accounts = {"a": account("a", "a"), "b": account("b", "b", Transport.TLS)}
        self.watch = TrunkWatch(watched, accounts, self.changes.append)

    def states(self, trunk: str) -> list[TrunkState]:
        return [change.state for change in self.changes if change.trunk == trunk]

    async def answering(self, seconds: float, *silent: tuple[str, int]) -> None:
        """Let servers answer for a while, all but ``silent``."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            for trunk, place in self.sip.probes:
                if (trunk, place) not in silent:
                    self.watch.report(ServerAnswered(trunk, place, 200))
            self.sip.probes.clear()
            await asyncio.sleep(0.005)


async def test_each_server_is_asked_and_only_the_silent_trunk_goes_down() -> None:
    bench = Bench()
    bench.watch.open(bench.sip)
    assert set(bench.sip.probes) == {("a", 0), ("a", 1), ("b", 0)}
    await bench.answering(0.4, ("b", 0))
    assert bench.states("a") == []
    assert bench.states("b") == [TrunkState.SUSPECT, TrunkState.DOWN]
    await bench.answering(0.4)
    assert bench.states("b")[2:] == [TrunkState.RECOVERING, TrunkState.UP]
    bench.watch.close()


async def test_the_other_server_is_used() -> None:
    bench = Bench()
    bench.watch.open(bench.sip)
    await bench.answering(0.4, ("a", 0))
    assert bench.sip.used == [("a", 1)]
    assert bench.watch.view("a")["server"] == "a2"
    bench.watch.close()


async def test_calls_count_for_the_trunk_that_carried_them() -> None:
    bench = Bench()
    bench.watch.open(bench.sip)
    await bench.answering(0.05)
    for leg, via in (("1", ViaTrunk("b")), ("2", ViaExchange("x")), ("3", ViaTrunk("a"))):
        bench.watch.happened(Wake(0), (DialLeg(leg, "nido", "9", via=via),))
    bench.watch.happened(LegEnded("1", 0, 503, "Unavailable"), ())
    bench.watch.happened(LegEnded("2", 0, 503, "no dial tone"), ())
    bench.watch.happened(LegProgress("3", 0, 180), ())
    bench.watch.happened(LegEnded("3", 0, 503, "after it rang"), ())
    assert bench.states("b") == [TrunkState.SUSPECT]
    assert bench.states("a") == []
    assert "503 Unavailable" in bench.changes[0].cause
    bench.watch.close()


async def test_registrations_and_connections_find_their_trunk() -> None:
    bench = Bench()
    bench.watch.open(bench.sip)
    await bench.answering(0.05)
    bench.watch.report(RegistrationChanged("a", 403, "Forbidden", 0))
    bench.watch.report(RegistrationChanged("nobody", 403, "Forbidden", 0))
    assert bench.states("a") == [TrunkState.DOWN]
    assert bench.states("b") == []
    bench.sip.probes.clear()
    bench.watch.report(TransportDown("TLS", "certificate has expired"))
    for _ in range(100):  # trunk a is probed too, whenever it is its turn
        await asyncio.sleep(0.005)
        if ("b", 0) in bench.sip.probes:
            break
    assert ("b", 0) in bench.sip.probes
    bench.watch.close()


async def test_a_lost_network_is_the_end_of_all_and_lines_register_when_it_is_back() -> None:
    bench = Bench()
    bench.watch.open(bench.sip)
    await bench.answering(0.05)
    bench.watch.network(up=False, what="no link on eth0")
    assert bench.states("a") == bench.states("b") == [TrunkState.DOWN]
    bench.watch.network(up=True)
    await bench.answering(0.4)
    assert bench.sip.registered == ["a"]
    assert bench.watch.view("a")["state"] == "up"
    bench.watch.close()
