"""SIPp: calls by the letter of a scenario, also wrong ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .certificates import Certificate
from .netns import Namespace, Process, wait_until

_HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
_runs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a SIPp run ended with; `messages` is the trace of all SIP messages."""

    exit_code: int
    succeeded: int
    failed: int
    messages: str
    errors: str

    def __bool__(self) -> bool:
        return self.exit_code == 0

    def describe(self) -> str:
        return (
            f"SIPp ended with {self.exit_code}, {self.succeeded} calls good, {self.failed} bad\n"
            f"{self.errors[-2000:]}\n{self.messages[-6000:]}"
        )


class Sipp:
    """A SIPp run; started by the constructor, `outcome()` waits for its end.

    `scenario`: the elements between <scenario> and </scenario>, or a name of a built-in
    scenario ("uac", "uas"). `target`: `address:port`; leave out for a server scenario.
    `transport`: "u1" UDP, "t1" TCP, "l1" TLS. `keys`: values for [name] in the scenario.
    `seconds`: the run is a failure when it takes longer.
    """

    def __init__(
        self,
        namespace: Namespace,
        root: Path,
        scenario: str,
        *,
        target: str | None = None,
        address: str = "10.77.0.5",
        port: int = 5060,
        service: str = "9001",
        calls: int = 1,
        rate: float = 10.0,
        transport: str = "u1",
        credentials: tuple[str, str] | None = None,
        certificate: Certificate | None = None,
        keys: Mapping[str, str] | None = None,
        seconds: float = 20.0,
        trace: bool = True,
        options: Sequence[str] = (),
    ):
        self._home = namespace.work / f"sipp-{next(_runs)}"
        self._home.mkdir()
        argv: list[str | Path] = ["sipp"]
        if scenario.lstrip().startswith("<"):
            file = self._home / "scenario.xml"
            file.write_text(f'{_HEAD}<scenario name="test">\n{scenario}\n</scenario>\n')
            argv += ["-sf", file]
        else:
            argv += ["-sn", scenario]
        argv += ["-i", address, "-mi", address, "-p", str(port), "-t", transport, "-s", service]
        argv += ["-m", str(calls), "-r", str(rate), "-nostdin", "-timeout", f"{seconds:.0f}"]
        # No BYE from SIPp itself after a failure: the scenario says all that is sent.
        argv += [
            "-default_behaviors",
            "all,-bye",
            "-timeout_error",
            "-trace_err",
            "-error_file",
            self._home / "errors",
        ]
        argv += ["-trace_stat", "-stf", self._home / "statistics", "-fd", "1"]
        if trace:
            argv += ["-trace_msg", "-message_file", self._home / "messages"]
        if credentials is not None:
            argv += ["-au", credentials[0], "-ap", credentials[1]]
        if certificate is not None:
            argv += ["-tls_cert", certificate.certificate, "-tls_key", certificate.key]
        for key, value in (keys or {}).items():
            argv += ["-key", key, value]
        argv += [*options, *([target] if target else [])]
        self.process: Process = namespace.popen(argv, name="sipp", root=root, cwd=self._home)
        self._seconds = seconds
        if target is None:
            self._wait_bound(namespace, address, port)

    def _wait_bound(self, namespace: Namespace, address: str, port: int) -> None:
        def bound() -> bool:
            if self.process.exit_code is not None:
                raise RuntimeError(
                    f"SIPp did not start: {self._text('errors')}{self._last_words()}"
                )
            return f"{address}:{port}" in namespace.run(["ss", "-Hlntu"]).stdout

        wait_until(bound, 3.0, f"SIPp does not listen on {address}:{port}")

    def outcome(self) -> Outcome:
        """Wait for the end of the run and return what happened."""
        exit_code = self.process.wait(self._seconds + 10)
        succeeded, failed = self._counts()
        return Outcome(
            exit_code, succeeded, failed, self.messages(), self._text("errors") + self._last_words()
        )

    def messages(self) -> str:
        """Return the SIP messages so far."""
        return self._text("messages")

    def stop(self) -> None:
        self.process.stop()

    def _text(self, name: str) -> str:
        path = self._home / name
        return path.read_text(errors="replace") if path.exists() else ""

    def _last_words(self) -> str:
        # Errors in a scenario or an address in use are said on the terminal only.
        return self.process.tail(5) if self.process.exit_code not in (0, 1) else ""

    def _counts(self) -> tuple[int, int]:
        rows = [line.split(";") for line in self._text("statistics").splitlines()]
        if len(rows) < 2:
            return 0, 0
        last = dict(zip(rows[0], rows[-1], strict=False))
        return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])


def register(
    namespace: Namespace,
    root: Path,
    *,
    user: str,
    password: str,
    target: str,
    transport: str = "u1",
    address: str = "10.77.0.5",
    port: int = 5060,
    seconds: float = 5.0,
) -> Outcome:
    """Register `user` with digest; good when the second REGISTER got a 200."""
    run = Sipp(
        namespace,
        root,
        REGISTER,
        target=target,
        address=address,
        port=port,
        service=user,
        credentials=(user, password),
        transport=transport,
        seconds=seconds,
    )
    return run.outcome()


_REGISTER_LINES = """\
<![CDATA[
REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {cseq} REGISTER
Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Expires: 60
{authentication}Content-Length: 0

]]>"""
REGISTER = (
    f"<send retrans='500'>{_REGISTER_LINES.format(cseq=1, authentication='')}</send>\n"
    "<recv response='100' optional='true'/>\n"
    "<recv response='401' auth='true'/>\n"
    "<send retrans='500'>"
    + _REGISTER_LINES.format(cseq=2, authentication="[authentication]\n")
    + "</send>\n<recv response='100' optional='true'/>\n<recv response='200'/>\n"
)
