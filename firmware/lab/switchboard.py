"""The actor ``pbx``: the embedded switchboard, a process with SIP sockets of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import assert_never

from firmware.lab import pbx_steps as steps
from firmware.lab.failure import Failure

Action = steps.Call | steps.HangUp | steps.Say | steps.Send | steps.Notify | steps.Transfers
Expectation = (
    steps.Receives
    | steps.Answered
    | steps.ReceivesDigits
    | steps.HearsPhrase
    | steps.Redirected
    | steps.Ends
)
Event = Mapping[str, object]

_START_S = 60.0  # the first time, it makes its speech
_STOP_S = 10.0
_LOOK_S = 0.03


@contextmanager
def running(*, gateway_port: int, first_rtp: int, speech: Path, log: Path) -> Iterator[Switchboard]:
    """Run the switchboard; the gateway is (or will be) at ``gateway_port`` on loopback.

    Raises:
        Failure: it does not start.
    """
    command = [sys.executable, "-m", "firmware.demo.switchboard", "--bind", "127.0.0.1"]
    command += ["--port", "0", "--peer", f"127.0.0.1:{gateway_port}", "--rtp", str(first_rtp)]
    command += ["--speech", str(speech)]
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    switchboard = Switchboard(process)
    try:
        switchboard.start(log)
        yield switchboard
    finally:
        switchboard.stop()


class Switchboard:
    """The switchboard's calls, as its events tell them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._events: list[Event] = []
        self._calls: list[str] = []  # every call, by the order in which they began
        self._mark = 0
        self._reader = threading.Thread(target=self._read, name="switchboard")
        self.address = ""

    def start(self, log: Path) -> None:
        """Wait until it serves."""
        self._reader.start()
        found = self._find(lambda event: event["event"] == "listening", within_s=_START_S)
        if found is None:
            said = log.read_text(encoding="utf-8", errors="replace")[-500:]
            raise Failure("the switchboard starts", said or "it said nothing")
        self.address = str(found["address"])

    def stop(self) -> None:
        """End its calls and itself."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def mark(self) -> None:
        """Forget what happened so far: somebody does something now."""
        self._mark = len(self._events)

    def act(self, step: Action) -> None:
        """Do what ``step`` says.

        Raises:
            Failure: there is no such call, or the switchboard could not do it.
        """
        match step:
            case steps.Call():
                hidden = {"anonymous": True} if step.anonymous else {}
                self._order("call", line=step.line, number=step.number, name=step.name, **hidden)
                if not self._find(lambda event: event["event"] == "calling", within_s=_STOP_S):
                    raise Failure(f"calls {step.line}", self._instead())
            case steps.HangUp():
                code = {} if step.code is None else {"code": step.code}
                self._order("hang-up", call=self._call(step), **code)
            case steps.Say(phrase=str(phrase)):
                self._order("say", call=self._call(step), phrase=phrase)
            case steps.Say():
                self._order("say", call=self._call(step), file=str(step.file))
            case steps.Send():
                self._order("send", call=self._call(step), digits=step.digits)
            case steps.Notify():
                self._order("notify", line=step.line, count=step.count)
            case steps.Transfers():
                self._order("transfers", obey=step.obey)
            case _:
                assert_never(step)

    def expect(self, step: Expectation) -> str:
        """Wait until ``step`` has come true; say what was found.

        Raises:
            Failure: it has not; with what happened instead.
        """
        match step:
            case steps.Receives():
                given = _written(
                    extension=step.number,
                    caller=step.caller,
                    name=step.name,
                    private=step.private,
                )
                return self._wait("offered", f"a call for {step.number}", given, step.within)
            case steps.Answered():
                return self._wait("answered", "an answer", self._of(step), step.within)
            case steps.ReceivesDigits():
                return self._digits(step)
            case steps.HearsPhrase():
                phrase = {"phrase": step.phrase} | self._of(step)
                return self._wait("heard", f"the sentence {step.phrase}", phrase, step.within)
            case steps.Redirected():
                sent = self._of(step) | {"number": step.number}
                return self._wait(
                    "redirected", f"its call sent to {step.number}", sent, step.within
                )
            case steps.Ends():
                end = _written(code=step.code, codec=step.codec) | self._of(step)
                return self._wait("ended", "the end of a call", end, step.within)
            case _:
                assert_never(step)

    # --- events ------------------------------------------------------------------------------

    def _read(self) -> None:
        for line in self._process.stdout or ():
            event = json.loads(line)
            if event["event"] in ("offered", "calling"):
                self._calls.append(event["call"])
            elif event["event"] == "replaced":  # transferred: the same call by another name
                self._calls = [event["new"] if c == event["call"] else c for c in self._calls]
            self._events.append(event)

    def _wait(self, kind: str, what: str, wanted: Mapping[str, object], within_s: float) -> str:
        def fits(event: Event) -> bool:
            same = all(event.get(key) == value for key, value in wanted.items())
            return event["event"] == kind and same

        found = self._find(fits, within_s=within_s)
        if found is None:
            values = ", ".join(f"{key} {value}" for key, value in wanted.items())
            raise Failure(f"has {what}" + (f" ({values})" if values else ""), self._instead())
        return f"has {_words(found)}"

    def _digits(self, step: steps.ReceivesDigits) -> str:
        of = self._of(step)
        end = time.monotonic() + step.within
        while True:
            over = time.monotonic() >= end
            pressed = "".join(
                str(event["digit"])
                for event in self._events[self._mark :]
                if event["event"] == "digit" and of.get("call") in (None, event["call"])
            )
            if pressed == step.digits:
                return f"has digits {pressed}"
            if over:
                instead = f"digits {pressed}" if pressed else self._instead()
                raise Failure(f"has digits {step.digits}", instead)
            time.sleep(_LOOK_S)

    def _find(self, fits: Callable[[Event], bool], *, within_s: float) -> Event | None:
        end = time.monotonic() + within_s
        while True:
            over = time.monotonic() >= end or not self._reader.is_alive()
            for event in self._events[self._mark :]:
                if fits(event):
                    return event
            if over:
                return None
            time.sleep(_LOOK_S)

    def _instead(self) -> str:
        happened = [_words(event) for event in self._events[self._mark :]]
        if not self._reader.is_alive():
            happened.append("the switchboard is gone")
        return "; ".join(happened) or "nothing happened there"

    # --- calls and orders --------------------------------------------------------------------

    def _of(self, step: steps.OnCall) -> dict[str, object]:
        """Restrict to the call that is named, if any is."""
        return {} if step.call is None else {"call": self._named(step.call)}

    def _call(self, step: steps.OnCall) -> str:
        """The call that is named, or else the newest that is up."""
        if step.call is not None:
            return self._named(step.call)
        over = {event["call"] for event in self._events if event["event"] == "ended"}
        up = [call for call in self._calls if call not in over]
        if not up:
            raise Failure("acts in a call", "no call is up")
        return up[-1]

    def _named(self, number: int) -> str:
        if number > len(self._calls):
            raise Failure(f"call {number}", f"there were {len(self._calls)}")
        return self._calls[number - 1]

    def _order(self, verb: str, **values: object) -> None:
        try:
            if self._process.stdin:
                self._process.stdin.write(json.dumps({"do": verb, **values}) + "\n")
                self._process.stdin.flush()
        except OSError as error:
            raise Failure(verb, f"the switchboard is gone ({error.strerror})") from error


def _written(**values: object) -> dict[str, object]:
    """The values that a step gives."""
    return {key: value for key, value in values.items() if value is not None}


def _words(event: Event) -> str:
    values = (f"{key} {v}" for key, v in event.items() if key not in ("event", "at_ns", "schema"))
    return f"{event['event']} ({', '.join(values)})"
