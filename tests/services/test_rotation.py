"""Changing keys: everything is sealed anew and says the same, and no key goes that something needs."""

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import now
from app.core.crypto import PERSONAL, MasterKey, Sealer
from app.core.db import Database
from app.core.start_errors import KeyMissing
from app.models import AuditEntry, Base, Event, Need, Person
from app.services import people_seal
from app.services.rotation_columns import PASSING, SEALED
from app.settings import Settings
from app.workers import keys
from app.workers.keys import rotate_districts
from tests.services.message_files import csv_file, message
from tests.services.rings import PHONE, Rings, filled, people_of, resident, settle, turn, untold
from tests.services.test_imports import Desk
from tests.worlds import World, count


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
    assert {("people", "phone_sealed"), ("people", "phone_index"), ("care_facts", "kind_sealed")} <= sealed_columns()
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
