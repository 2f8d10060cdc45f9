"""Facts of health and care: only on a consent, listed as being there, opened for a purpose, destroyed for good."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id, seeded_id
from app.domain.consents import Purpose
from app.models import AuditEntry, CareFact, Event, IdempotencyKey, Person, PrivacyNotice
from tests.worlds import World, count

TEXT = "青霉素过敏，随身带急救药"
WHY = "上门前了解过敏情况"


@pytest.fixture
async def consent(world: World) -> str:
    """resident1 agrees, by itself, that facts of health are kept."""
    notice_id = seeded_id("privacy notice", world.district_id, Purpose.HEALTH.value, 1)
    form = {"purpose": "health", "notice_id": str(notice_id)}
    return str((await world.ok("resident1", "POST", "/v1/consents", json=form))["id"])


async def record(world: World, who: str = "community", **more: Any) -> Any:
    form = {"person_id": str(world.people["resident1"]), "kind": "allergy", "text": TEXT} | more
    return await world.call(who, "POST", "/v1/care-facts", json=form)


async def unmask(world: World, who: str, fact: Any, purpose: str = "visit", why: str = WHY) -> Any:
    return await world.call(who, "POST", f"/v1/care-facts/{fact['id']}/unmask", json={"purpose": purpose, "why": why})


async def listed(world: World, who: str) -> Any:
    return await world.call(who, "GET", "/v1/care-facts", params={"person_id": str(world.people["resident1"])})


async def test_i14_nothing_is_recorded_without_a_consent(owner: Database, world: World) -> None:
    answer = await record(world)
    assert (answer.status_code, answer.json()["code"], answer.json()["purpose"]) == (422, "rule_broken", "health")
    assert await count(owner, world.district_id, CareFact) == 0


async def test_a_fact_is_recorded_listed_without_its_kind_and_opened(world: World, consent: str) -> None:
    answer = await record(world, consent_id=consent)
    assert answer.status_code == 201
    fact = answer.json()
    assert (fact["consent_id"], fact["version"]) == (consent, 1)
    shown = await listed(world, "grid")
    assert [item["id"] for item in shown.json()["items"]] == [fact["id"]]
    read = await world.call("resident1", "GET", f"/v1/care-facts/{fact['id']}")
    change = {"json": {"kind": "medication"}, "headers": {"if-match": '"1"'}}
    changed = await world.call("community", "PATCH", f"/v1/care-facts/{fact['id']}", **change)
    for seen in (answer, shown, read, changed):
        assert seen.is_success, seen.text
        assert not any(word in seen.text for word in (TEXT, "kind", "allergy", "medication"))
    opened = await unmask(world, "grid", fact)
    assert (opened.json()["kind"], opened.json()["text"], opened.headers["cache-control"]) == (
        "medication",
        TEXT,
        "no-store",
    )


async def test_another_consent_is_refused(world: World, consent: str) -> None:
    assert (await record(world, consent_id=str(new_id()))).status_code == 422


async def test_i13_the_text_is_sealed_and_kept_nowhere_else(owner: Database, world: World, consent: str) -> None:
    fact = (await record(world)).json()
    await unmask(world, "grid", fact)
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(CareFact).where(CareFact.district_id == world.district_id))).one()
        for table in ("idempotency_keys", "events", "audit_entries", "outbox", "care_facts"):
            rows = text(f"SELECT string_agg(t::text, ' ') FROM {table} t WHERE district_id = :district")  # noqa: S608
            written = str(await session.scalar(rows, {"district": world.district_id}))
            assert (TEXT in written, "allergy" in written) == (False, False), table
        kept = select(IdempotencyKey.status).where(IdempotencyKey.district_id == world.district_id)
        assert (await session.scalars(kept)).all() == [201, 201], "consent and fact; opening is not keyed"
    assert TEXT.encode() not in row.text_sealed
    for box in (row.kind_sealed, row.text_sealed):
        assert box[0] & 0x80, "the person's secret is part of its key"


@pytest.mark.parametrize(
    ("who", "purpose", "status"),
    [
        ("grid", "visit", 200),
        ("grid", "emergency", 200),
        ("grid", "correction", 403),
        ("community", "verification", 200),
        ("community", "statutory", 403),
        ("subdistrict", "emergency", 403),
        ("district", "emergency", 403),
        ("auditor", "verification", 403),
        ("sibling_grid", "visit", 404),
        ("member1", "visit", 404),
        ("resident2", "visit", 404),
        ("system", "statutory", 404),
    ],
)
async def test_those_who_care_open_it_for_their_purposes(
    world: World, consent: str, who: str, purpose: str, status: int
) -> None:
    answer = await unmask(world, who, (await record(world)).json(), purpose)
    assert answer.status_code == status
    assert (TEXT in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("who", "status"),
    [("grid", 200), ("resident1", 200), ("subdistrict", 403), ("member1", 404), ("sibling_grid", 404)],
)
async def test_that_there_is_one_shows_to_those_who_care_and_the_person(
    world: World, consent: str, who: str, status: int
) -> None:
    await record(world)
    assert (await listed(world, who)).status_code == status


@pytest.mark.parametrize(("who", "status"), [("grid", 403), ("resident1", 403), ("sibling_community", 404)])
async def test_the_community_records(world: World, consent: str, who: str, status: int) -> None:
    assert (await record(world, who)).status_code == status


async def test_a_fact_is_corrected_by_whoever_saw_it_last(world: World, consent: str) -> None:
    fact = (await record(world)).json()
    path = f"/v1/care-facts/{fact['id']}"
    change = {"json": {"text": "对青霉素、头孢过敏"}, "headers": {"if-match": '"1"'}}
    assert (await world.ok("community", "PATCH", path, **change))["version"] == 2
    assert (await world.call("community", "PATCH", path, **change)).status_code == 412
    assert (await unmask(world, "grid", fact)).json()["text"] == "对青霉素、头孢过敏"
    assert (await world.call("grid", "PATCH", path, **change)).status_code == 403


@pytest.mark.parametrize("who", ["community", "resident1"])
async def test_deleting_destroys_the_row(owner: Database, world: World, consent: str, who: str) -> None:
    fact = (await record(world)).json()
    answer = await world.call(who, "DELETE", f"/v1/care-facts/{fact['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await count(owner, world.district_id, CareFact) == 0
    assert (await world.call(who, "GET", f"/v1/care-facts/{fact['id']}")).status_code == 404
    assert (await world.call(who, "DELETE", f"/v1/care-facts/{fact['id']}")).status_code == 404


async def test_withdrawing_the_consent_destroys_them(owner: Database, world: World, consent: str) -> None:
    await record(world)
    await record(world, kind="medication", text="降压药")
    await world.ok("resident1", "POST", f"/v1/consents/{consent}/withdraw", json={})
    assert await count(owner, world.district_id, CareFact) == 0
    assert (await record(world)).status_code == 422


async def test_a_notice_that_asks_anew_closes_them_but_in_an_emergency(
    owner: Database, world: World, consent: str
) -> None:
    fact = (await record(world)).json()
    async with owner.transaction(world.district_id) as session:
        session.add(
            PrivacyNotice(
                district_id=world.district_id,
                id=new_id(),
                purpose=Purpose.HEALTH,
                number=2,
                title="健康与照护信息",
                text="用途有变",
                kinds=["health"],
                path=world.paths["district"],
                renews=True,
                effective_at=now(),
            )
        )
    assert (await unmask(world, "grid", fact)).status_code == 422
    assert (await unmask(world, "grid", fact, "emergency")).json()["text"] == TEXT


async def test_a_minors_facts_need_an_approval(owner: Database, world: World, consent: str) -> None:
    fact = (await record(world)).json()
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Person).where(Person.id == world.people["resident1"]).values(minor=True))
    for answer in (await unmask(world, "grid", fact), await listed(world, "grid")):
        assert (answer.status_code, "批准" in answer.json()["detail"]) == (403, True)


async def test_every_change_is_one_event_of_the_person_without_its_content(
    app: FastAPI, owner: Database, world: World, consent: str
) -> None:
    fact = (await record(world)).json()
    change = {"json": {"text": "青霉素皮试阳性"}, "headers": {"if-match": '"1"'}}
    await world.ok("community", "PATCH", f"/v1/care-facts/{fact['id']}", **change)
    await world.call("community", "DELETE", f"/v1/care-facts/{fact['id']}")
    async with owner.transaction(world.district_id) as session:
        query = (
            select(Event).where(Event.district_id == world.district_id, Event.aggregate == "person").order_by(Event.seq)
        )
        events = list(await session.scalars(query))
    assert [(e.aggregate, e.action, e.aggregate_id) for e in events] == [
        ("person", action, world.people["resident1"]) for action in ("record_care", "correct_care", "forget_care")
    ]
    assert {frozenset(e.data) for e in events} <= {frozenset({"care_fact_id"}), frozenset({"care_fact_id", "fields"})}


async def test_i12_each_opening_leaves_one_entry(owner: Database, world: World, consent: str) -> None:
    fact = (await record(world)).json()
    await unmask(world, "grid", fact)
    await unmask(world, "subdistrict", fact)
    async with owner.transaction(world.district_id) as session:
        query = select(AuditEntry).where(AuditEntry.operation == "care_fact_unmask").order_by(AuditEntry.id)
        done, denied = await session.scalars(query.where(AuditEntry.district_id == world.district_id))
    assert (done.outcome, done.person_id, done.opened) == ("done", world.people["resident1"], ["care_fact"])
    assert (done.purpose, done.why, str(done.subject_id)) == ("visit", WHY, fact["id"])
    assert (denied.outcome, denied.actor_id, denied.opened) == ("denied", world.people["subdistrict"], [])
