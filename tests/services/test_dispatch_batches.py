"""A batch of dispatch: everybody asked at once for the least there is, what happens in between, what interrupts it, and who may."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import today
from app.core.db import Database
from app.core.ids import new_id
from app.domain.assignments import AssignmentState
from app.domain.clocks import ClockKind, ClockSubject
from app.domain.dispatch_cost import Part
from app.domain.dispatch_reasons import written_out
from app.domain.pairings import PairingLevel
from app.models import (
    Assignment,
    AuditEntry,
    Clock,
    ClockMark,
    Event,
    Need,
    Order,
    Pairing,
)
from app.services import dispatch_batches_apply
from app.workers import dispatch_solving
from tests.services.dispatch_batching import (
    carry_out,
    choices,
    claimed,
    meanwhile,
    open_orders,
    set_order,
    set_person,
    shown,
    started,
)
from tests.stories.steps import act, asked
from tests.worlds import World


async def test_everybody_is_asked_at_once(world: World, app: FastAPI, owner: Database) -> None:
    """Three orders, one for two people; each place one invitation with its reasons, and all that a single offer leaves."""
    orders = await open_orders(world, 3)
    await set_order(owner, world, orders[0], people_wanted=2)
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["state"], done["orders"], done["people"], done["places"], done["chosen"]) == ("done", 3, 5, 4, 4)
    assert (done["invited_orders"], done["invited"], done["overtaken"]) == (3, 4, 0)
    assert done["cost_cm"] > 0
    assert set(done["weights"]) == {part.value for part in Part}
    people = [await asked(world, order) for order in orders]
    assert [len(here) for here in people] == [2, 1, 1]
    assert len({who for here in people for who in here}) == 4, "the load is shared out"
    async with owner.transaction(world.district_id) as session:
        rows = (await session.scalars(select(Assignment).where(Assignment.district_id == world.district_id))).all()
        events = (
            await session.scalars(select(Event).where(Event.district_id == world.district_id).order_by(Event.id))
        ).all()
        needs = (await session.scalars(select(Need).where(Need.district_id == world.district_id))).all()
    assert {need.state.value for need in needs} == {"in_service"}
    assert sorted(event.action for event in events if event.aggregate == "assignment") == ["invite"] * 4
    for one in rows:
        _explained(one, batch)
    await _explained_to_them(world, people[1][0], rows)
    await _noted(world, owner, orders)
    offers = {event.aggregate_id: event for event in events if event.action == "offer"}
    offer = offers[UUID(orders[0]["id"])]
    assert (offer.source, offer.target, len(offers)) == ("open", "offered", 3)
    assert sorted(offer.data["people"]) == sorted(str(world.people[who]) for who in people[0])
    assert (await act(world, people[1][0], orders[1], "accept"))["state"] == "accepted"
    assert (await act(world, people[2][0], orders[2], "decline"))["state"] == "open"


def _explained(one: Assignment, batch: str) -> None:
    choice = written_out(one.choice)
    assert choice is not None
    assert sum(choice["parts"].values()) == pytest.approx(choice["cost"])
    assert (choice["batch_id"], choice["feasible"]) == (batch, 5)
    assert len(choice["runners_up"]) >= 3


async def _explained_to_them(world: World, who: str, rows: Any) -> None:
    """Whoever is asked by a batch may see every fact it used, as with a single offer; staff see the reasons written out."""
    mine = next(row for row in rows if row.person_id == world.people[who])
    told = await world.ok(who, "GET", f"/v1/assignments/{mine.id}/explanation")
    assert [fact["fact"] for fact in told["facts"]] == list(Part)
    assert sum(fact["cost"] for fact in told["facts"]) == pytest.approx(told["cost"])
    shown = await world.ok("grid", "GET", f"/v1/assignments/{mine.id}")
    assert set(shown["choice"]) >= {"cost", "parts", "weights", "facts", "distance_m", "rank", "runners_up", "batch_id"}


async def _noted(world: World, owner: Database, orders: list[Any]) -> None:
    """The clock to sign runs for each, as after a single offer; one entry of the audit trail names them all."""
    async with owner.transaction(world.district_id) as session:
        mine = Clock.district_id == world.district_id, Clock.subject == ClockSubject.ORDER
        signing = select(Clock).where(*mine, Clock.kind == ClockKind.SIGN)
        clocks = (await session.scalars(signing)).all()
        entries = select(AuditEntry.data).where(
            AuditEntry.district_id == world.district_id, AuditEntry.operation == "dispatch_batch.invite"
        )
        (entry,) = (await session.scalars(entries)).all()
        limits = set(
            await session.scalars(select(ClockMark.source).where(ClockMark.clock_id.in_(c.id for c in clocks)))
        )
    assert {str(clock.subject_id) for clock in clocks} == {order["id"] for order in orders}
    assert all(clock.started_at < clock.warn_at < clock.due_at for clock in clocks)
    assert limits == {clock.source for clock in clocks}
    assert entry == {"orders": sorted(order["id"] for order in orders)}


async def test_who_cannot_is_not_asked(world: World, app: FastAPI, owner: Database) -> None:
    """Whoever lacks the skill, lives too far for their taste, has declined, refuses to be matched, holds enough, or asked."""
    order = (await open_orders(world, 1))[0]
    await set_person(owner, world, "member1", skills=[])
    await set_person(owner, world, "member2", service_radius_m=100)
    await set_person(owner, world, "member3", load_limit=1)
    async with owner.transaction(world.district_id) as session:
        mine = update(Need).where(Need.district_id == world.district_id)
        await session.execute(mine.values(submitted_by=world.people["volunteer1"]))
    await act(world, "grid", order, "offer", person_id=str(world.people["volunteer2"]))
    await act(world, "volunteer2", order, "decline")
    held = (await open_orders(world, 1))[0]
    await act(world, "grid", held, "publish")
    await act(world, "member3", held, "take")
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["orders"], done["places"], done["chosen"], done["invited"]) == (1, 1, 0, 0)
    await set_person(owner, world, "member2", service_radius_m=None)
    await started(world)
    await carry_out(app, world)
    assert await asked(world, order) == ["member2"]


async def test_the_paired_are_asked_though_others_live_nearer(world: World, app: FastAPI, owner: Database) -> None:
    """A branch's entrance, then a member's household, which is nearer still."""
    order = (await open_orders(world, 1))[0]
    await set_person(owner, world, "volunteer2", organization_id=world.units["society"])
    async with owner.transaction(world.district_id) as session:
        session.add(pairing(world, "entrance", organization_id=world.units["society"]))
    batch = await started(world, mode="propose")
    await carry_out(app, world)
    best = (await choices(world, batch))[0]["choices"][0]
    assert best["person_id"] == str(world.people["volunteer2"])
    assert best["parts"]["pairing"] == 300
    async with owner.transaction(world.district_id) as session:
        session.add(pairing(world, "home1", person_id=world.people["member3"]))
    await started(world)
    await carry_out(app, world)
    assert await asked(world, order) == ["member3"]


def pairing(world: World, place: str, **party: Any) -> Pairing:
    level = PairingLevel.MEMBER if "person_id" in party else PairingLevel.BRANCH
    row = Pairing(district_id=world.district_id, id=new_id(), level=level, path=world.paths[place], version=1, **party)
    row.place_id, row.starts_on = world.places[place], today()
    return row


async def test_a_proposal_asks_nobody(world: World, app: FastAPI) -> None:
    order = (await open_orders(world, 1))[0]
    batch = await started(world, mode="propose")
    await carry_out(app, world)
    found = await choices(world, batch, result="proposed")
    assert [(one["order_id"], one["result"]) for one in found] == [(order["id"], "proposed")]
    best = found[0]["choices"][0]
    assert best["rank"] == 1
    assert await asked(world, order) == []
    after = await world.ok("grid", "GET", f"/v1/orders/{order['id']}")
    assert (after["state"], after["version"]) == ("open", order["version"])
    await act(world, "grid", order, "offer", person_id=best["person_id"])
    assert [str(world.people[who]) for who in await asked(world, order)] == [best["person_id"]]


async def test_an_order_taken_meanwhile_is_overtaken(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two orders one is taken from the pool while the batch thinks: it stays with who took it, and the other is asked for."""
    orders = await open_orders(world, 2)

    async def taken() -> None:
        await act(world, "grid", orders[0], "publish")
        await act(world, "volunteer2", orders[0], "take")

    meanwhile(monkeypatch, taken)
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["chosen"], done["invited_orders"], done["overtaken"]) == (2, 1, 1)
    lost = await choices(world, batch)
    assert [(one["order_id"], one["result"]) for one in lost] == [(orders[0]["id"], "overtaken")]
    assert lost[0]["choices"][0]["parts"]
    assert await asked(world, orders[0]) == []
    assert len(await asked(world, orders[1])) == 1
    held = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": orders[0]["id"]})
    assert [one["state"] for one in held["items"]] == ["accepted"]


