"""A small real HTTP server inside the test's own loop, on a free loopback port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import uvicorn


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, bytes]
Answering = Callable[[Asked], Awaitable[Answer]]


class Hangup(Exception):
    """Raised by a stand-in that answers nothing and closes the connection."""


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[str]:
    """The address of a server that answers by this function, until the block ends."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(_app(answering), lifespan="off", log_config=None, access_log=False)
        server = _Quiet(config)
        running = asyncio.create_task(server.serve([listening]))
        for _ in range(1_000):
            if server.started:
                break
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await running


class _Quiet(uvicorn.Server):
    """Leaves the signals of the test's process alone."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)


def _app(answering: Answering) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        try:
            status, content = await answering(Asked(scope["method"], scope["path"], query, headers, body))
        except Hangup:
            # more is promised than comes: the client sees a connection that broke
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
            return
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": content})

    return app
