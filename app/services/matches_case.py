"""A match with its need and what the actor is to it. Need before match: the sequence in which every verb locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import NotFound
from app.domain import access
from app.domain.lifecycle import Step
from app.domain.matches import MATCH, MatchAction, MatchState
from app.domain.people import Actor, Parties, Relation
from app.models import Match, Need, Organization, Resource
from app.schemas.matches import MatchRead
from app.services.outbox import publish
from app.services.people_names import names_of

SYSTEM: Parties = frozenset({Relation.SYSTEM})
_DERIVED = {"need_title", "resource_name", "resource_kind", "organization_name", "owner_name", "actions"}
_FIELDS = tuple(name for name in MatchRead.model_fields if name not in _DERIVED)


@dataclass(slots=True)
class MatchCase:
    match: Match
    parties: Parties


async def load(
    session: AsyncSession, actor: Actor | None, match_id: UUID, permission: str, *, lock: bool = True
) -> MatchCase:
    """Read a match for a verb; 404 when it is not there for this actor. ``actor`` None is the system.

    A resource's owner does not see it: it would tell them of a need that may not be theirs to read.
    """
    if lock:
        key = select(Match.need_id).where(Match.id == match_id).scalar_subquery()
        await session.execute(select(Need.id).where(Need.id == key).with_for_update())
    query = select(Match).where(Match.id == match_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    match = await session.scalar(query)
    if match is None:
        raise NotFound()
    if actor is None:
        return MatchCase(match, SYSTEM)
    parties = actor.roles_at(match.path)
    actor.checked.add(permission)
    if not access.may("matches:read", parties):
        raise NotFound()
    return MatchCase(match, parties)


def decide(case: MatchCase, action: MatchAction) -> Step[MatchState, MatchAction]:
    return MATCH.decide(case.match.state, action, case.parties)


def move(
    session: AsyncSession,
    match: Match,
    step: Step[MatchState, MatchAction],
    actor: Actor | None,
    *,
    data: dict[str, Any],
    noted: bool = True,
) -> None:
    """Take the step. What was typed stands in the row, which can forget it; events cannot."""
    source, match.state = match.state, step.target
    match.decided_at = now()
    match.decided_by = actor.person_id if actor else None
    told = {"need_id": str(match.need_id), "resource_id": str(match.resource_id)} | data
    publish(
        session,
        MATCH.noun,
        match,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=told,
        noted=noted,
    )


async def present(session: AsyncSession, sealer: Sealer, cases: Sequence[MatchCase]) -> list[dict[str, Any]]:
    """The fields of MatchReads: who offers by masked name, and nothing of where they are."""
    needs, resources = {case.match.need_id for case in cases}, {case.match.resource_id for case in cases}
    titles = {row.id: row.title for row in await session.execute(select(Need.id, Need.title).where(Need.id.in_(needs)))}
    found = await session.scalars(select(Resource).where(Resource.id.in_(resources)))
    rows = {row.id: row for row in found}
    names = await names_of(session, sealer, {row.person_id for row in rows.values() if row.person_id})
    ids = {row.organization_id for row in rows.values()}
    units = await session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(ids)))
    named = names | {unit.id: unit.name for unit in units}
    return [_shown(case, titles[case.match.need_id], rows[case.match.resource_id], named) for case in cases]


def _shown(case: MatchCase, title: str, resource: Resource, named: dict[UUID, str]) -> dict[str, Any]:
    match = case.match
    shown = {name: getattr(match, name) for name in _FIELDS}
    shown |= {"need_title": title, "resource_name": resource.name, "resource_kind": resource.kind}
    shown["organization_name"] = named.get(resource.organization_id) if resource.organization_id else None
    shown["owner_name"] = named.get(resource.person_id) if resource.person_id else None
    shown["actions"] = MATCH.offered(match.state, case.parties)
    return shown
