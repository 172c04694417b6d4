"""The configuration files of the Asterisk under test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .certificates import Certificate

if TYPE_CHECKING:
    from .asterisk import Endpoint

ANNOUNCEMENT = "demo-congrats"  # what 9002 and 9007 play: 26 s of Italian speech
EARLY_ANNOUNCEMENT = "vm-nobodyavail"  # a shorter one, played by 9010 before it refuses

# Journal lines: extension|caller number|caller name|digits
DIALPLAN = f"""\
[test]
; 9001 echo
exten => 9001,1,Answer()
 same => n,Gosub(journal,s,1(${{EXTEN}},))
 same => n,Echo()
; 9002 answers, plays an announcement, hangs up
exten => 9002,1,Answer()
 same => n,Gosub(journal,s,1(${{EXTEN}},))
 same => n,Wait(0.5)
 same => n,Playback({ANNOUNCEMENT})
 same => n,Hangup()
; 9003 answers and records until the caller hangs up
exten => 9003,1,Answer()
 same => n,Gosub(journal,s,1(${{EXTEN}},))
 same => n,Record(HOME/recordings/${{UNIQUEID}}.wav,0,120,qkxs)
 same => n,Hangup()
; 9004 busy (486), 9005 congestion (503), 9014 forbidden (403), 9015 gone (410)
exten => 9004,1,Hangup(17)
exten => 9005,1,Hangup(34)
exten => 9014,1,Hangup(21)
exten => 9015,1,Hangup(22)
; 9006 rings for ever (180)
exten => 9006,1,Ringing()
 same => n,Wait(300)
; 9007 speaks before the answer (183), answers at the end
exten => 9007,1,Progress()
 same => n,Wait(0.5)
 same => n,Playback({ANNOUNCEMENT},noanswer)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup()
; 9008 reads digits, one call one line
exten => 9008,1,Answer()
 same => n,Read(digits,,20,n,1,3)
 same => n,Gosub(journal,s,1(${{EXTEN}},${{digits}}))
 same => n,Hangup()
; 9009 answers after two seconds of ringing, echoes
exten => 9009,1,Ringing()
 same => n,Wait(2)
 same => n,Answer()
 same => n,Echo()
; 9010 says why before it refuses (183, then 486)
exten => 9010,1,Progress()
 same => n,Wait(0.5)
 same => n,Playback({EARLY_ANNOUNCEMENT},noanswer)
 same => n,Hangup(17)
