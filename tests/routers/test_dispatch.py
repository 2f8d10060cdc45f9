"""Whom an order is offered to over HTTP: pairings first, never the complained-about, only who is free; and with what weights."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import event, select, update

from app.core.clock import CHINA, now, today
from app.core.db import Database
from app.domain.dispatch_cost import WEIGHTS, Part, told
from app.domain.people import PartyStatus
from app.models import DispatchWeights, Need, NeedRespondent, Order, Person
from app.services import dispatch_facts
from app.services.dispatch import look
from tests.profiles import tag_of
from tests.stories.steps import act, asked, only_order, refused, submitted, taken
from tests.worlds import World


async def candidates(world: World, order: Any) -> Any:
    return await world.ok("grid", "GET", f"/v1/orders/{order['id']}/candidates")


async def opened(world: World, **need: Any) -> Any:
    row = await submitted(world, **need)
    await world.ok("community", "POST", f"/v1/needs/{row['id']}/accept", json={"auto_offer": False})
    return await only_order(world, row)


def who(world: World, found: Any) -> list[str]:
    people = {str(person): name for name, person in world.people.items()}
    return [people[item["person_id"]] for item in found]


async def pair(world: World, owner: Database, name: str) -> None:
    async with owner.transaction(world.district_id) as session:
        mine = update(Person).where(Person.id == world.people[name])
        await session.execute(mine.values(party_status=PartyStatus.REGISTERED))
    form = {"level": "member", "place_id": str(world.places["home1"]), "person_id": str(world.people[name])}
    await world.ok("community", "POST", "/v1/pairings", json=form | {"starts_on": "2026-01-01"})


async def test_the_paired_member_is_asked_first_and_the_reasons_are_kept(world: World, owner: Database) -> None:
    order = await opened(world)
    assert who(world, (await candidates(world, order))["items"])[0] == "member1"
    await pair(world, owner, "member3")
    found = await candidates(world, order)
    assert who(world, found["items"])[:2] == ["member3", "member1"]
    assert [item["parts"]["pairing"] for item in found["items"][:2]] == [0.0, float(WEIGHTS.pairing)]
    assert (found["feasible"], found["barred"], found["weights"]) == (5, [], told(WEIGHTS))
    await act(world, "grid", order, "offer")
    assert await asked(world, order) == ["member3"]
    (row,) = (await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"]}))["items"]
    choice = row["choice"]
    assert (choice["rank"], choice["feasible"], choice["weights"]) == (1, 5, told(WEIGHTS))
    assert choice["parts"].keys() == set(Part)
    assert who(world, choice["runners_up"])[0] == "member1"
    assert choice["runners_up"][0]["parts"]["pairing"] == float(WEIGHTS.pairing)
    mine = await world.ok("member3", "GET", f"/v1/assignments/{row['id']}/explanation")
    assert next(f["words"] for f in mine["facts"] if f["fact"] == "pairing") == "您与这一户结对"
    await act(world, "member3", order, "decline")
    found = await candidates(world, order)
    assert [(row["obstacle"], row["words"]) for row in found["barred"]] == [("said_no", "曾婉拒此工单或未按时答复")]
    assert found["obstacles"] == {"said_no": 1}


async def test_who_was_asked_lately_rests(world: World) -> None:
    first, second = await opened(world), await opened(world)
    await act(world, "grid", first, "offer")
    await act(world, "member1", first, "decline")
    parts = {item["person_id"]: item["parts"] for item in (await candidates(world, second))["items"]}
    assert parts[str(world.people["member1"])]["notice"] == float(WEIGHTS.notice)
    assert who(world, (await candidates(world, second))["items"])[0] == "member2"


async def name(world: World, order: Any, by: str = "grid", **party: str) -> Any:
    return await world.call(by, "POST", f"/v1/needs/{order['need_id']}/name-respondent", json=party)


async def test_the_complained_about_and_theirs_have_no_part_in_it(world: World, owner: Database) -> None:
    order = await opened(world)
    async with owner.transaction(world.district_id) as session:
        theirs = update(Person).where(Person.id == world.people["member2"])
        await session.execute(theirs.values(organization_id=world.units["society"]))
    about = {"person_id": str(world.people["member1"])}
    assert (await name(world, order, "resident1", **about)).status_code == 403
    assert (await name(world, order, "sibling_grid", **about)).status_code == 404
    assert (await name(world, order, **about)).status_code == 200
    assert (await name(world, order, **about)).status_code == 409
    assert (await name(world, order, person_id=str(world.people["resident1"]))).status_code == 422
    assert (await name(world, order)).status_code == 422
    assert (await name(world, order, organization_id=str(world.units["society"]))).status_code == 200
    found = await candidates(world, order)
    assert {row["obstacle"] for row in found["barred"]} == {"respondent"}
    assert sorted(who(world, found["barred"])) == ["member1", "member2"]
    for person in ("member1", "member2"):
        answer = await refused(world, "grid", order, "offer", person_id=str(world.people[person]))
        assert answer == (422, "rule_broken")
    assert await refused(world, "grid", order, "assign", organization_id=str(world.units["society"])) == (
        422,
        "rule_broken",
    )
    await act(world, "grid", order, "offer", offer_minutes=60)
    assert await asked(world, order) == ["member3"]
    await act(world, "member3", order, "accept")
    assert await refused(world, "member3", order, "transfer", person_id=str(world.people["member1"])) == (
        422,
        "rule_broken",
    )


async def test_the_complained_about_does_not_learn_of_it(world: World, owner: Database) -> None:
    about = {"person_id": str(world.people["member1"])}
    pool = await opened(world)
    await name(world, pool, **about)
    await act(world, "grid", pool, "publish")
    assert await refused(world, "member1", pool, "take") == (404, "not_found")
    assert (await world.call("member1", "GET", f"/v1/orders/{pool['id']}")).status_code == 404
    listed = await world.ok("member1", "GET", "/v1/orders", params={"pool": True})
    assert pool["id"] not in {item["id"] for item in listed["items"]}
    path = f"/v1/needs/{pool['need_id']}/respondents"
    assert (await world.call("member1", "GET", path)).status_code == 404
    assert (await world.call("resident1", "GET", path)).status_code == 403
    (row,) = (await world.ok("auditor", "GET", path))["items"]
    assert (row["person_id"], row["person_name"]) == (about["person_id"], "测*******1")
    form = {"respondent_id": row["id"]}
    cleared = f"/v1/needs/{pool['need_id']}/clear-respondent"
    await world.ok("grid", "POST", cleared, json=form)
    assert (await world.call("grid", "POST", cleared, json=form)).status_code == 404
    await act(world, "member1", pool, "take")
    async with owner.transaction(world.district_id) as session:
        kept = await session.get_one(NeedRespondent, (world.district_id, UUID(row["id"])))
        assert kept.cleared_by == world.people["grid"]


async def test_staff_see_nothing_of_a_complaint_about_themselves(world: World) -> None:
    order = await opened(world)
    await name(world, order, "community", person_id=str(world.people["grid"]))
    path = f"/v1/needs/{order['need_id']}/respondents"
    assert len((await world.ok("community", "GET", path))["items"]) == 1
    assert (await world.ok("grid", "GET", path))["items"] == []
    row = (await world.ok("community", "GET", path))["items"][0]
    answer = await world.call(
        "grid", "POST", f"/v1/needs/{order['need_id']}/clear-respondent", json={"respondent_id": row["id"]}
    )
    assert answer.status_code == 404


async def test_a_merged_need_brings_along_whom_it_complains_about(world: World) -> None:
    master, other = await opened(world), await submitted(world, "resident2")
    path = f"/v1/needs/{other['id']}/name-respondent"
    await world.ok("grid", "POST", path, json={"person_id": str(world.people["member1"])})
    await world.ok("community", "POST", f"/v1/needs/{other['id']}/merge", json={"into_id": master["need_id"]})
    assert "member1" in who(world, (await candidates(world, master))["barred"])


def at(hour: int, days: int = 7) -> datetime:
    day = now().astimezone(CHINA) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


async def week(world: World, who: str, *windows: tuple[int, int], exceptions: Any = ()) -> None:
    path = f"/v1/people/{world.people[who]}/availability"
    tag = await tag_of(world, who, path)
    day = at(0).isoweekday()
    free = [{"weekday": day, "from_minute": since * 60, "until_minute": until * 60} for since, until in windows]
    await world.ok(who, "PUT", path, json={"windows": free, "exceptions": list(exceptions)}, headers=tag)


async def test_only_who_is_free_and_not_promised_elsewhere_is_asked(world: World) -> None:
    await week(world, "member1", (8, 9))
    await week(world, "member2", (8, 10), (10, 12))
    away = {"on": at(0).date().isoformat(), "free": False}
    await week(world, "member3", exceptions=[away])
    order = await opened(world, wanted_at=at(9).isoformat())
    found = await candidates(world, order)
    assert who(world, found["items"])[0] == "member2"
    assert dict(zip(who(world, found["barred"]), [b["obstacle"] for b in found["barred"]], strict=True)) == {
        "member1": "away",
        "member3": "away",
    }
    await act(world, "grid", order, "publish")
    await act(world, "member2", order, "take")
    half_past = await opened(world, wanted_at=at(9).replace(minute=30).isoformat())
    later = await opened(world, wanted_at=at(10).isoformat())
    barred = (await candidates(world, half_past))["barred"]
    assert ("member2", "busy") in zip(who(world, barred), [b["obstacle"] for b in barred], strict=True)
    assert await refused(world, "grid", half_past, "offer", person_id=str(world.people["member2"])) == (
        422,
        "rule_broken",
    )
    for one in (half_past, later):
        await act(world, "grid", one, "publish")
    answer = await world.call("member2", "POST", f"/v1/orders/{half_past['id']}/take", json={})
    assert (answer.status_code, answer.json()["obstacle"]) == (422, "busy")
    await act(world, "member2", later, "take")


async def test_papers_and_insurance_are_good_on_the_day_of_service(world: World, owner: Database) -> None:
    terms = {"resolve_working_days": 3, "deadline_source": "本系统规定", "skills": ["plumbing"]}
    form = {"code": "repair.roof", "name": "上房", "terms": terms | {"certified": True, "insured": True}}
    await world.ok("district", "POST", "/v1/categories", json=form)
    paper = {"person_id": str(world.people["member1"]), "skill": "plumbing", "title": "管道工", "issuer": "人社局"}
    dates = {"issued_on": "2020-01-02", "expires_on": (today() + timedelta(days=3)).isoformat()}
    made = await world.ok("member1", "POST", "/v1/certificates", json=paper | dates)
    await world.ok("grid", "POST", f"/v1/certificates/{made['id']}/verify", json={})
    soon, late = [await opened(world, category="repair.roof", wanted_at=at(9, d).isoformat()) for d in (2, 7)]
    for order in (soon, late):
        policy = {"insurer": "人保财险", "policy_number": "1"}
        until = (today() + timedelta(days=5)).isoformat()
        await world.ok("grid", "POST", f"/v1/orders/{order['id']}/insure", json=policy | {"insured_until": until})
    assert who(world, (await candidates(world, soon))["items"]) == ["member1"]
    assert (await candidates(world, late))["obstacles"]["certificate"] == 5
    assert await refused(world, "grid", late, "publish") == (409, "conflict")
    async with owner.transaction(world.district_id) as session:
        longer = update(Order).where(Order.id == UUID(late["id"]))
        await session.execute(longer.values(insured_until=today() + timedelta(days=9)))
    await act(world, "grid", late, "publish")
    answer = await world.call("member1", "POST", f"/v1/orders/{late['id']}/take", json={})
    assert (answer.status_code, answer.json().get("obstacle")) == (422, "certificate"), answer.text
    await act(world, "grid", soon, "publish")
    async with owner.transaction(world.district_id) as session:
        await session.execute(
            update(Order).where(Order.id == UUID(soon["id"])).values(insured_until=today() + timedelta(days=1))
        )
    lapsed = await world.call("member1", "POST", f"/v1/orders/{soon['id']}/take", json={})
    assert (lapsed.status_code, lapsed.json().get("obstacle")) == (422, "insurance"), "it ends the day before"


async def test_weights_are_the_districts_of_a_kind_or_of_what_stands_above(world: World, owner: Database) -> None:
    path, mine = "/v1/dispatch-weights", told(WEIGHTS)
    first = await world.ok("auditor", "GET", path)
    assert (first["edition"], first["category"], first["load"]) == (0, None, WEIGHTS.load)
    assert (await world.call("resident1", "GET", path)).status_code == 403
    assert (await world.call("community", "PUT", path, json=mine, headers={"If-Match": "0"})).status_code == 403
    assert (await world.call("district", "PUT", path, json=mine)).status_code == 428
    for form, code in ((mine | {"load": -1}, 422), (mine | {"distance": 1_001}, 422), (mine | {"luck": 1}, 422)):
        assert (await world.call("district", "PUT", path, json=form, headers={"If-Match": "0"})).status_code == code
    unknown = await world.call("district", "PUT", path, json=mine | {"category": "no.such"}, headers={"If-Match": "0"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "category")
    await world.ok("district", "PUT", path, json=mine | {"load": 1}, headers={"If-Match": "0"})
    repairs = mine | {"category": "repair", "load": 2}
    await world.ok("district", "PUT", path, json=repairs, headers={"If-Match": "0"})
    assert (await world.call("district", "PUT", path, json=repairs, headers={"If-Match": "0"})).status_code == 412
    await world.ok("district", "PUT", path, json=repairs | {"load": 3}, headers={"If-Match": "1"})
    for kind, load, source, edition in (
        ("repair.plumbing", 3, "repair", 0),
        ("repair", 3, "repair", 2),
        ("elder.visit", 1, None, 0),
        (None, 1, None, 1),
    ):
        held = await world.ok("grid", "GET", path, params={"category": kind} if kind else {})
        assert (held["load"], held["category"], held["edition"]) == (load, source, edition)
    async with owner.transaction(world.district_id) as session:
        rows = select(DispatchWeights.edition).where(DispatchWeights.district_id == world.district_id)
        assert sorted(await session.scalars(rows)) == [1, 1, 2], "what was set before is kept"
    order = await taken(world)
    second = await opened(world)
    found = await candidates(world, second)
    assert found["weights"]["load"] == 3
    assert next(i["parts"]["load"] for i in found["items"] if i["person_id"] == str(world.people["member1"])) == 3.0
    assert order["state"] == "accepted"


@pytest.mark.parametrize(("timed", "most"), [(False, 4), (True, 7)])
async def test_a_ranking_asks_the_database_no_more_for_more_people(
    world: World, owner: Database, app: FastAPI, timed: bool, most: int
) -> None:
    order = await opened(world, **({"wanted_at": at(9).isoformat()} if timed else {}))
    counts = []
    for people in (1, 5):
        engine = app.state.database.engine.sync_engine
        sent: list[str] = []

        def note(*found: Any, sent: list[str] = sent) -> None:
            sent.append(found[2])

        async with app.state.database.transaction(world.district_id) as session:
            row = (await session.scalars(select(Order).where(Order.id == UUID(order["id"])))).one()
            need = (await session.scalars(select(Need).where(Need.id == row.need_id))).one()
            event.listen(engine, "before_cursor_execute", note)
            try:
                if people == 1:
                    await dispatch_facts.candidates(session, row, need, only=world.people["member1"])
                else:
                    assert len((await look(session, row, need)).ranked) == people
            finally:
                event.remove(engine, "before_cursor_execute", note)
        counts.append(len(sent))
    assert counts == [most - 1, most]
