"""Reading the audit trail, and who has seen somebody's data. Both lists are walks along one index, newest first.

Reading the trail is an opening itself: each such call leaves its entry.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal_column, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.crypto import Sealer
from app.core.errors import Forbidden, NotFound
from app.core.ids import first_id_of
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.audit import Caller, as_minor
from app.domain.people import ROLE_NAMES, Actor, Role
from app.domain.places import child_path
from app.models import AuditEntry, AuditLink, Client, Grant, Organization, Person
from app.schemas.audit import AuditQuery, AuditRead, SightingQuery
from app.services import people_merged
from app.services.people_names import names_of
from app.services.places import paged

OPENED = "audit"
"""What an entry calls the trail itself among what was opened."""
_FIELDS = tuple(name for name in AuditRead.model_fields if name != "position")
_CLOCKS_APART = timedelta(hours=1)
"""Ids are ordered by the time they were made, which is an entry's time but for this much."""


async def page(session: AsyncSession, actor: Actor, query: AuditQuery) -> Page[dict[str, Any]]:
    """Entries of the district, newest first."""
    _of_the_district(actor, "audit:list")
    actor.trace.opened, actor.trace.person_id = [OPENED], query.person_id
    found: Page[AuditEntry] = paged((await session.scalars(listing(query))).all(), query.limit)
    return Page(await _shown(session, found.items), found.next_cursor)


async def read(session: AsyncSession, actor: Actor, entry_id: UUID) -> dict[str, Any]:
    _of_the_district(actor, "audit:read")
    entry = await session.scalar(select(AuditEntry).where(AuditEntry.id == entry_id))
    if entry is None:
        raise NotFound()
    actor.trace.opened, actor.trace.person_id = [OPENED], entry.person_id
    return (await _shown(session, [entry]))[0]


def _of_the_district(actor: Actor, permission: str) -> None:
    """The trail is one for the whole district: who looks after a part of it does not read it."""
    access.require(actor, permission, child_path("", str(actor.district_id)))


def listing(query: AuditQuery) -> Select[AuditEntry]:
    """The limit and the partial indexes' predicates stand in the text, so that one plan fits every value."""
    rows = select(AuditEntry)
    for name in ("actor_id", "subject_id", "operation"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(AuditEntry, name) == value)
    if query.outcome is not None:
        rows = rows.where(text(f"audit_entries.outcome = '{query.outcome.value}'"))
    if query.from_at is not None:
        rows = rows.where(AuditEntry.at >= query.from_at, AuditEntry.id >= first_id_of(query.from_at - _CLOCKS_APART))
    if query.until_at is not None:
        rows = rows.where(AuditEntry.at < query.until_at, AuditEntry.id < first_id_of(query.until_at + _CLOCKS_APART))
    if query.person_id is not None:
        return _about(rows, [query.person_id], query)
    return _newest_first(rows, query.limit, id_after(query.cursor))


def _about(rows: Select[AuditEntry], ids: Sequence[UUID], query: AuditQuery | SightingQuery) -> Select[AuditEntry]:
    """Those about a person under any of their records, or about a guardian for them.

    Each record and column is a walk of its own, since no index has the entries of several in one order; together they are
    as short as the page.
    """
    columns, after = (AuditEntry.person_id, AuditEntry.minor_id), id_after(query.cursor)
    walks = [_newest_first(rows.where(column == one), query.limit, after) for one in ids for column in columns]
    found = aliased(AuditEntry, union_all(*walks).subquery())
    return select(found).order_by(found.id.desc()).limit(literal_column(str(query.limit + 1)))


def _newest_first(rows: Select[AuditEntry], limit: int, after: UUID | None) -> Select[AuditEntry]:
    if after is not None:
        rows = rows.where(AuditEntry.id < after)
    return rows.order_by(AuditEntry.id.desc()).limit(literal_column(str(limit + 1)))


