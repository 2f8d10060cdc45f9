"""Turns of the duty rotation: who is on duty when, beginning and ending by the China day, the report at the end.

The published rotation is for everybody to see; what a unit reports, for the committee and whoever looks after the community.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.duty_turns import TURN, TurnAction, TurnState
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.models import DutyTurn, Organization
from app.schemas.duty_turns import DutyTurnQuery, DutyTurnRead, DutyTurnReport
from app.services.access import READER_ROLES
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in DutyTurnRead.model_fields if name not in {"organization_name", "actions"})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
_REPORTS_SHOWN = READER_ROLES | UNIT_ROLES


async def unit_on_duty(session: AsyncSession, community_id: UUID, day: date | None = None) -> UUID | None:
    """The member unit on duty in a community on this China day (today, if none is given); None where nobody is."""
    on = day or clock.today()
    here = (DutyTurn.community_id == community_id, DutyTurn.starts_on <= on, DutyTurn.ends_on >= on)
    return await session.scalar(select(DutyTurn.organization_id).where(*here))


def acts_for(actor: Actor, unit_id: UUID, path: str) -> bool:
    """Whether the actor acts for this unit at this place."""
    return actor.organization_id == unit_id and bool(actor.roles_at(path) & UNIT_ROLES)


async def turns_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, DutyTurn]:
    return {turn.id: turn for turn in await session.scalars(select(DutyTurn).where(DutyTurn.id.in_(ids)))}


def parties_of(actor: Actor, turn: DutyTurn) -> Parties:
    unit = {Relation.UNIT} if acts_for(actor, turn.organization_id, turn.path) else set()
    return actor.roles_at(turn.path) | frozenset(unit)


async def present(session: AsyncSession, actor: Actor, turns: Sequence[DutyTurn]) -> list[dict[str, Any]]:
    """The fields of DutyTurnReads."""
    ids = [turn.organization_id for turn in turns]
    rows = await session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(ids)))
    names = {row.id: row.name for row in rows}
    return [_shown(actor, turn) | {"organization_name": names[turn.organization_id]} for turn in turns]


def _shown(actor: Actor, turn: DutyTurn) -> dict[str, Any]:
    shown = {name: getattr(turn, name) for name in _FIELDS}
    if not actor.roles_at(turn.path) & _REPORTS_SHOWN:
        shown["report"] = None
    return shown | {"actions": TURN.offered(turn.state, parties_of(actor, turn))}


async def page(session: AsyncSession, actor: Actor, query: DutyTurnQuery) -> Page[DutyTurn]:
    """The rotation, year after year."""
    access.require_anywhere(actor, "duty-turns:list")
    rows = select(DutyTurn)
    for name in ("community_id", "organization_id", "year", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(DutyTurn, name) == value)
    if query.on is not None:
        rows = rows.where(DutyTurn.starts_on <= query.on, DutyTurn.ends_on >= query.on)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DutyTurn.id > after)
    return paged((await session.scalars(rows.order_by(DutyTurn.id).limit(query.limit + 1))).all(), query.limit)


async def load(session: AsyncSession, actor: Actor, turn_id: UUID) -> DutyTurn:
    access.require_anywhere(actor, "duty-turns:read")
    found = await session.scalar(select(DutyTurn).where(DutyTurn.id == turn_id))
    if found is None:
        raise NotFound()
    return found


async def report(session: AsyncSession, actor: Actor, turn_id: UUID, form: DutyTurnReport) -> DutyTurn:
    """The unit's own words at the end; what it did is computed, and not typed again."""
    turn = await _move(session, actor, turn_id, TurnAction.REPORT)
    turn.report, turn.reported_at = form.words, now()
    return turn


async def close(session: AsyncSession, actor: Actor, turn_id: UUID) -> DutyTurn:
    """The community takes note of the report."""
    return await _move(session, actor, turn_id, TurnAction.CLOSE)


async def _move(session: AsyncSession, actor: Actor, turn_id: UUID, action: TurnAction) -> DutyTurn:
    turn = await load(session, actor, turn_id)
    actor.checked.add(TURN.permission(action))
    await session.refresh(turn, with_for_update=True)
    _step(session, turn, action, parties_of(actor, turn), actor)
    return turn


def _step(session: AsyncSession, turn: DutyTurn, action: TurnAction, parties: Parties, actor: Actor | None) -> None:
    step = TURN.decide(turn.state, action, parties)
    source, turn.state = turn.state, step.target
    publish(
        session,
        TURN.noun,
        turn,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data={"organization_id": str(turn.organization_id), "number": turn.number, "year": turn.year},
    )


async def begin(session: AsyncSession, turn_id: UUID) -> None:
    """Its first day has come. Another turn of the community ends first."""
    turn = await _due(session, turn_id)
    if turn.starts_on > clock.today():
        raise Conflict("时间未到")
    other = (DutyTurn.community_id == turn.community_id, DutyTurn.state == TurnState.ON_DUTY)
    if await session.scalar(select(DutyTurn.id).where(*other)) is not None:
        raise Conflict("上一轮值尚未期满")
    _step(session, turn, TurnAction.BEGIN, _SYSTEM, None)


async def end(session: AsyncSession, turn_id: UUID) -> None:
    """Its last day is over."""
    turn = await _due(session, turn_id)
    if turn.ends_on >= clock.today():
        raise Conflict("时间未到")
    _step(session, turn, TurnAction.END, _SYSTEM, None)


async def _due(session: AsyncSession, turn_id: UUID) -> DutyTurn:
    found = await session.scalar(select(DutyTurn).where(DutyTurn.id == turn_id).with_for_update())
    if found is None:
        raise NotFound()
    return found
