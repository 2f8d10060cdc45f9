"""Which records may become one, and by whom."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.models import Assignment, Event, Person, ServiceWindow
from app.services import orders_accept
from tests.profiles import id_number, merge, merged, person, served
from tests.stories.steps import accepted_need, act, only_order, taken
from tests.worlds import World


async def test_overlapping_service_is_listed_and_settled_first(world: World, owner: Database) -> None:
    first = await served(world, "member1", 120)
    await served(world, "volunteer1", 120)
    answer = await merge(world, world.people["member1"], world.people["volunteer1"])
    assert answer.status_code == 409
    (obstacle,) = answer.json()["obstacles"]
    assert obstacle["kind"] == "service_overlap"
    assert first["id"] in obstacle["services"]
    assert (await world.ok("member1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 120
    await world.ok("subdistrict", "POST", f"/v1/hours/{first['id']}/reverse", json={"reason": "重复登记"})
    await merged(world, "member1", "volunteer1")
    assert (await world.ok("volunteer1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 120


async def test_open_service_at_two_places_is_an_overlap(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        for who in ("member1", "member2"):
            during = Range(now(), None)
            row = ServiceWindow(district_id=world.district_id, id=new_id(), person_id=world.people[who], during=during)
            session.add(row)
    answer = await merge(world, world.people["member1"], world.people["member2"])
    assert (answer.status_code, answer.json()["obstacles"][0]["until"]) == (409, None)


async def test_unfinished_work_of_both_is_fine_up_to_the_limit(world: World, owner: Database) -> None:
    for who in ("member1", "member1", "volunteer1"):
        await taken(world, who)
    path, tag = f"/v1/people/{world.people['volunteer1']}", {"if-match": '"1"'}
    await world.ok("grid", "PATCH", path, json={"load_limit": 2}, headers=tag)
    answer = await merge(world, world.people["member1"], world.people["volunteer1"])
    (obstacle,) = answer.json()["obstacles"]
    assert (answer.status_code, obstacle["kind"], obstacle["unfinished"], obstacle["limit"]) == (409, "load", 3, 2)
    await world.ok("grid", "PATCH", path, json={"load_limit": 3}, headers={"if-match": '"2"'})
    await merged(world, "member1", "volunteer1")
    slots = (await world.ok("grid", "GET", "/v1/assignments", params={"person_id": str(world.people["volunteer1"])}))[
        "items"
    ]
    assert len(slots) == 3


async def test_both_in_one_order_is_refused(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "publish")
    for who in ("member1", "volunteer1"):
        await act(world, who, order, "take")
    answer = await merge(world, world.people["member1"], world.people["volunteer1"])
    assert [o["order_id"] for o in answer.json()["obstacles"] if o["kind"] == "same_order"] == [order["id"]]


@pytest.mark.parametrize(
    ("mine", "theirs", "field"),
    [
        ({"id_number": id_number()}, {"id_number": id_number(sequence=7)}, "id_number"),
        ({"birth_date": "1958-03-07"}, {"birth_date": "1958-03-08"}, "birth_date"),
        ({"sex": "male"}, {"sex": "female"}, "sex"),
    ],
)
async def test_different_people_are_not_merged(
    world: World, mine: dict[str, Any], theirs: dict[str, Any], field: str
) -> None:
    one, other = await person(world, **mine), await person(world, **theirs)
    answer = await merge(world, one["id"], other["id"])
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_who_may_merge(world: World, other_world: World) -> None:
    one, other = await person(world), await person(world)
    form = {"name": "远", "place_id": str(world.places["sibling_entrance"])}
    far = await world.ok("sibling_community", "POST", "/v1/people", json=form)
    for who, status in (("grid", 403), ("auditor", 403), ("resident1", 404), ("sibling_community", 404)):
        assert (await merge(world, one["id"], other["id"], who)).status_code == status, who
    assert (await merge(world, one["id"], far["id"])).status_code == 404, "both places are the actor's"
    assert (await merge(other_world, one["id"], other["id"])).status_code == 404
    assert (await merge(world, one["id"], one["id"])).status_code == 422
    assert (await merge(world, one["id"], far["id"], "subdistrict")).status_code == 200


@pytest.mark.parametrize("into", [True, False])
async def test_nobody_gains_a_role_they_could_not_be_given(world: World, into: bool) -> None:
    """A record may carry a sign-in: merging a resident with an administrator would hand over the administrator's power."""
    other = await person(world)
    pair = [other["id"], world.people["district"]]
    one, survivor = pair if into else reversed(pair)
    answer = await merge(world, one, survivor, "community")
    assert (answer.status_code, "区管理员" in answer.json()["detail"]) == (403, True)
    own = [other["id"], world.people["community"]]
    one, survivor = own if into else reversed(own)
    assert (await merge(world, one, survivor, "community")).status_code == 403
    pair = [other["id"], world.people["liaison"]]
    one, survivor = pair if into else reversed(pair)
    assert (await merge(world, one, survivor, "community")).status_code == 200


async def test_merges_that_cross_become_one(world: World, owner: Database) -> None:
    one, other = await person(world), await person(world)
    pairs = [(one["id"], other["id"]), (other["id"], one["id"])] * 3
    answers = await asyncio.gather(*(merge(world, a, b) for a, b in pairs))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    query = select(Person.id).where(Person.district_id == world.district_id, Person.merged_into_id.is_not(None))
    async with owner.transaction(world.district_id) as session:
        assert len((await session.scalars(query)).all()) == 1


async def test_merging_on_keeps_one_step(world: World, owner: Database) -> None:
    one, two, three = [await person(world) for _ in range(3)]
    assert (await merge(world, one["id"], two["id"])).status_code == 200
    assert (await merge(world, two["id"], three["id"])).status_code == 200
    async with owner.transaction(world.district_id) as session:
        led = await session.scalars(select(Person.merged_into_id).where(Person.id.in_([one["id"], two["id"]])))
        assert set(led) == {UUID(three["id"])}
    assert (await merge(world, one["id"], three["id"])).status_code == 409


async def test_both_records_tell_of_it_and_of_no_secret(world: World, owner: Database) -> None:
    one, other = await person(world, phone="19900000009", id_number=id_number()), await person(world)
    await merge(world, one["id"], other["id"])
    async with owner.transaction(world.district_id) as session:
        rows = await session.scalars(select(Event).where(Event.district_id == world.district_id))
        told = {(str(row.aggregate_id), row.action, row.seq) for row in rows.all()}
        data = " ".join(str(row) for row in await session.scalars(select(Event.data)))
    assert {(one["id"], "merge_into", 2), (other["id"], "merge", 2)} <= told
    assert "19900000009" not in data
    assert id_number() not in data


@pytest.mark.parametrize("action", ["take", "accept"])
async def test_a_merge_in_the_middle_of_taking_leaves_nothing_behind(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Between the reading and the writing statement of a hot verb the record is merged: nothing is written in its name."""
    order = await only_order(world, await accepted_need(world))
    if action == "take":
        await act(world, "grid", order, "publish")
    else:
        await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    write = orders_accept._write

    async def after_a_merge(*arguments: Any) -> Any:
        await merged(world, "member1", "volunteer1")
        return await write(*arguments)

    monkeypatch.setattr(orders_accept, "_write", after_a_merge)
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/{action}", json={})
    assert answer.status_code == 401
    async with owner.transaction(world.district_id) as session:
        rows = await session.scalars(select(Assignment).where(Assignment.district_id == world.district_id))
        held = {(row.person_id, row.state.value) for row in rows}
    assert held == (set() if action == "take" else {(world.people["volunteer1"], "invited")})
