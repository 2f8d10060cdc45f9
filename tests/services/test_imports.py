"""Imports into the database: exactly once, whatever happens in between."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import LostRace
from app.domain.imports import ImportState, RejectCode
from app.domain.people import Actor
from app.models import AuditEntry, Event, Import, ImportFile, ImportReject, Need, OutboxRow
from app.services import imports
from app.services.imports import Upload
from app.services.imports_read import MessageFile
from app.settings import ROOT, Settings
from app.workers.imports import go_through, take_up
from tests.services.message_files import csv_file, message, xlsx_file
from tests.worlds import World, count


class Desk:
    """Uploads files to the world's community and lets a worker read them, with the product's own role."""

    def __init__(self, app: FastAPI, owner: Database, world: World) -> None:
        self.database: Database = app.state.database
        self.sealer: Sealer = app.state.sealer
        self.owner = owner
        self.world = world
        self.district_id = world.district_id

    async def upload(self, content: bytes, code: str | None = None) -> UUID:
        async with self.database.transaction(self.district_id) as session:
            place = await imports.community_of(session, code or f"{self.district_id}001001")
            found = imports.queued(session, place, "messages.csv", None)
            await session.flush()
            sealed = self.sealer.seal_bytes(content, self.district_id, "import_files", "content", found.id)
            session.add(ImportFile(district_id=self.district_id, id=found.id, content=sealed))
            return found.id

    async def work(self) -> None:
        await take_up(self.database, self.sealer, asyncio.Event(), self.district_id)

    async def carried_out(self, content: bytes) -> Import:
        found = await self.upload(content)
        await self.work()
        return await self.row(found)

    async def row(self, import_id: UUID) -> Import:
        async with self.owner.transaction(self.district_id) as session:
            return (await session.scalars(select(Import).where(Import.id == import_id))).one()

    async def rejects(self, import_id: UUID) -> dict[int, str]:
        async with self.owner.transaction(self.district_id) as session:
            found = await session.scalars(select(ImportReject).where(ImportReject.import_id == import_id))
            return {reject.row_number: reject.code for reject in found}

    async def needs(self) -> list[Need]:
        async with self.owner.transaction(self.district_id) as session:
            query = select(Need).where(Need.district_id == self.district_id).order_by(Need.id)
            return list(await session.scalars(query))

    async def count(self, model: Any, *conditions: Any) -> int:
        return await count(self.owner, self.district_id, model, *conditions)

    async def expire(self, import_id: UUID) -> None:
        async with self.owner.transaction(self.district_id) as session:
            past = now() - timedelta(seconds=1)
            await session.execute(update(Import).where(Import.id == import_id).values(lease_until=past))


@pytest.fixture
def desk(app: FastAPI, owner: Database, world: World) -> Desk:
    return Desk(app, owner, world)


def counters(found: Import) -> tuple[int | None, int, int, int, int]:
    return found.total_rows, found.done_rows, found.created_rows, found.existing_rows, found.rejected_rows


async def test_each_row_becomes_a_submitted_need_with_one_event(desk: Desk) -> None:
    details = "\t原样 \r\n𠮷😀"
    found = await desk.carried_out(csv_file([message(1, details=details), message(2, asker="")]))
    assert found.state is ImportState.DONE
    assert counters(found) == (2, 2, 2, 0, 0)
    first, second = await desk.needs()
    assert (first.source_number, first.title, first.details) == ("LY000001", "第1件：楼道灯不亮", details)
    assert (first.state, first.source, first.privacy, first.version) == ("submitted", "import", "handlers", 1)
    assert first.asked_at == datetime(2024, 3, 5, 10, 4, 5, tzinfo=UTC)
    assert (first.community_id, first.place_id) == (desk.world.places["community"],) * 2
    assert first.path == desk.world.paths["community"]
    assert first.asker_name_sealed is not None
    assert desk.sealer.open(first.asker_name_sealed, desk.district_id, "needs", "asker_name_sealed", first.id) == "王某"
    assert second.asker_name_sealed is None
    async with desk.owner.transaction(desk.district_id) as session:
        query = select(Event).where(Event.aggregate_id.in_([first.id, second.id])).order_by(Event.id)
        events = list(await session.scalars(query))
    shape = [(e.aggregate_id, e.seq, e.action, e.source, e.target, e.path) for e in events]
    assert shape == [(n.id, 1, "submit", None, "submitted", n.path) for n in (first, second)]
    assert events[0].data == {"source": "import", "category": None, "import_id": str(found.id)}
    assert await desk.count(OutboxRow, OutboxRow.id.in_([event.id for event in events])) == 2


async def test_an_import_leaves_events_at_its_start_and_end_only(desk: Desk) -> None:
    found = await desk.carried_out(csv_file([message(n) for n in range(2_500)]))
    async with desk.owner.transaction(desk.district_id) as session:
        query = select(Event).where(Event.aggregate_id == found.id).order_by(Event.seq)
        steps = [(e.action, e.source, e.target) for e in await session.scalars(query)]
    assert steps == [("create", None, "queued"), ("start", "queued", "running"), ("finish", "running", "done")]
    assert found.version == 3
    assert await desk.count(ImportFile) == 0


async def test_i12_an_import_is_one_entry_in_the_audit_trail(desk: Desk) -> None:
    done = await desk.carried_out(csv_file([message(1), message(2), message(3)]))
    async with desk.owner.transaction(desk.district_id) as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.district_id == desk.district_id))
        found = [(entry.operation, entry.caller, entry.subject_id) for entry in rows]
    assert found == [("import.finish", "system", done.id)]


async def test_the_same_file_again_adds_nothing_in_any_form(desk: Desk) -> None:
    rows = [message(n) for n in range(20)]
    await desk.carried_out(csv_file(rows))
    for content in (csv_file(rows), csv_file(rows, "gb18030"), xlsx_file(rows)):
        assert counters(await desk.carried_out(content)) == (20, 20, 0, 20, 0)
    assert await desk.count(Need) == 20
    assert await desk.count(Event, Event.aggregate == "need") == 20


async def test_a_number_that_stands_for_something_else_is_taken(desk: Desk) -> None:
    await desk.carried_out(csv_file([message(1), message(2)]))
    changed = [message(1, asker="李某"), message(2), message(3, title=""), message(4), message(4)]
    found = await desk.carried_out(csv_file(changed))
    assert counters(found) == (5, 5, 1, 1, 3)
    assert await desk.rejects(found.id) == {
        1: RejectCode.NUMBER_TAKEN,
        3: RejectCode.MISSING_TITLE,
        5: RejectCode.DUPLICATE_IN_FILE,
    }


async def test_two_communities_may_use_the_same_numbers(desk: Desk) -> None:
    await desk.upload(csv_file([message(1)]))
    await desk.upload(csv_file([message(1, details="另一个社区")]), f"{desk.district_id}001002")
    await desk.work()
    assert await desk.count(Need) == 2


async def test_a_refused_file_fails_with_its_reason_and_leaves_nothing(desk: Desk) -> None:
    found = await desk.carried_out(csv_file([["1"]], header=["留言编号"]))
    assert found.state is ImportState.FAILED
    assert found.message == "文件缺少列：留言用户、留言主题、留言时间、留言详情"
    assert (await desk.count(Need), await desk.count(ImportFile)) == (0, 0)


async def test_the_file_rests_sealed(desk: Desk) -> None:
    import_id = await desk.upload(csv_file([message(1, asker="欧阳不可见")]))
    async with desk.owner.transaction(desk.district_id) as session:
        (content,) = await session.scalars(select(ImportFile.content).where(ImportFile.id == import_id))
    assert "欧阳不可见".encode() not in content


async def test_two_workers_share_the_imports_and_never_one_of_them(desk: Desk) -> None:
    found = [await desk.upload(csv_file([message(n) for n in range(600)])) for _ in range(4)]
    await asyncio.gather(*(desk.work() for _ in range(3)))
    rows = [await desk.row(import_id) for import_id in found]
    assert {row.state for row in rows} == {ImportState.DONE}
    assert sum(row.created_rows for row in rows) == 600
    assert sum(row.existing_rows for row in rows) == 1_800
    assert await desk.count(Need) == await desk.count(Event, Event.aggregate == "need") == 600


async def test_overlapping_files_at_once_in_opposite_order_do_not_lock_each_other(desk: Desk) -> None:
    rows = [message(n) for n in range(900)]
    await desk.upload(csv_file(rows))
    await desk.upload(csv_file(rows[::-1]))
    await asyncio.gather(desk.work(), desk.work())
    assert await desk.count(Import, Import.state == "done") == 2
    assert await desk.count(Need) == 900


async def test_who_lost_the_lease_changes_nothing(desk: Desk) -> None:
    import_id = await desk.upload(csv_file([message(1)]))
    async with desk.database.transaction(desk.district_id) as session:
        mine = await imports.claim(session)
    assert mine is not None
    await desk.expire(import_id)
    file = MessageFile(io.BytesIO(csv_file([message(1)])))
    with pytest.raises(LostRace):
        await go_through(desk.database, desk.sealer, asyncio.Event(), mine, file, lambda *_: None)
    file.close()
    assert await desk.count(Need) == 0


async def test_a_claimed_import_is_left_alone_while_its_lease_runs(desk: Desk) -> None:
    await desk.upload(csv_file([message(1)]))
    async with desk.database.transaction(desk.district_id) as session:
        assert await imports.claim(session) is not None
    async with desk.database.transaction(desk.district_id) as session:
        assert await imports.claim(session) is None


async def test_told_to_stop_it_lets_go_and_another_goes_on(desk: Desk) -> None:
    content = csv_file([message(n) for n in range(3_000)])
    import_id = await desk.upload(content)
    stop = asyncio.Event()
    async with desk.database.transaction(desk.district_id) as session:
        claimed = await imports.claim(session)
    assert claimed is not None
    file = MessageFile(io.BytesIO(content))
    assert await go_through(desk.database, desk.sealer, stop, claimed, file, lambda *_: stop.set()) is None
    file.close()
    assert counters(await desk.row(import_id)) == (3_000, 1_000, 1_000, 0, 0)
    await desk.work()
    assert counters(await desk.row(import_id)) == (3_000, 3_000, 3_000, 0, 0)


async def test_a_fault_of_ours_ends_the_import_instead_of_repeating_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("no such thing")

    monkeypatch.setattr("app.workers.imports.prepare", broken)
    found = await desk.carried_out(csv_file([message(1)]))
    assert (found.state, found.message) == (ImportState.FAILED, "系统内部错误")


async def test_a_command_that_was_cut_off_is_said_to_be(desk: Desk) -> None:
    async with desk.database.transaction(desk.district_id) as session:
        place = await imports.community_of(session, f"{desk.district_id}001001")
        claimed = await imports.begin(session, imports.queued(session, place, "x.csv", None))
    await desk.expire(claimed.aim.import_id)
    await desk.work()
    found = await desk.row(claimed.aim.import_id)
    assert found.state is ImportState.FAILED
    assert "请重新运行" in str(found.message)


async def test_files_are_read_beside_the_event_loop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            threads.add(threading.get_ident())
            return real(*arguments)

        return call

    for name in ("__init__", "batch", "skip", "close"):
        monkeypatch.setattr(MessageFile, name, watched(getattr(MessageFile, name)))
    await desk.carried_out(csv_file([message(1)]))
    assert threads
    assert threading.get_ident() not in threads


WORKER = """
import asyncio, sys
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.keys import field_keys
from app.settings import Settings
from app.workers.imports import take_up

