"""Party members and volunteers: the role comes and goes with the fact, and nothing is written without a basis."""

from typing import Any

import pytest
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.consents import Purpose
from app.models import Consent, PartyMembership, Volunteer
from tests.profiles import consent, id_number, person, roles_of, tag_of, unit, wish_for_correction
from tests.worlds import World, count

SINCE = "2020-07-01"


async def post(world: World, who: str, person_id: Any, verb: str, **form: Any) -> Any:
    return await world.call(who, "POST", f"/v1/people/{person_id}/{verb}", json=form)


async def test_a_member_is_registered_and_leaves(world: World, owner: Database) -> None:
    me = world.people["resident1"]
    body = str(await unit(world, owner, "party_branch"))
    form = {"organization_id": body, "since_on": SINCE}
    refused = await post(world, "community", me, "register-member", **form)
    assert (refused.status_code, refused.json()["purpose"]) == (422, "party")
    await consent(world, owner, me, Purpose.PARTY)
    shown = await post(world, "community", me, "register-member", **form)
    assert shown.status_code == 200, shown.text
    assert shown.json() | form == shown.json()
    assert shown.json()["party_status"] == "registered"
    assert await roles_of(world, "resident1") == ["party_member", "resident"]
    assert (await post(world, "community", me, "register-member", **form)).status_code == 409
    assert (await post(world, "community", me, "enter", entry="grid", on=SINCE)).status_code == 409
    own = await world.ok("resident1", "GET", f"/v1/people/{me}/party-membership")
    assert own == shown.json()
    gone = await post(world, "community", me, "leave-party", words="转出")
    assert (gone.json()["party_status"], gone.json()["organization_id"]) == ("none", None)
    assert await roles_of(world, "resident1") == ["resident"]
    assert await count(owner, world.district_id, PartyMembership) == 0
    assert (await post(world, "community", me, "leave-party")).status_code == 409
    assert (await world.call("resident1", "GET", f"/v1/people/{me}/party-membership")).status_code == 404
    again = await post(world, "community", me, "register-member", **form)
    assert again.status_code == 200
    assert await roles_of(world, "resident1") == ["party_member", "resident"]


async def test_a_member_of_a_unit_reports_in_and_enters_three_times(world: World, owner: Database) -> None:
    me = world.people["resident1"]
    await consent(world, owner, me, Purpose.PARTY)
    form = {"organization_id": str(world.units["unit"]), "since_on": SINCE}
    shown = (await post(world, "community", me, "report-in", **form)).json()
    assert (shown["party_status"], shown["organization_id"]) == ("reported_in", form["organization_id"])
    for entry, column in (
        ("grid", "grid_entered_on"),
        ("center", "center_entered_on"),
        ("wechat", "wechat_entered_on"),
    ):
        shown = (await post(world, "grid", me, "enter", entry=entry, on="2024-01-02")).json()
        assert shown[column] == "2024-01-02"
    corrected = (await post(world, "grid", me, "enter", entry="grid", on="2024-01-03")).json()
    assert (corrected["grid_entered_on"], corrected["center_entered_on"]) == ("2024-01-03", "2024-01-02")
    assert (await post(world, "grid", me, "enter", entry="grid", on="2999-01-01")).status_code == 422
    assert await roles_of(world, "resident1") == ["party_member", "resident"]


async def test_bodies_and_units_are_not_mixed_up(world: World, owner: Database) -> None:
    me = world.people["resident1"]
    await consent(world, owner, me, Purpose.PARTY)
    branch = str(await unit(world, owner, "party_branch"))
    wrong = {"register-member": str(world.units["unit"]), "report-in": branch}
    for verb, organization in wrong.items():
        answer = await post(world, "community", me, verb, organization_id=organization, since_on=SINCE)
        assert answer.status_code == 422
    for who, status in (("grid", 403), ("auditor", 403), ("sibling_community", 404), ("resident1", 403)):
        answer = await post(world, who, me, "register-member", organization_id=branch, since_on=SINCE)
        assert answer.status_code == status, who
    hidden = await post(world, "community", me, "register-member", organization_id=str(new_id()), since_on=SINCE)
    assert hidden.status_code == 404


