"""Pairings 结对包联: who looks after a place, since when, and who did on a day.

Who looks after a compound, building or entrance is for everybody to see, as on the board at its door. Who looks after a household
tells where a family lives: it is for staff of the place, the member, and whoever lives behind the door.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.pairings import PLACE_OF, PairingEnd, PairingLevel, day_before, must_fit, must_span, nearest_first
from app.domain.people import Actor
from app.domain.places import ancestors, below
from app.models import Organization, Pairing, Person, Place
from app.schemas.pairings import PairingCreate, PairingFinish, PairingQuery, PairingRead, PairingReplace
from app.services import people, people_rows, places
from app.services.access import reads_all, under_path
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

NOUN = "pairing"
_DERIVED = {"place_kind", "place_name", "organization_name", "person_name"}
_FIELDS = tuple(name for name in PairingRead.model_fields if name not in _DERIVED)
_WAS = or_(Pairing.end_reason.is_(None), Pairing.end_reason != PairingEnd.MISTAKE)
Party = tuple[UUID | None, UUID | None]
"""The organization or the person."""


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[Pairing]) -> list[dict[str, Any]]:
    """The fields of PairingReads; names of people masked."""
    people_named = await names_of(session, sealer, {row.person_id for row in rows if row.person_id})
    spots = await _named(session, Place, {row.place_id for row in rows})
    units = await _named(session, Organization, {row.organization_id for row in rows if row.organization_id})
    return [
        people_rows.fields(row, _FIELDS)
        | {
            "place_kind": PLACE_OF[row.level],
            "place_name": spots[row.place_id],
            "organization_name": units[row.organization_id] if row.organization_id else None,
            "person_name": people_named[row.person_id] if row.person_id else None,
        }
        for row in rows
    ]


async def _named(session: AsyncSession, model: Any, ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(model.id, model.name).where(model.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def valid_on(day: date) -> ColumnElement[bool]:
    """Pairings that hold on this day; one entered by mistake never did."""
    lasts = or_(Pairing.ends_on.is_(None), Pairing.ends_on >= day)
    return and_(Pairing.starts_on <= day, lasts, _WAS)


async def _in_sight(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    own = await people_rows.own_people(session, actor)
    return or_(
        Pairing.level != PairingLevel.MEMBER,
        under_path(Pairing, reads_all(actor)),
        Pairing.person_id.in_(own),
        Pairing.place_id.in_(select(Person.place_id).where(Person.id.in_(own))),
    )


async def page(session: AsyncSession, actor: Actor, query: PairingQuery) -> Page[Pairing]:
    """The whole district's, households as far as the reader may see them; newest first."""
    access.require_anywhere(actor, "pairings:list")
    rows = select(Pairing).where(await _in_sight(session, actor), *await _asked(session, query))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Pairing.id < after)
    found = await session.scalars(rows.order_by(Pairing.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def _asked(session: AsyncSession, query: PairingQuery) -> list[ColumnElement[bool]]:
    equal = {name: getattr(query, name) for name in ("level", "place_id", "organization_id", "person_id")}
    asked = [getattr(Pairing, name) == value for name, value in equal.items() if value is not None]
    if query.under is not None:
        low, high = below((await place_of(session, query.under)).path)
        asked += [Pairing.path >= low, Pairing.path < high]
    if query.current is not None:
        asked.append(valid_on(today()) if query.current else not_(valid_on(today())))
    if query.on is not None:
        asked.append(valid_on(query.on))
    return asked


async def load(session: AsyncSession, actor: Actor, row_id: UUID) -> Pairing:
    """One of those that the list shows; 404 for whoever may not see it."""
    access.require_anywhere(actor, "pairings:read")
    row = await session.scalar(select(Pairing).where(Pairing.id == row_id, await _in_sight(session, actor)))
    if row is None:
        raise NotFound()
    if row.person_id is not None:
        actor.trace.person_id = row.person_id
    return row


async def responsible(session: AsyncSession, actor: Actor, place_id: UUID, on: date | None) -> list[Pairing]:
    """Who is or was responsible for a place on a day, at its own level and at each above it, nearest first."""
    place = await places.read(session, actor, place_id, "places:responsible")
    here = Pairing.path.in_(ancestors(place.path))
    rows = await session.scalars(select(Pairing).where(here, valid_on(on or today())))
    return nearest_first((row.level, row) for row in rows)


async def create(session: AsyncSession, actor: Actor, form: PairingCreate) -> Pairing:
    """A pairing from a day on, or one of the past with its end. 409 when another holds on one of its days."""
    place = await place_of(session, form.place_id)
    access.require(actor, "pairings:create", place.path)
    await _must_fit(session, actor, form.level, place, (form.organization_id, form.person_id), "pairings:create")
    must_span(form.starts_on, form.ends_on, today())
    if (form.ends_on is None) != (form.end_reason is None):
        raise RuleBroken("最后一日与结束的原因须一并填写", field="end_reason")
    if form.end_reason is not PairingEnd.MISTAKE:
        await _must_be_free(session, form.level, place.id, form.starts_on, form.ends_on)
    return await _begin(session, actor, place.path, form.model_dump())


async def _must_fit(
    session: AsyncSession, actor: Actor, level: PairingLevel, place: Place, party: Party, permission: str
) -> None:
    """The party is one the actor sees; a member is locked, so that nobody is paired while they leave the party."""
    unit, person = party
    kind = (await people.unit_of(session, actor, unit)).kind if unit else None
    status = (await people.hold(session, actor, person, permission)).person.party_status if person else None
    must_fit(level, place.kind, kind, status)


async def _must_be_free(
    session: AsyncSession, level: PairingLevel, place_id: UUID, starts_on: date, ends_on: date | None
) -> None:
    """Says in words what the exclusion constraint holds."""
    meets = [or_(Pairing.ends_on.is_(None), Pairing.ends_on >= starts_on)]
    meets += [Pairing.starts_on <= ends_on] if ends_on is not None else []
    same = (Pairing.place_id == place_id, Pairing.level == level, _WAS, *meets)
    if await session.scalar(select(Pairing.id).where(*same).limit(1)) is not None:
        raise Duplicate("这些日子里此地点已有同一层级的结对方，请先结束或更换")


async def _begin(session: AsyncSession, actor: Actor, path: str, values: dict[str, Any]) -> Pairing:
    row = Pairing(district_id=actor.district_id, id=new_id(), path=path, made_by=actor.person_id, **values)
    session.add(row)
    publish(session, NOUN, row, "create", actor=actor, data=_told(row))
    await session.flush()
    return row


def _told(row: Pairing) -> dict[str, Any]:
    ids = {name: str(value) for name in ("place_id", "organization_id", "person_id") if (value := getattr(row, name))}
    days = {name: value.isoformat() for name in ("starts_on", "ends_on") if (value := getattr(row, name))}
    return ids | days | {"level": row.level.value} | ({"reason": row.end_reason.value} if row.end_reason else {})


async def end(session: AsyncSession, actor: Actor, row_id: UUID, form: PairingFinish) -> Pairing:
    """The pairing has a last day."""
    row = await _hold(session, actor, row_id, "pairings:end")
    must_span(row.starts_on, form.ends_on, today())
    await _finish(session, actor, row, form.ends_on, form.reason)
    return row


async def replace(session: AsyncSession, actor: Actor, row_id: UUID, form: PairingReplace) -> Pairing:
    """Another party from this day on; the one before until the day before. Both in one transaction, or neither."""
    row = await _hold(session, actor, row_id, "pairings:replace")
    place = await place_of(session, row.place_id)
    await _must_fit(session, actor, row.level, place, (form.organization_id, form.person_id), "pairings:replace")
    must_span(form.starts_on, None, today())
    if form.starts_on <= row.starts_on:
        raise RuleBroken("新的结对须晚于原来的开始日期；原来的如系误登，请以“误登”结束后重新登记", field="starts_on")
    if row.ends_on is not None and row.ends_on < form.starts_on:
        raise RuleBroken("原来的结对在此之前已经期满，请直接登记新的", field="starts_on")
    await _finish(session, actor, row, day_before(form.starts_on), form.reason)
    await _must_be_free(session, row.level, place.id, form.starts_on, None)
    values = form.model_dump(exclude={"reason"}) | {"level": row.level, "place_id": row.place_id}
    return await _begin(session, actor, place.path, values)


async def _hold(session: AsyncSession, actor: Actor, row_id: UUID, permission: str) -> Pairing:
    """A pairing that goes on after today, even if its last day is agreed on, locked. 403 elsewhere, 409 when it is over."""
    row = await load(session, actor, row_id)
    access.require(actor, permission, row.path)
    await session.refresh(row, with_for_update=True)
    if row.end_reason is PairingEnd.MISTAKE or (row.ends_on is not None and row.ends_on <= today()):
        raise Conflict("这一结对已经结束")
    return row


async def _finish(session: AsyncSession, actor: Actor | None, row: Pairing, ends_on: date, reason: PairingEnd) -> None:
    row.ends_on, row.end_reason = ends_on, reason
    publish(session, NOUN, row, "end", actor=actor, data=_told(row))
    await session.flush()


async def end_of_member(session: AsyncSession, actor: Actor, ids: Sequence[UUID], reason: PairingEnd) -> None:
    """Whoever is no member any more, or is no longer known, looks after no household from tomorrow on.

    What was only agreed on for later never comes to be.
    """
    lasts = or_(Pairing.ends_on.is_(None), Pairing.ends_on > today())
    going_on = (Pairing.person_id.in_(ids), lasts, _WAS)
    rows = await session.scalars(select(Pairing).where(*going_on).order_by(Pairing.id).with_for_update())
    for row in rows.all():
        begun = row.starts_on <= today()
        await _finish(session, actor, row, max(row.starts_on, today()), reason if begun else PairingEnd.MISTAKE)
