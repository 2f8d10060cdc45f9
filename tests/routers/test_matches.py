"""Matching: the best resources for a need and why, what a confirmed one leads to, what a dismissal teaches, who sees what."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import Database
from app.domain.matching import WEIGHTS, Part
from app.domain.resources import ResourceState
from app.models import Booking
from app.workers import clocks
from tests.services.rows_resources import put_resource
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import LON, World


async def put(owner: Database, world: World, **more: Any) -> str:
    person = more.pop("person", None)
    async with owner.transaction(world.district_id) as session:
        row = await put_resource(session, world, ResourceState.LISTED, person=person, **more)
        return str(row.id)


PLUMBER = {"kind": "service", "nature": "shared", "name": "水管维修队", "details": "修水管、换水龙头", "unit": "次"}


async def run(world: World, need: Any, who: str = "grid", **more: Any) -> Any:
    return await world.ok(who, "POST", "/v1/match-runs", json={"need_id": need["id"]} | more)


async def confirm(world: World, match: Any, who: str = "grid", **form: Any) -> Any:
    return await world.call(who, "POST", f"/v1/matches/{match['id']}/confirm", json=form)


def tomorrow(hours: int = 1) -> dict[str, str]:
    start = now() + timedelta(days=1)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}


async def bookings_of(owner: Database, world: World) -> list[Any]:
    async with owner.transaction(world.district_id) as session:
        query = select(Booking.state, Booking.purpose, Booking.quantity)
        return [tuple(row) for row in await session.execute(query.where(Booking.district_id == world.district_id))]


async def test_the_best_come_first_with_parts_and_runners_up_are_kept(world: World, owner: Database) -> None:
    near = await put(owner, world, **PLUMBER, categories=["repair.plumbing"])
    far = await put(owner, world, **PLUMBER, categories=["repair.plumbing"], lon=LON + 0.05)
    sibling = await put(owner, world, name="钥匙铺", details="配钥匙", categories=["repair.locks"])
    await put(owner, world, name="合唱团", details="唱歌", categories=["culture"])
    need = await accepted_need(world)
    found = await run(world, need)
    assert [m["resource_id"] for m in found["matches"]] == [near, far, sibling]
    assert [m["rank"] for m in found["matches"]] == [1, 2, 3]
    assert (found["looked"], found["more"]) == (4, False)
    best = found["matches"][0]
    assert best["parts"]["category"] == 1
    assert best["weights"] == {part.value: WEIGHTS[part] for part in Part}
    mean = sum(WEIGHTS[part] * best["parts"][part.value] for part in Part) / sum(WEIGHTS.values())
    assert best["score"] == pytest.approx(best["learnt"] * mean, abs=1e-6)
    assert "正是可服务的类别" in best["reasons"]
    listed = await world.ok("grid", "GET", "/v1/matches", params={"need_id": need["id"], "limit": 2})
    assert len(listed["items"]) == 2
    assert listed["next_cursor"]
    assert (await world.ok("auditor", "GET", f"/v1/match-runs/{found['id']}"))["matches"] == [
        m | {"actions": []} for m in found["matches"]
    ]


async def test_a_newer_run_takes_the_place_of_what_nobody_decided(world: World, owner: Database) -> None:
    await put(owner, world)
    need = await accepted_need(world)
    first = (await run(world, need))["matches"][0]
    second = (await run(world, need))["matches"][0]
    assert second["resource_id"] == first["resource_id"]
    old = await world.ok("grid", "GET", f"/v1/matches/{first['id']}")
    assert (old["state"], old["lapse_reason"]) == ("lapsed", "superseded")


async def test_what_is_not_listed_not_valid_elsewhere_or_taken_is_not_proposed(world: World, owner: Database) -> None:
    wanted = now() + timedelta(days=2)
    start, end = wanted - timedelta(hours=1), wanted + timedelta(hours=1)
    async with owner.transaction(world.district_id) as session:
        await put_resource(session, world, ResourceState.PAUSED)
        await put_resource(session, world, ResourceState.LISTED, ends_at=start, remind_at=start)
        there: dict[str, Any] = {
            "service_place_id": world.places["sibling_community"],
            "service_path": world.paths["sibling_community"],
        }
        await put_resource(session, world, ResourceState.LISTED, **there)
        room = await put_resource(
            session, world, ResourceState.LISTED, kind="venue", nature="exclusive", quantity=1, unit="间"
        )
        free = await put_resource(session, world, ResourceState.LISTED)
    need = await accepted_need(world)
    async with owner.transaction(world.district_id) as session:
        await session.execute(text("UPDATE needs SET wanted_at = :at WHERE id = :id"), {"at": wanted, "id": need["id"]})
    form = {"resource_id": str(room.id), "purpose": "need", "purpose_id": need["id"]}
    span = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
    await world.ok("grid", "POST", "/v1/bookings", json=form | span)
    found = await run(world, need)
    assert [m["resource_id"] for m in found["matches"]] == [str(free.id)]
    assert found["matches"][0]["parts"]["time"] == 1


async def test_a_thing_is_booked_for_the_need_at_the_wanted_time(world: World, owner: Database) -> None:
    await put(owner, world)
    match = (await run(world, await accepted_need(world)))["matches"][0]
    assert (await confirm(world, match)).status_code == 422, "no time is wanted, and none was given"
    done = await confirm(world, match, quantity=3, **tomorrow())
    assert done.status_code == 200, done.text
    assert (done.json()["result"], done.json()["order_id"]) == ("booked", None)
    assert await bookings_of(owner, world) == [("confirmed", "need", 3)]


async def test_a_units_service_is_booked_and_the_order_assigned_to_the_unit(world: World, owner: Database) -> None:
    await put(owner, world, **PLUMBER, categories=["repair.plumbing"])
    need = await accepted_need(world)
    match = (await run(world, need))["matches"][0]
    done = await confirm(world, match, "community", **tomorrow())
    assert done.status_code == 200, done.text
    order = await only_order(world, need)
    assert (done.json()["result"], done.json()["order_id"]) == ("unit_assigned", order["id"])
    assert order["state"] == "accepted", "the order that was waiting, and no second one"
    assert await bookings_of(owner, world) == [("confirmed", "order", 1)]


async def test_an_order_in_the_pool_is_taken_while_nobody_has_it(world: World, owner: Database) -> None:
    """Once somebody has a place in it, the unit gets an order of its own."""
    await put(owner, world, **PLUMBER, categories=["repair.plumbing"])
    for taken, states in ((False, ["accepted"]), (True, ["accepted", "published"])):
        need = await accepted_need(world)
        order = await only_order(world, need)
        await act(world, "grid", order, "publish", people_wanted=2)
        if taken:
            await act(world, "member1", order, "take")
        match = (await run(world, need))["matches"][0]
        assert (await confirm(world, match, "community", **tomorrow())).status_code == 200
        orders = (await world.ok("community", "GET", "/v1/orders", params={"need_id": need["id"]}))["items"]
        assert sorted(each["state"] for each in orders) == states


async def test_a_person_is_asked_and_never_ordered(world: World, owner: Database) -> None:
    await put(owner, world, person="member1", **PLUMBER, categories=["repair.plumbing"])
    need = await accepted_need(world)
    match = (await run(world, need))["matches"][0]
    assert "*" in match["owner_name"]
    assert match["organization_name"] is None
    assert not {"lon", "lat", "place_id", "person_id"} & match.keys()
    done = await confirm(world, match, **tomorrow())
    assert done.status_code == 200, done.text
    assert done.json()["result"] == "person_asked"
    assert (await only_order(world, need))["state"] == "offered"


async def test_nothing_is_half_done_when_nothing_is_left(world: World, owner: Database) -> None:
    await put(owner, world, **PLUMBER | {"nature": "exclusive", "quantity": 1}, categories=["repair.plumbing"])
    first, second = await accepted_need(world), await accepted_need(world)
    one, other = [(await run(world, need))["matches"][0] for need in (first, second)]
    span = tomorrow()
    assert (await confirm(world, one, **span)).status_code == 200
    answer = await confirm(world, other, **span)
    assert answer.status_code == 409, answer.text
    assert (await only_order(world, second))["state"] == "open"
    assert (await world.ok("grid", "GET", f"/v1/matches/{other['id']}"))["state"] == "proposed"
    assert len(await bookings_of(owner, world)) == 1


async def test_a_person_who_is_no_helper_cannot_be_asked(world: World, owner: Database) -> None:
    await put(owner, world, person="resident2", **PLUMBER, categories=["repair.plumbing"])
    need = await accepted_need(world)
    match = (await run(world, need))["matches"][0]
    assert (await confirm(world, match, **tomorrow())).status_code == 409
    assert await bookings_of(owner, world) == []


async def test_a_dismissal_teaches(world: World, owner: Database) -> None:
    chairs = await put(owner, world)
    need, like = await accepted_need(world), await accepted_need(world)
    before = (await run(world, like))["matches"][0]
    match = (await run(world, need))["matches"][0]
    form = {"reason": "unsuitable", "words": "太旧"}
    gone = await world.ok("community", "POST", f"/v1/matches/{match['id']}/dismiss", json=form)
    assert (gone["state"], gone["dismiss_words"]) == ("dismissed", "太旧")
    assert (await run(world, need))["matches"] == [], "not again for this need"
    after = (await run(world, like))["matches"][0]
    assert (after["resource_id"], after["learnt"]) == (chairs, pytest.approx(0.7, abs=1e-4))
    assert after["score"] == pytest.approx(before["score"] * 0.7, abs=1e-4)
    assert "此类需求曾有未采用的对接" in after["reasons"]


async def test_the_clock_ends_what_no_longer_stands(app: FastAPI, world: World, owner: Database) -> None:
    chairs = await put(owner, world)
    need, other = await accepted_need(world), await accepted_need(world)
    match, stays = (await run(world, need))["matches"][0], (await run(world, other))["matches"][0]
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={"words": "不用了"})
    await clocks.tick(app.state.database, world.district_id)
    ended = await world.ok("grid", "GET", f"/v1/matches/{match['id']}")
    assert (ended["state"], ended["lapse_reason"]) == ("lapsed", "need_ended")
    assert (await world.ok("grid", "GET", f"/v1/matches/{stays['id']}"))["state"] == "proposed"
    await world.ok("grid", "POST", f"/v1/resources/{chairs}/withdraw", json={"words": "坏了"})
    await clocks.tick(app.state.database, world.district_id)
    assert (await world.ok("grid", "GET", f"/v1/matches/{stays['id']}"))["lapse_reason"] == "resource_gone"


async def test_an_owner_sees_the_needs_they_may_read_and_no_others(world: World, owner: Database) -> None:
    chairs = await put(owner, world)
    mine = await put(owner, world, person="resident1")
    need = await accepted_need(world)
    seen = await world.ok("grid", "GET", f"/v1/resources/{chairs}/needs")
    assert [(n["need_id"], n["title"]) for n in seen["items"]] == [(need["id"], need["title"])]
    assert (await world.ok("liaison", "GET", f"/v1/resources/{chairs}/needs"))["items"] == []
    own = await world.ok("resident1", "GET", f"/v1/resources/{mine}/needs")
    assert [n["need_id"] for n in own["items"]] == [need["id"]], "their own need"
    assert (await world.call("resident2", "GET", f"/v1/resources/{chairs}/needs")).status_code == 403
    match = (await run(world, need))["matches"][0]
    for who in ("liaison", "resident1", "sibling_grid", "member1"):
        assert (await world.call(who, "GET", f"/v1/matches/{match['id']}")).status_code == 404


async def test_a_district_weighs_for_itself_and_old_matches_keep_their_weights(world: World, owner: Database) -> None:
    await put(owner, world)
    need, path = await accepted_need(world), "/v1/match-weights"
    before = (await run(world, need))["matches"][0]
    shown = await world.ok("grid", "GET", path)
    assert shown == {part.value: WEIGHTS[part] for part in Part} | {"version": 0}
    form = dict.fromkeys((part.value for part in Part), 0) | {"category": 10}

    async def put_weights(version: int, form: dict[str, int], who: str = "district") -> Any:
        return await world.call(who, "PUT", path, json=form, headers={"if-match": f'"{version}"'})

    assert (await put_weights(0, form | {"category": 0})).status_code == 422
    assert (await put_weights(0, form | {"category": -1})).status_code == 422
    assert (await put_weights(0, form, "community")).status_code == 403
    assert (await put_weights(3, form)).status_code == 412
    assert (await put_weights(0, form)).json() == form | {"version": 1}
    assert (await put_weights(0, form)).status_code == 412
    after = (await run(world, need))["matches"][0]
    assert after["score"] == after["parts"]["category"] == 1
    kept = await world.ok("grid", "GET", f"/v1/matches/{before['id']}")
    assert (kept["weights"], kept["score"]) == (before["weights"], before["score"])


async def test_there_is_one_active_match_of_a_need_and_a_resource(world: World, owner: Database) -> None:
    await put(owner, world)
    match = (await run(world, await accepted_need(world)))["matches"][0]
    copy = "INSERT INTO matches SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid()))).*"
    with pytest.raises(Exception, match="uq_matches_active"):
        async with owner.transaction(world.district_id) as session:
            await session.execute(text(f"{copy} FROM matches AS m WHERE id = :id"), {"id": match["id"]})


async def test_only_what_is_looked_for_is_matched(world: World) -> None:
    need = await accepted_need(world)
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={"words": "不用了"})
    answer = await world.call("grid", "POST", "/v1/match-runs", json={"need_id": need["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    for who, status in (("resident1", 403), ("member1", 404), ("sibling_grid", 404)):
        answer = await world.call(who, "POST", "/v1/match-runs", json={"need_id": need["id"]})
        assert answer.status_code == status, who
