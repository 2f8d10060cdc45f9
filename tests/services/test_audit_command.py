"""``sanshun audit`` as it is typed: verifying, and taking out what is old."""

import asyncio
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.start_errors import SettingsWrong
from app.models import AuditWaiting
from app.settings import ROOT
from app.workers.audit_command import archive, report
from tests.services.audit_trails import Trail, entry_set, old_entry, unguarded, untold


async def test_the_command_says_what_it_found(whole: Trail, intruder: asyncpg.Connection) -> None:
    around = {
        "DATABASE_URL": str(whole.settings.database_url),
        "SANSHUN_DATA_DIR": str(whole.folder),
        "PYTHONPATH": str(ROOT),
    }

    async def run(*words: str) -> tuple[int | None, str]:
        command = [sys.executable, "-c", "from app.cli import cli; cli(prog_name='sanshun')", "audit", *words]
        process = await asyncio.create_subprocess_exec(*command, env=around, stdout=subprocess.PIPE)
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    code, said = await run("verify", "--district", str(whole.district))
    assert (code, f"district {whole.district}: sound: 12 links" in said) == (0, True)
    async with unguarded(intruder):
        await entry_set(intruder, whole, 4, "status = 500")
    code, said = await run("verify", "--district", str(whole.district))
    assert code == 1
    assert "1 FAULTS" in said
    assert "position 4, entry" in said


async def test_what_is_older_than_six_months_goes_into_a_file_and_the_rest_verifies(
    trail: Trail, owner: Database
) -> None:
    async with owner.transaction(trail.district) as session:
        for days in (400, 300, 200, 190, 100, 1):
            entry = old_entry(trail.district, new_id(), minutes=days * 24 * 60)
            session.add_all([entry, AuditWaiting(district_id=trail.district, id=entry.id)])
    await trail.link()
    await trail.anchor()
    url, at, target = str(trail.settings.database_url), trail.settings, trail.folder / "old.jsonl"
    cut = now() - timedelta(days=195)

    def take_out(before: datetime) -> Any:
        return archive(url, at, trail.district, before, target, untold)

    with pytest.raises(SettingsWrong, match="six months"):
        await asyncio.to_thread(take_out, now() - timedelta(days=150))
    taken = await asyncio.to_thread(take_out, cut)
    assert (taken.entries, taken.last.position) == (3, 3)
    assert [orjson.loads(line)["position"] for line in target.read_bytes().splitlines()] == [1, 2, 3]
    assert target.stat().st_mode & 0o777 == 0o600
    found = await trail.examined()
    assert (found.faults, found.links, found.newest.position) == ([], 3, 6)
    assert "archived up to 3" in report([found])[0]
    await trail.note(2)
    await trail.link()
    await trail.anchor()
    assert await trail.faults() == [], "the chain goes on after what was taken out"
    with pytest.raises(SettingsWrong, match="cannot be made"):
        await asyncio.to_thread(take_out, now() - timedelta(days=185))


async def test_nothing_is_archived_from_a_chain_with_faults(
    trail: Trail, owner: Database, intruder: asyncpg.Connection
) -> None:
    async with owner.transaction(trail.district) as session:
        for days in (400, 300, 200, 1):
            entry = old_entry(trail.district, new_id(), minutes=days * 24 * 60)
            session.add_all([entry, AuditWaiting(district_id=trail.district, id=entry.id)])
    await trail.link()
    async with unguarded(intruder):
        await entry_set(intruder, trail, 2, "why = '—'")

    def take_out() -> Any:
        return archive(
            str(trail.settings.database_url),
            trail.settings,
            trail.district,
            now() - timedelta(days=185),
            trail.folder / "old.jsonl",
            untold,
        )

    with pytest.raises(SettingsWrong, match=r"position 2"):
        await asyncio.to_thread(take_out)
    assert len(await trail.links()) == 4
