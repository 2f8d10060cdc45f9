"""Signing up: places and the waiting list, cancelling, guardians, what helpers must show, and one-time substitutes."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.ids import new_id
from app.models import Person
from app.services import people_seal
from app.workers import clocks
from tests import activities
from tests.activities import HELPERS, PARTICIPANTS, again, do, opened, read, signed_up, status_of, step, try_sign_up
from tests.routers.test_activities import told
from tests.routers.test_consents import become_minor, guard
from tests.services.histories import broken_histories
from tests.worlds import World


async def test_places_run_out_and_who_waits_moves_up_in_order(world: World, app: FastAPI, owner: Database) -> None:
    activity = await opened(world)
    first, second = [await signed_up(world, who, activity) for who in ("resident1", "resident2")]
    third, fourth = [await signed_up(world, who, activity) for who in ("member1", "member2")]
    assert [row["state"] for row in (first, second, third, fourth)] == ["confirmed"] * 2 + ["waiting"] * 2
    assert [row["position"] for row in (third, fourth)] == [1, 2]
    assert (await read(world, activity, "resident1"))["roles"][0]["waiting"] == 2
    await do(world, "resident1", first, "cancel", words="有事")
    assert (await again(world, third))["state"] == "confirmed"
    assert (await again(world, fourth))["position"] == 1
    assert any("有名额了" in text for text in await told(world, app, "member1"))
    back = await signed_up(world, "resident1", activity)
    assert (back["state"], back["position"]) == ("waiting", 2), "whoever comes back stands at the end"
    assert await broken_histories(owner, world.district_id) == []


async def test_one_sign_up_a_person(world: World) -> None:
    activity = await opened(world)
    await signed_up(world, "member1", activity)
    for kind in ("participant", "helper"):
        assert (await try_sign_up(world, "member1", activity, kind)).status_code == 409
    mine = (await world.ok("member1", "GET", "/v1/sign-ups", params={"mine": True}))["items"]
    assert len(mine) == 1
    assert (await world.ok("member2", "GET", "/v1/sign-ups"))["items"] == []
    assert (await world.call("member2", "GET", f"/v1/sign-ups/{mine[0]['id']}")).status_code == 404
    listed = (await world.ok("grid", "GET", "/v1/sign-ups", params={"activity_id": activity["id"]}))["items"]
    assert "*" in listed[0]["name"]


async def test_outside_its_time_nobody_signs_up(world: World) -> None:
    soon = (now() + timedelta(days=1)).isoformat()
    later = await opened(world, sign_up_from=soon)
    assert (await try_sign_up(world, "resident1", later)).status_code == 409
    closed = await opened(world)
    await step(world, "community", closed, "close")
    assert (await try_sign_up(world, "resident1", closed)).status_code == 409
    for who, code in (("community", 201), ("resident2", 404)):
        form = {"person_id": str(world.people["resident1"])}
        assert (await try_sign_up(world, who, closed, **form)).status_code == code, "the organizer still can"
    with activities.at(activities.begins(later) + timedelta(minutes=1)):
        assert (await try_sign_up(world, "resident1", later)).status_code == 409
    draft = await activities.drafted(world)
    assert (await try_sign_up(world, "resident1", draft)).status_code == 404


async def test_late_is_late_and_the_list_stops_moving_by_itself(world: World) -> None:
    activity = await opened(world, days=1, roles=[PARTICIPANTS | {"places": 1}])
    mine, waits, also = [await signed_up(world, who, activity) for who in ("resident1", "resident2", "member1")]
    assert await status_of(world, "community", waits, "promote") == 409, "the order decides"
    with activities.at(activities.begins(activity) - timedelta(minutes=90)):
        assert (await do(world, "resident1", mine, "cancel"))["state"] == "cancelled_late"
        assert (await again(world, waits))["state"] == "waiting"
        assert (await do(world, "community", also, "promote"))["state"] == "confirmed", "whoever stands at the door"
        assert await status_of(world, "community", waits, "promote") == 409, "it is full"
        assert (await do(world, "community", mine, "excuse", words="住院"))["state"] == "excused"


async def test_a_guardian_signs_up_a_minor(world: World, owner: Database, app: FastAPI) -> None:
    activity = await opened(world, audience="district")
    await become_minor(world, owner, "nobody")
    ward = {"person_id": str(world.people["nobody"])}
    assert (await try_sign_up(world, "nobody", activity)).status_code in {403, 422}
    assert (await try_sign_up(world, "resident1", activity, **ward)).status_code == 404
    await guard(world, "nobody", "resident1")
    row = await signed_up(world, "resident1", activity, **ward)
    assert (row["guardian_id"], row["state"]) == (str(world.people["resident1"]), "confirmed")
    assert (await try_sign_up(world, "resident1", activity, "helper", **ward)).status_code == 422
    await do(world, "resident1", row, "cancel")
    assert (await try_sign_up(world, "community", activity, **ward)).status_code == 422
    sheet = ward | {"guardian_evidence": "签字单 2026-17"}
    assert (await signed_up(world, "community", activity, **sheet))["guardian_id"] is None


async def born(world: World, owner: Database, sealer: Sealer, who: str, day: str) -> None:
    async with owner.transaction(world.district_id) as session:
        person = await session.get_one(Person, (world.district_id, world.people[who]))
        people_seal.put(sealer, person, "birth_date", day)


async def test_ages(world: World, owner: Database, app: FastAPI) -> None:
    old = await opened(world, roles=[PARTICIPANTS | {"min_age": 60}, HELPERS])
    young = f"{now().year - 16}-01-01"
    await born(world, owner, app.state.sealer, "member1", young)
    assert (await try_sign_up(world, "member1", old)).status_code == 422
    answer = await try_sign_up(world, "member1", old, "helper")
    assert (answer.status_code, answer.json()["field"]) == (422, "guardian_evidence"), (
        "16 helps with a guardian's consent"
    )
    form = {"person_id": str(world.people["member1"]), "guardian_evidence": "签字单 2026-18"}
    assert (await signed_up(world, "community", old, "helper", **form))["state"] == "confirmed"
    await born(world, owner, app.state.sealer, "resident1", "1950-05-01")
    assert (await signed_up(world, "resident1", old))["state"] == "confirmed"


async def test_what_helpers_must_be_and_show(world: World) -> None:
    activity = await opened(world, roles=[HELPERS | {"places": 3, "skill": "plumbing"}])
    assert (await try_sign_up(world, "resident1", activity, "helper")).status_code == 422, "no volunteer"
    assert (await signed_up(world, "member1", activity, "helper"))["state"] == "confirmed"
    shown = await opened(world, days=9, roles=[HELPERS | {"skill": "plumbing", "certified": True}])
    assert (await try_sign_up(world, "member1", shown, "helper")).status_code == 422
    form = {
        "person_id": str(world.people["member1"]),
        "skill": "plumbing",
        "title": "管道工",
        "issuer": "人社局",
        "number": "A1234567",
        "issued_on": "2024-01-01",
    }
    paper = await world.ok("community", "POST", "/v1/certificates", json=form)
    await world.ok("grid", "POST", f"/v1/certificates/{paper['id']}/verify", json={})
    assert (await signed_up(world, "member1", shown, "helper"))["state"] == "confirmed"


async def test_two_at_once_are_told_of(world: World) -> None:
    one, other = await opened(world, days=3), await opened(world, days=3.01)
    mine = await signed_up(world, "member1", one)
    assert mine["clashes"] == []
    assert (await signed_up(world, "member1", other, "helper"))["clashes"] == [mine["id"]]


async def test_whoever_asks_for_a_substitute_learns_nothing_of_them(
    world: World, owner: Database, app: FastAPI
) -> None:
    """Whatever does not fit, the answer is the same: age, papers, dates, another community, no such person."""
    activity = await opened(world, roles=[HELPERS | {"places": 3, "min_age": 30}])
    for who, year in (("member1", 40), ("member2", 20), ("member3", 40), ("volunteer1", 40)):
        await born(world, owner, app.state.sealer, who, f"{now().year - year}-01-01")
    mine = await signed_up(world, "member1", activity, "helper")
    await signed_up(world, "volunteer1", activity, "helper")
    answers = set()
    for who in ("resident1", "member2", "volunteer1", "sibling_community", "missing"):
        person_id = str(world.people.get(who, new_id()))
        answer = await world.call(
            "member1", "POST", f"/v1/sign-ups/{mine['id']}/hand-over", json={"person_id": person_id}
        )
        assert answer.status_code == 422, (who, answer.text)
        answers.add((answer.json()["detail"], answer.json()["field"]))
    assert answers == {("此人不能代替您参加", "person_id")}
    assert (await do(world, "member1", mine, "hand-over", person_id=str(world.people["member3"])))[
        "state"
    ] == "confirmed"


async def test_a_helper_of_another_community_stands_in_only_where_all_are_meant(world: World) -> None:
    ask = {"person_id": str(world.people["sibling_grid"])}
    for audience, code in (("community", 422), ("district", 200)):
        activity = await opened(world, audience=audience)
        mine = await signed_up(world, "member1", activity)
        assert await status_of(world, "member1", mine, "hand-over", **ask) == code, audience
        await do(world, "member1", mine, "cancel")


async def test_the_organizer_sees_no_sign_ups_of_activities_that_are_not_theirs(world: World) -> None:
    theirs, other = await opened(world, "liaison", days=3), await opened(world, days=3.01)
    row = await signed_up(world, "member1", theirs)
    elsewhere = await signed_up(world, "member1", other)
    assert (await again(world, row, "liaison"))["clashes"] == []
    for who in ("member1", "community"):
        assert (await again(world, row, who))["clashes"] == [elsewhere["id"]]


async def test_the_organizer_lists_the_sign_ups_of_theirs(world: World) -> None:
    theirs, other = await opened(world, "liaison"), await opened(world)
    row = await signed_up(world, "member1", theirs)
    beside, mine = await signed_up(world, "member1", other), await signed_up(world, "liaison", other)
    for who, expected in (
        ("liaison", {row["id"], mine["id"]}),
        ("member1", {row["id"], beside["id"]}),
        ("community", {row["id"], beside["id"], mine["id"]}),
        ("sibling_community", set()),
        ("resident2", set()),
    ):
        listed = (await world.ok(who, "GET", "/v1/sign-ups"))["items"]
        assert {item["id"] for item in listed} == expected, who


async def test_somebody_stands_in_once(world: World, app: FastAPI, owner: Database) -> None:
    activity = await opened(world)
    mine = await signed_up(world, "member1", activity, "helper")
    ask = {"person_id": str(world.people["resident1"])}
    assert await status_of(world, "member1", mine, "hand-over", **ask) == 422, "no helper"
    assert await status_of(world, "member1", mine, "hand-over", person_id=str(world.people["member1"])) == 422
    await do(world, "member1", mine, "hand-over", person_id=str(world.people["member2"]))
    assert await status_of(world, "member1", mine, "hand-over", person_id=str(world.people["volunteer1"])) == 409
    (asked,) = (await world.ok("member2", "GET", "/v1/sign-ups", params={"mine": True}))["items"]
    assert (asked["state"], asked["actions"], asked["replaces_id"]) == ("invited", ["accept", "decline"], mine["id"])
    assert any("代为参加" in text for text in await told(world, app, "member2"))
    assert (await do(world, "member2", asked, "decline"))["state"] == "declined"
    assert (await again(world, mine))["state"] == "confirmed"
    assert any("不能代替" in text for text in await told(world, app, "member1"))
    await do(world, "member1", mine, "hand-over", person_id=str(world.people["volunteer1"]))
    (asked,) = (await world.ok("volunteer1", "GET", "/v1/sign-ups", params={"mine": True}))["items"]
    assert (await do(world, "volunteer1", asked, "accept"))["state"] == "confirmed"
    assert (await again(world, mine))["state"] == "substituted"
    assert [role["taken"] for role in (await read(world, activity))["roles"]] == [0, 1]
    assert await broken_histories(owner, world.district_id) == []


async def test_who_is_asked_and_says_nothing(world: World, app: FastAPI) -> None:
    activity = await opened(world)
    mine = await signed_up(world, "member1", activity, "helper")
    await do(world, "member1", mine, "hand-over", person_id=str(world.people["member2"]))
    (asked,) = (await world.ok("member2", "GET", "/v1/sign-ups"))["items"]
    with activities.at(now() + timedelta(hours=25)):
        assert await status_of(world, "member2", asked, "accept") == 409
        await clocks.tick(app.state.database, world.district_id)
        assert (await again(world, asked))["state"] == "expired"
        await do(world, "member1", mine, "hand-over", person_id=str(world.people["member2"]))
        await do(world, "member1", mine, "cancel")
        assert (await world.ok("member2", "GET", "/v1/sign-ups"))["items"][0]["state"] == "excused"


async def test_a_record_with_sign_ups_is_not_deleted(world: World) -> None:
    activity = await opened(world)
    row = await signed_up(world, "resident1", activity)
    form = {"kind": "deletion"}
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json=form)
    path = f"/v1/rights-requests/{request['id']}/complete"
    answer: Any = await world.call("community", "POST", path, json={"words": "已删除"})
    assert (answer.status_code, answer.json()["open"][0]["what"]) == (422, "活动报名")
    await do(world, "resident1", row, "cancel", words="身体不适")
    await world.ok("community", "POST", path, json={"words": "已删除"})
    assert (await again(world, row))["words"] is None
