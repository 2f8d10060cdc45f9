"""Writing a batch of an import: needs, their events, rejects and progress, all in the caller's one transaction.

A need is found again by its number within the community; the unique key decides, so the same file, two workers or a crash in
the middle never make a need twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import LostRace
from app.core.ids import new_id
from app.domain.clocks import ClockKind, ClockState, ClockSubject
from app.domain.clocks_needs import INTAKE
from app.domain.imports import RejectCode
from app.domain.imports_rows import Message, Reject
from app.domain.needs import NeedSource
from app.models import Import, ImportReject
from app.services.clocks import Bearer, started
from app.services.imports_sql import INSERT_CLOCKS, INSERT_EVENTS, INSERT_MARKS, INSERT_NEEDS, INSERT_OUTBOX, KNOWN
from app.services.office_hours import hours_of
from app.services.rotation_columns import SOURCE_DIGEST, imported_text

_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Aim:
    """Whose import this is and where its needs will stand."""

    district_id: int
    import_id: UUID
    requested_by: UUID | None
    place: dict[str, Any]
    """The location columns of the community."""
    archive: bool
    """Whether no limit runs for its needs."""


@dataclass(frozen=True, slots=True)
class NewNeed:
    """A message with what it takes to write it."""

    id: UUID
    event_id: UUID
    message: Message
    digests: list[bytes]
    """Under each index key, the current first."""
    name_sealed: bytes | None


def prepare(aim: Aim, sealer: Sealer, messages: Sequence[Message]) -> list[NewNeed]:
    """Ids in the order of the file; then sorted by number, so that two imports at once lock the same keys in one order."""
    needs = [_prepared(aim, sealer, message) for message in messages]
    return sorted(needs, key=lambda need: need.message.number)


def _prepared(aim: Aim, sealer: Sealer, message: Message) -> NewNeed:
    need_id = new_id()
    name = message.asker
    sealed = sealer.seal(name, aim.district_id, "needs", "asker_name_sealed", need_id) if name else None
    return NewNeed(need_id, new_id(), message, digests(aim.district_id, sealer, message), sealed)


def digests(district_id: int, sealer: Sealer, message: Message) -> list[bytes]:
    """Equal for rows of equal content. Keyed, since all but the asker's name can be read next to it and names can be guessed."""
    text = imported_text(message.number, message.asker, message.title, message.asked_at.isoformat(), message.details)
    return sealer.numbered_indexes(text, district_id, SOURCE_DIGEST)


async def write(session: AsyncSession, aim: Aim, needs: Sequence[NewNeed]) -> tuple[int, list[Reject]]:
    """Insert what is new. How many were, and the messages whose number stands for something else already."""
    if not needs:
        return 0, []
    moment = now()
    created = set(await session.scalars(INSERT_NEEDS, _need_values(aim, needs, moment)))
    new = [need for need in needs if need.id in created]
    if new:
        new.sort(key=lambda need: need.event_id)
        await session.execute(INSERT_EVENTS, _event_values(aim, new, moment))
        values = {"district": aim.district_id, "id": [need.event_id for need in new]}
        await session.execute(INSERT_OUTBOX, values)
        if not aim.archive:
            await _begin_clocks(session, aim, new, moment)
    return len(new), await _taken(session, aim, [need for need in needs if need.id not in created])


async def _begin_clocks(session: AsyncSession, aim: Aim, needs: Sequence[NewNeed], moment: datetime) -> None:
    """What came in has to be decided about from now on, as if it had been submitted here."""
    clock_ids = [new_id() for _ in needs]
    place = (aim.place["path"], aim.place["community_id"], aim.place["grid_id"])
    bearer = Bearer(ClockSubject.NEED, aim.import_id, aim.district_id, *place)
    columns = started(bearer, ClockKind.SIGN, INTAKE, await hours_of(session), moment)
    subjects = {"id": clock_ids, "subject_id": [need.id for need in needs], "state": ClockState.RUNNING}
    await session.execute(INSERT_CLOCKS, columns | subjects)
    marked = {"id": [new_id() for _ in needs], "clock_id": clock_ids, "at": moment, "district_id": aim.district_id}
    limit = {"time": INTAKE.time, "unit": INTAKE.unit, "source": INTAKE.source}
    await session.execute(INSERT_MARKS, marked | limit)


async def _taken(session: AsyncSession, aim: Aim, needs: Sequence[NewNeed]) -> list[Reject]:
    if not needs:
        return []
    values = {"community": aim.place["community_id"], "numbers": [need.message.number for need in needs]}
    known = {row.source_number: row.source_digest for row in await session.execute(KNOWN, values)}
    reason = "此留言编号先前已导入，内容不同；先前的保留"
    return [
        Reject(need.message.row_number, need.message.number, RejectCode.NUMBER_TAKEN, reason)
        for need in needs
        if not _same(known.get(need.message.number), need)
    ]


def _same(known: bytes | None, need: NewNeed) -> bool:
    """Digests from before there were several keys have no number."""
    return known is not None and known[-_DIGEST:] in [digest[-_DIGEST:] for digest in need.digests]


async def write_rejects(session: AsyncSession, aim: Aim, rejects: Sequence[Reject]) -> None:
    if not rejects:
        return
    rows = [
        {
            "district_id": aim.district_id,
            "id": new_id(),
            "import_id": aim.import_id,
            "row_number": reject.row_number,
            "source_number": reject.number,
            "code": reject.code.value,
            "reason": reject.reason,
        }
        for reject in rejects
    ]
    await session.execute(insert(ImportReject), rows)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a batch adds to the counters of its import."""

    created: int
    existing: int
    rejected: int

    @property
    def done(self) -> int:
        return self.created + self.existing + self.rejected


async def advance(session: AsyncSession, aim: Aim, progress: Progress, lease: datetime, until: datetime) -> None:
    """Count the batch and renew the lease. Raises LostRace when the lease is another worker's by now."""
    statement = (
        update(Import)
        .where(Import.id == aim.import_id, Import.lease_until == lease)
        .values(
            done_rows=Import.done_rows + progress.done,
            created_rows=Import.created_rows + progress.created,
            existing_rows=Import.existing_rows + progress.existing,
            rejected_rows=Import.rejected_rows + progress.rejected,
            lease_until=until,
            updated_at=now(),
        )
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    )
    if await session.scalar(statement) is None:
        raise LostRace("导入已由另一进程接手")


def _need_values(aim: Aim, needs: Sequence[NewNeed], moment: datetime) -> dict[str, Any]:
    messages = [need.message for need in needs]
    return {
        "id": [need.id for need in needs],
        "source_number": [message.number for message in messages],
        "title": [message.title for message in messages],
        "details": [message.details for message in messages],
        "asked_at": [message.asked_at for message in messages],
        "source_digest": [need.digests[0] for need in needs],
        "asker_name_sealed": [need.name_sealed for need in needs],
        "district": aim.district_id,
        "moment": moment,
        **aim.place,
    }


def _event_values(aim: Aim, needs: Sequence[NewNeed], moment: datetime) -> dict[str, Any]:
    return {
        "id": [need.event_id for need in needs],
        "aggregate_id": [need.id for need in needs],
        "district": aim.district_id,
        "actor": aim.requested_by,
        "path": aim.place["path"],
        "data": {"source": NeedSource.IMPORT.value, "category": None, "import_id": str(aim.import_id)},
        "moment": moment,
    }