async def test_an_order_in_somebody_s_hands_is_not_waited_for(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await open_orders(world, 2)
    batch, real = await started(world), dispatch_batches_apply.invite

    async def invite(*given: Any) -> Any:
        async with owner.transaction(world.district_id) as session:
            await session.execute(select(Order.id).where(Order.id == UUID(orders[1]["id"])).with_for_update())
            return await real(*given)

    monkeypatch.setattr(dispatch_batches_apply, "invite", invite)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["invited_orders"], done["overtaken"]) == (1, 1)
    assert (await world.ok("grid", "GET", f"/v1/orders/{orders[1]['id']}"))["state"] == "open"


async def test_a_person_who_took_on_work_meanwhile_is_asked_for_no_more_than_they_can(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one helper can do it, and wishes to hold one order: what they took in between fills them up."""
    orders = await open_orders(world, 2)
    for who in ("member1", "member2", "member3", "volunteer2"):
        await set_person(owner, world, who, skills=[])
    await set_person(owner, world, "volunteer1", load_limit=1)
    await act(world, "grid", orders[1], "publish")

    async def busy() -> None:
        await act(world, "volunteer1", orders[1], "take")

    meanwhile(monkeypatch, busy)
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["chosen"], done["invited"], done["overtaken"]) == (1, 0, 1)
    assert await asked(world, orders[0]) == []


async def test_whom_the_need_complains_about_meanwhile_is_not_asked(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = await open_orders(world, 1)
    for who in ("member2", "member3", "volunteer1", "volunteer2"):
        await set_person(owner, world, who, skills=[])

    async def named() -> None:
        path = f"/v1/needs/{order['need_id']}/name-respondent"
        await world.ok("community", "POST", path, json={"person_id": str(world.people["member1"])})

    meanwhile(monkeypatch, named)
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["chosen"], done["invited"], done["overtaken"]) == (1, 0, 1)
    assert await asked(world, order) == []


async def test_batch_and_dispatchers_race_for_every_order(world: World, app: FastAPI, owner: Database) -> None:
    """Each order is asked for once, by the batch or by hand, and its history has one offer."""
    orders = await open_orders(world, 4)
    batch = await started(world)
    held = await claimed(app, world)
    by_hand = [world.call("grid", "POST", f"/v1/orders/{order['id']}/offer", json={}) for order in orders]
    running = asyncio.create_task(dispatch_solving.carry_out(app.state.database, held))
    answers, done = await asyncio.gather(*by_hand), await running
    assert done == dispatch_solving.DONE
    assert {answer.status_code for answer in answers} <= {200, 409}
    async with owner.transaction(world.district_id) as session:
        here = Event.district_id == world.district_id, Event.action == "offer"
        offers = await session.scalars(select(Event.aggregate_id).where(*here))
        asked_now = Assignment.district_id == world.district_id, Assignment.state == AssignmentState.INVITED
        rows = (await session.scalars(select(Assignment).where(*asked_now))).all()
    assert sorted(map(str, offers)) == sorted(order["id"] for order in orders)
    assert len(rows) == len({row.order_id for row in rows}) == 4
    won = sum(answer.status_code == 200 for answer in answers)
    assert (await shown(world, batch))["invited_orders"] == 4 - won
