"""Opening pjsua2's endpoint: library settings, transports, codecs, clock."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import ssl
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import _pjsua2
import pjsua2 as pj

from firmware.sip.errors import SipError, StartError
from firmware.sip.events import Report, TransportDown
from firmware.sip.guard import guarded
from firmware.sip.settings import AccountSettings, EndpointSettings, TlsSettings, Transport
from firmware.sip.trace import LogWriter

log = logging.getLogger("derivato.sip")

_CODEC_IDS = {"pcma": "PCMA/8000", "pcmu": "PCMU/8000", "g722": "G722/16000"}
_ERRORS = 1
_TLS_1_2, _TLS_1_3 = 16, 32  # PJ_SSL_SOCK_PROTO_*, as numbers: the binding lacks the second


def sip_error(error: pj.Error) -> SipError:
    """Our error with the text that pjsua2's own hides."""
    return SipError(f"{error.title}: {error.reason}", error.status)


def start_error(error: Exception) -> StartError:
    """Why the endpoint did not start, for people.

    A new error, without the traceback of the first: its frames would keep the endpoint alive,
    and there can be only one in a process.
    """
    if isinstance(error, pj.Error):
        return StartError(f"{error.title}: {error.reason}", error.status)
    return StartError(str(error), error.status if isinstance(error, SipError) else 0)


