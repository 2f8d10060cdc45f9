"""Changing keys while others write, look, serve, and while the change itself is killed."""

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

from app.core.crypto import PERSONAL, Sealer
from app.core.db import Database
from app.core.errors import Duplicate
from app.main import create_app
from app.models import AuditEntry, Person
from app.services import people_seal, rotation
from app.services.rotation_columns import SEALED, table_of
from app.settings import ROOT, Settings
from tests.responses import CheckedTransport
from tests.services.rings import PHONE, Rings, filled, people_of, resident, settle, turn
from tests.worlds import World, count


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
