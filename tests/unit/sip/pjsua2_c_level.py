"""Checks of our fixes at the C functions inside the pjsua2 module, in a process of their own."""

from __future__ import annotations

import ctypes
import itertools
import socket
import struct
import sys

import _pjsua2
import pjsua2 as pj

LIBRARY = ctypes.CDLL(_pjsua2.__file__)
GUARD = 64
CANARY = 0xA5


class Str(ctypes.Structure):
    """pj_str_t"""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))


def c_function(name: str, result: type, *arguments: type) -> ctypes._CFuncPtr:
    function = getattr(LIBRARY, name)
    function.restype, function.argtypes = result, list(arguments)
    return function


pointer, size_t, integer = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
new_pool = c_function("pjsua_pool_create", pointer, ctypes.c_char_p, size_t, size_t)
parse_xml = c_function("pj_xml_parse", pointer, pointer, pointer, size_t)
parse_header = c_function("pjsip_parse_hdr", pointer, pointer, pointer, pointer, size_t, pointer)
print_header = c_function("pjsip_hdr_print_on", integer, pointer, pointer, size_t)


def pool() -> int:
    made = new_pool(b"test", 100_000, 100_000)
    assert made
    return int(made)


def parsed(text: bytes) -> int | None:
    buffer = ctypes.create_string_buffer(text)
    found: int | None = parse_xml(pool(), buffer, len(text))
    return found


def nested_xml() -> None:
    assert parsed(b"<a><b/></a>")
    assert parsed(b"<a>" * 40 + b"</a>" * 40)
    assert not parsed(b"<a>" * 200_000 + b"</a>" * 200_000)


def xml_comments() -> None:
    assert parsed(b"<!-- x -->" * 300_000 + b"<a></a>")
    assert parsed(b"<?x y?>" * 300_000 + b"<a></a>")


HEADERS = {
    b"Allow": b"INVITE, ACK, BYE",
    b"Contact": b'"A b" <sip:a@b.test;transport=tcp>;q=0.755;expires=3600;x=y',
    b"Content-Type": b"multipart/mixed;boundary=abcdef",
    b"Event": b"message-summary;id=12;x=y",
    b"From": b'"A b" <sip:a@b.test>;tag=abc;x=y',
    b"Min-SE": b"4294967295;x=y",
    b"Proxy-Authenticate": b'Digest realm="a",nonce="b",opaque="c",stale=true,algorithm=MD5,qop="auth"',
    b"Record-Route": b"<sip:a.test;lr>;x=y",
    b"Replaces": b"abc@def;to-tag=1;from-tag=2;early-only;x=y",
    b"Require": b"a, b, c",
    b"Retry-After": b"120 (a comment);duration=3600",
    b"Session-Expires": b"4294967295;refresher=uas;x=y",
    b"Subscription-State": b"active;reason=noresource;expires=4294967294;retry-after=2147483647;x=y",
    b"Subject": b"anything",
    b"Via": b"SIP/2.0/TLS [2001:db8::1]:65535;ttl=255;rport=65535;maddr=[::1];received=[::2];branch=z;x=y",
}


def header_printing() -> None:
    """No printer touches a byte behind its buffer, whatever the buffer's size."""
    wrong = [
        f"{name.decode()} in {size} bytes"
        for name, value in HEADERS.items()
        for size in range(1, len(name) + len(value) + 40)
        if _touches_more(name, value, size)
    ]
    assert not wrong, "; ".join(wrong)


def _touches_more(name: bytes, value: bytes, size: int) -> bool:
    header_name = ctypes.create_string_buffer(name)
    spelled = Str(ctypes.cast(header_name, ctypes.c_char_p), len(name))
    text = ctypes.create_string_buffer(value)
    header = parse_header(pool_of_headers, ctypes.byref(spelled), text, len(value), None)
    assert header, name
    buffer = ctypes.create_string_buffer(bytes([CANARY]) * (size + GUARD), size + GUARD)
    printed = print_header(header, buffer, size)
    assert printed <= size, (name, size, printed)
    return buffer.raw[size:] != bytes([CANARY]) * GUARD


class Time(ctypes.Structure):
    """pj_time_val"""

    _fields_ = (("sec", ctypes.c_long), ("msec", ctypes.c_long))


ANSWERED = ctypes.CFUNCTYPE(None, pointer, integer, pointer)


