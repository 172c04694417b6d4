"""The control socket: HTTP and JSON over a UNIX socket, for the commands and the laboratory.

Who may open the socket may do everything: its mode is 0660 and its group decides. Every answer
is one JSON object with its ``schema``; an error is ``{"schema": "derivato.error/1", "error": …}``
with a 4xx status. Handlers run on the caller's asyncio loop.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from aiohttp import web

from firmware.ops import orders
from firmware.ops.orders import BadOrder, NoSuchLine, OrderRefused, SimOrder
from firmware.ops.sockets import listening_at

log = logging.getLogger("derivato.control")

Json = Mapping[str, object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

EVENTS = "application/x-ndjson"
_CLOSING_S = 0.3  # for orders under way; aiohttp waits for twice as long
_MOST_CALLS = 10_000
_LARGEST = 64 * 1024  # bytes of a request


class Gateway(Protocol):
    """What the running program tells and does. Keys are snake_case, with units."""

    def status(self) -> Json:
        """How the whole is."""
        ...

    def lines(self) -> Sequence[Json]:
        """How each line is."""
        ...

    def calls(self, limit: int) -> Json:
        """``active`` calls, and the last ``limit`` ``recent`` ones."""
        ...

    def trunk_changes(self) -> Sequence[Json]:
        """The last changes of state of all trunks, the latest last."""
        ...

    def trunks(self) -> Sequence[Json]:
        """How each trunk is."""
        ...

    async def sim(self, line: str, order: SimOrder) -> Json:
        """Let the simulated telephone on ``line`` do something; give what came of it.

        Raises:
            NoSuchLine: no simulated telephone is there.
            OrderRefused: it cannot do that now.
        """
        ...

    async def prove_emergency(self) -> Json:
        """Prove every way of emergency calls; ``ways``, each with ``ok`` and ``what``."""
        ...

    async def reload(self) -> str:
        """Read the site file again; say when it is put to work.

        Raises:
            OrderRefused: it cannot be used.
        """
        ...

    def test_line(self, line: str) -> AsyncIterator[Json]:
        """Test a telephone's line: what to do there (``ask``) and what came of it (``test``).

        Raises:
            NoSuchLine: no telephone is there.
            OrderRefused: it cannot be tested now.
        """
        ...

    def subscribe(self) -> AbstractContextManager[AsyncIterator[Json]]:
        """Everything that happens from now on: `firmware.ops.stream.Stream.subscribe`."""
        ...


@asynccontextmanager
async def serve(gateway: Gateway, path: Path) -> AsyncIterator[None]:
    """Answer at the socket ``path`` for as long as the context is open.

    Raises:
        SocketInUse: another process answers there.
        OSError: no socket can be made there.
    """
    runner = web.AppRunner(
        application(gateway),
        access_log=None,
        shutdown_timeout=_CLOSING_S,
        handler_cancellation=True,  # whoever interrupts a command stops its order
    )
    with listening_at(path) as listening:
        try:
            await runner.setup()
            await web.SockSite(runner, listening).start()
            log.info("control socket at %s", path)
            yield
        finally:
            await runner.cleanup()


def application(gateway: Gateway) -> web.Application:
    """Make the web application around ``gateway``."""
    app = web.Application(middlewares=[_errors], client_max_size=_LARGEST)
    app.router.add_get("/status", _status(gateway))
    app.router.add_get("/lines", _lines(gateway))
    app.router.add_get("/calls", _calls(gateway))
    app.router.add_get("/trunks", _trunks(gateway))
    app.router.add_get("/events", _events(gateway))
    app.router.add_post("/lines/{line}/sim", _sim(gateway))
    app.router.add_post("/lines/{line}/test", _test_line(gateway))
    app.router.add_post("/emergency/test", _prove_emergency(gateway))
    app.router.add_post("/reload", _reload(gateway))
    return app


def _status(gateway: Gateway) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return _answer("status", gateway.status())

    return handle


def _lines(gateway: Gateway) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return _answer("lines", {"lines": gateway.lines()})

    return handle


def _calls(gateway: Gateway) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        text = request.query.get("limit", "20")
        if not text.isascii() or not text.isdigit() or int(text[:9]) > _MOST_CALLS:
            raise BadOrder(f"limit: write a number from 0 to {_MOST_CALLS}")
        return _answer("calls", gateway.calls(int(text)))

    return handle


def _trunks(gateway: Gateway) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return _answer("trunks", {"trunks": gateway.trunks(), "changes": gateway.trunk_changes()})

    return handle


def _sim(gateway: Gateway) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            raw: object = json.loads(await request.text())
        except (ValueError, RecursionError) as error:
            raise BadOrder(f"not JSON: {error}") from None
        return _answer("sim", await gateway.sim(request.match_info["line"], orders.decode(raw)))

    return handle


def _test_line(gateway: Gateway) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        steps = gateway.test_line(request.match_info["line"])
        response = web.StreamResponse(headers={"Content-Type": EVENTS})
        with suppress(ConnectionError):
            await response.prepare(request)
            async for step in steps:
                await response.write(_line("line-test", step))
        return response

    return handle


def _prove_emergency(gateway: Gateway) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return _answer("emergency", await gateway.prove_emergency())

    return handle


def _reload(gateway: Gateway) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return _answer("reload", {"status": await gateway.reload()})

    return handle


def _events(gateway: Gateway) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": EVENTS})
        with gateway.subscribe() as events, suppress(ConnectionError):
            await response.prepare(request)  # once the client sees this, it misses nothing
            async for event in events:
                await response.write(_line("event", event))
        return response

    return handle


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except BadOrder as error:
        return _error(400, str(error))
    except NoSuchLine as error:
        return _error(404, str(error))
    except OrderRefused as error:
        return _error(409, str(error))
    except web.HTTPException as error:
        return _error(error.status, f"{request.method} {request.path}: {error.reason}")
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _error(500, "the daemon failed at this; its log tells why")


def _answer(schema: str, content: Json) -> web.Response:
    return web.Response(body=_line(schema, content), content_type="application/json")


def _error(status: int, text: str) -> web.Response:
    body = _line("error", {"error": text})
    return web.Response(status=status, body=body, content_type="application/json")


def _line(schema: str, content: Json) -> bytes:
    whole = {"schema": f"derivato.{schema}/1", **content}
    return json.dumps(whole, ensure_ascii=False).encode() + b"\n"
