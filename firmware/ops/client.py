"""The other end of the control socket, for commands: plain blocking calls."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from firmware.ops import orders
from firmware.ops.orders import BadOrder, NoSuchLine, OrderRefused, SimOrder

TEST_S: Final = 60.0  # a person at a telephone takes time between two steps
ANSWER_S: Final = 10.0  # a daemon that lives answers in milliseconds


class NotReachable(ConnectionError):  # noqa: N818 - says what is the matter
    """Nobody answers at the control socket: the daemon is not running, or not for this user."""


class Client:
    """Asks the daemon whose control socket is at ``path``.

    Every method raises NotReachable if it does not answer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, question: str) -> dict[str, object]:
        """Give what the daemon tells at ``question``, such as ``/status``.

        Raises:
            BadOrder: the question is not one that the daemon knows.
        """
        with self._asked("GET", question, within_s=ANSWER_S) as response:
            return self._content(response)

    def post(self, what: str, *, within_s: float = ANSWER_S) -> dict[str, object]:
        """Have the daemon do ``what``, such as ``/emergency/test``; give what came of it.

        Raises:
            BadOrder, OrderRefused: with the daemon's reason.
        """
        with self._asked("POST", what, within_s=within_s) as response:
            return self._content(response)

    def sim(self, line: str, order: SimOrder, *, within_s: float = 60.0) -> dict[str, object]:
        """Let the simulated telephone on ``line`` do something; ``within_s`` seconds at most.

        Raises:
            NoSuchLine, OrderRefused, BadOrder: with the daemon's reason.
        """
        body = json.dumps(orders.encode(order))
        where = f"/lines/{quote(line, safe='')}/sim"
        with self._asked("POST", where, body=body, within_s=within_s) as response:
            return self._content(response)

    @contextmanager
    def events(self) -> Iterator[Iterator[Mapping[str, object]]]:
        """Everything that happens from now on, until the daemon stops."""
        with self._asked("GET", "/events", within_s=None) as response:
            yield (json.loads(line) for line in response)

    @contextmanager
    def test_line(self, line: str) -> Iterator[Iterator[Mapping[str, object]]]:
        """Test the line of a telephone; gives what to do there and what came of it.

        Raises:
            NoSuchLine, OrderRefused: with the daemon's reason.
        """
        where = f"/lines/{quote(line, safe='')}/test"
        with self._asked("POST", where, within_s=TEST_S) as response:
            if response.status != 200:
                self._content(response)  # raises
            yield (json.loads(text) for text in response)

    @contextmanager
    def _asked(
        self, method: str, where: str, *, body: str | None = None, within_s: float | None
    ) -> Iterator[http.client.HTTPResponse]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
                wire.settimeout(within_s)
                wire.connect(str(self.path))
                with closing(http.client.HTTPConnection("localhost")) as connection:
                    connection.sock = wire
                    connection.request(method, where, body)
                    yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise NotReachable(self._why(error)) from error

    def _content(self, response: http.client.HTTPResponse) -> dict[str, object]:
        try:
            content = json.loads(response.read())
        except ValueError as error:
            raise NotReachable(f"{self.path}: this is not a derivato that answers") from error
        text = str(content.get("error", response.reason))
        match response.status:
            case 200:
                return dict(content)
            case 404:
                raise NoSuchLine(text)
            case 409:
                raise OrderRefused(text)
            case status if status < 500:
                raise BadOrder(text)
            case _:
                raise OrderRefused(text)

    def _why(self, error: Exception) -> str:
        start = "start it with: derivato run --site FILE; or name its socket with --socket"
        match error:
            case FileNotFoundError():
                return f"{self.path}: no daemon runs here; {start}"
            case ConnectionRefusedError():
                return f"{self.path}: the daemon is gone; {start}"
            case PermissionError():
                return f"{self.path}: this user may not; use sudo or join the socket's group"
            case TimeoutError():
                return f"{self.path}: the daemon does not answer; see its log"
            case _:
                return f"{self.path}: the daemon broke off ({error}); see its log"
