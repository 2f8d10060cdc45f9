"""The retention table is obeyed: what its period is over for goes, what is younger stays, and what the law keeps cannot go."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import func, select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.accounts import USUAL
from app.domain.retention import RULE_OF, RULES, SPENT, Keeper, Kind, period_of
from app.models import (
    Approval,
    CareFact,
    Event,
    Import,
    ImportFile,
    ImportReject,
    Need,
    Notice,
    Person,
)
from app.services import challenges, people_seal, sign_ins
from app.services.retention import JOBS
from app.workers import retention
from app.workers.retention import keep
from tests.routers.test_consents import become_minor, given
from tests.stories.steps import submitted
from tests.worlds import World, count

DAY = timedelta(days=1)


async def kept(app: FastAPI, world: World) -> dict[str, int]:
    return await keep(app.state.database, app.state.sealer, world.district_id)


def test_every_rule_is_obeyed_by_who_it_says() -> None:
    assert {rule.kind for rule in RULES} == set(Kind)
    assert {rule.kind for rule in RULES if rule.keeper is Keeper.RETENTION} == set(JOBS)
    assert period_of(Kind.REFRESH_TOKENS) == sign_ins._KEPT
    assert period_of(Kind.CHALLENGES) == challenges._KEPT
    assert period_of(Kind.SIGN_INS) == USUAL
    assert all(rule.source for rule in RULES)


@pytest.mark.parametrize("kind", [rule.kind for rule in RULES if rule.keeper is Keeper.NOBODY])
async def test_what_the_law_keeps_the_app_cannot_remove(world: World, app: FastAPI, kind: Kind) -> None:
    assert RULE_OF[kind].period >= timedelta(days=184)
    with pytest.raises(Exception, match="permission denied"):
        async with app.state.database.transaction(world.district_id) as session:
            await session.execute(text(f"DELETE FROM {kind.value}"))  # noqa: S608 - the table's own name


async def _notice(session: Any, world: World, age: timedelta) -> None:
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate="person",
        aggregate_id=new_id(),
        seq=1,
        action="put",
        path=world.paths["home1"],
        data={},
    )
    session.add(event)
    await session.flush()
    session.add(
        Notice(
            district_id=world.district_id,
            id=new_id(),
            person_id=world.people["resident1"],
            event_id=event.id,
            text="旧闻",
            created_at=now() - age,
        )
    )


async def test_notices_go_after_half_a_year(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        for age in (period_of(Kind.NOTICES) + DAY, period_of(Kind.NOTICES) - DAY):
            await _notice(session, world, age)
    assert (await kept(app, world))["notices"] == 1
    assert await count(owner, world.district_id, Notice) == 1
    assert (await kept(app, world))["notices"] == 0


async def test_more_than_a_batch_goes_too(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.retention.BATCH", 2)
    monkeypatch.setattr(retention, "BATCH", 2)
    async with owner.transaction(world.district_id) as session:
        for _ in range(5):
            await _notice(session, world, timedelta(days=400))
    assert (await kept(app, world))["notices"] == 5


async def test_one_process_at_a_time(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        await _notice(session, world, timedelta(days=400))
    async with owner.transaction(world.district_id) as other:
        await other.execute(select(func.pg_advisory_xact_lock(retention._LOCK, world.district_id)))
        assert (await kept(app, world))["notices"] == 0
    assert (await kept(app, world))["notices"] == 1


async def test_imports_leave_neither_files_nor_rejects(world: World, app: FastAPI, owner: Database) -> None:
    key: dict[str, Any] = {"district_id": world.district_id}
    old = now() - timedelta(days=91)
    async with owner.transaction(world.district_id) as session:
        for ended in (old, now()):
            where = {"community_id": world.places["community"], "path": world.paths["community"]}
            row = Import(
                **key, **where, id=new_id(), file_name="a.csv", finished_at=ended, created_at=ended, updated_at=old
            )
            session.add(row)
            await session.flush()
            session.add(ImportFile(**key, id=row.id, content=b"x"))
            session.add(
                ImportReject(**key, id=new_id(), import_id=row.id, row_number=1, code="bad_time", reason="时间")
            )
    done = await kept(app, world)
    assert (done["import_files"], done["import_rejects"]) == (1, 1)
    assert await count(owner, world.district_id, ImportReject) == 1


async def test_names_of_askers_go_two_years_after_the_need(world: World, app: FastAPI, owner: Database) -> None:
    need = await submitted(world, "grid", asker_name="老王头")
    await world.ok("grid", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    assert (await kept(app, world))["asker_names"] == 0
    with time_machine.travel(now() + period_of(Kind.ASKER_NAMES) + DAY, tick=True):
        assert (await kept(app, world))["asker_names"] == 1
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Need).where(Need.id == UUID(need["id"])))).one()
    assert (row.asker_name_sealed, row.state) == (None, "withdrawn")


async def _fact(world: World, owner: Database, consent_id: str) -> None:
    async with owner.transaction(world.district_id) as session:
        session.add(
            CareFact(
                district_id=world.district_id,
                id=new_id(),
                person_id=world.people["resident1"],
                kind_sealed=b"sealed",
                text_sealed=b"sealed",
                consent_id=UUID(consent_id),
                recorded_by=world.people["grid"],
                created_at=now(),
                updated_at=now(),
            )
        )


async def test_care_facts_without_a_basis_go(world: World, app: FastAPI, owner: Database) -> None:
    """When nobody has answered a notice that asks anew, ninety days later; what was agreed to stays."""
    await _fact(world, owner, (await given(world, "resident1", "health"))["id"])
    assert (await kept(app, world))["care_facts"] == 0
    form = {"purpose": "health", "title": "新版", "text": "还记录体温。", "kinds": ["体温"]}
    await world.ok("district", "POST", "/v1/privacy-notices", json=form)
    with time_machine.travel(now() + period_of(Kind.CARE_FACTS) - DAY, tick=True):
        assert (await kept(app, world))["care_facts"] == 0
    with time_machine.travel(now() + period_of(Kind.CARE_FACTS) + DAY, tick=True):
        assert (await kept(app, world))["care_facts"] == 1
    assert await count(owner, world.district_id, CareFact) == 0


async def test_who_consented_again_keeps_their_facts(world: World, app: FastAPI, owner: Database) -> None:
    await _fact(world, owner, (await given(world, "resident1", "health"))["id"])
    form = {"purpose": "health", "title": "新版", "text": "还记录体温。", "kinds": ["体温"]}
    await world.ok("district", "POST", "/v1/privacy-notices", json=form)
    await given(world, "resident1", "health")
    with time_machine.travel(now() + timedelta(days=400), tick=True):
        assert (await kept(app, world))["care_facts"] == 0
    assert await count(owner, world.district_id, CareFact) == 1


@pytest.mark.parametrize(("born", "minor"), [(timedelta(days=13 * 365), True), (timedelta(days=15 * 365), False)])
async def test_minors_come_of_age(world: World, app: FastAPI, owner: Database, born: timedelta, minor: bool) -> None:
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Person).where(Person.id == world.people["nobody"]))).one()
        row.minor = True
        people_seal.put(app.state.sealer, row, "birth_date", (now() - born).date().isoformat())
    assert (await kept(app, world))["minors"] == int(not minor)
    async with owner.transaction(world.district_id) as session:
        assert (await session.scalar(select(Person.minor).where(Person.id == world.people["nobody"]))) is minor


async def test_on_the_birthday_itself(world: World, app: FastAPI, owner: Database) -> None:
    """The day of China counts, not that of Greenwich."""
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Person).where(Person.id == world.people["nobody"]))).one()
        row.minor = True
        people_seal.put(app.state.sealer, row, "birth_date", date(2013, 5, 9).isoformat())
    with time_machine.travel("2027-05-08T15:59:00+00:00", tick=False):
        assert (await kept(app, world))["minors"] == 0
    with time_machine.travel("2027-05-08T16:01:00+00:00", tick=False):
        assert (await kept(app, world))["minors"] == 1


async def test_why_a_minors_record_was_read_goes_and_that_it_was_stays(
    world: World, app: FastAPI, owner: Database
) -> None:
    await become_minor(world, owner, "nobody")
    path = f"/v1/people/{world.people['nobody']}/request-reading"
    asked = await world.ok("grid", "POST", path, json={"why": "核实补助"})
    await world.ok("community", "POST", f"/v1/approvals/{asked['id']}/grant", json={"words": "同意"})
    async with owner.transaction(world.district_id) as session:
        mine = (Approval.district_id == world.district_id, Approval.id == UUID(asked["id"]))
        decided = now() - period_of(Kind.READING_REQUESTS) - DAY
        await session.execute(update(Approval).where(*mine).values(decided_at=decided))
    assert (await kept(app, world))["reading_requests"] == 1
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Approval).where(Approval.id == UUID(asked["id"])))).one()
        granted = (Event.aggregate_id == row.id, Event.action == "grant")
        told = (await session.scalars(select(Event.data).where(*granted))).one()
    assert (row.form, row.words, row.state, told["words"]) == ({}, None, "granted", SPENT)