class Resolver:
    """A DNS resolver of PJLIB-UTIL that asks a server of ours."""

    def __init__(self, port: int) -> None:
        factory = c_function("pjsua_get_pool_factory", pointer)()
        create = c_function(
            "pj_dns_resolver_create", integer, pointer, pointer, integer, pointer, pointer, pointer
        )
        self._resolver = pointer()
        assert create(factory, b"test", 0, None, None, ctypes.byref(self._resolver)) == 0
        address = ctypes.create_string_buffer(b"127.0.0.1")
        server = Str(ctypes.cast(address, ctypes.c_char_p), 9)
        ports = (ctypes.c_uint16 * 1)(port)
        set_ns = c_function("pj_dns_resolver_set_ns", integer, pointer, integer, pointer, pointer)
        assert set_ns(self._resolver, 1, ctypes.byref(server), ports) == 0
        self.answers: list[int] = []
        self._callback = ANSWERED(lambda _data, status, _packet: self.answers.append(status))
        self._start = c_function(
            "pj_dns_resolver_start_query",
            *(integer, pointer, pointer, integer, integer, ANSWERED, pointer, pointer),
        )
        self._events = c_function("pj_dns_resolver_handle_events", None, pointer, pointer)

    def ask(self, name: bytes) -> None:
        text = ctypes.create_string_buffer(name)
        asked = Str(ctypes.cast(text, ctypes.c_char_p), len(name))
        status = self._start(self._resolver, ctypes.byref(asked), 1, 0, self._callback, None, None)
        assert status == 0

    def run(self, rounds: int = 20) -> None:
        for _ in range(rounds):
            self._events(self._resolver, ctypes.byref(Time(0, 10)))


def _answer(query: bytes, name: bytes) -> bytes:
    """An answer with one address to the question for `name`, with the query's ID."""
    labels = b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"
    head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 60, 4, socket.inet_aton("127.0.0.9"))
    return head + labels + struct.pack("!HH", 1, 1) + record


def _nameserver() -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(5.0)
    return server


def dns_other_sender() -> None:
    with _nameserver() as server, _nameserver() as stranger:
        resolver = Resolver(server.getsockname()[1])
        resolver.ask(b"pbx.test")
        query, asker = server.recvfrom(512)
        stranger.sendto(_answer(query, b"pbx.test"), ("127.0.0.1", asker[1]))
        resolver.run()
        assert not resolver.answers, "an answer from a stranger was taken"
        server.sendto(_answer(query, b"pbx.test"), asker)
        resolver.run()
        assert resolver.answers == [0]


def dns_other_question() -> None:
    with _nameserver() as server:
        resolver = Resolver(server.getsockname()[1])
        resolver.ask(b"pbx.test")
        query, asker = server.recvfrom(512)
        server.sendto(_answer(query, b"evil.test"), asker)
        resolver.run()
        assert not resolver.answers, "an answer to another question was taken"
        server.sendto(_answer(query, b"PBX.test"), asker)
        resolver.run()
        assert resolver.answers == [0]


def dns_counted_ids() -> None:
    with _nameserver() as server:
        resolver = Resolver(server.getsockname()[1])
        identities = []
        for number in range(8):
            name = b"pbx%d.test" % number
            resolver.ask(name)
            query, asker = server.recvfrom(512)
            identities.append(struct.unpack("!H", query[:2])[0])
            server.sendto(_answer(query, name), asker)
            resolver.run(3)
        steps = {after - before for before, after in itertools.pairwise(identities)}
        assert steps != {1}, identities


def _session(*attributes: str) -> int:
    """An SDP with one audio stream, PCMA and these attributes."""
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    lines += ["m=audio 4000 RTP/AVP 8", *(f"a={attribute}" for attribute in attributes)]
    text = "".join(f"{line}\r\n" for line in lines).encode()
    memory, made = pool(), pointer()
    kept = c_function("pj_pool_alloc", pointer, pointer, size_t)(memory, len(text) + 1)
    ctypes.memmove(kept, text + b"\0", len(text) + 1)  # what is parsed points into its text
    parse = c_function("pjmedia_sdp_parse", integer, pointer, pointer, size_t, pointer)
    assert parse(memory, kept, len(text), ctypes.byref(made)) == 0
    assert made.value
    return made.value


def _offered_again(*attributes: str) -> None:
    """Negotiate a plain session, then offer a new one with these attributes."""
    memory, negotiator = pool(), pointer()
    step = "pjmedia_sdp_neg_"
    create = c_function(f"{step}create_w_local_offer", integer, pointer, pointer, pointer)
    assert create(memory, _session(), ctypes.byref(negotiator)) == 0
    answer = c_function(f"{step}set_remote_answer", integer, pointer, pointer, pointer)
    assert answer(memory, negotiator, _session()) == 0
    negotiate = c_function(f"{step}negotiate", integer, pointer, pointer, integer)
    assert negotiate(memory, negotiator, 0) == 0
    modify = c_function(f"{step}modify_local_offer", integer, pointer, pointer, pointer)
    assert modify(memory, negotiator, _session(*attributes)) == 0


def payload_types() -> None:
    for wild in (128, 1000, 4294967200, 4294967295):
        _offered_again(*[f"rtpmap:{wild} x/8000"] * 20, *[f"fmtp:{wild} x=1"] * 20)
    every = [f"rtpmap:{number} none{number}/8000" for number in range(96, 128)]
    _offered_again(*every, *["rtpmap:96 other/8000"] * 30)


CHECKS = {
    "payload-types": payload_types,
    "nested-xml": nested_xml,
    "xml-comments": xml_comments,
    "header-printing": header_printing,
    "dns-other-sender": dns_other_sender,
    "dns-other-question": dns_other_question,
    "dns-counted-ids": dns_counted_ids,
}

if __name__ == "__main__":
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(config)
    pool_of_headers = pool()
    CHECKS[sys.argv[1]]()
    endpoint.libDestroy()
    print("fine", flush=True)
