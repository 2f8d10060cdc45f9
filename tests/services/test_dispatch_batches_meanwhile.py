"""A batch asks nobody who has stopped helping, or wishes not to be matched, while it was thinking; whoever is left is asked."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.domain.people import Role
from app.models import Event, Grant
from tests.routers.test_respondents import name
from tests.services.dispatch_batching import (
    carry_out,
    choices,
    meanwhile,
    open_orders,
    set_order,
    set_person,
    shown,
    started,
)
from tests.stories.steps import asked
from tests.worlds import HELPERS, World, grant_row


async def only(owner: Database, world: World, *able: str) -> None:
    """Nobody else has the skill."""
    for who in set(HELPERS) - set(able):
        await set_person(owner, world, who, skills=[])


async def ended(owner: Database, world: World, who: str) -> None:
    async with owner.transaction(world.district_id) as session:
        mine = update(Grant).where(Grant.person_id == world.people[who])
        await session.execute(mine.values(ends_at=now(), revoked_at=now()))


async def refused(_: Database, world: World, who: str) -> None:
    await world.ok(who, "POST", "/v1/consents/refuse-matching", json={})


@pytest.mark.parametrize(("happens", "obstacle"), [(ended, "not_a_helper"), (refused, "refuses")])
async def test_who_fell_away_is_kept_with_the_reason_and_the_rest_are_asked(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch, happens: Any, obstacle: str
) -> None:
    """Of two who are chosen for one order; of another order the only one."""
    both, alone = await open_orders(world, 2)
    await only(owner, world, "member1", "member2")
    await set_order(owner, world, both, people_wanted=2)
    await set_order(owner, world, alone, urgency="critical")
    for who in ("member1", "member2"):
        await set_person(owner, world, who, load_limit=2 if who == "member2" else 1)
    meanwhile(monkeypatch, lambda: happens(owner, world, "member2"))
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["chosen"], done["invited_orders"], done["invited"], done["overtaken"]) == (3, 1, 1, 2)
    assert (await asked(world, both), await asked(world, alone)) == (["member1"], [])
    left = await choices(world, batch)
    assert {one["order_id"] for one in left} == {both["id"], alone["id"]}
    for one in left:
        (choice,) = one["choices"]
        assert (choice["person_id"], choice["obstacle"]) == (str(world.people["member2"]), obstacle)
        assert choice["parts"]


async def test_whom_a_need_complains_about_does_not_read_it_of_themselves(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = await open_orders(world, 1)
    await only(owner, world, "member2")
    async with owner.transaction(world.district_id) as session:
        session.add(grant_row(world, "member2", Role.COMMUNITY_ADMIN, "community"))
    meanwhile(monkeypatch, lambda: name(world, order["need_id"], person_id=world.people["member2"]))
    batch = await started(world)
    await carry_out(app, world)
    ((theirs,), (others,)) = [
        (await world.ok(who, "GET", f"/v1/dispatch-batches/{batch}/choices"))["items"][0]["choices"]
        for who in ("member2", "community")
    ]
    assert theirs == {field: value for field, value in others.items() if field != "obstacle"}
    assert others["obstacle"] == "respondent"


async def test_of_an_order_that_is_taken_nobody_in_particular_fell_away(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = await open_orders(world, 1)

    async def published() -> None:
        await world.ok("grid", "POST", f"/v1/orders/{order['id']}/publish", json={})

    meanwhile(monkeypatch, published)
    batch = await started(world)
    await carry_out(app, world)
    (left,) = await choices(world, batch)
    assert "obstacle" not in left["choices"][0]


async def test_a_place_nobody_was_asked_for_does_not_wait_for_the_others_answers(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next batch asks for it while the first still thinks; and nobody more, once somebody is asked for every place."""
    (order,) = await open_orders(world, 1)
    await only(owner, world, "member1", "member2")
    await set_order(owner, world, order, people_wanted=2)
    with monkeypatch.context() as first:
        meanwhile(first, lambda: refused(owner, world, "member2"))
        await started(world)
        await carry_out(app, world)
    assert await asked(world, order) == ["member1"]
    for who in ("member3", "volunteer1"):
        await set_person(owner, world, who, skills=["plumbing"])
    seen = []
    for _ in range(2):
        batch = await started(world)
        await carry_out(app, world)
        seen.append({name: (await shown(world, batch))[name] for name in ("orders", "places", "invited")})
    assert seen == [{"orders": 1, "places": 1, "invited": 1}, {"orders": 0, "places": 0, "invited": 0}]
    assert len(await asked(world, order)) == 2
    async with owner.transaction(world.district_id) as session:
        of_order = Event.aggregate_id == UUID(order["id"]), Event.action == "offer"
        events = (await session.execute(select(Event.source, Event.target).where(*of_order).order_by(Event.id))).all()
    assert [tuple(event) for event in events] == [("open", "offered"), ("offered", "offered")]
