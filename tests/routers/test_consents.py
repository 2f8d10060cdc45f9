"""Notices and consents: what is told, who agrees for whom, and that taking back is one call with all its consequences."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.core.errors import RuleBroken
from app.core.ids import new_id
from app.domain.consents import Purpose
from app.domain.passwords import POLICIES, Profile
from app.models import CareFact, Client, Consent, Disclosure, Grant, Person, PrivacyNotice, Volunteer
from app.services import accounts, consents
from tests.worlds import World

HEALTH = "health"


async def notice_of(world: World, purpose: str) -> str:
    """The notice in force, read without an account."""
    path = f"/v1/privacy-notices/current?district_id={world.district_id}"
    found = await world.ok(None, "GET", path)
    return str(next(notice["id"] for notice in found["items"] if notice["purpose"] == purpose))


async def given(world: World, who: str, purpose: str, **more: Any) -> Any:
    form = {"purpose": purpose, "notice_id": await notice_of(world, purpose)} | more
    return await world.ok(who, "POST", "/v1/consents", json=form)


async def become_minor(world: World, owner: Database, who: str, minor: bool = True) -> None:
    async with owner.transaction(world.district_id) as session:
        own = (Person.district_id == world.district_id, Person.id == world.people[who])
        await session.execute(update(Person).where(*own).values(minor=minor))


async def guard(world: World, minor: str, guardian: str, evidence: str = "户口簿，母女") -> Any:
    form = {
        "minor_id": str(world.people[minor]),
        "guardian_id": str(world.people[guardian]),
        "relation": "parent",
        "evidence": evidence,
    }
    return await world.ok("community", "POST", "/v1/guardianships", json=form)


async def make_client(world: World, owner: Database) -> UUID:
    async with owner.transaction(world.district_id) as session:
        client = Client(
            district_id=world.district_id,
            id=new_id(),
            name="市志愿服务平台",
            place_id=world.places["district"],
            path=world.paths["district"],
            place_kind="district",
            scopes=["places:list"],
            created_by=world.people["system"],
            created_at=now(),
            updated_at=now(),
        )
        session.add(client)
    return client.id


async def test_notices_are_read_without_an_account(world: World) -> None:
    path = f"/v1/privacy-notices/current?district_id={world.district_id}"
    found = await world.ok(None, "GET", path)
    assert {notice["purpose"] for notice in found["items"]} == {purpose.value for purpose in Purpose}
    only = await world.ok(None, "GET", f"{path}&purpose=health")
    assert [notice["purpose"] for notice in only["items"]] == ["health"]
    assert (await world.ok(None, "GET", "/v1/privacy-notices/current?district_id=999999"))["items"] == []


async def test_a_new_version_asks_anew_and_the_old_consent_no_longer_suffices(world: World) -> None:
    first = await given(world, "resident1", HEALTH)
    form = {"purpose": HEALTH, "title": "新版", "text": "还记录体温。", "kinds": ["用药", "体温"]}
    second = await world.ok("district", "POST", "/v1/privacy-notices", json=form)
    assert (second["number"], second["renews"]) == (2, True)
    shown = await world.ok("resident1", "GET", f"/v1/consents/{first['id']}")
    assert (shown["in_force"], shown["withdrawn_at"]) == (False, None)
    stale = {"purpose": HEALTH, "notice_id": first["notice_id"]}
    assert (await world.call("resident1", "POST", "/v1/consents", json=stale)).status_code == 422
    renewed = await given(world, "resident1", HEALTH)
    assert (renewed["notice_id"], renewed["in_force"]) == (second["id"], True)
    listed = await world.ok("resident1", "GET", "/v1/consents?standing=true")
    assert [consent["id"] for consent in listed["items"]] == [renewed["id"]]


async def test_a_version_with_nothing_new_leaves_consents_as_they_are(world: World) -> None:
    first = await given(world, "resident1", HEALTH)
    kinds = (await world.ok("resident1", "GET", f"/v1/privacy-notices/{first['notice_id']}"))["kinds"]
    form = {"purpose": HEALTH, "title": "改了错字", "text": "同前。", "kinds": kinds[:2]}
    assert not (await world.ok("district", "POST", "/v1/privacy-notices", json=form))["renews"]
    assert (await world.ok("resident1", "GET", f"/v1/consents/{first['id']}"))["in_force"]
    sly = {**form, "kinds": [*kinds, "指纹"], "renews": False}
    assert (await world.call("district", "POST", "/v1/privacy-notices", json=sly)).status_code == 422


async def test_a_notice_that_is_not_in_force_yet_is_not_agreed_to(world: World) -> None:
    form = {"purpose": HEALTH, "title": "下月版", "text": "下月起。", "kinds": ["步态"]}
    later = (now() + timedelta(days=30)).isoformat()
    coming = await world.ok("district", "POST", "/v1/privacy-notices", json=form | {"effective_at": later})
    assert await notice_of(world, HEALTH) != coming["id"]
    early = {"purpose": HEALTH, "notice_id": coming["id"]}
    assert (await world.call("resident1", "POST", "/v1/consents", json=early)).status_code == 422
    past = form | {"effective_at": (now() - timedelta(days=1)).isoformat()}
    assert (await world.call("district", "POST", "/v1/privacy-notices", json=past)).status_code == 422
    assert (await world.call("community", "POST", "/v1/privacy-notices", json=form)).status_code == 403


async def test_one_call_is_one_purpose(world: World) -> None:
    """Bundling is impossible by design: there is no way to name two."""
    form = {"purpose": ["health", "party"], "notice_id": await notice_of(world, HEALTH)}
    assert (await world.call("resident1", "POST", "/v1/consents", json=form)).status_code == 422
    other = {"purpose": "party", "notice_id": await notice_of(world, HEALTH)}
    assert (await world.call("resident1", "POST", "/v1/consents", json=other)).status_code == 422
    assert (await given(world, "resident1", HEALTH))["separate"]


async def test_two_at_once_leave_one(world: World, owner: Database) -> None:
    form = {"purpose": HEALTH, "notice_id": await notice_of(world, HEALTH)}
    answers = await asyncio.gather(*(world.call("resident1", "POST", "/v1/consents", json=form) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    async with owner.transaction(world.district_id) as session:
        mine = select(Consent.id).where(Consent.person_id == world.people["resident1"], Consent.withdrawn_at.is_(None))
        assert len((await session.scalars(mine)).all()) == 1


@pytest.mark.parametrize(
    ("who", "more", "status"),
    [
        ("grid", {"evidence": "签字表2026-17号"}, 201),
        ("grid", {}, 422),
        ("sibling_grid", {"evidence": "签字表"}, 404),
        ("resident2", {"evidence": "签字表"}, 404),
        ("auditor", {"evidence": "签字表"}, 403),
        ("system", {"evidence": "签字表"}, 404),
        ("grid", {"basis": "statutory_duty", "notice_id": None, "evidence": "民政救助"}, 403),
        ("community", {"basis": "statutory_duty", "notice_id": None, "evidence": "民政救助"}, 201),
        ("community", {"basis": "statutory_duty", "notice_id": None}, 422),
        ("grid", {"basis": "emergency", "notice_id": None, "evidence": "晕倒送医"}, 201),
    ],
)
async def test_staff_record_what_was_signed(world: World, who: str, more: dict[str, Any], status: int) -> None:
    form = {"purpose": HEALTH, "notice_id": await notice_of(world, HEALTH), "person_id": str(world.people["resident1"])}
    answer = await world.call(who, "POST", "/v1/consents", json=form | more)
    assert answer.status_code == status, answer.text
    if status == 201:
        said = answer.json()
        assert (said["given_by"], said["giver_id"]) == ("staff", str(world.people[who]))


async def test_nobody_goes_by_another_basis_for_themselves(world: World) -> None:
    form = {"purpose": HEALTH, "basis": "statutory_duty", "evidence": "我自己说的"}
    assert (await world.call("community", "POST", "/v1/consents", json=form)).status_code == 403


async def test_what_is_not_by_consent_is_not_taken_back_by_the_person(world: World) -> None:
    form = {
        "purpose": HEALTH,
        "basis": "statutory_duty",
        "evidence": "民政救助",
        "person_id": str(world.people["resident1"]),
    }
    duty = await world.ok("community", "POST", "/v1/consents", json=form)
    path = f"/v1/consents/{duty['id']}/withdraw"
    assert (await world.call("resident1", "POST", path, json={})).status_code == 403
    assert (await world.ok("community", "POST", path, json={}))["withdrawn_at"]


async def test_withdrawing_health_destroys_the_facts_at_once(world: World, owner: Database) -> None:
    consent = await given(world, "resident1", HEALTH)
    async with owner.transaction(world.district_id) as session:
        session.add(
            CareFact(
                district_id=world.district_id,
                id=new_id(),
                person_id=world.people["resident1"],
                kind_sealed=b"sealed",
                text_sealed=b"sealed",
                consent_id=UUID(consent["id"]),
                recorded_by=world.people["grid"],
                created_at=now(),
                updated_at=now(),
            )
        )
    taken_back = await world.ok("resident1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    assert taken_back["withdrawn_by"] == str(world.people["resident1"])
    assert not taken_back["in_force"]
    async with owner.transaction(world.district_id) as session:
        facts = select(CareFact.id).where(CareFact.person_id == world.people["resident1"])
        assert (await session.scalars(facts)).all() == []
    again = await world.call("resident1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    assert again.status_code == 409


async def test_withdrawing_volunteering_ends_being_a_volunteer(world: World, owner: Database) -> None:
    consent = await given(world, "volunteer1", "volunteering")
    async with owner.transaction(world.district_id) as session:
        session.add(
            Volunteer(
                district_id=world.district_id,
                id=world.people["volunteer1"],
                entered_by="person",
                created_at=now(),
                updated_at=now(),
            )
        )
    await world.ok("volunteer1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    async with owner.transaction(world.district_id) as session:
        mine = Grant.person_id == world.people["volunteer1"]
        row = (await session.scalars(select(Volunteer).where(Volunteer.id == world.people["volunteer1"]))).one()
        ends = (await session.scalars(select(Grant.ends_at).where(mine, Grant.role == "volunteer"))).all()
    assert row.left_at is not None
    assert None not in ends


async def test_a_minor_is_spoken_for_by_the_guardian(world: World, owner: Database) -> None:
    await become_minor(world, owner, "nobody")
    ward = {"person_id": str(world.people["nobody"])}
    form = {"purpose": HEALTH, "notice_id": await notice_of(world, HEALTH)} | ward
    assert (await world.call("nobody", "POST", "/v1/consents", json=form)).status_code == 422
    assert (await world.call("resident1", "POST", "/v1/consents", json=form)).status_code == 404
    tie = await guard(world, "nobody", "resident1")
    consent = await world.ok("resident1", "POST", "/v1/consents", json=form)
    assert (consent["given_by"], consent["in_force"]) == ("guardian", True)
    await world.ok("community", "POST", f"/v1/guardianships/{tie['id']}/end", json={"words": "变更"})
    assert (await world.call("resident1", "GET", f"/v1/consents/{consent['id']}")).status_code == 404


async def test_who_may_write_down_a_guardian(world: World, owner: Database) -> None:
    form = {"minor_id": str(world.people["nobody"]), "relation": "parent", "evidence": "户口簿"}
    adult = form | {"guardian_id": str(world.people["resident1"])}
    assert (await world.call("community", "POST", "/v1/guardianships", json=adult)).status_code == 422
    await become_minor(world, owner, "nobody")
    own = form | {"guardian_id": str(world.people["community"])}
    assert (await world.call("community", "POST", "/v1/guardianships", json=own)).status_code == 422
    assert (await world.call("resident1", "POST", "/v1/guardianships", json=adult)).status_code == 404
    await world.ok("community", "POST", "/v1/guardianships", json=adult)
    assert (await world.call("community", "POST", "/v1/guardianships", json=adult)).status_code == 409


async def test_sharing_names_the_receiver_and_stops_with_the_consent(
    world: World, owner: Database, app: FastAPI
) -> None:
    client = await make_client(world, owner)
    form = {"purpose": "sharing", "notice_id": await notice_of(world, "sharing")}
    assert (await world.call("resident1", "POST", "/v1/consents", json=form)).status_code == 422
    stranger = form | {"recipient_id": str(new_id())}
    assert (await world.call("resident1", "POST", "/v1/consents", json=stranger)).status_code == 404
    consent = await world.ok("resident1", "POST", "/v1/consents", json=form | {"recipient_id": str(client)})
    await _disclose(world, app, client)
    await world.ok("resident1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    with pytest.raises(RuleBroken, match="同意"):
        await _disclose(world, app, client)
    async with owner.transaction(world.district_id) as session:
        rows = (await session.scalars(select(Disclosure).where(Disclosure.client_id == client))).all()
    assert [(row.person_id, row.kinds) for row in rows] == [(world.people["resident1"], ["姓名"])]


async def _disclose(world: World, app: FastAPI, client: UUID) -> None:
    database: Database = app.state.database
    identity = world.tokens.check(world.token("community"))
    actor = await accounts.actor_of(database, identity, POLICIES[Profile.ASVS])
    async with database.transaction(world.district_id) as session:
        person = (await session.scalars(select(Person).where(Person.id == world.people["resident1"]))).one()
        await consents.disclose(session, actor, person, client, ["姓名"], new_id())


async def test_refusing_to_be_matched_needs_no_consent_before(world: World) -> None:
    refused = await world.ok("member1", "POST", "/v1/consents/refuse-matching", json={})
    assert (refused["purpose"], refused["in_force"]) == ("matching", False)
    assert (await world.call("member1", "POST", "/v1/consents/refuse-matching", json={})).status_code == 409
    assert (await given(world, "member1", "matching"))["in_force"]
    assert (await world.ok("member1", "POST", "/v1/consents/refuse-matching", json={}))["withdrawn_at"]


async def test_notices_cannot_be_changed(world: World, app: FastAPI) -> None:
    with pytest.raises(Exception, match="permission denied"):
        async with app.state.database.transaction(world.district_id) as session:
            await session.execute(update(PrivacyNotice).values(text="改了"))
