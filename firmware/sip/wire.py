"""Reading SIP messages as text: caller identity and the other headers pjsua2 does not give."""

from __future__ import annotations

import re
from urllib.parse import unquote

from firmware.calls.events import Party

_COMPACT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_SECRET = re.compile(r"(?im)^((?:proxy-)?authorization|(?:www|proxy)-authenticate)(\s*:).*$")
_CRYPTO = re.compile(r"(?im)^(a=crypto:\S+\s+\S+\s+inline:)\S+")
_ADDRESS = re.compile(
    r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<]*?))\s*'
    r"<(?P<uri>[^>]*)>|^\s*(?P<bare>[^;\s]+)"
)
_ANONYMOUS = {"anonymous", "unavailable", "restricted"}


def headers(message: str) -> dict[str, list[str]]:
    """Split a message's head into values by lower-case name, folded lines joined (RFC 3261 §7.3).

    Lines that are no headers are passed over: what arrives here may be anything.
    """
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    unfolded = re.sub(r"\r?\n[ \t]+", " ", head)
    found: dict[str, list[str]] = {}
    for line in unfolded.splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            found.setdefault(_COMPACT.get(key, key), []).append(value.strip())
    return found


def address(value: str) -> Party:
    """Read a name-addr or addr-spec (RFC 3261 §25.1) as a party: display name and user part."""
    match = _ADDRESS.match(value)
    if not match:
        return Party()
    uri = match["uri"] or match["bare"] or ""
    name = (match["quoted"] or match["plain"] or "").strip()
    name = re.sub(r"\\(.)", r"\1", name)
    return Party(number=_user(uri), name=name or None)


def _user(uri: str) -> str | None:
    scheme, colon, rest = uri.partition(":")
    if not colon:
        return None
    if scheme.lower() == "tel":
        user = rest
    elif "@" in rest:
        user = rest.partition("@")[0].partition(":")[0]
    else:
        return None
    user = unquote(user.partition(";")[0])
    dialled = re.sub(r"[-.() ]", "", user)
    return (dialled if re.fullmatch(r"[+*#\d]+", dialled) else user) or None


def caller(message: str) -> Party:
    """Who calls: P-Asserted-Identity before From (RFC 3325 §9.1), Privacy obeyed (RFC 3323)."""
    fields = headers(message)
    privacy = ";".join(fields.get("privacy", [])).lower().replace(",", ";")
    wishes = {wish.strip() for wish in privacy.split(";")}
    sources = [*fields.get("p-asserted-identity", []), *fields.get("from", [])]
    parties = [address(value) for value in sources]
    if wishes & {"id", "user", "full"} or not parties:
        return Party(private=bool(parties))
    number = next((party.number for party in parties if party.number), None)
    name = next((party.name for party in parties if party.name), None)
    if (number or "").lower() in _ANONYMOUS:
        return Party(private=True)
    return Party(number=number, name=name)


def request_user(message: str) -> str:
    """User part of the Request-URI: the number that was called ("" if there is none)."""
    start = message.split("\n", 1)[0].split()
    return (_user(start[1]) or "") if len(start) >= 3 else ""


def first(message: str, name: str) -> str:
    """Value of the first header called ``name``, or ""."""
    return next(iter(headers(message).get(name.lower(), [])), "")


def without_secrets(message: str) -> str:
    """The message with credentials and SRTP keys blanked, fit for logs and diagrams."""
    return _CRYPTO.sub(r"\1***", _SECRET.sub(r"\1\2 ***", message))


def quoted(text: str) -> str:
    """``text`` as a quoted-string (RFC 3261 §25.1), control characters removed."""
    clean = "".join(c for c in text if c.isprintable())
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_addr(name: str, uri: str) -> str:
    """``uri`` as a name-addr, with the display name if there is one."""
    return f"{quoted(name)} <{uri}>" if name else f"<{uri}>"


G711 = ("pcma", "pcmu")

_STATIC = {"0": "pcmu", "8": "pcma", "9": "g722"}  # RFC 3551 §6


def with_codecs(sdp: str, codecs: tuple[str, ...]) -> str:
    """``sdp`` with its audio codecs limited to ``codecs``, in that order.

    Telephone events keep their place at the end (RFC 4733), other media stay as they are. An
    offer with none of the codecs is left alone: a call with the wrong codec beats none.
    """
    names = dict(_STATIC)
    for match in re.finditer(r"(?im)^a=rtpmap:(\d+) ([\w-]+)/", sdp):
        names[match[1]] = match[2].lower()
    media = re.search(r"(?m)^(m=audio \d+ \S+) ([\d ]+?)\r?$", sdp)
    if not media:
        return sdp
    offered = media[2].split()
    voice = [pt for codec in codecs for pt in offered if names.get(pt) == codec]
    events = [pt for pt in offered if names.get(pt) == "telephone-event"]
    if not voice:
        return sdp
    kept = voice + events
    gone = "|".join(set(offered) - set(kept)) or "none"
    sdp = sdp[: media.start(2)] + " ".join(kept) + sdp[media.end(2) :]
    return re.sub(rf"(?m)^a=(?:rtpmap|fmtp):(?:{gone}) .*\r?\n", "", sdp)


def message_summary_body(account: str, new: int) -> str:
    """Say that ``new`` voice messages wait for the address ``account`` (RFC 3842 §3.5)."""
    waiting = "yes" if new else "no"
    lines = (
        f"Messages-Waiting: {waiting}",
        f"Message-Account: {account}",
        f"Voice-Message: {new}/0 (0/0)",
    )
    return "".join(f"{line}\r\n" for line in lines)


def message_summary(body: str) -> tuple[str, int] | None:
    """User of the account and number of new voice messages (RFC 3842 §5.2), None if it is none."""
    fields = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(":") for line in body.splitlines())
        if colon
    }
    waiting = fields.get("messages-waiting", "").lower()
    if waiting not in ("yes", "no"):
        return None
    new = re.match(r"\d{1,6}", fields.get("voice-message", ""))
    count = int(new[0]) if new else int(waiting == "yes")
    return _user(fields.get("message-account", "")) or "", count