async def _shown(session: AsyncSession, entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """The fields of AuditReads; the link's position is what ``sanshun audit verify`` names."""
    ids = [entry.id for entry in entries]
    rows = await session.execute(select(AuditLink.id, AuditLink.position).where(AuditLink.id.in_(ids)))
    positions = {row.id: row.position for row in rows}
    return [
        {name: getattr(entry, name) for name in _FIELDS} | {"position": positions.get(entry.id)} for entry in entries
    ]


async def sightings(
    session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, query: SightingQuery
) -> Page[dict[str, Any]]:
    """Who has seen this person's sensitive fields in clear; 404 when the person is missing or hidden."""
    permission = "people:sightings"
    actor.checked.add(permission)
    path = await session.scalar(select(Person.path).where(Person.id == person_id))
    roles = actor.roles_at(path) if path is not None else frozenset()
    if not access.may(permission, roles):
        raise Forbidden() if access.may("people:read", roles) else NotFound()
    actor.trace.opened, actor.trace.person_id = [OPENED], person_id
    return await _sightings_of(session, sealer, person_id, query)


async def my_sightings(
    session: AsyncSession, actor: Actor, sealer: Sealer, query: SightingQuery
) -> Page[dict[str, Any]]:
    """Who has seen the caller's own."""
    actor.checked.add(access.SELF)
    return await _sightings_of(session, sealer, actor.person_id, query)


def sighting_list(ids: Sequence[UUID], query: SightingQuery) -> Select[AuditEntry]:
    """Of a person under any of their records."""
    return _about(select(AuditEntry).where(text("cardinality(audit_entries.opened) > 0")), ids, query)


async def _sightings_of(
    session: AsyncSession, sealer: Sealer, person_id: UUID, query: SightingQuery
) -> Page[dict[str, Any]]:
    ids = await people_merged.ids_of(session, person_id)
    rows = await session.scalars(sighting_list(ids, query))
    found: Page[AuditEntry] = paged(rows.all(), query.limit)
    who = await _callers(session, sealer, found.items)
    names = ("id", "at", "caller", "operation", "purpose")
    items = [
        {name: getattr(entry, name) for name in names}
        | {"opened": as_minor(entry.opened) if entry.minor_id in ids else entry.opened}
        | who.shown(entry)
        for entry in found.items
    ]
    return Page(items, found.next_cursor)


class _Callers:
    """Who stands behind the entries of a page."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.organizations: dict[UUID, str] = {}
        self.grants: dict[UUID, list[Grant]] = defaultdict(list)

    def shown(self, entry: AuditEntry) -> dict[str, Any]:
        who = entry.actor_id
        return {
            "name": self.names.get(who) if who else None,
            "organization": self.organizations.get(who) if who else None,
            "roles": self._roles(who, entry.at) if who else [],
        }

    def _roles(self, who: UUID, at: datetime) -> list[str]:
        held = (g.role for g in self.grants[who] if g.starts_at <= at and (g.ends_at is None or at < g.ends_at))
        return sorted({ROLE_NAMES[Role(role)] for role in held})


async def _callers(session: AsyncSession, sealer: Sealer, entries: Sequence[AuditEntry]) -> _Callers:
    found = _Callers()
    ids = {kind: {e.actor_id for e in entries if e.actor_id and e.caller is kind} for kind in Caller}
    people, clients = ids[Caller.PERSON], ids[Caller.CLIENT]
    found.names |= await names_of(session, sealer, people)
    for owner, those in ((Person, people), (Client, clients)):
        joined = (Organization.district_id == owner.district_id) & (Organization.id == owner.organization_id)
        rows = await session.execute(
            select(owner.id, Organization.name).join(Organization, joined).where(owner.id.in_(those))
        )
        found.organizations |= {row.id: row.name for row in rows}
    for client in await session.execute(select(Client.id, Client.name).where(Client.id.in_(clients))):
        found.names[client.id] = client.name
        found.grants[client.id] = []
    for grant in await session.scalars(select(Grant).where(Grant.person_id.in_(people))):
        found.grants[grant.person_id].append(grant)
    return found