class Endpoint(pj.Endpoint):  # type: ignore[misc]  # pjsua2 has no types
    """The library; reports connections that fail through ``post``.

    ``select`` gives the index of the account that a request is for, by the address it comes
    from, the transport it came by and its text, or None. ``certificates`` is kept up to date: the
    SHA-256 of the certificate that the peer of each TLS transport has shown.
    """

    def __init__(
        self,
        post: Callable[[Report], None],
        select: Callable[[str, int, str], int | None],
        certificates: MutableMapping[int, str],
    ) -> None:
        super().__init__()
        self.post = post
        self._select = select
        self._certificates = certificates
        self.log_writer: LogWriter | None = None  # disowned on assignment, must outlive the lib

    @guarded
    def onSelectAccount(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Give a request to the trunk it comes from."""
        transport = transport_of(prm.rdata)
        index = self._select(prm.rdata.srcAddress, transport, prm.rdata.wholeMsg)
        if index is not None:
            prm.accountIndex = index

    @guarded
    def onTransportState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report a lost or refused connection with the reason that TLS gives."""
        self._certificates.pop(int(prm.hnd), None)  # it may be another connection by now
        if prm.type.startswith("TLS") and prm.state == pj.PJSIP_TP_STATE_CONNECTED:
            self._know(int(prm.hnd), prm.tlsInfo.remoteCertInfo.raw)
        if prm.state != pj.PJSIP_TP_STATE_DISCONNECTED or not prm.lastError:
            return
        tls = [str(text) for text in prm.tlsInfo.verifyMsgs] if prm.type.startswith("TLS") else []
        reason = "; ".join(tls) or self.utilStrError(prm.lastError)
        self.post(TransportDown(prm.type, reason))

    def _know(self, transport: int, pem: str) -> None:
        """Keep in mind which certificate, if any, the peer of a connection has shown."""
        if pem:
            der = ssl.PEM_cert_to_DER_cert(pem)
            self._certificates[transport] = hashlib.sha256(der).hexdigest()


def transport_of(rdata: Any) -> int:
    """The transport by which a request came, as onTransportState names it.

    pjsua2 tells no more than the address of the peer, which a datagram can lie about. It is the
    second pointer of pjsip_rx_data (``tp_info.transport``).
    """
    pointer = ctypes.sizeof(ctypes.c_void_p)
    return ctypes.c_void_p.from_address(int(rdata.pjRxData) + pointer).value or 0


def open_endpoint(
    lib: Endpoint,
    settings: EndpointSettings,
    accounts: Sequence[AccountSettings],
) -> dict[str, int]:
    """Create, configure and start ``lib``; give the transport of each trunk by its name."""
    # libCreate greets on stdout before a log level can be set by pjsua2's own means
    ctypes.CDLL(_pjsua2.__file__).pj_log_set_level(_ERRORS)
    lib.libCreate()
    lib.libInit(_config(lib, settings))
    ids = _open_transports(lib, settings, accounts)
    lib.libStart()
    lib.audDevManager().setNullDev()  # its clock drives the bridge; no sound hardware
    for codec in lib.codecEnum2():
        lib.codecSetPriority(codec.codecId, 0)
    for rank, name in enumerate(settings.codecs):
        lib.codecSetPriority(_CODEC_IDS[name], 200 - rank)
    return ids


def _config(lib: Endpoint, settings: EndpointSettings) -> Any:
    config = pj.EpConfig()
    agent = config.uaConfig
    agent.threadCnt, agent.mainThreadOnly = 0, True
    agent.maxCalls = settings.max_calls
    agent.userAgent = settings.user_agent
    for server in settings.nameservers:
        agent.nameserver.append(server)
    media = config.medConfig
    media.clockRate = media.sndClockRate = 8000
    media.audioFramePtime = media.ptime = 20
    media.ecTailLen, media.noVad, media.sndAutoCloseTime, media.quality = 0, True, -1, 4
    lib.log_writer = LogWriter(lib.post if settings.log_messages else None)
    config.logConfig.writer = lib.log_writer
    lib_level = 4 if settings.log_messages else 2
    config.logConfig.level = config.logConfig.consoleLevel = lib_level
    config.logConfig.msgLogging = 1 if settings.log_messages else 0
    return config


def _open_transports(
    lib: Any, settings: EndpointSettings, accounts: Sequence[AccountSettings]
) -> dict[str, int]:
    """Listen where the accounts need it: one socket per kind, one for each way of using TLS."""
    six = ":" in settings.bind
    wanted = {account.trunk: account for account in accounts}
    ids: dict[str, int] = {}
    shared: dict[Transport | TlsSettings, int] = {}
    for trunk, account in wanted.items():
        kind: Transport | TlsSettings = account.transport
        if kind is Transport.TLS:
            kind = account.tls or TlsSettings()
        if kind not in shared:
            shared[kind] = _listen(lib, settings, kind, six=six)
        ids[trunk] = shared[kind]
    return ids


def _listen(
    lib: Any, settings: EndpointSettings, kind: Transport | TlsSettings, *, six: bool
) -> int:
    if isinstance(kind, TlsSettings):
        return _listen_tls(lib, settings, kind, six=six)
    config = pj.TransportConfig()
    config.boundAddress, config.port = settings.bind, settings.port
    config.qosType = pj.PJ_QOS_TYPE_SIGNALLING
    kinds = {
        (Transport.UDP, False): pj.PJSIP_TRANSPORT_UDP,
        (Transport.UDP, True): pj.PJSIP_TRANSPORT_UDP6,
        (Transport.TCP, False): pj.PJSIP_TRANSPORT_TCP,
        (Transport.TCP, True): pj.PJSIP_TRANSPORT_TCP6,
    }
    return _create(lib, kinds[kind, six], config, f"{kind.value} {settings.bind}:{settings.port}")


def _listen_tls(lib: Any, settings: EndpointSettings, tls: TlsSettings, *, six: bool) -> int:
    config = pj.TransportConfig()
    config.boundAddress, config.port = settings.bind, tls.port
    own = config.tlsConfig
    own.verifyServer = tls.verify
    own.proto = _TLS_1_2 | _TLS_1_3
    own.msecTimeout = 5000
    if tls.authorities:
        own.CaBuf = tls.authorities
    else:
        own.CaListFile = str(tls.ca_file) if tls.ca_file else "/etc/ssl/certs/ca-certificates.crt"
    own.verifyClient = own.requireClientCert = tls.clients
    if tls.certificate and tls.key:
        own.certFile, own.privKeyFile = str(tls.certificate), str(tls.key)
    own.qosType = pj.PJ_QOS_TYPE_SIGNALLING
    kind = pj.PJSIP_TRANSPORT_TLS6 if six else pj.PJSIP_TRANSPORT_TLS
    return _create(lib, kind, config, f"tls {settings.bind}:{tls.port}")


def _create(lib: Any, kind: int, config: Any, what: str) -> int:
    try:
        number: int = lib.transportCreate(kind, config)
    except pj.Error as error:
        raise StartError(f"cannot listen on {what}: {error.reason}", error.status) from error
    return number
