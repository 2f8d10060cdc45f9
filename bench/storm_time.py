"""The part of the storm about what time does: workers are killed while a backlog is worked off, and each thing is done once.

Everything in the backlog is due already: clocks that are to be overdue, and invitations that nobody answered. Both servers'
workers set about it at once, and are killed by turns as it grows smaller.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import now
from app.core.ids import new_id
from bench.data import Ground, stamps
from bench.storm_tries import Report
from bench.storm_world import World

_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 90.0
_AGO, _LIMIT = timedelta(minutes=2), timedelta(days=2)

_LEFT = """
SELECT (SELECT count(*) FROM clocks WHERE district_id = $1 AND id = ANY($2) AND state = 'running')
  + (SELECT count(*) FROM assignments WHERE district_id = $1 AND id = ANY($3) AND state = 'invited')"""
_UNRELAYED = "SELECT count(*) FROM outbox WHERE district_id = $1 AND position IS NULL"
_WRONG = {
    "clocks not overdue exactly once": """
SELECT count(*) FROM clocks AS c WHERE c.district_id = $1 AND c.id = ANY($2) AND NOT (
  c.state = 'overdue' AND c.level = 1 AND c.version = 1
  AND (SELECT count(*) FROM events AS e WHERE e.district_id = $1 AND e.aggregate_id = c.id AND e.action = 'overdue') = 1
  AND (SELECT count(*) FROM clock_marks AS m WHERE m.district_id = $1 AND m.clock_id = c.id AND m.mark = 'overdue') = 1)""",
    "invitations not expired exactly once": """
SELECT count(*) FROM assignments AS a WHERE a.district_id = $1 AND a.id = ANY($2) AND NOT (
  a.state = 'expired' AND a.version = 2
  AND (SELECT count(*) FROM events AS e WHERE e.district_id = $1 AND e.aggregate_id = a.id AND e.action = 'expire') = 1
  AND (SELECT o.state FROM orders AS o WHERE o.district_id = $1 AND o.id = a.order_id) = 'open')""",
    "rows whose change left not exactly one entry in the audit trail": """
SELECT count(*) FROM unnest($2::uuid[]) AS one(id) WHERE (
  SELECT count(*) FROM audit_entries AS e WHERE e.district_id = $1 AND e.subject_id = one.id
  AND e.caller = 'system' AND e.operation IN ('clock.overdue', 'assignment.expire')) <> 1""",
}


async def time_passes(world: World, each: int, kills: int) -> Report:
    """So many clocks and so many invitations; a server is killed each time another share of them is done."""
    clocks, invitations = await _backlog(world.ground, each)
    total, amid = 2 * each, 0
    for number in range(kills):
        left = await _until(world, total * (kills - number) // (kills + 1), _LEFT, clocks, invitations)
        amid += 0 < left < total
        await world.kill_server(number)
    left = await _until(world, 0, _LEFT, clocks, invitations)
    unrelayed = await _until(world, 0, _UNRELAYED)
    wrong = await _wrong(world.ground, clocks, invitations)
    told: Report = {"due": total, "left": left, "kills": kills, "killed_amid": amid, "unrelayed": unrelayed}
    return told | {"wrong": wrong, "failed": bool(left or unrelayed or wrong) or amid == 0}


async def _backlog(ground: Ground, each: int) -> tuple[list[UUID], list[UUID]]:
    """Clocks and invitations, all in one transaction: no worker sees a part of them."""
    async with ground.connection.transaction():
        clocks = await _late_clocks(ground, await ground.published(each))
        people = [person.id for person in await ground.helpers(each)]
        return clocks, await _silent(ground, await ground.published(each), people)


async def _late_clocks(ground: Ground, orders: Sequence[UUID]) -> list[UUID]:
    """A limit of each order, run out a moment ago: to climb, it is too early."""
    due, first = now() - _AGO, ground.communities[0]
    began = due - _LIMIT
    limit = {"unit": "clock_minutes", "limit_time": _LIMIT, "extended_time": timedelta(), "left_time": _LIMIT}
    times = {"counted_from": began, "started_at": began, "warn_at": due, "due_at": due, "next_at": due}
    place = {"path": first.home.path, "community_id": first.place.id, "grid_id": first.grid.id}
    fixed = {"kind": "resolve", "subject": "order", "round": 1, "state": "running", "level": 0, "source": "house"}
    fixed |= {"stale": False, "version": 0, "updated_at": began} | limit | times | place
    ids = [new_id() for _ in orders]
    await ground.copy(
        "clocks", [{"id": id_, "subject_id": order} | fixed for id_, order in zip(ids, orders, strict=True)]
    )
    return ids


async def _silent(ground: Ground, orders: Sequence[UUID], people: Sequence[UUID]) -> list[UUID]:
    """Of each order somebody who was asked and has not answered in time."""
    ids, path = [new_id() for _ in orders], ground.communities[0].home.path
    rows: list[dict[str, Any]] = [
        {"id": id_, "order_id": order, "person_id": person, "path": path, "slot": 1, "state": "invited"}
        | {"answer_by": now() - _AGO}
        | stamps(1)
        for id_, order, person in zip(ids, orders, people, strict=True)
    ]
    await ground.copy("assignments", rows)
    await ground.connection.execute(
        "UPDATE orders SET state = 'offered', version = 3 WHERE district_id = $1 AND id = ANY($2)",
        ground.district,
        list(orders),
    )
    steps: list[tuple[str, UUID, int, str, str | None, str]] = [
        ("assignment", id_, 1, "invite", None, "invited") for id_ in ids
    ]
    steps += [("order", order, 3, "offer", "published", "offered") for order in orders]
    await ground.told(steps)
    return ids


async def _until(world: World, most: int, count: str, *more: list[UUID]) -> int:
    """What the count comes to, once it is no more than ``most`` or patience ends."""
    give_up = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        left: int = await world.ground.connection.fetchval(count, world.ground.district, *more)
        if left <= most or asyncio.get_running_loop().time() > give_up:
            return left
        await asyncio.sleep(_LOOK_SECONDS)


async def _wrong(ground: Ground, clocks: list[UUID], invitations: list[UUID]) -> dict[str, int]:
    rows = zip(_WRONG.items(), (clocks, invitations, clocks + invitations), strict=True)
    found = {name: await ground.connection.fetchval(query, ground.district, ids) for (name, query), ids in rows}
    return {name: count for name, count in found.items() if count}
