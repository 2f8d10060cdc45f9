"""Keyed requests with all their answers, and what the database says of them afterwards."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import new_id
from bench import checks
from bench.client import Reply, request
from bench.data import Person
from bench.storm_world import World, code_of

TAKES_EACH = 4
"""Of the five unfinished orders a person may hold."""
Report = dict[str, Any]


@dataclass(slots=True)
class Try:
    """One request with its key, and the answer to each time it was sent; None where none came."""

    person: Person
    key: str
    bytes: bytes
    order: UUID | None
    replies: list[Reply | None] = field(default_factory=list)

    @property
    def acknowledged(self) -> Reply | None:
        return next((reply for reply in self.replies if reply and reply.status in {200, 201}), None)

    @property
    def refusals(self) -> list[str]:
        return [f"{r.status} {code_of(r)}" for r in self.replies if r and r.status >= 400]


def taking(person: Person, order: UUID) -> Try:
    key = str(new_id())
    return Try(person, key, request("POST", f"/v1/orders/{order}/take", person.token, key=key, body=b"{}"), order)


def asking(person: Person, place: UUID) -> Try:
    """A need whose title is its key, so that its effect can be counted."""
    key = str(new_id())
    form = {"title": key, "details": "水池下面一直滴水", "place_id": str(place), "category": "repair.home"}
    return Try(person, key, request("POST", "/v1/needs", person.token, key=key, body=orjson.dumps(form)), None)


def mixed(people: list[Person], orders: list[UUID], place: UUID) -> Iterator[Try]:
    """Takes and needs by turns; needs alone once the orders are used up."""
    for number in itertools.count():
        order = number // 2
        if number % 2 == 0 and order < len(orders):
            yield taking(people[order // TAKES_EACH], orders[order])
        else:
            yield asking(people[number % len(people)], place)


async def judge(world: World, tries: list[Try]) -> Report:
    """Acknowledged and lost, effects that came twice, answers that differ from one another or from the kept one."""
    kept = await checks.kept_answers(world.ground.connection, world.ground.district, [t.key for t in tries])
    effects = await _effects(world, tries)
    lost = double = differing = 0
    for t in tries:
        effect, reply = effects.get(t.key, []), t.acknowledged
        double += len(effect) > 1
        if reply is None:
            continue
        lost += kept.get(t.key) != (reply.status, reply.body) or not effect
        lost += bool(effect) and t.order is None and effect[0] != orjson.loads(reply.body)["id"]
        lost += bool(effect) and t.order is not None and effect[0] != str(t.person.id)
        differing += len({(r.status, r.body) for r in t.replies if r}) > 1
    refused = Counter(refusal for t in tries for refusal in t.refusals)
    told: Report = {
        "requests": len(tries),
        "acknowledged": sum(t.acknowledged is not None for t in tries),
        "unanswered": sum(not any(t.replies) for t in tries),
        "lost": lost,
        "double": double,
        "differing": differing,
        "refused": dict(refused),
    }
    return told | {"failed": bool(lost or double or differing or refused or told["unanswered"])}


async def _effects(world: World, tries: list[Try]) -> dict[str, list[str]]:
    """What each key brought about: ids of the needs that carry it, or the people who hold its order."""
    by_order = {str(t.order): t.key for t in tries if t.order is not None}
    held = await checks.holders(
        world.ground.connection, world.ground.district, [t.order for t in tries if t.order is not None]
    )
    rows = await world.ground.connection.fetch(
        "SELECT title, array_agg(id::text) AS ids FROM needs WHERE district_id = $1 AND title = ANY($2) GROUP BY title",
        world.ground.district,
        [t.key for t in tries if t.order is None],
    )
    return {row["title"]: row["ids"] for row in rows} | {by_order[order]: people for order, people in held.items()}
