"""A small pjsua2 program that the tests of our fixes attack; it runs in a process of its own.

It answers every call, follows orders from standard input and says what happens on standard
output, one JSON object a line. Where a fix is missing the process dies, not the test run.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pjsua2 as pj


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


class Call(pj.Call):
    pass


class Account(pj.Account):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        call = Call(self, prm.callId)
        self.calls.append(call)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        answer.opt.textCount = answer.opt.videoCount = 0
        try:
            call.answer(answer)
            say(answered=True)
        except pj.Error as error:
            say(answered=False, reason=error.reason)

    def onRegState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        say(registered=prm.code, reason=prm.reason)


def opened(*, ca_file: str = "") -> tuple[pj.Endpoint, int]:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
    config.medConfig.ecTailLen = 0
    config.medConfig.noVad = True
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    if ca_file:
        transport.tlsConfig.verifyServer = True
        transport.tlsConfig.CaListFile = ca_file
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, transport)
        port = 0
    else:
        number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        port = int(endpoint.transportGetInfo(number).localName.rsplit(":", 1)[1])
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    return endpoint, port


def account(registrar: str = "") -> Account:
    config = pj.AccountConfig()
    config.idUri = "sip:victim@127.0.0.1"
    config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_OPTIONAL
    config.mediaConfig.srtpSecureSignaling = 0
    config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    config.regConfig.registrarUri = registrar
    made = Account()
    made.create(config)
    return made


def main(*, registrar: str = "", ca_file: str = "", call_self_for: float = 0.0) -> None:
    endpoint, port = opened(ca_file=ca_file)
    ours = account(registrar)
    say(port=port)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    if call_self_for:
        talk(endpoint, ours, port, call_self_for)
    while not over.is_set():
        endpoint.libHandleEvents(10)
    ours.calls.clear()
    ours.shutdown()
    endpoint.libDestroy()
    say(ended=True)


def talk(endpoint: pj.Endpoint, ours: Account, port: int, seconds: float) -> None:
    """Call ourselves and report the largest jitter that a stream saw, in microseconds."""
    call = Call(ours)
    ours.calls.append(call)
    order = pj.CallOpParam(True)
    order.opt.textCount = order.opt.videoCount = 0
    call.makeCall(f"sip:victim@127.0.0.1:{port}", order)
    for _ in range(int(seconds * 100)):
        endpoint.libHandleEvents(10)
        for each in ours.calls:
            info = each.getInfo()
            if info.media and info.media[0].status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                each.getAudioMedia(0).startTransmit(each.getAudioMedia(0))
    statistics = call.getStreamStat(0).rtcp.rxStat
    say(packets=statistics.pkt, jitter_us=statistics.jitterUsec.max)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
