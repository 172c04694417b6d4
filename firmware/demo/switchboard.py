"""The embedded switchboard: ``python -m firmware.demo.switchboard --bind 127.0.0.1 --port 0``.

A process of its own with its own pjsua2 endpoint, behind the same SIP sockets as a real PBX: a
trunk without registration. Events go out on stdout, orders come in on stdin, one JSON object a
line (docs: :data:`EVENTS`, :data:`ORDERS`); it ends with its stdin, at ``stop`` or by SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from ipaddress import ip_network
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

from firmware.calls.events import LegEvent, LegIncoming
from firmware.demo import sound, speech
from firmware.demo.desk import Desk, OrderError, Wiring
from firmware.demo.hearing import recognise
from firmware.demo.voice import Voice
from firmware.sip.actor import SipActor
from firmware.sip.errors import SipError
from firmware.sip.events import Report
from firmware.sip.settings import AccountSettings, EndpointSettings, LineIdentity, Transport

SCHEMA = "derivato.switchboard/1"

_ACCOUNT = "gateway"

EVENTS: Mapping[str, str] = {
    "listening": "schema, address (host:port): ready for calls",
    "offered": "call, number, extension, caller, name, private: somebody calls",
    "calling": "call, number, line: we call a line of the gateway",
    "rings": "call, code: it rings there",
    "answered": "call: both sides agreed",
    "media": "call, media: the voice path became active, held or none",
    "saying": "call, phrase, said_at_ns: a phrase began",
    "said": "call, phrase: a phrase is out",
    "heard": "call, phrase (null if none), most_like, score, heard_at_ns, level_dbm0: a sentence",
    "digit": "call, digit: a key press came beside the audio",
    "digits": "call, digits: the collector has them up to #",
    "redirected": "call, number: our call is sent elsewhere",
    "replaced": "call, new: transferred; the conversation goes on as call NEW",
    "ended": "call, code, reason, digits, codec, rx_packets, rx_lost …: a call is over",
    "recorded": "call, to_pbx, from_pbx, began_ns: its audio is in these files",
    "error": "text: an order or a call failed",
}
"""Events with their keys; each has ``event`` and ``at_ns`` (CLOCK_MONOTONIC) too."""

ORDERS: Mapping[str, str] = {
    "call": "line, number, name, anonymous (optional): call a line of the gateway",
    "hang-up": "call, code (optional): end or refuse a call",
    "say": "call, and phrase or file: say it",
    "send": "call, digits: send key presses",
    "notify": "line, count: tell the gateway that messages wait for a line",
    "transfers": "obey: whether transfers (REFER) are obeyed from now on",
    "record": "call, stem: write STEM-to-pbx.wav and STEM-from-pbx.wav at its end",
    "stop": "end all calls and the process",
}
"""Orders with their keys; each has ``do`` too."""


def main(arguments: list[str] | None = None) -> int:
    """Run the switchboard; 0 when told to stop, 1 when it could not start."""
    options = _options(arguments)
    out = _own_stdout()
    sys.setswitchinterval(0.0005)  # the bridge's clock must not wait for a comparison of speech
    tell = _teller(out)
    try:
        book = speech.phrase_book(options.speech)
        asyncio.run(_serve(options, book, tell))
    except (SipError, speech.NoVoiceError, sound.SoundError, OSError) as error:
        sys.stderr.write(f"switchboard: {error}\n")
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m firmware.demo.switchboard", description=__doc__
    )
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="UDP or TCP port; 0 takes a free one")
    parser.add_argument("--transport", choices=("udp", "tcp"), default="udp")
    parser.add_argument("--rtp", type=int, default=21000, help="first of 200 RTP ports")
    parser.add_argument("--peer", help="HOST:PORT of the gateway, to make calls to it")
    parser.add_argument(
        "--accept", action="append", default=[], help="networks that may call (default loopback)"
    )
    parser.add_argument("--voices", type=int, default=16, help="calls at once")
    parser.add_argument("--codecs", default="pcma,pcmu,g722", help="in order of preference")
    parser.add_argument("--record", type=Path, help="write every call's audio to this directory")
    parser.add_argument(
        "--speech", type=Path, default=Path("demo-out/speech"), help="where made speech is kept"
    )
    return parser.parse_args(arguments)


def _own_stdout() -> TextIO:
    """Keep stdout for our lines: pjlib, too, writes there before it can be told not to."""
    sys.stdout.flush()
    mine = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(mine, "w", encoding="utf-8")


def _teller(out: TextIO) -> Callable[..., None]:
    def tell(kind: str, **what: object) -> None:
        line = {"event": kind, "at_ns": time.monotonic_ns(), **what}
        with contextlib.suppress(BrokenPipeError):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()

    return tell


def _account(options: argparse.Namespace) -> AccountSettings:
    accept = options.accept or ["127.0.0.0/8", "::1/128"]
    peer = options.peer or f"{options.bind}:{options.port or 5060}"
    return AccountSettings(
        name=_ACCOUNT,
        trunk="gateway",
        server=peer,
        user="switchboard",
        domain=peer,
        transport=Transport(options.transport),
        accept_from=tuple(ip_network(network) for network in accept),
    )


def _endpoint(options: argparse.Namespace) -> EndpointSettings:
    return EndpointSettings(
        bind=options.bind,
        port=options.port,
        rtp_ports=(options.rtp, options.rtp + 199),
        codecs=tuple(options.codecs.split(",")),
        user_agent="Derivato demo switchboard",
        max_calls=min(4 * options.voices, 64),
    )


async def _serve(
    options: argparse.Namespace, book: Mapping[str, sound.Samples], tell: Callable[..., None]
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    voices = {f"voice{number}": Voice() for number in range(1, options.voices + 1)}
    # Comparing takes 100 ms: done in this process it would hold up the bridge's clock.
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    sentences = {name: said for name, said in book.items() if len(name) > 1}
    compare = partial(loop.run_in_executor, pool, partial(recognise, book=sentences))
    callers = dict.fromkeys(voices, LineIdentity("", ""))
    desk: Desk | None = None

    def post(event: LegEvent | LegIncoming | Report) -> None:
        if desk:
            loop.call_soon_threadsafe(desk.take, event)

    actor = SipActor(
        _endpoint(options), [_account(options)], lines=voices, callers=callers, post=post
    )
    desk = Desk(
        Wiring(voices, callers, compare, actor.perform, tell, can_call=options.peer is not None),
        book,
        options.record,
    )
    try:
        warm = compare(next(iter(sentences.values())))  # its process takes a second to start
        await asyncio.gather(warm, asyncio.wrap_future(actor.start()))
        addresses = await asyncio.wrap_future(actor.addresses())
        tell("listening", schema=SCHEMA, address=addresses[0].split()[-1])
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        reading = asyncio.create_task(_obey(desk, actor, tell, stop))
        await stop.wait()
        reading.cancel()
    finally:
        desk.close()
        await asyncio.to_thread(actor.stop)
        pool.shutdown()
        await asyncio.sleep(0)  # the last calls' ends are on their way here


async def _obey(
    desk: Desk, actor: SipActor, tell: Callable[..., None], stop: asyncio.Event
) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            order = json.loads(line)
            if order.get("do") == "stop":
                break
            if order.get("do") == "notify":
                actor.tell_messages(_ACCOUNT, order["line"], int(order["count"]))
                continue
            if order.get("do") == "transfers":
                actor.obey_transfers = bool(order["obey"])
                continue
            _carry_out(desk, order)
        except (OrderError, sound.SoundError, OSError) as error:
            tell("error", text=str(error), order=line.decode(errors="replace").strip())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            tell(
                "error",
                text=f"not an order: {error!r}",
                order=line.decode(errors="replace").strip(),
            )
    stop.set()


def _carry_out(desk: Desk, order: Mapping[str, str]) -> None:
    match order["do"]:
        case "call":
            desk.call(
                order["line"],
                number=order["number"],
                name=order.get("name", ""),
                anonymous=bool(order.get("anonymous")),
            )
        case "hang-up":
            desk.find(order["call"]).end(int(order.get("code", 0)))
        case "say":
            desk.say(order["call"], phrase=order.get("phrase"), file=order.get("file"))
        case "send":
            desk.find(order["call"]).press(order["digits"])
        case "record":
            desk.find(order["call"]).record_to = Path(order["stem"])
        case other:
            raise OrderError(f"no order {other!r}; there are {', '.join(ORDERS)}")


if __name__ == "__main__":
    sys.exit(main())
