"""``sanshun audit``: look through the chain of the audit trail, and take its oldest part out into a file."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import asyncpg
import orjson

from app.core.clock import now
from app.core.database_url import plain
from app.core.keys import audit_keys
from app.core.start_errors import SettingsWrong
from app.domain.audit_chain import Anchor, Examiner, Fault, Mark
from app.services import audit_anchors, audit_chain
from app.settings import Settings

Progress = Callable[[str, int, int], None]
KEPT = timedelta(days=184)
"""Six months, whichever they are: 网络安全法 asks for no less, and the database refuses less (I12)."""
_PATIENCE = timedelta(minutes=1)
"""How long an entry may wait for its link."""
_TELL_EVERY = 5_000


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in one district."""

    district_id: int
    links: int
    newest: Mark
    anchor: Anchor | None
    waiting: int
    faults: list[Fault]


def verify(url: str, settings: Settings, district: int | None, anchors: Path | None, tell: Progress) -> list[Examined]:
    """Look through every district, or one. Not to be called where an event loop runs. Raises SettingsWrong."""
    keys = audit_keys(settings)
    if anchors is not None and not anchors.exists():
        raise SettingsWrong(f"There are no anchors at {anchors}.")
    kept = audit_anchors.read(anchors or settings.data_dir / audit_anchors.FILE)
    return asyncio.run(_verify(url, keys, district, kept, tell))


async def _verify(
    url: str, keys: list[bytes], district: int | None, anchors: dict[int, Anchor], tell: Progress
) -> list[Examined]:
    connection = await asyncpg.connect(plain(url))
    try:
        there = {row["id"] for row in await connection.fetch("SELECT id FROM districts")}
        if district is not None and district not in there | anchors.keys():
            raise SettingsWrong(f"There is no district {district}.")
        chosen = sorted(there | anchors.keys()) if district is None else [district]
        return [await _examine(connection, number, Examiner(keys, anchors.get(number)), tell) for number in chosen]
    finally:
        await connection.close()


