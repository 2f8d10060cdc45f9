"""Changing keys: everything is sealed anew, whatever happens in between, and nobody notices."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import PERSONAL, Cipher, MasterKey, Sealer, new_secret
from app.core.db import Database
from app.core.errors import Duplicate
from app.core.ids import new_id
from app.core.keys import field_keys
from app.core.start_errors import KeyMissing
from app.main import create_app
from app.models import AuditEntry, Base, Event, Need, Person
from app.services import people_seal, rotation
from app.services.rotation_columns import PASSING, SEALED, table_of
from app.settings import ROOT, Settings
from app.workers import keys
from app.workers.keys import rotate_districts
from tests.responses import CheckedTransport
from tests.services.message_files import csv_file, message
from tests.services.test_imports import Desk
from tests.worlds import World, count

PHONE = "199%08d"


def untold(*_: object) -> None:
    """Nobody watches the bars."""


class Rings:
    """The suite's own key, and rings before, while and after it is changed."""

    def __init__(self, settings: Settings) -> None:
        (self.key,) = field_keys(settings)
        self.newer = MasterKey(b"n" * 32, 2, Cipher.SM4)
        self.old = Sealer(self.key)
        self.learnt = Sealer(self.key, self.newer)
        self.turned = Sealer(self.newer, self.key)
        self.new = Sealer(self.newer)


@pytest.fixture
def rings(settings: Settings) -> Rings:
    return Rings(settings)


async def turn(app: FastAPI, world: World, sealer: Sealer) -> keys.RotationReport:
    return await rotate_districts(app.state.database, sealer, [world.district_id], untold)


def resident(world: World, **columns: Any) -> Person:
    return Person(
        district_id=world.district_id,
        id=new_id(),
        secret=new_secret(),
        place_id=world.places["home1"],
        path=world.paths["home1"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        version=1,
        created_at=now(),
        updated_at=now(),
        **columns,
    )


def filled(world: World, sealer: Sealer, number: int) -> Person:
    person = resident(world)
    people_seal.put(sealer, person, "name", f"测试{number}")
    people_seal.put(sealer, person, "phone", PHONE % number)
    people_seal.put(sealer, person, "address", f"{number}号院")
    return person


async def settle(owner: Database, world: World, people: list[Person]) -> None:
    async with owner.transaction(world.district_id) as session:
        session.add_all(people)


async def people_of(owner: Database, world: World) -> list[Person]:
    async with owner.transaction(world.district_id) as session:
        return list(await session.scalars(select(Person).where(Person.district_id == world.district_id)))


def sealed_columns() -> set[tuple[str, str]]:
    return {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_sealed", "_index"))
    }


def test_every_sealed_column_and_index_is_known_to_the_change_of_keys() -> None:
    known = {(sealed.name, column) for sealed in SEALED for column in sealed.columns}
    known |= {(sealed.name, index.column) for sealed in SEALED for index in sealed.indexes}
    assert sealed_columns() <= known | PASSING
    assert {("people", "phone_sealed"), ("people", "phone_index"), ("care_facts", "text_sealed")} <= sealed_columns()
    there = {(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns}
    assert known | PASSING <= there


def test_what_belongs_to_a_person_leads_to_them() -> None:
    """A table that names a person seals with that person's secret; only what has no person's record does without."""
    ownerless = {sealed.name for sealed in SEALED if sealed.owner is None}
    assert ownerless == {"needs", "challenges"}
    assert all(sealed.owner in sealed.table.c for sealed in SEALED if sealed.owner)
    assert {field.column for field in people_seal.FIELDS.values()} == set(SEALED[0].columns)
    indexes = {(index.column, index.label) for index in SEALED[0].indexes if index.unique}
    assert indexes == {(cell.index, field) for field, cell in people_seal.FIELDS.items() if cell.index}


async def test_everything_is_sealed_anew_and_says_the_same(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    await settle(owner, world, [filled(world, rings.old, n) for n in range(250)])
    before = {p.id: (p.version, p.updated_at, p.name_sealed) for p in await people_of(owner, world)}
    events = await count(owner, world.district_id, Event)
    report = await turn(app, world, rings.turned)
    assert (report.key, report.rows, report.left) == (2, {"people": len(before)}, {})
    found = await people_of(owner, world)
    assert {p.id: (p.version, p.updated_at) for p in found} == {i: (v, at) for i, (v, at, _) in before.items()}
    assert all(p.name_sealed[0] == 2 | PERSONAL and p.name_sealed != before[p.id][2] for p in found)
    phones = {people_seal.opened(rings.new, p, "phone"): p.phone_index for p in found}
    for number in range(250):
        assert phones[PHONE % number] == rings.new.blind_index(PHONE % number, world.district_id, "phone")
    assert {people_seal.opened(rings.new, p, "address") for p in found} >= {f"{n}号院" for n in range(250)}
    assert await count(owner, world.district_id, Event) == events


async def test_a_run_leaves_one_audit_entry_in_each_district_where_it_had_work(
    app: FastAPI, owner: Database, world: World, other_world: World, rings: Rings
) -> None:
    districts = [world.district_id, other_world.district_id]
    await rotate_districts(app.state.database, rings.turned, districts, untold)
    again = await rotate_districts(app.state.database, rings.turned, districts, untold)
    assert again.rows == {}
    for district_id in districts:
        async with owner.transaction(district_id) as session:
            query = select(AuditEntry).where(
                AuditEntry.district_id == district_id, AuditEntry.operation == "key.rotate"
            )
            (entry,) = await session.scalars(query)
        assert (entry.caller, entry.outcome, entry.actor_id) == ("system", "done", None)
        assert entry.data["key"] == 2
        assert entry.data["cipher"] == "sm4-gcm"
        assert entry.data["rows"]["people"] > 10


async def test_what_was_sealed_without_a_secret_is_given_one(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    person = resident(world)
    cell = (world.district_id, "people", "name_sealed", person.id)
    person.name_sealed = rings.old.seal("苏日娜", *cell)
    await settle(owner, world, [person])
    report = await turn(app, world, rings.old)
    assert report.rows == {"people": 1}, "the key is the same: only what has no secret is behind"
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == person.id))).one()
    assert found.name_sealed[0] == 1 | PERSONAL
    assert people_seal.opened(rings.old, found, "name") == "苏日娜"


async def test_the_erased_stay_as_they_are_and_keep_no_key(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    gone, left_over = filled(world, rings.old, 1), filled(world, rings.old, 2)
    async with owner.transaction(world.district_id) as session:
        session.add_all([gone, left_over])
        await session.flush()
        people_seal.shred(gone)
        gone.erased_at = left_over.erased_at = now()
        left_over.secret = left_over.phone_index = None
    await turn(app, world, rings.turned)
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == left_over.id))).one()
    assert found.name_sealed == left_over.name_sealed
    await keys.require_unused(app.state.database, [world.district_id], 1)


