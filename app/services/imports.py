"""Imports: take in a file, follow it, and the steps of the worker that reads it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Invalid, LostRace, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after, position_after, position_cursor
from app.domain import access
from app.domain.imports import ImportState
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.models import Import, ImportFile, ImportReject, Place
from app.models.base import literal_in
from app.schemas.imports import ImportQuery, RejectQuery
from app.services.access import under
from app.services.imports_write import Aim
from app.services.outbox import publish
from app.services.places import located, paged

OPENING_LEASE = timedelta(seconds=120)
"""How long a worker may take to open a file; going through the largest takes a fraction of it."""
BATCH_LEASE = timedelta(seconds=30)
"""How long a batch may take. A killed worker's import is taken up by another after this."""
_UNFINISHED = frozenset({ImportState.QUEUED, ImportState.RUNNING})
_LAST_ROW = 2**31 - 1
"""PostgreSQL's integer ends here, and so does every row number."""
_INTERRUPTED = "导入命令被中断，请重新运行；已导入的不会重复"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in for a community, with what its sender called it."""

    community_code: str
    name: str
    content: bytes
    archive: bool = False


@dataclass(slots=True)
class Claim:
    """An import in a worker's hands until ``lease``, which moves on as it is renewed. ``done_rows``: where to go on."""

    aim: Aim
    lease: datetime
    done_rows: int


async def community_of(session: AsyncSession, code: str) -> Place:
    """The community with this division code; 404 when the district has none."""
    place = await session.scalar(select(Place).where(Place.code == code, Place.kind == PlaceKind.COMMUNITY))
    if place is None:
        raise NotFound("没有这个社区")
    return place


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, upload: Upload) -> Import:
    """Keep the file, sealed, until a worker has read it. Whether it can be read turns out then."""
    access.require_anywhere(actor, "imports:create")
    community = await community_of(session, upload.community_code)
    access.require(actor, "imports:create", community.path)
    if not upload.content:
        raise Invalid("文件是空的")
    found = queued(session, community, upload.name, actor, archive=upload.archive)
    await session.flush()
    content = await asyncio.to_thread(
        sealer.seal_bytes, upload.content, found.district_id, "import_files", "content", found.id
    )
    session.add(ImportFile(district_id=found.district_id, id=found.id, content=content))
    return found


def queued(
    session: AsyncSession, community: Place, file_name: str, actor: Actor | None, *, archive: bool = False
) -> Import:
    """A new import, waiting. ``actor`` None: from the command line."""
    found = Import(
        district_id=community.district_id,
        id=new_id(),
        community_id=community.id,
        path=community.path,
        file_name=file_name,
        archive=archive,
        state=ImportState.QUEUED,
        done_rows=0,
        created_rows=0,
        existing_rows=0,
        rejected_rows=0,
        requested_by=actor.person_id if actor else None,
    )
    session.add(found)
    data = {"file_name": file_name, "archive": archive}
    # an import is one thing in the audit trail: noted when it ends, and by the call that brought the file
    publish(session, "import", found, "create", actor=actor, target=found.state.value, data=data, noted=False)
    return found


async def read(session: AsyncSession, actor: Actor, import_id: UUID) -> Import:
    """404 unless one of the actor's grants covers the community."""
    found = await session.scalar(select(Import).where(Import.id == import_id))
    actor.checked.add("imports:read")
    if found is None or not access.may("imports:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def page(session: AsyncSession, actor: Actor, query: ImportQuery) -> Page[Import]:
    """Imports of the communities the actor's grants cover, newest first."""
    grants = access.require_anywhere(actor, "imports:list")
    rows = select(Import).where(under(Import, grants))
    if query.state is not None:
        rows = rows.where(Import.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Import.id < after)
    return paged((await session.scalars(rows.order_by(Import.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def rejects(session: AsyncSession, actor: Actor, import_id: UUID, query: RejectQuery) -> Page[ImportReject]:
    """The rows that did not become needs, in the order of the file."""
    await read(session, actor, import_id)
    rows = select(ImportReject).where(ImportReject.import_id == import_id)
    if query.cursor is not None:
        rows = rows.where(ImportReject.row_number > min(position_after(query.cursor), _LAST_ROW))
    found = (await session.scalars(rows.order_by(ImportReject.row_number).limit(query.limit + 1))).all()
    more = len(found) > query.limit
    shown = found[: query.limit]
    return Page(shown, position_cursor(shown[-1].row_number) if more else None)


async def claim(session: AsyncSession) -> Claim | None:
    """Take an import that waits, or whose worker has gone; the oldest first. Other workers pass over a locked row."""
    free = or_(Import.lease_until.is_(None), Import.lease_until < now())
    query = (
        select(Import)
        .where(text(literal_in("imports.state", _UNFINISHED)), free)
        .order_by(Import.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = await session.scalar(query)
    return await begin(session, found) if found is not None else None


async def begin(session: AsyncSession, found: Import) -> Claim:
    """Put the import into the caller's hands."""
    found.lease_until = now() + OPENING_LEASE
    if found.state is ImportState.QUEUED:
        found.state = ImportState.RUNNING
        publish(session, "import", found, "start", actor=None, source="queued", target="running", noted=False)
    community = (await session.scalars(select(Place).where(Place.id == found.community_id))).one()
    aim = Aim(found.district_id, found.id, found.requested_by, located(community), found.archive)
    return Claim(aim, found.lease_until, found.done_rows)


async def file_of(session: AsyncSession, sealer: Sealer, aim: Aim) -> bytes | None:
    """The bytes that came in; None for an import of the command line, whose file only that command has."""
    sealed = await session.scalar(select(ImportFile.content).where(ImportFile.id == aim.import_id))
    if sealed is None:
        return None
    return await asyncio.to_thread(sealer.open_bytes, sealed, aim.district_id, "import_files", "content", aim.import_id)


async def opened(session: AsyncSession, claimed: Claim, total_rows: int) -> None:
    """The file can be read: say how long it is."""
    (await _held(session, claimed)).total_rows = total_rows


async def end(session: AsyncSession, claimed: Claim, refusal: str | None = None) -> Import:
    """Done, or failed for this reason; the file's bytes are dropped either way."""
    found = await _held(session, claimed)
    source, found.state = found.state, ImportState.FAILED if refusal else ImportState.DONE
    found.message, found.lease_until, found.finished_at = refusal, None, now()
    await session.execute(delete(ImportFile).where(ImportFile.id == found.id))
    action = "fail" if refusal else "finish"
    publish(
        session, "import", found, action, actor=None, source=source.value, target=found.state.value, data=_sums(found)
    )
    return found


async def end_interrupted(session: AsyncSession, claimed: Claim) -> Import:
    """An import of the command line whose command has gone."""
    return await end(session, claimed, _INTERRUPTED)


async def let_go(session: AsyncSession, claimed: Claim) -> None:
    """Leave the import to whoever comes next, at once."""
    (await _held(session, claimed)).lease_until = now()


def _sums(found: Import) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("created_rows", "existing_rows", "rejected_rows", "message")}


async def _held(session: AsyncSession, claimed: Claim) -> Import:
    query = select(Import).where(Import.id == claimed.aim.import_id, Import.lease_until == claimed.lease)
    found = await session.scalar(query.with_for_update())
    if found is None:
        raise LostRace("导入已由另一进程接手")
    return found
