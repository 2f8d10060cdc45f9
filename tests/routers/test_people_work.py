"""Employments, certificates, and the times somebody is free."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.clock import CHINA, now
from app.core.db import Database
from app.models import AvailabilityWindow, Certificate, EmploymentRecord
from tests.profiles import tag_of
from tests.worlds import World, count

TODAY = now().astimezone(CHINA).date()


async def employ(world: World, who: str, kind: str = "social_worker", place: str = "community", **more: Any) -> Any:
    form = {
        "person_id": str(world.people["resident1"]),
        "kind": kind,
        "place_id": str(world.places[place]),
        "since_on": "2022-01-01",
    }
    return await world.call(who, "POST", "/v1/employments", json=form | more)


async def test_one_may_be_social_worker_and_grid_worker_at_once(world: World) -> None:
    social = (await employ(world, "community", organization_id=str(world.units["society"]))).json()
    grid = (await employ(world, "community", "grid_worker", "grid", full_time=False)).json()
    assert (social["kind"], social["full_time"], social["until_on"]) == ("social_worker", True, None)
    assert (grid["kind"], grid["full_time"]) == ("grid_worker", False)
    again = await employ(world, "community")
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    ended = await world.ok("community", "POST", f"/v1/employments/{social['id']}/end", json={"until_on": "2023-01-01"})
    assert (ended["until_on"], ended["version"]) == ("2023-01-01", 2)
    after = await employ(world, "community")
    assert after.status_code == 201
    listed = await world.ok("community", "GET", "/v1/employments", params={"kind": "social_worker"})
    assert [row["id"] for row in listed["items"]] == [after.json()["id"], social["id"]]
    current = await world.ok("resident1", "GET", "/v1/employments", params={"current": True})
    assert {row["kind"] for row in current["items"]} == {"social_worker", "grid_worker"}
    me = await world.ok("resident1", "GET", "/v1/me")
    assert [grant["role"] for grant in me["grants"]] == ["resident"], "being employed gives no power by itself"


async def test_two_employments_at_once_become_one(world: World, owner: Database) -> None:
    answers = await asyncio.gather(*(employ(world, who) for who in ("community", "district", "subdistrict")))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert await count(owner, world.district_id, EmploymentRecord) == 1


@pytest.mark.parametrize(
    ("who", "more", "status"),
    [
        ("grid", {}, 403),
        ("auditor", {}, 403),
        ("resident1", {}, 403),
        ("sibling_community", {"place": "sibling_community"}, 404),
        ("community", {"place": "sibling_community"}, 403),
        ("community", {"kind": "grid_worker"}, 422),
        ("community", {"since_on": "2999-01-01"}, 422),
        ("community", {"organization_id": "018f5e66-0000-7000-8000-000000000000"}, 404),
    ],
)
async def test_employments_that_make_no_sense_are_refused(
    world: World, owner: Database, who: str, more: dict[str, Any], status: int
) -> None:
    assert (await employ(world, who, **more)).status_code == status
    assert await count(owner, world.district_id, EmploymentRecord) == 0


async def test_employments_show_themselves_in_scope(world: World, other_world: World) -> None:
    row = (await employ(world, "community")).json()
    path = f"/v1/employments/{row['id']}"
    for who in ("community", "auditor", "resident1"):
        assert (await world.ok(who, "GET", path))["id"] == row["id"]
    for who in ("grid", "sibling_community", "resident2"):
        assert (await world.call(who, "GET", path)).status_code == 404, who
        assert (await world.ok(who, "GET", "/v1/employments"))["items"] == [], who
    assert (await other_world.call("district", "GET", path)).status_code == 404
    early = await world.call("community", "POST", f"{path}/end", json={"until_on": "2021-01-01"})
    assert early.status_code == 422


async def enter(world: World, who: str, of: str = "resident1", **more: Any) -> Any:
    form = {
        "person_id": str(world.people[of]),
        "skill": "nursing",
        "title": "护士执业证书",
        "issuer": "卫生健康委员会",
        "number": "202015000077",
        "issued_on": "2020-06-01",
    }
    return await world.call(who, "POST", "/v1/certificates", json=form | more)


async def test_a_certificate_counts_once_somebody_else_has_seen_it(world: World) -> None:
    paper = (await enter(world, "resident1")).json()
    assert (paper["counts"], paper["verified_at"], paper["number"]) == (False, None, "****77")
    path = f"/v1/certificates/{paper['id']}"
    assert (await world.call("resident1", "POST", f"{path}/verify", json={})).status_code == 403
    seen = await world.ok("grid", "POST", f"{path}/verify", json={"words": "见原件"})
    assert (seen["counts"], seen["verified_by"], seen["version"]) == (True, str(world.people["grid"]), 2)
    assert (await world.call("grid", "POST", f"{path}/verify", json={})).status_code == 409
    gone = await world.ok("resident1", "POST", f"{path}/withdraw", json={"words": "已注销"})
    assert (gone["counts"], gone["verified_by"]) == (False, str(world.people["grid"]))
    assert (await world.call("grid", "POST", f"{path}/withdraw", json={"words": "再"})).status_code == 409


async def test_staff_do_not_verify_their_own(world: World) -> None:
    paper = (await enter(world, "grid", "grid")).json()
    path = f"/v1/certificates/{paper['id']}/verify"
    answer = await world.call("grid", "POST", path, json={})
    assert (answer.status_code, answer.json()["detail"]) == (403, "不能核验自己的证书")
    assert (await world.ok("community", "POST", path, json={}))["counts"] is True


async def test_the_list_and_the_rule_agree_on_what_counts(world: World, owner: Database) -> None:
    past, future = str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=1))
    papers = [
        (await enter(world, "grid", expires_on=ends)).json() for ends in (None, past, str(TODAY), future, None, None)
    ]
    for paper in papers[:5]:
        await world.ok("grid", "POST", f"/v1/certificates/{paper['id']}/verify", json={})
    await world.ok("grid", "POST", f"/v1/certificates/{papers[4]['id']}/withdraw", json={"words": "假"})
    async with owner.transaction(world.district_id) as session:
        late = update(Certificate).where(Certificate.id == papers[0]["id"]).values(issued_on=TODAY + timedelta(days=1))
        await session.execute(late)
    for wanted in (True, False):
        items = (await world.ok("grid", "GET", "/v1/certificates", params={"counts": wanted}))["items"]
        assert {item["counts"] for item in items} == {wanted}
        assert len(items) == (2 if wanted else 4)


@pytest.mark.parametrize(
    ("who", "more", "status"),
    [
        ("resident2", {}, 404),
        ("auditor", {}, 403),
        ("sibling_grid", {}, 404),
        ("grid", {"issued_on": "2999-01-01"}, 422),
        ("grid", {"expires_on": "2020-05-31"}, 422),
    ],
)
async def test_certificates_that_make_no_sense_are_refused(
    world: World, owner: Database, who: str, more: dict[str, Any], status: int
) -> None:
    assert (await enter(world, who, **more)).status_code == status
    assert await count(owner, world.district_id, Certificate) == 0


async def test_certificates_show_themselves_in_scope_and_their_number_is_sealed(world: World, owner: Database) -> None:
    paper = (await enter(world, "grid")).json()
    path = f"/v1/certificates/{paper['id']}"
    for who in ("grid", "district", "resident1"):
        assert [row["id"] for row in (await world.ok(who, "GET", "/v1/certificates"))["items"]] == [paper["id"]]
        assert (await world.ok(who, "GET", path))["id"] == paper["id"]
    for who in ("resident2", "sibling_grid", "liaison"):
        assert (await world.ok(who, "GET", "/v1/certificates"))["items"] == []
        assert (await world.call(who, "GET", path)).status_code == 404
    async with owner.transaction(world.district_id) as session:
        box = await session.scalar(select(Certificate.number_sealed).where(Certificate.id == paper["id"]))
    assert box
    assert b"202015000077" not in box


WEEK = [
    {"weekday": 6, "from_minute": 540, "until_minute": 720},
    {"weekday": 6, "from_minute": 720, "until_minute": 1440},
]
DAYS = [{"on": "2026-10-03", "free": False, "from_minute": 0, "until_minute": 1440}]


async def test_a_week_is_replaced_as_a_whole(world: World, owner: Database) -> None:
    path = f"/v1/people/{world.people['volunteer1']}/availability"
    empty = await world.ok("volunteer1", "GET", path)
    assert (empty["windows"], empty["exceptions"]) == ([], [])
    tag = {"if-match": f'"{empty["version"]}"'}
    form = {"windows": WEEK, "exceptions": [{"on": "2026-10-03", "free": False}]}
    shown = await world.ok("volunteer1", "PUT", path, json=form, headers=tag)
    assert (shown["windows"], shown["exceptions"]) == (WEEK, DAYS)
    assert await world.ok("grid", "GET", path) == shown
    stale = await world.call("volunteer1", "PUT", path, json={"windows": []}, headers=tag)
    assert stale.status_code == 412
    assert (await world.call("volunteer1", "PUT", path, json={"windows": []})).status_code == 428
    fresh = await tag_of(world, "grid", path)
    other = await world.ok("grid", "PUT", path, json={"windows": WEEK[:1]}, headers=fresh)
    assert (other["windows"], other["exceptions"]) == (WEEK[:1], [])
    assert await count(owner, world.district_id, AvailabilityWindow) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"windows": [WEEK[0], WEEK[0]]},
        {"windows": [WEEK[0], {"weekday": 6, "from_minute": 700, "until_minute": 800}]},
        {"windows": [{"weekday": 6, "from_minute": 700, "until_minute": 700}]},
        {"windows": [{"weekday": 8, "from_minute": 0, "until_minute": 60}]},
        {"windows": [{"weekday": 1, "from_minute": 0, "until_minute": 1441}]},
        {"windows": [], "exceptions": [*DAYS, {"on": "2026-10-03", "free": True, "from_minute": 60}]},
        {"windows": [], "exceptions": [{"on": "1026-10-03", "free": True}]},
    ],
)
async def test_times_that_overlap_or_cannot_be_are_refused(world: World, owner: Database, form: dict[str, Any]) -> None:
    path = f"/v1/people/{world.people['volunteer1']}/availability"
    tag = await tag_of(world, "volunteer1", path)
    assert (await world.call("volunteer1", "PUT", path, json=form, headers=tag)).status_code == 422
    assert await count(owner, world.district_id, AvailabilityWindow) == 0


async def test_others_times_are_theirs(world: World) -> None:
    path = f"/v1/people/{world.people['volunteer1']}/availability"
    for who, status in (("volunteer2", 404), ("sibling_grid", 404), ("auditor", 403)):
        answer = await world.call(who, "PUT", path, json={"windows": []}, headers={"if-match": '"1"'})
        assert answer.status_code == status, who
    assert (await world.call("volunteer2", "GET", path)).status_code == 404
    assert (await world.call("auditor", "GET", path)).status_code == 200
