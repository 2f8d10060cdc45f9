"""A reason for the audit trail, whoever states it and whatever for: words that tell nothing of whom they are about (I12, I13)."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.core.db import Database
from app.models import Person
from app.services import people_seal
from tests.profiles import id_number, person
from tests.routers.authority import own_grant
from tests.worlds import World

NAME, PHONE, ID_NUMBER, ADDRESS = "苏日娜", "04715550123", "H12345678901", "光明路十二号院三号楼"
"""Neither number has a shape that is known by itself."""
CLEAR = {"name": NAME, "phone": PHONE, "id_number": ID_NUMBER, "address": ADDRESS}
TELLING = [*CLEAR.values(), "19900001234", id_number()]
WHY = "材料不全，须核实"


async def _on_record(app: FastAPI, owner: Database, world: World, person_id: Any) -> None:
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == UUID(str(person_id))))).one()
        for field, value in CLEAR.items():
            people_seal.put(app.state.sealer, found, field, value)  # type: ignore[arg-type]


async def _stated(world: World, owner: Database, what: str) -> tuple[str, str, str, dict[str, Any], str]:
    """Who states it, where and in which field; and about whom."""
    if what == "merge":
        one, other = await person(world), await person(world)
        return "community", f"/v1/people/{one['id']}/merge", "words", {"into_id": other["id"]}, other["id"]
    if what == "revoke":
        grant = await own_grant(world, "grid")
        return "security", f"/v1/grants/{grant['id']}/revoke", "reason", {}, str(world.people["grid"])
    if what == "request-reading":
        minor = world.people["resident1"]
        async with owner.transaction(world.district_id) as session:
            await session.execute(update(Person).where(Person.id == minor).values(minor=True))
        return "grid", f"/v1/people/{minor}/request-reading", "why", {}, str(minor)
    account = world.accounts["volunteer1"]
    return "system", f"/v1/accounts/{account}/{what}", "reason", {}, str(world.people["volunteer1"])


@pytest.mark.parametrize("what", ["merge", "revoke", "request-reading", "disable", "reset-password"])
async def test_a_reason_that_tells_whom_it_is_about_is_refused(
    app: FastAPI, owner: Database, world: World, what: str
) -> None:
    who, path, field, form, about = await _stated(world, owner, what)
    await _on_record(app, owner, world, about)
    for telling in TELLING:
        answer = await world.call(who, "POST", path, json=form | {field: f"{WHY}：{telling}"})
        assert (answer.status_code, answer.json()["field"]) == (422, field), telling
        assert telling not in answer.text
    answer = await world.call(who, "POST", path, json=form | {field: WHY})
    assert answer.is_success, answer.text
    async with owner.transaction(world.district_id) as session:
        query = text("SELECT string_agg(e::text, ' ') FROM audit_entries AS e WHERE district_id = :district")
        written = str(await session.scalar(query, {"district": world.district_id}))
    assert WHY in written
    assert not any(telling in written for telling in TELLING)


async def test_guesses_are_not_tried_for_nothing(app: FastAPI, owner: Database, world: World) -> None:
    """The system administrator sees masked names: where a step is refused anyway, a right guess is refused alike."""
    await _on_record(app, owner, world, world.people["volunteer1"])
    for step in ("enable", "reset-second-factor"):
        path = f"/v1/accounts/{world.accounts['volunteer1']}/{step}"
        for guess in (NAME, "苏日姑"):
            assert (await world.call("system", "POST", path, json={"reason": guess})).status_code == 409


async def test_a_reason_that_was_refused_is_not_noted_with_a_denial(
    app: FastAPI, owner: Database, world: World
) -> None:
    await _on_record(app, owner, world, world.people["system"])
    own = f"/v1/accounts/{world.accounts['system']}/disable"
    assert (await world.call("system", "POST", own, json={"reason": f"{NAME}本人"})).status_code == 403
    async with owner.transaction(world.district_id) as session:
        query = text("SELECT why FROM audit_entries WHERE district_id = :district")
        assert (await session.scalars(query, {"district": world.district_id})).all() == [None]