async def _examine(connection: asyncpg.Connection, district: int, examiner: Examiner, tell: Progress) -> Examined:
    """One district at one moment; the anchors were read before it, so that the chain holds at least what they say."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await _enter(connection, district)
        total = await connection.fetchval("SELECT count(*) FROM audit_links WHERE district_id = $1", district)
        done = 0
        async for linked in audit_chain.links(connection, district):
            examiner.look(linked.mark, linked.entry_id, linked.entry)
            done += 1
            if done % _TELL_EVERY == 0 or done == total:
                tell(f"{district}", done, total)
        loose = await audit_chain.unlinked(connection, district)
    faults = examiner.end() + list(_left_out(loose))
    waiting = sum(entry.waits for entry in loose)
    return Examined(district, done, examiner.last, examiner.anchor, waiting, faults)


async def _enter(connection: asyncpg.Connection, district: int) -> None:
    """The owner too is bound by row-level security, unless it is a superuser."""
    await connection.execute(f"SET LOCAL app.district = '{district:d}'; SET LOCAL statement_timeout = 0")


def _left_out(loose: list[audit_chain.Unlinked]) -> Iterator[Fault]:
    late = now() - _PATIENCE
    for entry in loose:
        if not entry.waits:
            yield Fault("the entry is in no chain: it was put in, or its link was taken away", None, entry.entry_id)
        elif entry.at < late:
            yield Fault("the entry has waited longer than a minute: no linker runs", None, entry.entry_id)


@dataclass(frozen=True, slots=True)
class Archived:
    """Which links went into the file; none when everything is younger."""

    entries: int
    last: Mark | None


def archive(url: str, settings: Settings, district: int, before: datetime, target: Path, tell: Progress) -> Archived:
    """Write the oldest part of a chain into a new file, a link with its entry a line, and take it out of the database.

    What is younger than six months stays, and so does the newest link. The part is verified while it is written; where it ends
    is kept with the anchors, and ``verify`` goes on from there. Raises SettingsWrong.
    """
    if before > now() - KEPT:
        raise SettingsWrong("Entries are kept for six months: name an earlier day.")
    return asyncio.run(_archive(url, settings, district, before, target, tell))


async def _archive(
    url: str, settings: Settings, district: int, before: datetime, target: Path, tell: Progress
) -> Archived:
    path, keys = settings.data_dir / audit_anchors.FILE, audit_keys(settings)
    anchor = audit_anchors.read(path).get(district)  # before the chain, which then holds at least what it says
    connection = await asyncpg.connect(plain(url))
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await _enter(connection, district)
            last = await connection.fetchval(_OLD_UNTIL, district, before)
            if last is None:
                return Archived(0, None)
            examiner = Examiner(keys, anchor)
            with _new_file(target) as file:
                count = await _write_out(connection, district, last, examiner, file, tell)
            archived, (end, anchored) = examiner.last, await audit_chain.end_of(connection, district, anchor)
            examiner.skip_to(end, anchored)
            _refuse(examiner.end())
            _note(path, keys, district, end, archived)
            await connection.execute(_DROP_ENTRIES, district, last)
            await connection.execute(
                "DELETE FROM audit_links WHERE district_id = $1 AND position <= $2", district, last
            )
            return Archived(count, archived)
    finally:
        await connection.close()


_OLD_UNTIL = """
SELECT min(l.position) - 1 FROM audit_links AS l JOIN audit_entries AS e ON e.district_id = l.district_id AND e.id = l.id
WHERE l.district_id = $1 AND (e.at >= $2 OR l.position = (SELECT max(position) FROM audit_links WHERE district_id = $1))
HAVING min(l.position) > (SELECT min(position) FROM audit_links WHERE district_id = $1)"""
_DROP_ENTRIES = """
DELETE FROM audit_entries AS e USING audit_links AS l
WHERE l.district_id = e.district_id AND l.id = e.id AND l.district_id = $1 AND l.position <= $2"""


async def _write_out(
    connection: asyncpg.Connection, district: int, last: int, examiner: Examiner, file: IO[bytes], tell: Progress
) -> int:
    count = 0
    async for linked in audit_chain.links(connection, district, last):
        examiner.look(linked.mark, linked.entry_id, linked.entry)
        line = {"position": linked.mark.position, "hash": linked.mark.hash.hex(), "entry": linked.entry}
        file.write(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
        count += 1
        if count % _TELL_EVERY == 0 or linked.mark.position == last:
            tell("entries", count, count)
    return count


def _refuse(faults: list[Fault]) -> None:
    """An anchor that does not fit counts too: the note would take its place."""
    if faults:
        raise SettingsWrong(f"Nothing was archived: {_line(faults[0]).strip()}; run sanshun audit verify.")


def _note(path: Path, keys: list[bytes], district: int, end: Mark, archived: Mark) -> None:
    """Before anything is taken away: should that fail, the chain is still whole, and verified as such.

    The chain's own end goes with it, whatever anchor there was: the worker goes on from a link that is still there.
    """
    with audit_anchors.exclusive(path):
        anchors = audit_anchors.read(path)
        ends = [end, *(known.newest for known in [anchors.get(district)] if known)]
        newest = max(ends, key=lambda mark: mark.position)
        anchors[district] = Anchor.made(keys[0], district, newest, archived)
        audit_anchors.write(path, anchors.values())


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A file that was not there, readable by nobody else, on the disk when done. Raises SettingsWrong."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsWrong(f"The file {target} cannot be made: {error.strerror}.") from None
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def report(found: list[Examined], most: int = 20) -> list[str]:
    """What ``verify`` prints: a line a district, then its faults."""
    lines: list[str] = []
    for one in found:
        if not (one.links or one.waiting or one.faults):
            continue
        verdict = f"{len(one.faults):,} FAULTS" if one.faults else "sound"
        archived = f", archived up to {one.anchor.archived.position:,}" if one.anchor and one.anchor.archived else ""
        anchored = f"anchor {one.anchor.newest.position:,}" if one.anchor else "no anchor"
        lines.append(
            f"district {one.district_id}: {verdict}: {one.links:,} links{archived}, {one.waiting:,} waiting, {anchored}"
        )
        if one.anchor is None:
            lines.append("  without an anchor nothing shows whether the end was cut off")
        lines += [_line(fault) for fault in one.faults[:most]]
        if len(one.faults) > most:
            lines.append(f"  … and {len(one.faults) - most:,} more")
    return lines or ["the audit trail is empty; without an anchor nothing shows whether it always was"]


def _line(fault: Fault) -> str:
    where: list[Any] = [f"position {fault.position:,}"] if fault.position is not None else []
    where += [f"entry {fault.entry_id}"] if fault.entry_id is not None else []
    return f"  {', '.join(where)}{': ' if where else ''}{fault.words}"
