"""Unmasking: for a role, a place, a purpose and a reason; noted each time, kept nowhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.domain.limits import PERSON_UNMASK
from app.models import AuditEntry, Event, IdempotencyKey, Person
from app.services import people_seal
from tests.worlds import World, count

NAME, PHONE, ID_NUMBER, BIRTH, ADDRESS = (
    "苏日娜",
    "19900001234",
    "150103195803070024",
    "1958-03-07",
    "光明路十二号院三号楼",
)
WHY = "燃气泄漏排查，需上门"
CLEAR = {"name": NAME, "phone": PHONE, "id_number": ID_NUMBER, "birth_date": BIRTH, "address": ADDRESS}


@pytest.fixture
async def person(app: FastAPI, owner: Database, world: World) -> str:
    """resident1, with everything on record."""
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == world.people["resident1"]))).one()
        for field, value in CLEAR.items():
            people_seal.put(app.state.sealer, found, field, value)  # type: ignore[arg-type]
    return str(world.people["resident1"])


async def unmask(world: World, who: str, person: str, *fields: str, purpose: str = "visit", why: str = WHY) -> Any:
    form = {"fields": list(fields), "purpose": purpose, "why": why}
    return await world.call(who, "POST", f"/v1/people/{person}/unmask", json=form)


async def entries(owner: Database, world: World) -> list[AuditEntry]:
    async with owner.transaction(world.district_id) as session:
        query = select(AuditEntry).where(AuditEntry.district_id == world.district_id)
        found = await session.scalars(query.where(AuditEntry.operation == "person_unmask").order_by(AuditEntry.id))
        return list(found)


async def test_it_answers_the_fields_asked_and_no_others(world: World, person: str) -> None:
    answer = await unmask(world, "community", person, "phone", "id_number", "phone", purpose="verification")
    assert answer.status_code == 200
    assert answer.json() == {
        "person_id": person,
        "purpose": "verification",
        "opened": [{"field": "phone", "value": PHONE}, {"field": "id_number", "value": ID_NUMBER}],
    }
    assert answer.headers["cache-control"] == "no-store"
    everything = await unmask(world, "community", person, *CLEAR, purpose="statutory")
    assert {item["field"]: item["value"] for item in everything.json()["opened"]} == CLEAR


async def test_a_field_that_is_not_on_record_is_empty(world: World, person: str) -> None:
    answer = await unmask(world, "grid", str(world.people["resident2"]), "phone", "address")
    assert [item["value"] for item in answer.json()["opened"]] == [None, None]


@pytest.mark.parametrize(
    ("who", "fields", "purpose", "status"),
    [
        ("grid", ["phone", "address"], "visit", 200),
        ("grid", ["name"], "visit", 403),
        ("grid", ["phone", "id_number"], "verification", 403),
        ("grid", ["phone"], "statutory", 403),
        ("sibling_grid", ["phone"], "visit", 404),
        ("community", ["name", "phone"], "visit", 200),
        ("community", ["id_number"], "visit", 403),
        ("sibling_community", ["phone"], "visit", 404),
        ("subdistrict", ["phone"], "visit", 403),
        ("subdistrict", ["id_number"], "statutory", 200),
        ("district", ["birth_date"], "emergency", 200),
        ("auditor", ["phone"], "verification", 403),
        ("department", ["phone"], "visit", 404),
        ("liaison", ["phone"], "visit", 404),
        ("member1", ["phone"], "visit", 404),
        ("resident2", ["phone"], "visit", 404),
        ("nobody", ["phone"], "visit", 404),
        ("system", ["phone"], "statutory", 404),
        ("security", ["phone"], "statutory", 404),
        ("audit", ["phone"], "statutory", 404),
    ],
)
async def test_roles_open_what_the_table_says(
    world: World, person: str, who: str, fields: list[str], purpose: str, status: int
) -> None:
    answer = await unmask(world, who, person, *fields, purpose=purpose)
    assert answer.status_code == status
    assert all(value not in answer.text for value in CLEAR.values()) == (status != 200)


async def test_i12_each_call_leaves_one_entry_with_names_of_fields_and_no_values(
    owner: Database, world: World, person: str
) -> None:
    await unmask(world, "community", person, "phone", "address")
    await unmask(world, "grid", person, "name")
    done, denied = await entries(owner, world)
    assert (done.outcome, done.actor_id, str(done.person_id)) == ("done", world.people["community"], person)
    assert (done.opened, done.purpose, done.why) == (["phone", "address"], "visit", WHY)
    assert (denied.outcome, denied.status, denied.actor_id) == ("denied", 403, world.people["grid"])
    assert (str(denied.person_id), denied.opened, denied.purpose) == (person, [], "visit")
    async with owner.transaction(world.district_id) as session:
        query = text("SELECT string_agg(e::text, ' ') FROM audit_entries e WHERE district_id = :district")
        written = await session.scalar(query, {"district": world.district_id})
    assert all(value not in str(written) for value in CLEAR.values())


async def test_i13_the_answer_is_kept_nowhere(owner: Database, world: World, person: str) -> None:
    headers = {"idempotency-key": "the-same-key"}
    form = {"fields": ["phone"], "purpose": "visit", "why": WHY}
    for _ in range(2):
        answer = await world.call("grid", "POST", f"/v1/people/{person}/unmask", json=form, headers=headers)
        assert "idempotency-replayed" not in answer.headers
    async with owner.transaction(world.district_id) as session:
        kept = await session.scalars(select(IdempotencyKey.key).where(IdempotencyKey.district_id == world.district_id))
        assert kept.all() == []
    assert len(await entries(owner, world)) == 2, "each look is noted"


@pytest.mark.parametrize(
    "why", ["联系19900001234处理", f"核对{ID_NUMBER}", f"找{NAME}谈话", f"去{ADDRESS}看看", "短", " ", "x" * 501]
)
async def test_the_reason_is_words_and_tells_nothing_sensitive(
    owner: Database, world: World, person: str, why: str
) -> None:
    answer = await unmask(world, "community", person, "phone", why=why)
    assert answer.status_code == 422
    assert why.strip() == "" or why not in answer.text
    assert [entry.why for entry in await entries(owner, world)] in ([], [None])


async def test_the_reason_is_no_place_to_try_guesses(world: World, person: str) -> None:
    """Refusing every reason with the birth date in it would tell a grid worker, who may not open it, that it is right."""
    for guess in (BIRTH, "1958-03-08"):
        answer = await unmask(world, "grid", person, "phone", why=f"生日是{guess}吗")
        assert answer.status_code == 200
    own = await unmask(world, "community", person, "phone", purpose="verification", why=f"生日是{BIRTH}吗")
    assert own.status_code == 422


async def test_many_names_in_one_reason_tell_nothing_and_none_stays_in_the_trail(
    owner: Database, world: World, person: str
) -> None:
    names = [f"苏{middle}娜" for middle in "一二三四五六七八九十日月"]
    for tried in (names, [name for name in names if name != NAME]):
        answer = await unmask(world, "grid", person, "phone", why="、".join(tried))
        assert answer.status_code == 200
    first, second = await entries(owner, world)
    assert NAME not in str(first.why)
    assert first.why == "、".join(names).replace(NAME, "＊＊")
    assert second.why == "、".join(name for name in names if name != NAME)
    own = await unmask(world, "community", person, "phone", why="、".join(names))
    assert own.status_code == 422, "whoever may open the name is told"


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": []},
        {"fields": ["secret"]},
        {"fields": ["phone"] * 6},
        {"purpose": "curiosity"},
        {"why": None},
        {"more": 1},
    ],
)
async def test_a_wrong_form_is_refused(world: World, person: str, changes: dict[str, Any]) -> None:
    form = {"fields": ["phone"], "purpose": "visit", "why": WHY} | changes
    answer = await world.call("community", "POST", f"/v1/people/{person}/unmask", json=form)
    assert answer.status_code == 422


async def test_whoever_is_missing_or_of_another_district_is_not_there(
    world: World, other_world: World, person: str
) -> None:
    missing = await unmask(world, "district", "0192f3a0-7c1e-7000-8000-00000000ffff", "phone", purpose="statutory")
    elsewhere = await unmask(other_world, "district", person, "phone", purpose="statutory")
    assert (missing.status_code, elsewhere.status_code) == (404, 404)
    assert missing.content == elsewhere.content


async def test_nothing_opens_of_somebody_erased(owner: Database, world: World, person: str) -> None:
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == UUID(person)))).one()
        people_seal.shred(found)
        found.erased_at = now()
    answer = await unmask(world, "community", person, "phone")
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    shown = await world.ok("community", "GET", f"/v1/people/{person}")
    assert (shown["name"], shown["phone"]) == ("已注销", None)


async def test_a_minors_record_needs_an_approval(owner: Database, world: World, person: str) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Person).where(Person.id == UUID(person)).values(minor=True))
    answer = await unmask(world, "community", person, "phone")
    assert (answer.status_code, "批准" in answer.json()["detail"]) == (403, True)
    assert PHONE not in answer.text


async def test_nobody_reads_a_telephone_book_out_of_it(
    world: World, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = type(PERSON_UNMASK)(PERSON_UNMASK.name, 3, timedelta(hours=1))
    monkeypatch.setattr("app.services.people_unmask.PERSON_UNMASK", few)
    tried = [(await unmask(world, "grid", person, "phone")).status_code for _ in range(4)]
    assert tried == [200, 200, 200, 429]
    late = await unmask(world, "grid", person, "phone")
    assert int(late.headers["retry-after"]) > 60
    assert (await unmask(world, "community", person, "phone")).status_code == 200, "each has their own limit"


async def test_looking_changes_no_row(owner: Database, world: World, person: str) -> None:
    async def people() -> Any:
        async with owner.transaction(world.district_id) as session:
            rows = text("SELECT string_agg(p::text, ' ' ORDER BY id) FROM people p WHERE district_id = :district")
            return await session.scalar(rows, {"district": world.district_id})

    before = await people()
    assert (await unmask(world, "community", person, "phone")).status_code == 200
    assert await people() == before
    assert await count(owner, world.district_id, Event) == 0
