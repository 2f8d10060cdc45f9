"""Sealing anew with the key that seals now: batch by batch, each its own transaction.

How far it has come is in the rows: the first byte of a seal names its key. So it may be killed at any moment and begun again,
by one process or several. It is no change of a row: no event, no version; what was sealed is the same. A change that comes in
between wins: rows are locked for a batch, and what is written replaces only the very box that was opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import PERSONAL, SealBroken, Sealer
from app.core.start_errors import KeyMissing
from app.domain.audit import Caller, Outcome
from app.models import ImportFile
from app.services import audit
from app.services.rotation_columns import Index, SealedTable, table_of

_FIRST = 1
_BARE_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of one: how many rows were written, and the last one looked at; None at the end of the table."""

    written: int
    last: UUID | None


def _head(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first byte of a box; of nothing, nothing."""
    return func.substring(column, _FIRST, _FIRST)


def _byte(number: int) -> ColumnElement[Any]:
    return literal(bytes([number]), LargeBinary)


def _opens(column: ColumnElement[Any], secret: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether there is something, and its person's secret is not destroyed."""
    return and_(column != b"", or_(secret.is_not(None), _head(column) < _byte(PERSONAL)))


def _stale(sealed: SealedTable, secret: ColumnElement[Any], sealer: Sealer) -> ColumnElement[bool]:
    now = case((secret.is_(None), _byte(sealer.head(personal=False))), else_=_byte(sealer.head(personal=True)))
    boxes = [and_(_opens(c, secret), _head(c) != now) for c in (sealed.table.c[name] for name in sealed.columns)]
    numbered = [_index_stale(sealed.table.c[index.column], sealer) for index in sealed.indexes if index.numbered]
    return or_(*boxes, *numbered)


def _index_stale(column: ColumnElement[Any], sealer: Sealer) -> ColumnElement[bool]:
    """An index without its key's number is older than numbers."""
    return or_(func.length(column) == _BARE_DIGEST, _head(column) != _byte(sealer.head(personal=False)))


async def waiting(session: AsyncSession, sealed: SealedTable, sealer: Sealer) -> int:
    """How many rows of the session's district are not yet as they would be sealed now."""
    source, secret = sealed.source()
    return await session.scalar(select(func.count()).select_from(source).where(_stale(sealed, secret, sealer))) or 0


async def using(session: AsyncSession, sealed: SealedTable, number: int) -> int:
    """How many rows of the session's district need this key to be read or found."""
    source, secret = sealed.source()
    heads = [_byte(number), _byte(number | PERSONAL)]
    boxes = [and_(_opens(c, secret), _head(c).in_(heads)) for c in (sealed.table.c[name] for name in sealed.columns)]
    numbered = [sealed.table.c[index.column] for index in sealed.indexes if index.numbered]
    bare = [or_(func.length(c) == _BARE_DIGEST, _head(c) == _byte(number)) for c in numbered]
    return await session.scalar(select(func.count()).select_from(source).where(or_(*boxes, *bare))) or 0


async def files_using(session: AsyncSession, number: int) -> int:
    """How many uploaded files wait for their import under this key."""
    content = table_of(ImportFile).c.content
    return await session.scalar(select(func.count()).where(_head(content) == _byte(number))) or 0


async def note(session: AsyncSession, district_id: int, sealer: Sealer, rows: Mapping[str, int]) -> None:
    """One audit entry a run and district, written before the first batch, so that a run that is killed has left it too."""
    data = {"key": sealer.current.number, "cipher": sealer.current.cipher.value, "rows": dict(rows)}
    audit.add(session, district_id, "key.rotate", Outcome.DONE, caller=Caller.SYSTEM, data=data)


async def reseal(
    session: AsyncSession, sealed: SealedTable, sealer: Sealer, after: UUID | None, limit: int, *, wait: bool
) -> Batch:
    """Seal the next rows anew. ``wait``: also for rows somebody else holds, which are passed over otherwise.

    Raises KeyMissing when something does not open with the keys given.
    """
    source, secret = sealed.source()
    table = sealed.table
    beside = {name for index in sealed.indexes for name in (index.column, *index.beside)}
    names = [table.c[name] for name in ("district_id", "id", *sealed.columns, *beside)]
    query = select(*names, secret.label("owner_secret")).select_from(source).where(_stale(sealed, secret, sealer))
    if after is not None:
        query = query.where(table.c.id > after)
    query = query.order_by(table.c.id).limit(limit)
    found = await session.execute(query.with_for_update(of=table, key_share=True, skip_locked=not wait))
    rows = found.mappings().all()
    if not rows:
        return Batch(0, None)
    written = await _write(session, sealed, [_anew(sealed, sealer, row) for row in rows])
    return Batch(written, rows[-1]["id"])


def _anew(sealed: SealedTable, sealer: Sealer, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The row's id, its boxes as they were (``was_…``) and as they are to be, and its indexes."""
    secret = row["owner_secret"]
    values = dict(row)
    written: dict[str, Any] = {"id": row["id"]}
    for name in sealed.columns:
        box = row[name]
        written[f"was_{name}"] = written[name] = box
        values[name] = None
        if not box or (secret is None and box[0] & PERSONAL):
            continue
        cell = (row["district_id"], sealed.name, name, row["id"], secret)
        plain = _open(sealer, box, *cell)
        if not sealer.is_current(box, personal=secret is not None):
            written[name] = sealer.seal_bytes(plain, *cell)
        values[name] = plain.decode() if sealed.indexes else None
    for index in sealed.indexes:
        written[index.column] = _indexed(index, sealer, row["district_id"], values) or row[index.column]
    return written


def _open(sealer: Sealer, box: bytes, district_id: int, table: str, column: str, row: UUID, secret: Any) -> bytes:
    try:
        return sealer.open_bytes(box, district_id, table, column, row, secret)
    except SealBroken:
        known = box[0] & ~PERSONAL in sealer.numbers
        why = (
            "it is another key under this number, or the row is damaged" if known else "it is not in SANSHUN_FIELD_KEY"
        )
        raise KeyMissing(
            f"{table}.{column} of row {row} in district {district_id} does not open with key {box[0] & ~PERSONAL}: {why}."
        ) from None


def _indexed(index: Index, sealer: Sealer, district_id: int, values: Mapping[str, Any]) -> bytes | None:
    value = index.value(values)
    if value is None or (index.numbered and values[index.column] is None):
        return None
    found = sealer.numbered_indexes if index.numbered else sealer.blind_indexes
    return found(value, district_id, index.label)[0]


async def _write(session: AsyncSession, sealed: SealedTable, rows: Sequence[Mapping[str, Any]]) -> int:
    """One statement for the batch. A row whose box is not the one that was opened is left, and so is one whose index somebody
    else has: the value is recorded twice, and one of the two must be merged first.
    """
    table = sealed.table
    names = [*(f"was_{name}" for name in sealed.columns), *sealed.columns, *(index.column for index in sealed.indexes)]
    kinds: dict[str, Any] = {"id": Uuid()} | {name: LargeBinary() for name in names}
    arrays = [bindparam(f"given_{name}", type_=ARRAY(kind)) for name, kind in kinds.items()]
    columns = [column(name, kind) for name, kind in kinds.items()]
    given = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    same = [table.c[name].is_not_distinct_from(given.c[f"was_{name}"]) for name in sealed.columns]
    free = [~_taken(sealed, index, given) for index in sealed.indexes if index.unique]
    statement = (
        update(table)
        .values({name: given.c[name] for name in names if not name.startswith("was_")})
        .where(table.c.id == given.c.id, *same, *free)
        .returning(table.c.id)
    )
    values = {f"given_{name}": [row[name] for row in rows] for name in kinds}
    return len((await session.scalars(statement, values)).all())


def _taken(sealed: SealedTable, index: Index, given: Any) -> ColumnElement[bool]:
    other = sealed.table.alias("other")
    return (
        select(other.c.id)
        .where(
            other.c.district_id == sealed.table.c.district_id,
            other.c[index.column] == given.c[index.column],
            other.c.id != given.c.id,
        )
        .exists()
    )