async def main():
    settings = Settings()
    database = Database(settings.database_url, settings.app_role, pool_size=2)
    await take_up(database, Sealer(*field_keys(settings)), asyncio.Event(), int(sys.argv[1]))

asyncio.run(main())
"""


async def killed_after_some_rows(desk: Desk, import_id: UUID, settings: Settings) -> int:
    """Starts a worker of its own process, kills it without warning in the middle; how many rows it had done."""
    environment = os.environ | {
        "DATABASE_URL": str(settings.database_url),
        "SANSHUN_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(desk.district_id)], env=environment)  # noqa: ASYNC220, S603 - a worker of ours
    try:
        for _ in range(2_000):
            if (await desk.row(import_id)).done_rows:
                break
            await asyncio.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    return (await desk.row(import_id)).done_rows


async def test_a_killed_workers_import_is_finished_by_another(desk: Desk, settings: Settings) -> None:
    rows = [message(n, title="" if n % 500 == 7 else f"第{n}件") for n in range(5_000)]
    import_id = await desk.upload(csv_file([*rows, message(3)]))
    done = await killed_after_some_rows(desk, import_id, settings)
    assert 0 < done < 5_000
    await desk.work()
    assert (await desk.row(import_id)).state is ImportState.RUNNING, "the lease still runs"
    await desk.expire(import_id)
    await desk.work()
    found = await desk.row(import_id)
    assert found.state is ImportState.DONE
    assert counters(found) == (5_001, 5_001, 4_990, 0, 11)
    assert len(await desk.rejects(import_id)) == 11
    assert await desk.count(Need) == await desk.count(Event, Event.aggregate == "need") == 4_990
    assert sorted(n.source_number or "" for n in await desk.needs()) == [r[0] for r in rows if r[2]]


async def test_only_whoever_may_at_the_community_may_import(desk: Desk) -> None:
    nobody = Actor(desk.district_id, desk.world.people["nobody"], desk.world.accounts["nobody"], None, ())
    upload = Upload(f"{desk.district_id}001001", "x.csv", b"x")
    with pytest.raises(Exception, match="您的角色不能执行此操作"):
        async with desk.database.transaction(desk.district_id) as session:
            await imports.create(session, nobody, desk.sealer, upload)