async def test_a_withdrawn_consent_is_no_basis(world: World, owner: Database) -> None:
    me = world.people["resident1"]
    given = await consent(world, owner, me, Purpose.PARTY)
    async with owner.transaction(world.district_id) as session:
        withdrawn = {"withdrawn_at": now(), "withdrawn_by": me}
        await session.execute(update(Consent).where(Consent.id == given).values(withdrawn))
    form = {"organization_id": str(world.units["unit"]), "since_on": SINCE}
    assert (await post(world, "community", me, "report-in", **form)).status_code == 422


async def complete(world: World, who: str, **more: Any) -> None:
    """Everything of the eight that one states oneself; staff add the phone."""
    form = {"id_number": id_number(), "skills": ["law"]} | more
    await world.ok(who, "PATCH", "/v1/me", json=form, headers=await tag_of(world, who, "/v1/me"))
    path = f"/v1/people/{world.people[who]}"
    await wish_for_correction(world, who)
    await world.ok("grid", "PATCH", path, json={"phone": "19912345678"}, headers=await tag_of(world, "grid", path))


async def test_registering_lists_what_is_missing(world: World) -> None:
    me = world.people["resident1"]
    answer = await post(world, "resident1", me, "volunteer", categories=["elder.visit"])
    assert answer.status_code == 422
    assert answer.json()["missing"] == ["sex", "birth_date", "id_number", "phone", "skills"]
    for name in ("性别", "出生日期", "身份证件号码", "联系方式", "专业技能"):
        assert name in answer.json()["detail"]
    await complete(world, "resident1", skills=[])
    answer = await post(world, "resident1", me, "volunteer", categories=["elder.visit"])
    assert answer.json()["missing"] == ["skills"]
    unknown = await post(world, "resident1", me, "volunteer", categories=["no.such"], skills=[])
    assert unknown.status_code == 422
    assert await roles_of(world, "resident1") == ["resident"]


async def test_one_registers_oneself_and_leaves(world: World, owner: Database) -> None:
    me = world.people["resident1"]
    await complete(world, "resident1")
    shown = await post(world, "resident1", me, "volunteer", categories=["errand", "elder.visit", "errand"])
    assert shown.status_code == 200, shown.text
    found = shown.json()
    assert (found["entered_by"], found["consent_id"], found["left_at"]) == ("person", None, None)
    assert (found["categories"], found["skills"]) == (["elder.visit", "errand"], ["law"])
    assert (found["sex"], found["birth_date"], found["living_area"]) == ("male", "1958-**-**", "测试community")
    assert "*" in found["name"]
    assert "*" in found["id_number"]
    assert "*" in found["phone"]
    assert await roles_of(world, "resident1") == ["resident", "volunteer"]
    assert (await post(world, "resident1", me, "volunteer", categories=["errand"])).status_code == 409
    for who in ("resident1", "grid", "auditor"):
        assert await world.ok(who, "GET", f"/v1/people/{me}/volunteer") == found
    assert (await world.call("resident2", "GET", f"/v1/people/{me}/volunteer")).status_code == 404
    left = (await post(world, "resident1", me, "leave-volunteering")).json()
    assert left["left_at"] is not None
    assert await roles_of(world, "resident1") == ["resident"]
    assert (await world.ok("grid", "GET", f"/v1/people/{me}/volunteer"))["left_at"] == left["left_at"]
    assert await count(owner, world.district_id, Volunteer) == 1
    again = (await post(world, "resident1", me, "volunteer", categories=["errand"])).json()
    assert (again["left_at"], again["categories"]) == (None, ["errand"])
    assert await roles_of(world, "resident1") == ["resident", "volunteer"]


