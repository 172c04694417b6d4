"""Far ends that misbehave: SIPp scenarios, and a caller whose timing is the test's own."""

from __future__ import annotations

import itertools
import re
import time

from .netns import Namespace

_ANSWER = """\
<send{attributes}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=far[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:pbx@[local_ip]:[local_port]>
{extra}Content-Length: {body}
]]></send>"""

_SDP = """\
[len]
Content-Type: application/sdp

v=0
o=pbx 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20"""

_REQUEST = """\
<send{attributes}><![CDATA[
{method} {uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
From: {from_}
To: {to}
Call-ID: [call_id]
CSeq: {cseq}
Contact: <sip:pbx@[local_ip]:[local_port]>
Max-Forwards: 70
{extra}Content-Length: {body}
]]></send>"""

_MINE = '"Asilo" <sip:0571757611@[local_ip]:[local_port]>;tag=far[call_number]'
_BOX = "sip:[service]@[remote_ip]:[remote_port]"


def answer(status: str, *, sdp: bool = False, extra: str = "", repeat: bool = False) -> str:
    """Answer the request just received, as `status`, such as "486 Busy Here"."""
    return _ANSWER.format(
        status=status,
        body=_SDP if sdp else "0\n",
        extra=f"{extra}\n" if extra else "",
        attributes=" retrans='500'" if repeat else "",
    )


def receive(request: str, *, optional: bool = False, timeout_ms: int = 8000) -> str:
    """Wait for a request; an INVITE is remembered so that a BYE of ours can follow it."""
    words = f'<recv request="{request}" timeout="{timeout_ms}"'
    if optional:
        return f'{words} optional="true"/>'
    if request != "INVITE":
        return f"{words}/>"
    return f"""{words} rrs="true"><action>
<ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="caller"/>
<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="called"/>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="contact"/>
<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="number"/>
</action></recv>"""


def bye_from_called(*, method: str = "BYE") -> str:
    """Send a request inside the dialog of the INVITE that came in, whatever its state."""
    return _REQUEST.format(
        method=method,
        uri="[$contact]",
        branch="[branch]",
        from_="[$called];tag=far[call_number]",
        to="[$caller]",
        cseq=f"7 {method}",
        extra="",
        body="0\n",
        attributes=" retrans='500'",
    )


def invite(*, extra: str = "", sdp: bool = True, repeat: bool = True) -> str:
    """Call the gateway; its branch is the same in `cancel`, as RFC 3261 §9.1 wants it."""
    return _REQUEST.format(
        method="INVITE",
        uri=_BOX,
        branch="z9hG4bK-far-[call_number]-[pid]",
        from_=_MINE,
        to=f"<{_BOX}>",
        cseq="1 INVITE",
        extra=f"{extra}\n" if extra else "",
        body=_SDP if sdp else "0\n",
        attributes=" retrans='500'" if repeat else "",
    )


def cancel() -> str:
    return _REQUEST.format(
        method="CANCEL",
        uri=_BOX,
        branch="z9hG4bK-far-[call_number]-[pid]",
        from_=_MINE,
        to=f"<{_BOX}>",
        cseq="1 CANCEL",
        extra="",
        body="0\n",
        attributes="",
    )


def in_dialog(method: str, cseq: int, *, same_branch: bool = False) -> str:
    """Send a request of our own call: `[peer_tag_param]` is the gateway's tag."""
    return _REQUEST.format(
        method=method,
        uri=_BOX,
        branch="z9hG4bK-far-[call_number]-[pid]" if same_branch else "[branch]",
        from_=_MINE,
        to=f"<{_BOX}>[peer_tag_param]",
        cseq=f"{cseq} {method}",
        extra="",
        body="0\n",
        attributes="" if method == "ACK" else " retrans='500'",
    )


def expect(code: int, *, optional: bool = False, timeout_ms: int = 8000) -> str:
    words = f'<recv response="{code}" timeout="{timeout_ms}"'
    return f'{words} optional="true"/>' if optional else f"{words}/>"


def pause(ms: int) -> str:
    return f'<pause milliseconds="{ms}"/>'


def unused_variables() -> str:
    """SIPp refuses a scenario with a variable that nothing reads."""
    return '<Reference variables="caller,called,contact,number"/>'


_calls = itertools.count(1)


class Caller:
    """A caller in the test's hands: one call over UDP, each message sent when told to.

    `seen` holds what came, as "180 INVITE" for an answer and "BYE" for a request.
    """

    def __init__(self, namespace: Namespace, *, address: str, box: str, number: str):
        self._socket = namespace.udp(address)
        self._home = f"{address}:{self._socket.getsockname()[1]}"
        self._box = box
        self._uri = f"sip:{number}@{box}"
        self._call = next(_calls)
        self._tag = ""
        self.seen: list[str] = []

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def invite(self) -> None:
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self._home.split(':')[0]}\r\ns=-\r\n"
            f"c=IN IP4 {self._home.split(':')[0]}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n"
        )
        self._send("INVITE", "INVITE", 1, body)

    def cancel(self) -> None:
        self._send("CANCEL", "INVITE", 1)

    def ack(self, *, refusal: bool = False) -> None:
        self._send("ACK", "INVITE" if refusal else "ACK", 1)

    def bye(self) -> None:
        self._send("BYE", "BYE", 2)

    def listen(self, seconds: float, *, until: str = "") -> list[str]:
        """Take what comes for some seconds, or until `until` does; return what came."""
        came: list[str] = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and until not in (came or [" "]):
            self._socket.settimeout(left)
            try:
                message = self._socket.recv(65536).decode(errors="replace")
            except TimeoutError:
                break
            came.append(self._understood(message))
        self.seen += came
        return came

    def _understood(self, message: str) -> str:
        first = message.split("\r\n", 1)[0].split()
        if not message.startswith("SIP/2.0"):
            return first[0]
        if tag := re.search(r"(?im)^To:.*;tag=([^;\s]+)", message):
            self._tag = tag[1]
        method = re.search(r"(?im)^CSeq:\s*\d+\s+(\w+)", message)
        return f"{first[1]} {method[1] if method else ''}"

    def _send(self, method: str, transaction: str, cseq: int, body: str = "") -> None:
        tag = f";tag={self._tag}" if self._tag and method not in ("INVITE", "CANCEL") else ""
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._home};branch=z9hG4bK-{transaction}-{self._call}",
            f"From: <sip:0571757611@{self._home}>;tag=far{self._call}",
            f"To: <{self._uri}>{tag}",
            f"Call-ID: far-{self._call}@{self._home}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:far@{self._home}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        data = "\r\n".join((*lines, "", body)).encode()
        self._socket.sendto(data, (self._box, 5060))
