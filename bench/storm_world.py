"""Where the storm rages: two server processes of the product on one durable PostgreSQL, and clients that do not give up."""

import asyncio
import random
from dataclasses import dataclass, field

import asyncpg
import orjson

from app.core.postgres import EmbeddedPostgres
from bench.client import PATIENCE_SECONDS, Reply, Wire, connect
from bench.data import Ground
from bench.processes import ServerProcess

SEND_SECONDS = 90.0
"""How long a client tries before its request counts as unanswered."""
_PASSING = {503, 504}
"""Refusals that say: try again."""


@dataclass(slots=True)
class World:
    postgres: EmbeddedPostgres
    servers: list[ServerProcess]
    ground: Ground
    server_kills: int = 0
    database_stops: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    """How often each status came back, retries included; 0 is a lost connection."""

    def count(self, status: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1

    @property
    def faults(self) -> int:
        """Answers that say the server itself failed."""
        return sum(n for status, n in self.statuses.items() if status >= 500 and status not in _PASSING)

    async def kill_server(self, number: int) -> None:
        """Kill -9, and start again on the same port."""
        server = self.servers[number % len(self.servers)]
        await asyncio.to_thread(server.kill)
        server.start()
        self.server_kills += 1
        await server.ready()

    async def stop_database(self) -> None:
        """An immediate stop, as in a power cut of the process; then recovery on the same port."""
        await asyncio.to_thread(self.postgres.stop_immediate)
        await asyncio.to_thread(self.postgres.start)
        self.ground.connection.terminate()
        self.ground.connection = await asyncpg.connect(self.postgres.url)
        self.database_stops += 1


class Client:
    """Keeps one connection to each server and sends until there is a real answer."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._wires: dict[int, Wire] = {}
        self._next = number

    async def send(self, request: bytes, server: int | None = None) -> Reply | None:
        """The final answer; None when there was none in time. ``server`` pins the first attempt.

        Lost connections, 503, 504 and "the same request is running" are tried again, on the other server too.
        """
        give_up = asyncio.get_running_loop().time() + SEND_SECONDS
        self._next = self._next + 1 if server is None else server
        while asyncio.get_running_loop().time() < give_up:
            reply = await self.once(request)
            if reply and reply.status not in _PASSING and not _running(reply):
                return reply
            self._next += 1
            await asyncio.sleep(random.uniform(0.02, 0.1))  # noqa: S311 - spreads retries
        return None

    async def once(self, request: bytes, server: int | None = None) -> Reply | None:
        """One answer, of this server or whose turn it is; None when the connection was lost, or none came in time."""
        self._next = self._next if server is None else server
        reply = await self._sent(request, self._next % len(self._world.servers))
        self._world.count(reply.status if reply else 0)
        return reply

    async def _sent(self, request: bytes, server: int) -> Reply | None:
        wire = self._wires.pop(server, None)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if wire is None or not wire.open:
                    wire = await connect(self._world.servers[server].port)
                reply = await wire.send(request)
        except (OSError, TimeoutError):
            if wire is not None:
                wire.close()
            return None
        self._wires[server] = wire
        return reply

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()


def _running(reply: Reply) -> bool:
    return reply.status == 409 and code_of(reply) == "request_running"


def code_of(reply: Reply) -> str:
    """The problem's stable code; empty when the body is none."""
    try:
        return str(orjson.loads(reply.body).get("code", ""))
    except (orjson.JSONDecodeError, AttributeError):
        return ""