; 9011 sends digits to the caller
exten => 9011,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(1590*#,120,150)
 same => n,Wait(2)
 same => n,Hangup()
; 9012 hangs up one second after the answer
exten => 9012,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
; 9013 answers and is silent; 9016 sends 1004 Hz, 0 dBm0
exten => 9013,1,Answer()
 same => n,Wait(300)
exten => 9016,1,Answer()
 same => n,Milliwatt()
; 9017 records the caller (and only the caller) while it plays the announcement
exten => 9017,1,Answer()
 same => n,MixMonitor(HOME/mixed/${{UNIQUEID}}.wav,r(HOME/recordings/${{UNIQUEID}}.wav))
 same => n,Wait(1)
 same => n,Playback({ANNOUNCEMENT})
 same => n,Hangup()
; telephones by their name
exten => _6XX,1,Gosub(journal,s,1(${{EXTEN}},))
 same => n,Dial(PJSIP/${{EXTEN}},60)

[journal]
exten => s,1,Set(FILE(HOME/journal,,,al,u)=${{ARG1}}|${{CALLERID(num)}}|${{CALLERID(name)}}|${{ARG2}})
 same => n,Return()
"""

# In loading order: Asterisk's loader does not order all of them by itself.
_MODULES = """
res_timing_timerfd res_crypto res_pjproject res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_acl res_pjsip_authenticator_digest
res_pjsip_caller_id res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_header_funcs
res_pjsip_logger res_pjsip_nat res_pjsip_outbound_authenticator_digest res_pjsip_refer
res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp res_rtp_asterisk res_srtp
res_musiconhold chan_pjsip codec_a_mu codec_alaw codec_g722 codec_resample codec_ulaw
format_pcm format_sln format_wav bridge_builtin_features bridge_native_rtp bridge_simple
bridge_softmix func_callerid func_channel func_cut func_env func_groupcount func_logic
func_strings
func_timeout func_uri app_chanspy func_periodic_hook app_mixmonitor app_stack app_dial app_echo
app_milliwatt app_userevent res_pjsip_notify app_playback app_playtones app_read app_record app_senddtmf app_verbose pbx_config
"""


def write_files(
    home: Path,
    *,
    address: str,
    endpoints: Sequence[Endpoint],
    certificate: Certificate | None,
    dialplan: str,
    rtp_ports: tuple[int, int],
    module_directory: str,
) -> None:
    """Write a whole Asterisk home below `home`: configuration, spool, log, database."""
    for name in ("etc", "log", "spool", "run", "lib", "lib/keys", "recordings", "mixed"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "journal").touch()  # Asterisk appends to a file only when there is one
    texts = {
        "asterisk.conf": _asterisk_conf(home, module_directory),
        "modules.conf": _modules_conf(),
        "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n",
        "manager.conf": _MANAGER,
        "rtp.conf": f"[general]\nrtpstart={rtp_ports[0]}\nrtpend={rtp_ports[1]}\n",
        "musiconhold.conf": f"[default]\nmode=files\n{_HOLD_MUSIC}",
        "indications.conf": _INDICATIONS,
        "extensions.conf": (DIALPLAN + dialplan).replace("HOME", str(home)),
        "pjsip.conf": "\n".join(_pjsip(address, endpoints, certificate)),
    }
    for name in ("acl", "ccss", "cdr", "cel", "features", "pjproject", "pjsip_notify", "udptl"):
        texts[f"{name}.conf"] = ""  # absent files are errors in the log
    for name, text in texts.items():
        (home / "etc" / name).write_text(text)


# Speech, not music: a held party that hears it can tell which words they were.
_HOLD_MUSIC = "directory=/usr/share/asterisk/sounds/it_IT_m_Carlo/followme\n"

_MANAGER = """\
[general]
enabled = yes
port = 5038
bindaddr = 127.0.0.1
[test]
secret = test
read = all
write = all
"""

# The Italian tones of Asterisk's own sample (it cites the ITU list of tones, 02/03).
_INDICATIONS = """\
[general]
country = it
[it]
description = Italy
ringcadence = 1000,4000
dial = 425/200,0/200,425/600,0/1000
busy = 425/500,0/500
ring = 425/1000,0/4000
congestion = 425/200,0/200
"""


def _asterisk_conf(home: Path, module_directory: str) -> str:
    return f"""\
[directories]
astetcdir => {home}/etc
astmoddir => {module_directory}
astvarlibdir => {home}/lib
astdbdir => {home}/lib
astkeydir => {home}/lib
astdatadir => /usr/share/asterisk
astagidir => {home}/lib
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
[options]
defaultlanguage = it
documentation_language = en_US
verbose = 4
"""


def _modules_conf() -> str:
    return "[modules]\nautoload=no\n" + "".join(f"load => {name}.so\n" for name in _MODULES.split())


def _pjsip(
    address: str, endpoints: Sequence[Endpoint], certificate: Certificate | None
) -> Iterator[str]:
    # debug: every SIP message goes to the log, which a failed test shows.
    yield "[global]\ntype=global\nuser_agent=Asterisk under test\ndebug=yes\n"
    for protocol in ("udp", "tcp"):
        yield f"[{protocol}]\ntype=transport\nprotocol={protocol}\nbind={address}:5060\n"
    if certificate is not None:
        yield (
            f"[tls]\ntype=transport\nprotocol=tls\nbind={address}:5061\nmethod=tlsv1_2\n"
            f"cert_file={certificate.certificate}\npriv_key_file={certificate.key}\n"
        )
    for endpoint in endpoints:
        yield from _endpoint(endpoint, address)


def _endpoint(endpoint: Endpoint, address: str) -> Iterator[str]:
    name = endpoint.name
    encryption = {"no": ("no", "no"), "optional": ("sdes", "yes"), "required": ("sdes", "no")}
    media, optimistic = encryption[endpoint.srtp]
    yield f"[{name}]\ntype=endpoint\ncontext=test\ndisallow=all\naors={name}"
    yield f"allow={','.join(endpoint.codecs)}\ndtmf_mode={endpoint.dtmf}"
    yield f"media_encryption={media}\nmedia_encryption_optimistic={optimistic}"
    yield f"100rel={endpoint.reliable}\ntimers={endpoint.timers}"
    yield "direct_media=no\nlanguage=it\ntone_zone=it\ntrust_id_inbound=yes\nsend_pai=yes"
    # Without this, audio leaves from the first address of the interface.
    yield f"media_address={address}\nbind_rtp_to_media_address=yes"
    if endpoint.rewrite_contact:
        yield "rewrite_contact=yes"
    if not endpoint.transfers:
        yield "allow_transfer=no"
    if endpoint.caller_id is not None:
        yield f"callerid={endpoint.caller_id}"
    if endpoint.password is not None:
        yield f"auth={name}"
    if endpoint.host is not None:
        yield f"identify_by=ip\ntransport={endpoint.transport}"
    yield ""
    if endpoint.password is not None:
        yield f"[{name}]\ntype=auth\nauth_type=digest\nusername={name}"
        yield f"password={endpoint.password}"
        yield f"supported_algorithms_uas={','.join(endpoint.algorithms)}\n"
    yield f"[{name}]\ntype=aor\nremove_existing=yes\nmax_contacts=1\nminimum_expiration=5"
    if endpoint.host is not None:
        suffix = "" if endpoint.transport == "udp" else f"\\;transport={endpoint.transport}"
        yield f"contact=sip:{endpoint.host}{suffix}\n"
        yield f"[{name}-from]\ntype=identify\nendpoint={name}\nmatch={endpoint.host.split(':')[0]}"
    yield ""
