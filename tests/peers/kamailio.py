"""Kamailio as registrar and record-routing proxy, with faults set while it runs."""

from __future__ import annotations

import enum
import itertools
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .netns import Namespace, Process, wait_until

_instances = itertools.count(1)


class Fault(enum.Enum):
    """What the proxy does with every request except a BYE, an ACK or a CANCEL."""

    NONE = "ok"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    INTERVAL_TOO_BRIEF = "423"  # only below Min-Expires: 1800
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"  # Retry-After: 5
    CHALLENGE = "challenge"  # 401 to any credentials, each time with a fresh nonce
    SILENT = "silent"


_CONFIG = """\
debug=2
log_stderror=yes
children=2
auto_aliases=no
enable_tls=no
listen=udp:{address}:5060
listen=tcp:{address}:5060
alias="{domain}"
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "htable.so"
loadmodule "auth.so"
loadmodule "kex.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{socket}")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_contacts", 1)
modparam("registrar", "min_expires", 2)
modparam("registrar", "default_expires", 60)
modparam("htable", "htable", "fault=>size=4;")
modparam("htable", "htable", "users=>size=4;")
modparam("htable", "htable", "seen=>size=8;initval=0;")
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "nonce_expire", 300)
modparam("rr", "append_fromtag", 0)
modparam("tm", "fr_timer", 5000)

event_route[htable:mod-init] {{
    $sht(fault=>now) = "ok";
{users}
}}

request_route {{
    $sht(seen=>$rm) = $sht(seen=>$rm) + 1;
    xlog("L_NOTICE", "$rm $ru from $si:$sp fault=$sht(fault=>now)\\n");
    if (!is_method("ACK|BYE|CANCEL")) route(FAULT);
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("481", "Call/Transaction Does Not Exist");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("OPTIONS") && !is_present_hf("Route") && $rU == $null) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("REGISTER|INVITE")) route(AUTH);
    if (is_method("REGISTER")) {{ save("location"); exit; }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
}}

route[FAULT] {{
    if ($sht(fault=>now) == "ok") return;
    if ($sht(fault=>now) == "silent") exit;
    if ($sht(fault=>now) == "challenge") {{ www_challenge("$td", "0"); exit; }}
    if ($sht(fault=>now) == "403") sl_send_reply("403", "Forbidden");
    if ($sht(fault=>now) == "404") sl_send_reply("404", "Not Found");
    if ($sht(fault=>now) == "423") {{
        if ($(hdr(Expires){{s.int}}) >= 1800) return;
        append_to_reply("Min-Expires: 1800\\r\\n");
        sl_send_reply("423", "Interval Too Brief");
    }}
    if ($sht(fault=>now) == "500") sl_send_reply("500", "Server Internal Error");
    if ($sht(fault=>now) == "503") {{
        append_to_reply("Retry-After: 5\\r\\n");
        sl_send_reply("503", "Service Unavailable");
    }}
    exit;
}}

route[AUTH] {{
    if ($sht(users=>$au) != $null && pv_auth_check("$td", "$sht(users=>$au)", "0", "0") > 0) {{
        consume_credentials();
        return;
    }}
    if (is_method("REGISTER")) www_challenge("$td", "0");
    else proxy_challenge("$td", "0");
    exit;
}}
"""


class Kamailio:
    """A running proxy on `address`:5060, UDP and TCP; a context manager.

    `users`: name → password. `algorithm`: "MD5" or "SHA-256". Calls go from one
    registered user to another; unknown ones get 404.
    """

    def __init__(
        self,
        namespace: Namespace,
        root: Path,
        *,
        users: Mapping[str, str],
        address: str = "10.77.0.3",
        domain: str = "comune.example",
        algorithm: str = "MD5",
    ):
        self.address = address
        self.process: Process | None = None
        self._namespace = namespace
        self._root = root
        self._home = namespace.work / f"kamailio-{next(_instances)}"
        self._home.mkdir(parents=True)
        modules = next(root.glob("usr/lib/*/kamailio/modules"))
        lines = (f'    $sht(users=>{user}) = "{secret}";' for user, secret in users.items())
        text = _CONFIG.format(
            address=address,
            domain=domain,
            algorithm=algorithm,
            modules=f"/{modules.relative_to(root)}/",
            socket=self._socket,
            users="\n".join(lines),
        )
        (self._home / "kamailio.cfg").write_text(text)

    @property
    def _socket(self) -> Path:
        return self._home / "ctl"

    def __enter__(self) -> Kamailio:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the proxy and wait until it answers on its control socket."""
        run = self._home / "run"
        run.mkdir(exist_ok=True)
        config = str(self._home / "kamailio.cfg")
        argv = ["kamailio", "-DD", "-E", "-f", config, "-Y", str(run), "-m", "64"]
        self.process = self._namespace.popen(argv, name="kamailio", root=self._root)

        def answers() -> bool:
            assert self.process is not None
            if self.process.exit_code is not None:
                raise RuntimeError(f"Kamailio ended\n{self.process.tail()}")
            return self._socket.exists() and self._kamcmd("core.uptime").returncode == 0

        wait_until(answers, 5.0, lambda: f"Kamailio is not up\n{self.log()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None
            self._socket.unlink(missing_ok=True)

    def log(self) -> str:
        return self.process.output if self.process else ""

    def set_fault(self, fault: Fault) -> None:
        """From now on, treat requests so; calls that are up go on."""
        self.rpc("htable.sets", "fault", "now", f"s:{fault.value}")

    def seen(self, method: str) -> int:
        """Return how many requests of a method have come in, repetitions included."""
        answer = self._kamcmd("htable.get", "seen", method)
        found = [line.split(":")[1] for line in answer.stdout.splitlines() if "value:" in line]
        return int(found[0]) if found else 0

    def registered(self, user: str) -> bool:
        return f"AoR: {user}" in self.rpc("ul.dump")

    def rpc(self, *words: str) -> str:
        """Return the answer to a kamcmd command; an error is a RuntimeError."""
        result = self._kamcmd(*words)
        if result.returncode != 0 or result.stdout.startswith("error"):
            raise RuntimeError(f"kamcmd {words}: {result.stdout}{result.stderr}")
        return result.stdout

    def _kamcmd(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = ["kamcmd", "-s", f"unix:{self._socket}", *words]
        return self._namespace.run(argv, root=self._root, timeout=5.0)
