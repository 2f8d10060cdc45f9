"""Clients that walk the same few orders through their lives, and note what they asked and were told (``bench.histories``)."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from app.core.ids import new_id
from app.domain.orders import ORDER, OrderAction, OrderState
from bench.client import Reply, request
from bench.data import DOOR, Person
from bench.histories_check import READ, Operation, Outcome
from bench.storm_world import Client, World

READS = 0.25
"""Share of plain readings."""
ASTRAY = 0.1
"""Share of steps that do not fit what one last knew, or come from somebody else."""
REST_SECONDS = 0.2
"""After a lost connection, so that a dead server does not use up the walk."""
_NOTHING: dict[str, Any] = {"version": 0, "state": ""}
_AT_THE_DOOR = {"position": DOOR | {"datum": "wgs84"}}
_FORMS: dict[OrderAction, dict[str, Any]] = {
    OrderAction.START: _AT_THE_DOOR,
    OrderAction.REPORT: {"result": "已修好"},
    OrderAction.CONFIRM: {"rating": 5},
    OrderAction.REWORK: {"words": "还在漏"},
    OrderAction.REOPEN: {"words": "又坏了"},
}


class Who(StrEnum):
    GRID = "grid"
    HELPER = "helper"
    HOLDER = "holder"
    ASKER = "asker"


_NEXT: dict[str, list[tuple[OrderAction, Who]]] = {
    OrderState.OPEN: [(OrderAction.PUBLISH, Who.GRID)],
    OrderState.PUBLISHED: [(OrderAction.TAKE, Who.HELPER)],
    OrderState.ACCEPTED: [(OrderAction.START, Who.HOLDER)],
    OrderState.IN_PROGRESS: [(OrderAction.REPORT, Who.HOLDER)],
    OrderState.REPORTED: [(OrderAction.CONFIRM, Who.ASKER), (OrderAction.REWORK, Who.ASKER)],
    OrderState.CLOSED: [(OrderAction.REOPEN, Who.ASKER)],
}
_ANY = [pair for pairs in _NEXT.values() for pair in pairs]


class Fault(StrEnum):
    """What is done wrong on purpose, to see that it is found."""

    LOST = "lost"
    """A step is acknowledged that never reached the database."""
    STALE = "stale"
    """A reading is answered out of what was known before."""
    FORKED = "forked"
    """The database falls back behind what it had acknowledged."""


@dataclass(slots=True)
class Cast:
    """Who acts."""

    grid: Person
    asker: Person
    helpers: list[Person]


@dataclass(slots=True)
class _Seen:
    version: int = 0
    state: str = OrderState.PUBLISHED
    holder: Person | None = None
    first: Reply | None = None


@dataclass(slots=True)
class Walk:
    world: World
    cast: Cast
    orders: list[str]
    fault: Fault | None = None
    told: list[Operation] = field(default_factory=list)
    faults_made: int = 0
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def go(self, operations: int, clients: int) -> None:
        """So many operations by so many clients at once."""
        numbers = iter(range(operations))

        async def work(number: int) -> None:
            client = Client(self.world, number)
            for _ in numbers:
                await self._one(client)
            client.close()

        await asyncio.gather(*(work(number) for number in range(clients)))

    async def reached(self, operations: int) -> None:
        """Wait until so many were told."""
        while len(self.told) < operations:
            self._grown.clear()
            await self._grown.wait()

    async def _one(self, client: Client) -> None:
        order = random.choice(self.orders)  # noqa: S311 - a walk, no secret
        seen = self._seen.setdefault(order, _Seen())
        chance = random.random()  # noqa: S311
        if chance < READS:
            await self._note(client, order, seen, READ, self.cast.grid)
            return
        action, who = random.choice(_ANY if chance > 1 - ASTRAY else _NEXT[seen.state])  # noqa: S311
        person = self._person(who, seen)
        if action is OrderAction.REPORT:
            await self._check_out(client, order, person)
        await self._note(client, order, seen, action, person)

    def _person(self, who: Who, seen: _Seen) -> Person:
        known = {Who.GRID: self.cast.grid, Who.ASKER: self.cast.asker, Who.HOLDER: seen.holder}
        return known.get(who) or random.choice(self.cast.helpers)  # noqa: S311

    async def _note(self, client: Client, order: str, seen: _Seen, action: str, person: Person) -> None:
        """Ask once, and write down what was told. No answer leaves open whether it was made."""
        began = time.monotonic()
        reply = self._made_up(seen, action) or await client.once(_asked(order, action, person), server=len(self.told))
        ended, outcome = time.monotonic(), _outcome(reply)
        told: dict[str, Any] = orjson.loads(reply.body) if reply and outcome is Outcome.DONE else _NOTHING
        version, state = told["version"], told["state"]
        self.told.append(Operation(order, str(person.id), action, began, ended, outcome, version, state))
        self._grown.set()
        if reply is None:
            await asyncio.sleep(REST_SECONDS)
        if reply is None or outcome is not Outcome.DONE:
            return
        seen.first = seen.first or reply
        if version >= seen.version:
            seen.version, seen.state = version, state
            seen.holder = person if action is OrderAction.TAKE else seen.holder

    async def _check_out(self, client: Client, order: str, person: Person) -> None:
        """Whoever reports has checked out before."""
        path = f"/v1/assignments?order_id={order}&mine=true&state=checked_in"
        reply = await client.once(request("GET", path, person.token))
        for item in orjson.loads(reply.body).get("items", []) if reply else []:
            path = f"/v1/assignments/{item['id']}/check-out"
            await client.once(request("POST", path, person.token, body=b"{}"))

    def _made_up(self, seen: _Seen, action: str) -> Reply | None:
        """The answer of a server that fails in the chosen way."""
        if self.fault is Fault.STALE and action == READ and seen.first is not None:
            self.faults_made += 1
            return seen.first
        if self.fault is Fault.LOST and action != READ and random.random() < ASTRAY:  # noqa: S311
            self.faults_made += 1
            step = next(step for step in ORDER.steps if step.action == action)
            told = {"version": seen.version + 1, "state": step.target.value}
            return Reply(200, b"", orjson.dumps(told))
        return None


def _asked(order: str, action: str, person: Person) -> bytes:
    if action == READ:
        return request("GET", f"/v1/orders/{order}", person.token)
    key = str(new_id()) if action == OrderAction.TAKE else None
    body = orjson.dumps(_FORMS.get(OrderAction(action), {}))
    return request("POST", f"/v1/orders/{order}/{action}", person.token, key=key, body=body)


def _outcome(reply: Reply | None) -> Outcome:
    """Only a refusal says that nothing was made; a lost connection and a 5xx say nothing."""
    if reply is None or reply.status >= 500:
        return Outcome.UNKNOWN
    return Outcome.DONE if reply.status == 200 else Outcome.REFUSED
