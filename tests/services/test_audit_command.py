"""``sanshun audit`` as it is typed: verifying, and taking out what is old."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import ANY

import asyncpg
import orjson
import pytest
from structlog.testing import capture_logs

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.start_errors import SettingsWrong
from app.domain.audit_chain import Anchor
from app.models import AuditWaiting
from app.services import audit_anchors
from app.workers.audit_command import Archived, archive, report
from tests.services.audit_trails import Trail, entry_set, old_entry, unguarded, untold
from tests.services.typed import sanshun


async def test_the_command_says_what_it_found(whole: Trail, intruder: asyncpg.Connection) -> None:
    own = whole.settings.model_copy(update={"data_dir": whole.folder})
    verify = ("audit", "verify", "--district", str(whole.district))
    code, said, _ = await sanshun(own, *verify)
    assert (code, f"district {whole.district}: sound: 12 links" in said) == (0, True)
    async with unguarded(intruder):
        await entry_set(intruder, whole, 4, "status = 500")
    code, said, _ = await sanshun(own, *verify)
    assert code == 1
    assert "1 FAULTS" in said
    assert "position 4, entry" in said


async def _aged(trail: Trail, owner: Database, *days: int) -> None:
    """Linked entries, each so many days old."""
    async with owner.transaction(trail.district) as session:
        for many in days:
            entry = old_entry(trail.district, new_id(), minutes=many * 24 * 60)
            session.add_all([entry, AuditWaiting(district_id=trail.district, id=entry.id)])
    await trail.link()


async def _taken_out(trail: Trail, days: int, target: str = "old.jsonl") -> Archived:
    before = now() - timedelta(days=days)
    url, at = str(trail.settings.database_url), trail.settings
    return await asyncio.to_thread(archive, url, at, trail.district, before, trail.folder / target, untold)


async def test_archiving_without_an_anchor_leaves_one_that_goes_on(
    trail: Trail, owner: Database, intruder: asyncpg.Connection
) -> None:
    await _aged(trail, owner, 400, 300, 200, 1)
    assert await _taken_out(trail, 195) == Archived(3, ANY)
    path = trail.folder / audit_anchors.FILE
    kept = audit_anchors.read(path)[trail.district]
    assert (kept.newest.position, kept.archived and kept.archived.position) == (4, 3)
    await trail.note(2)
    await trail.link()
    await trail.anchor()
    assert audit_anchors.read(path)[trail.district].newest.position == 6
    assert await trail.faults() == []
    async with unguarded(intruder):
        await _emptied(intruder, trail)
    assert await trail.faults() == [(4, "the end is cut off: links 4 to 6 are missing")]


async def test_archiving_goes_on_from_an_anchor_of_long_ago(trail: Trail, owner: Database) -> None:
    """Such as one that was restored with the data folder: its link is among those taken out."""
    await _aged(trail, owner, 400, 300)
    await trail.anchor()
    await _aged(trail, owner, 250, 200, 1)
    assert await _taken_out(trail, 195) == Archived(4, ANY)
    await trail.note(1)
    await trail.link()
    await trail.anchor()
    assert audit_anchors.read(trail.folder / audit_anchors.FILE)[trail.district].newest.position == 6
    assert await trail.faults() == []


async def test_an_emptied_chain_is_found_where_the_anchor_knows_only_what_was_archived(
    trail: Trail, owner: Database, intruder: asyncpg.Connection
) -> None:
    await _aged(trail, owner, 400, 300, 1)
    await _taken_out(trail, 195)
    path = trail.folder / audit_anchors.FILE
    archived = audit_anchors.read(path)[trail.district].archived
    assert archived is not None
    audit_anchors.write(path, [Anchor.made(trail.keys[0], trail.district, archived, archived)])
    assert await trail.faults() == []
    async with unguarded(intruder):
        await _emptied(intruder, trail)
    assert await trail.faults() == [(3, "the end is cut off: link 3 is missing")]


async def _emptied(connection: asyncpg.Connection, trail: Trail) -> None:
    for table in ("audit_waiting", "audit_links", "audit_entries"):
        await connection.execute(f"DELETE FROM {table} WHERE district_id = $1", trail.district)  # noqa: S608


async def test_archiving_does_not_replace_an_anchor_that_tells_of_a_fault(
    trail: Trail, owner: Database, intruder: asyncpg.Connection
) -> None:
    await _aged(trail, owner, 400, 300, 1, 1)
    await trail.anchor()
    path = trail.folder / audit_anchors.FILE
    evidence = path.read_bytes()
    async with unguarded(intruder):
        entry = await trail.entry(4)
        await intruder.execute("DELETE FROM audit_links WHERE id = $1", entry)
        await intruder.execute("DELETE FROM audit_entries WHERE id = $1", entry)
    with pytest.raises(SettingsWrong, match="the end is cut off: link 4"):
        await _taken_out(trail, 195)
    await _aged(trail, owner, 1)
    with pytest.raises(SettingsWrong, match="made anew"):
        await _taken_out(trail, 195, "older.jsonl")
    assert path.read_bytes() == evidence
    assert len(await trail.links()) == 4


async def test_a_lost_anchor_is_told(trail: Trail, owner: Database) -> None:
    """A new chain has none yet; of an older one nothing shows what it was like before."""
    path = trail.folder / audit_anchors.FILE
    await trail.note(3)
    await trail.link()
    with capture_logs() as told:
        await trail.anchor()
    assert [line["event"] for line in told] == ["audit_anchor"]
    path.unlink()
    (line, *_) = report([await trail.examined()])
    assert line.endswith("no anchor")
    assert report([await trail.examined()])[1] == "  without an anchor nothing shows whether the end was cut off"
    assert "nothing shows" in report([])[0]


async def test_an_anchor_made_anew_of_an_older_chain_is_an_alarm(trail: Trail, owner: Database) -> None:
    await _aged(trail, owner, 2, 1)
    with capture_logs() as told:
        await trail.anchor()
    lost, made = told
    assert (lost["event"], lost["log_level"], lost["made_anew_at"]) == ("audit_anchor_lost", "warning", 2)
    assert (made["event"], made["position"]) == ("audit_anchor", 2)
    with capture_logs() as quiet:
        await trail.anchor()
    assert quiet == []


async def test_what_is_older_than_six_months_goes_into_a_file_and_the_rest_verifies(
    trail: Trail, owner: Database
) -> None:
    await _aged(trail, owner, 400, 300, 200, 190, 100, 1)
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
    await _aged(trail, owner, 400, 300, 200, 1)
    async with unguarded(intruder):
        await entry_set(intruder, trail, 2, "why = '—'")
    with pytest.raises(SettingsWrong, match=r"position 2"):
        await _taken_out(trail, 185)
    assert len(await trail.links()) == 4
