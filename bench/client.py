"""A small HTTP/1.1 client for load: raw sockets, keep-alive, one request at a time on each connection.

It must not be what is measured, so it does only what these servers need: answers with a Content-Length, headers left as bytes.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

HOST = "127.0.0.1"
PATIENCE_SECONDS = 15.0
"""An answer that takes longer is a lost one."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: bytes
    body: bytes


class Wire(asyncio.Protocol):
    """One connection. ``send`` raises ConnectionError when the server goes away."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        reply = self._complete()
        if reply is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    @property
    def open(self) -> bool:
        return self._transport is not None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def send(self, request: bytes) -> Reply:
        if self._transport is None:
            raise ConnectionError("not connected")
        self._buffer = b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def _complete(self) -> Reply | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        headers = self._buffer[:end].lower()
        at = headers.find(b"\r\ncontent-length:")
        length = int(headers[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return None
        return Reply(int(headers[9:12]), headers, self._buffer[end + 4 : end + 4 + length])


async def connect(port: int) -> Wire:
    _, wire = await asyncio.get_running_loop().create_connection(Wire, HOST, port)
    return wire


def request(method: str, path: str, token: str, *, key: str | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request, made beforehand so that making them is not measured."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}", f"authorization: Bearer {token}"]
    if key is not None:
        lines.append(f"idempotency-key: {key}")
    if method != "GET":
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Load:
    """What came back: a reply and a latency in seconds for each request, by its number; how long it all took."""

    replies: list[Reply | None]
    latencies: list[float]
    seconds: float = 0.0
    client_cpu: float = 0.0
    """CPU seconds this process spent: far below ``seconds``, or the client is what was measured."""
    failures: list[str] = field(default_factory=list)

    @property
    def rps(self) -> float:
        return len(self.latencies) / self.seconds


async def drive(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send all requests, each connection the next one as soon as it has its answer."""
    load = Load([None] * len(requests), [0.0] * len(requests))
    wires = [await connect(port) for _ in range(min(connections, len(requests)))]
    numbers = iter(range(len(requests)))

    async def work(wire: Wire) -> None:
        for i in numbers:
            began = time.perf_counter()
            load.replies[i] = await wire.send(requests[i])
            load.latencies[i] = time.perf_counter() - began

    began, cpu = time.perf_counter(), time.process_time()
    try:
        await asyncio.gather(*(work(wire) for wire in wires))
    finally:
        for wire in wires:
            wire.close()
    load.seconds, load.client_cpu = time.perf_counter() - began, time.process_time() - cpu
    return load


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
