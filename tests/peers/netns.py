"""A network of its own for the servers and the gateway of a test, and processes in it.

A namespace has one veth pair. All test addresses sit on one end, so packets between them
stay inside the namespace (they run over its `lo`, where a capture or a loss rule sees
them all) and nothing reaches the host's network or comes from it. UNIX sockets and
files cross namespaces, so the tests drive the gateway from outside.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .roots import PeersUnavailableError

PREFIX = "derivato-test"
ADDRESSES = tuple(f"10.77.0.{host}" for host in range(1, 21))
ADDRESSES_6 = tuple(f"fd77::{host}" for host in range(1, 4))
TOOLS = {"ip": "iproute2", "nft": "nftables", "setpriv": "util-linux", "mount": "mount"}
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


class Process:
    """A program started by a test: its output is kept, it is ended by its pid.

    The kernel ends it too when the test run dies, so a killed run leaves nothing behind.
    """

    def __init__(self, argv: Sequence[str], *, name: str, log: Path, cwd: Path | None = None):
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,  # Kamailio signals its whole process group
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while the program runs; negative is the signal that ended it."""
        return self._popen.poll()

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, timeout: float) -> int:
        """Wait up to `timeout` seconds for the end of the program; return its exit code."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} still runs after {timeout} s\n{self.tail()}") from None

    def wait_for(self, pattern: str, timeout: float = 5.0, *, after: int = 0) -> str:
        """Wait until a line of the output matches `pattern`; return the line.

        `after`: skip so many characters. An end of the program before that is an error.
        """
        wanted = re.compile(f".*(?:{pattern}).*")
        found: list[str] = []

        def said() -> bool:
            ended = self.exit_code  # asked first: the last words come before the end
            found.extend(wanted.findall(self.output, after))
            if not found and ended is not None:
                raise RuntimeError(f"{self.name} ended with {ended}\n{self.tail()}")
            return bool(found)

        wait_until(said, timeout, lambda: f"{self.name} did not say {pattern!r}\n{self.tail()}")
        return found[0]

    def signal(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            self._popen.send_signal(number)

    def stop(self, grace: float = 3.0) -> int:
        """End the program: SIGTERM, SIGKILL after `grace` seconds. Return the exit code.

        Children that outlive it are killed too: they hold its sockets.
        """
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            return self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.output.splitlines()[-lines:])


class Namespace:
    """A network namespace with 10.77.0.1 to 10.77.0.20 and fd77::1 to fd77::3.

    Use as a context manager; leaving it ends every process started in it.
    `work` is the directory for logs and for the servers' files.
    """

    def __init__(self, work: Path):
        self.name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        self.work = work
        self.processes: list[Process] = []
        self._log_numbers = itertools.count(1)

    def __enter__(self) -> Namespace:
        require_tools()
        remove_stale_namespaces()
        _ip("netns", "add", self.name)
        try:
            self._configure()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.stop()
        _remove(self.name)

    def _configure(self) -> None:
        lines = ["link add v0 type veth peer name v1", "link set lo up"]
        lines += [f"address add {address}/24 dev v0" for address in ADDRESSES]
        lines += [f"address add {address}/64 dev v0 nodad" for address in ADDRESSES_6]
        lines += ["link set v0 up", "link set v1 up"]
        command = ["ip", "-netns", self.name, "-batch", "-"]
        result = subprocess.run(
            command, input="\n".join(lines), text=True, capture_output=True, check=False
        )
        if result.returncode != 0:
            raise PeersUnavailableError(f"no veth pair in a namespace: {result.stderr.strip()}")

    def popen(
        self,
        argv: Sequence[str | Path],
        *,
        name: str | None = None,
        root: Path | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start a program inside; with `root`, in a chroot that sees the same /tmp and /dev."""
        words = [str(word) for word in argv]
        name = name or Path(words[0]).name
        log = self.work / f"{name}-{next(self._log_numbers)}.log"
        process = Process(self._command(words, root=root), name=name, log=log, cwd=cwd)
        self.processes.append(process)
        return process

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        root: Path | None = None,
        timeout: float = 30.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a short program inside and return its result, whatever its exit code."""
        command = self._command([str(word) for word in argv], root=root)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    def _command(self, argv: list[str], *, root: Path | None) -> list[str]:
        inside = ["ip", "netns", "exec", self.name]
        if root is None:
            return [*inside, *argv]
        # `ip netns exec` gives each program a mount namespace of its own: these mounts
        # are seen by it alone and vanish with it.
        shared = Path(tempfile.gettempdir()).resolve()
        mounts = (
            f"mount --bind /dev {shlex.quote(f'{root}/dev')}",
            f"mount -t proc proc {shlex.quote(f'{root}/proc')}",
            f"mkdir -p {shlex.quote(f'{root}{shared}')}",
            f"mount --bind {shlex.quote(str(shared))} {shlex.quote(f'{root}{shared}')}",
        )
        script = " && ".join((*mounts, 'exec chroot "$@"'))
        return [*inside, "sh", "-c", script, "sh", str(root), *argv]

    def connect(self, address: str, port: int, timeout: float = 3.0) -> socket.socket:
        """Return a TCP connection made inside; the socket then works from outside."""
        return self._inside(lambda: socket.create_connection((address, port), timeout))

    def udp(self, address: str = "10.77.0.1", port: int = 0) -> socket.socket:
        """Return a UDP socket bound inside."""

        def bind() -> socket.socket:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            opened = socket.socket(family, socket.SOCK_DGRAM)
            opened.bind((address, port))
            return opened

        return self._inside(bind)

    def listen(self, address: str, port: int) -> socket.socket:
        """Return a TCP socket that listens inside."""
        return self._inside(lambda: socket.create_server((address, port)))

    def _inside(self, make: Callable[[], socket.socket]) -> socket.socket:
        # A namespace belongs to a thread: a short-lived one enters it, the others stay.
        made: list[socket.socket] = []
        failed: list[BaseException] = []

        def enter() -> None:
            try:
                _enter_namespace(self.name)
                made.append(make())
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return made[0]

    @contextlib.contextmanager
    def dropping(self, match: str, *, percent: int = 100) -> Iterator[None]:
        """Drop `percent` of the packets that the nft expression matches, while inside.

        Examples: `udp dport 5060`, `ip daddr 10.77.0.2`, `ip saddr 10.77.0.2 udp dport 4000-4999`.
        """
        table = f"loss{next(_numbers)}"
        loss = "" if percent >= 100 else f"numgen random mod 100 < {percent} "
        rules = (
            f"add table inet {table}\n"
            f"add chain inet {table} in {{ type filter hook input priority 0; }}\n"
            f"add rule inet {table} in {match} {loss}counter drop\n"
        )
        self._nft(rules)
        try:
            yield
        finally:
            self._nft(f"delete table inet {table}\n")

    def _nft(self, rules: str) -> None:
        command = ["ip", "netns", "exec", self.name, "nft", "-f", "-"]
        result = subprocess.run(command, input=rules, text=True, capture_output=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"nft: {result.stderr.strip()} in\n{rules}")

    @contextlib.contextmanager
    def capture(self, path: Path, match: str = "") -> Iterator[None]:
        """Write the packets of the namespace to a pcap file while inside (needs tshark)."""
        if shutil.which("dumpcap") is None:
            raise PeersUnavailableError("dumpcap is not installed (apt install tshark)")
        # dumpcap drops its privileges and could not write elsewhere: give it the open file.
        argv = ["dumpcap", "-i", "lo", "-P", "-q", "-w", str(path)]
        recorder = self.popen([*argv, *(["-f", match] if match else [])], name="dumpcap")
        recorder.wait_for("File:")
        try:
            yield
        finally:
            recorder.signal(signal.SIGINT)
            recorder.wait(3.0)


def require_tools() -> None:
    """Raise PeersUnavailableError, naming the package, for what this machine lacks."""
    if os.geteuid() != 0:
        raise PeersUnavailableError("network namespaces need root")
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        raise PeersUnavailableError(f"missing: {', '.join(missing)} (apt install them)")


def remove_stale_namespaces() -> None:
    """Remove the namespaces of test runs that died, with the processes left in them."""
    for name in _ip("netns", "list").split():
        owner = re.fullmatch(rf"{PREFIX}-(\d+)-\d+", name)
        if owner and not Path("/proc", owner[1]).exists():
            _remove(name)


def wait_until(
    true: Callable[[], object], timeout: float, failure: str | Callable[[], str]
) -> None:
    """Poll `true` until it is; after `timeout` seconds raise TimeoutError with `failure`."""
    end = time.monotonic() + timeout
    while not true():
        if time.monotonic() > end:
            text = failure if isinstance(failure, str) else failure()
            raise TimeoutError(f"{text} (waited {timeout:.1f} s)")
        time.sleep(0.02)


def _enter_namespace(name: str) -> None:
    """Move the calling thread into a namespace (os.setns is newer than Python 3.11)."""
    with Path("/run/netns", name).open() as handle:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def _remove(name: str) -> None:
    # Children of our processes (Kamailio has seven) are still in the namespace.
    for _ in range(20):
        left = _ip("netns", "pids", name).split()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        if not left:
            break
        time.sleep(0.05)
    _ip("netns", "delete", name)


def _ip(*words: str) -> str:
    result = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if result.returncode != 0 and words[1] == "add":
        raise PeersUnavailableError(f"no network namespace: {result.stderr.strip()}")
    return result.stdout