async def test_a_change_that_comes_in_between_is_not_lost(
    app: FastAPI, owner: Database, world: World, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The box is another by the time the batch is written: what the change wrote stays, and is taken up the next time."""
    person = filled(world, rings.old, 1)
    await settle(owner, world, [person])
    written = rotation._write

    async def late(session: AsyncSession, sealed: Any, rows: Any) -> int:
        newer = rings.learnt.seal("改过的", world.district_id, "people", "name_sealed", person.id, person.secret)
        await session.execute(update(Person).where(Person.id == person.id).values(name_sealed=newer))
        return await written(session, sealed, rows)

    sealed = SEALED[0]
    async with app.state.database.transaction(world.district_id) as session:
        monkeypatch.setattr(rotation, "_write", late)
        batch = await rotation.reseal(session, sealed, rings.turned, None, 200, wait=False)
        monkeypatch.setattr(rotation, "_write", written)
    assert batch.written == len(world.people)
    async with app.state.database.transaction(world.district_id) as session:
        assert await rotation.waiting(session, sealed, rings.turned) == 1
    await turn(app, world, rings.turned)
    (found,) = [p for p in await people_of(owner, world) if p.id == person.id]
    assert people_seal.opened(rings.new, found, "name") == "改过的"


async def test_rows_that_are_held_are_passed_over_and_done_in_the_end(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    holding = asyncio.Event()

    async def hold() -> None:
        async with owner.transaction(world.district_id) as session:
            query = select(Person).where(Person.id == world.people["resident1"]).with_for_update()
            person = (await session.scalars(query)).one()
            holding.set()
            await asyncio.sleep(0.5)
            people_seal.put(rings.old, person, "phone", PHONE % 77)

    holder = asyncio.create_task(hold())
    await holding.wait()
    report = await turn(app, world, rings.turned)
    await holder
    assert report.left == {}
    (found,) = [p for p in await people_of(owner, world) if p.id == world.people["resident1"]]
    assert people_seal.opened(rings.new, found, "phone") == PHONE % 77


async def test_no_phone_is_recorded_twice_while_servers_index_under_different_keys(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    """One already seals with the new key, the other only knows it."""
    both = (rings.turned, rings.learnt)

    async def record(sealer: Sealer, phone: str) -> bool:
        person = resident(world)
        people_seal.put(sealer, person, "name", "测试")
        async with app.state.database.transaction(world.district_id) as session:
            await people_seal.claim(session, sealer, person, "phone", phone)
            session.add(person)
        return True

    for number in range(15):
        tries = [record(both[n % 2], PHONE % number) for n in range(6)]
        ended = await asyncio.gather(*tries, return_exceptions=True)
        assert [end for end in ended if end is True] == [True]
        assert all(isinstance(end, Duplicate) for end in ended if end is not True)
    assert await count(owner, world.district_id, Person, Person.phone_index.is_not(None)) == 15


async def test_a_value_stays_findable_and_taken_while_keys_are_changed(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    people = [filled(world, rings.old, n) for n in range(400)]
    await settle(owner, world, people)
    rotating = asyncio.create_task(turn(app, world, rings.turned))
    looked = 0
    while not rotating.done() or looked < 20:
        number = looked * 37 % 400
        async with app.state.database.transaction(world.district_id) as session:
            found = await people_seal.find(session, rings.learnt, world.district_id, "phone", PHONE % number)
            assert found == people[number].id
            with pytest.raises(Duplicate):
                await people_seal.claim(session, rings.turned, resident(world), "phone", PHONE % number)
        looked += 1
    assert (await rotating).left == {}


async def test_a_server_answers_the_same_before_while_and_after(
    app: FastAPI, owner: Database, world: World, rings: Rings, settings: Settings
) -> None:
    people = [filled(world, rings.old, n) for n in range(400)]
    await settle(owner, world, people)
    key, newer = (base64.b64encode(k.key).decode() for k in (rings.key, rings.newer))
    ring = SecretStr(f"2:sm4-gcm:{newer},1:aes-256-gcm:{key}")
    turned = create_app(settings.model_copy(update={"field_key": ring}))
    async with turned.router.lifespan_context(turned):
        world.transport = CheckedTransport(turned)

        async def look() -> list[str]:
            page = await world.ok("community", "GET", "/v1/people", params={"limit": 100})
            found = await world.ok("grid", "POST", "/v1/people/find", json={"phone": PHONE % 7})
            taken = {"name": "测试", "phone": PHONE % 9, "place_id": str(world.places["home1"])}
            assert (await world.call("grid", "POST", "/v1/people", json=taken)).status_code == 409
            return [*(item["name"] for item in page["items"]), str(found["id"])]

        before = await look()
        rotating = asyncio.create_task(turn(turned, world, rings.turned))
        while not rotating.done():
            assert await look() == before
        assert (await rotating).rows["people"] >= 400
        assert await look() == before


async def test_a_value_two_rows_have_is_told_and_stops_nothing_else(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    """As two servers could write it that did not wait for each other: under each key once."""
    await settle(
        owner, world, [filled(world, rings.old, 1), filled(world, rings.turned, 1), filled(world, rings.old, 2)]
    )
    report = await turn(app, world, rings.turned)
    assert report.left == {"people": 1}
    assert report.rows["people"] == len(world.people) + 1


async def test_imported_needs_are_known_again_under_the_new_key(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    rows = [message(n, asker="" if n % 2 else "王某") for n in range(300)]
    desk = Desk(app, owner, world)
    await desk.carried_out(csv_file(rows))
    async with owner.transaction(world.district_id) as session:
        bare = func.substring(Need.source_digest, 2)
        await session.execute(update(Need).where(Need.source_number == "LY000003").values(source_digest=bare))
    report = await turn(app, world, rings.turned)
    assert report.rows["needs"] == 300
    for sealer in (rings.learnt, rings.turned, rings.new):
        desk.sealer = sealer
        again = await desk.carried_out(csv_file([*rows, message(300)] if sealer is rings.new else rows))
        assert (again.existing_rows, again.rejected_rows) == (300, 0)
    assert {need.source_digest[0] for need in await desk.needs() if need.source_digest} == {2}


@pytest.mark.parametrize("ring", ["another", "missing"])
async def test_a_wrong_key_is_told_in_a_sentence_and_changes_nothing(
    app: FastAPI, owner: Database, world: World, rings: Rings, ring: str
) -> None:
    newer = MasterKey(b"n" * 32, 2)
    sealer = Sealer(newer, MasterKey(b"x" * 32, 1)) if ring == "another" else Sealer(newer)
    before = {p.id: p.name_sealed for p in await people_of(owner, world)}
    words = "another key under this number" if ring == "another" else "not in SANSHUN_FIELD_KEY"
    with pytest.raises(KeyMissing, match=words) as told:
        await turn(app, world, sealer)
    assert "\n" not in str(told.value)
    assert {p.id: p.name_sealed for p in await people_of(owner, world)} == before


async def test_a_key_is_needed_as_long_as_a_row_uses_it(
    app: FastAPI, owner: Database, world: World, rings: Rings
) -> None:
    await settle(owner, world, [filled(world, rings.old, 1)])
    with pytest.raises(KeyMissing, match=r"still needed in district \d+: \d+ of people"):
        await keys.require_unused(app.state.database, [world.district_id], 1)
    await turn(app, world, rings.turned)
    await keys.require_unused(app.state.database, [world.district_id], 1)
    with pytest.raises(KeyMissing, match="of people"):
        await keys.require_unused(app.state.database, [world.district_id], 2)
    desk = Desk(app, owner, world)
    await desk.upload(csv_file([message(1)]))
    with pytest.raises(KeyMissing, match="1 of import_files"):
        await keys.require_unused(app.state.database, [world.district_id], 1)


async def test_servers_that_do_not_know_or_use_the_key_are_seen(
    app: FastAPI, owner: Database, settings: Settings
) -> None:
    assert app.state.sealer.numbers == [1]
    await keys.require_known(owner, 1)
    with pytest.raises(KeyMissing, match="does not know key 2 yet"):
        await keys.require_known(owner, 2)


WORKER = """
import asyncio, sys
from app.core.crypto import Cipher, MasterKey, Sealer
from app.core.db import Database
from app.core.keys import field_keys
from app.settings import Settings
from app.workers import keys

keys.BATCH = 20

async def main():
    settings = Settings()
    database = Database(settings.database_url, settings.app_role, pool_size=1)
    sealer = Sealer(MasterKey(b"n" * 32, 2, Cipher.SM4), *field_keys(settings))
    await keys.rotate_districts(database, sealer, [int(sys.argv[1])], lambda *_: None)

asyncio.run(main())
"""


async def done_by(owner: Database, world: World) -> int:
    async with owner.transaction(world.district_id) as session:
        head = func.get_byte(Person.name_sealed, 0) == 2 | PERSONAL
        query = select(func.count()).where(Person.district_id == world.district_id, head)
        return await session.scalar(query) or 0


async def test_killed_in_the_middle_another_run_finishes(
    app: FastAPI, owner: Database, world: World, rings: Rings, settings: Settings
) -> None:
    people = [filled(world, rings.old, n) for n in range(3_000)]
    async with owner.transaction(world.district_id) as session:
        columns = [c.key for c in table_of(Person).columns]
        rows = [{name: getattr(p, name) for name in columns if getattr(p, name) is not None} for p in people]
        await session.execute(insert(Person), rows)
    environment = os.environ | {
        "DATABASE_URL": str(settings.database_url),
        "SANSHUN_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": str(ROOT),
    }
    for stop_after in (1, 1_000):
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(world.district_id)], env=environment)  # noqa: ASYNC220, S603 - a worker of ours
        try:
            for _ in range(3_000):
                if await done_by(owner, world) > stop_after:
                    break
                await asyncio.sleep(0.01)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        done = await done_by(owner, world)
        assert stop_after < done < 3_000
    everyone = {p.id: number for number, p in enumerate(people)}
    for person in await people_of(owner, world):
        if person.id in everyone:
            assert people_seal.opened(rings.turned, person, "phone") == PHONE % everyone[person.id]
    report = await turn(app, world, rings.turned)
    assert report.rows == {"people": 3_000 + len(world.people) - done}
    found: dict[UUID, Person] = {p.id: p for p in await people_of(owner, world)}
    assert all(people_seal.opened(rings.new, found[p], "name") == f"测试{n}" for p, n in everyone.items())
    assert await count(owner, world.district_id, AuditEntry, AuditEntry.operation == "key.rotate") == 3