async def test_the_organization_registers_only_with_consent(world: World, owner: Database) -> None:
    other = await person(world, id_number=id_number(), phone="19912345678")
    form: dict[str, Any] = {"categories": ["errand"], "skills": []}
    without = await post(world, "grid", other["id"], "volunteer", **form)
    assert (without.status_code, without.json()["field"]) == (422, "consent_id")
    none = await post(world, "grid", other["id"], "volunteer", **form, consent_id=str(new_id()))
    assert (none.status_code, none.json()["purpose"]) == (422, "volunteering")
    given = await consent(world, owner, other["id"], Purpose.VOLUNTEERING)
    wrong = await post(world, "grid", other["id"], "volunteer", **form, consent_id=str(new_id()))
    assert (wrong.status_code, wrong.json()["field"]) == (422, "consent_id")
    shown = await post(world, "grid", other["id"], "volunteer", **form, consent_id=str(given))
    assert (shown.json()["entered_by"], shown.json()["consent_id"]) == ("staff", str(given))


@pytest.mark.parametrize(
    ("who", "status"), [("resident2", 404), ("auditor", 403), ("sibling_community", 404), ("liaison", 404)]
)
async def test_others_register_nobody(world: World, who: str, status: int) -> None:
    answer = await post(world, who, world.people["resident1"], "volunteer", categories=["errand"])
    assert answer.status_code == status


async def test_a_certified_skill_shows_beside_the_eight(world: World) -> None:
    me = str(world.people["resident1"])
    await complete(world, "resident1")
    await post(world, "resident1", me, "volunteer", categories=["errand"])
    form = {"person_id": me, "skill": "nursing", "title": "护士证", "issuer": "卫健委", "issued_on": "2020-01-01"}
    paper = await world.ok("resident1", "POST", "/v1/certificates", json=form)
    assert (await world.ok("grid", "GET", f"/v1/people/{me}/volunteer"))["certified_skills"] == []
    await world.ok("grid", "POST", f"/v1/certificates/{paper['id']}/verify", json={})
    assert (await world.ok("grid", "GET", f"/v1/people/{me}/volunteer"))["certified_skills"] == ["nursing"]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"phone": None}, ["phone"]),
        ({"id_number": None}, ["id_number"]),
        ({"id_number": None, "birth_date": None, "sex": None}, ["sex", "birth_date", "id_number"]),
    ],
)
async def test_a_volunteers_eight_stay_complete(
    world: World, owner: Database, fields: dict[str, Any], missing: list[str]
) -> None:
    other = await person(world, id_number=id_number(), phone="19912345678")
    given = await consent(world, owner, other["id"], Purpose.VOLUNTEERING)
    path = f"/v1/people/{other['id']}"
    await world.ok(
        "grid",
        "POST",
        f"{path}/volunteer",
        json={"categories": ["errand"], "skills": ["law"], "consent_id": str(given)},
    )
    tag = await tag_of(world, "grid", path)
    answer = await world.call("grid", "PATCH", path, json=fields, headers=tag)
    assert (answer.status_code, answer.json()["missing"]) == (422, missing)
    other = await world.ok("grid", "PATCH", path, json={"phone": "19912345679", "skills": []}, headers=tag)
    await world.ok("grid", "POST", f"{path}/leave-volunteering", json={})
    changed = await world.call("grid", "PATCH", path, json=fields, headers=await tag_of(world, "grid", path))
    assert changed.status_code == 200, "whoever has left may have it taken away"


async def test_one_keeps_ones_own_eight_complete(world: World) -> None:
    await complete(world, "resident1")
    await post(world, "resident1", world.people["resident1"], "volunteer", categories=["errand"])
    tag = await tag_of(world, "resident1", "/v1/me")
    answer = await world.call("resident1", "PATCH", "/v1/me", json={"address": "通道南街一号院"}, headers=tag)
    assert answer.status_code == 200, answer.text
