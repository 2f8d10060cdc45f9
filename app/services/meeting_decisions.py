"""What joint meetings decided that units do: made when minutes are sealed, done by the unit, looked at once a day until it is."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.joint_work import Level, levels_by
from app.domain.meeting_decisions import DECISION, DecisionAction, DecisionState
from app.domain.people import Actor, Parties, Relation
from app.models import JointMeeting, MeetingDecision
from app.schemas.meeting_decisions import (
    MeetingDecisionComplete,
    MeetingDecisionDrop,
    MeetingDecisionQuery,
    MeetingDecisionRead,
    MeetingDecisionReassign,
    MeetingDecisionReopen,
)
from app.services.access import under_path
from app.services.committee_members import units_of
from app.services.duty_replace import members_of
from app.services.duty_turns import acts_for
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(
    name for name in MeetingDecisionRead.model_fields if name not in {"organization_name", "overdue", "actions"}
)


def parties_of(actor: Actor, row: MeetingDecision) -> Parties:
    """UNIT is whoever acts for the unit that does it."""
    unit = {Relation.UNIT} if acts_for(actor, row.organization_id, row.path) else set()
    return actor.roles_at(row.path) | frozenset(unit)


async def present(session: AsyncSession, actor: Actor, rows: Sequence[MeetingDecision]) -> list[dict[str, Any]]:
    """The fields of MeetingDecisionReads."""
    units, today = await units_of(session, [row.organization_id for row in rows]), clock.today()
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {
            "organization_name": units[row.organization_id].name,
            "overdue": row.state is DecisionState.OPEN and row.due_on is not None and row.due_on < today,
            "actions": DECISION.offered(row.state, parties_of(actor, row)),
        }
        for row in rows
    ]


async def page(session: AsyncSession, actor: Actor, query: MeetingDecisionQuery) -> Page[MeetingDecision]:
    """Of the committees at the actor's places, newest first."""
    grants = access.require_anywhere(actor, "meeting-decisions:list")
    rows = select(MeetingDecision).where(under_path(MeetingDecision, grants))
    for name in ("meeting_id", "community_id", "organization_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(MeetingDecision, name) == value)
    if query.overdue is not None:
        rows = rows.where(_late() if query.overdue else not_(_late()))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(MeetingDecision.id < after)
    found = await session.scalars(rows.order_by(MeetingDecision.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


def _late() -> ColumnElement[bool]:
    dated = and_(MeetingDecision.due_on.is_not(None), MeetingDecision.due_on < clock.today())
    return and_(MeetingDecision.state == DecisionState.OPEN, dated)


async def load(session: AsyncSession, actor: Actor, decision_id: UUID) -> MeetingDecision:
    actor.checked.add("meeting-decisions:read")
    found = await session.scalar(select(MeetingDecision).where(MeetingDecision.id == decision_id))
    if found is None or not access.may("meeting-decisions:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def make(session: AsyncSession, actor: Actor, meeting: JointMeeting) -> None:
    """A row for each decision of the sealed minutes that a unit does; what nobody does is only said."""
    for number, said in enumerate(meeting.decisions, start=1):
        if said["organization_id"] is None:
            continue
        row = MeetingDecision(
            district_id=meeting.district_id,
            id=new_id(),
            meeting_id=meeting.id,
            community_id=meeting.community_id,
            path=meeting.path,
            number=number,
            what=said["what"],
            organization_id=UUID(said["organization_id"]),
            due_on=date.fromisoformat(said["due_on"]) if said["due_on"] else None,
            state=DECISION.initial,
        )
        session.add(row)
        publish(session, DECISION.noun, row, "create", actor=actor, target=row.state.value, data=_told(row))
        await session.flush()  # one after the other, so that their ids follow their numbers


def _told(row: MeetingDecision) -> dict[str, Any]:
    """What an event says: who does it and until when. What it is stands in the row, which can forget it."""
    due_on = row.due_on.isoformat() if row.due_on else None
    return {"meeting_id": str(row.meeting_id), "organization_id": str(row.organization_id), "due_on": due_on}


async def _held(
    session: AsyncSession, actor: Actor, decision_id: UUID, action: DecisionAction
) -> tuple[MeetingDecision, Parties]:
    row = await load(session, actor, decision_id)
    actor.checked.add(DECISION.permission(action))
    await session.refresh(row, with_for_update=True)
    parties = parties_of(actor, row)
    DECISION.decide(row.state, action, parties)
    return row, parties


async def _move(
    session: AsyncSession, row: MeetingDecision, action: DecisionAction, parties: Parties, actor: Actor, **more: Any
) -> None:
    step = DECISION.decide(row.state, action, parties)
    source, row.state = row.state, step.target
    told = _told(row) | more
    publish(
        session,
        DECISION.noun,
        row,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=told,
    )
    await session.flush()


async def complete(
    session: AsyncSession, actor: Actor, decision_id: UUID, form: MeetingDecisionComplete
) -> MeetingDecision:
    """The unit says what came of it."""
    row, parties = await _held(session, actor, decision_id, DecisionAction.COMPLETE)
    row.result, row.done_at = form.result, clock.now()
    await _move(session, row, DecisionAction.COMPLETE, parties, actor)
    return row


async def reopen(
    session: AsyncSession, actor: Actor, decision_id: UUID, form: MeetingDecisionReopen
) -> MeetingDecision:
    """It is not done after all: what the unit said stays until it says something else."""
    row, parties = await _held(session, actor, decision_id, DecisionAction.REOPEN)
    row.words, row.done_at = form.words, None
    row.told, row.looked_on = [], None
    await _move(session, row, DecisionAction.REOPEN, parties, actor)
    return row


async def reassign(
    session: AsyncSession, actor: Actor, decision_id: UUID, form: MeetingDecisionReassign
) -> MeetingDecision:
    """Another member unit does it, or it is due on another day; prompts and alarms begin anew."""
    row, parties = await _held(session, actor, decision_id, DecisionAction.REASSIGN)
    before = row.organization_id
    unit_id, due_on = form.organization_id or before, form.due_on or row.due_on
    if (unit_id, due_on) == (before, row.due_on):
        raise RuleBroken("须改派单位或改期限", field="organization_id")
    if unit_id != before and unit_id not in await members_of(session, row.community_id):
        raise RuleBroken("决定事项只能由成员单位办理", field="organization_id")
    if form.due_on is not None and form.due_on < clock.today():
        raise RuleBroken("新的期限不能早于今天", field="due_on")
    row.organization_id, row.due_on, row.words = unit_id, due_on, form.words
    row.told, row.looked_on = [], None
    await _move(session, row, DecisionAction.REASSIGN, parties, actor, **{"from": str(before)})
    return row


async def drop(session: AsyncSession, actor: Actor, decision_id: UUID, form: MeetingDecisionDrop) -> MeetingDecision:
    row, parties = await _held(session, actor, decision_id, DecisionAction.DROP)
    row.words = form.words
    await _move(session, row, DecisionAction.DROP, parties, actor)
    return row


async def look(session: AsyncSession, decision_id: UUID) -> None:
    """Once a day: the unit is told ahead; then unit, community and street that it is overdue, each once."""
    row = await session.scalar(select(MeetingDecision).where(MeetingDecision.id == decision_id).with_for_update())
    if row is None:
        raise NotFound()
    today = clock.today()
    if row.state is not DecisionState.OPEN or row.due_on is None or row.looked_on == today:
        raise Conflict("今天已经看过")
    row.looked_on = today
    for level in levels_by(row.due_on, today):
        if level.value not in row.told:
            row.told = [*row.told, level.value]
            action = "prompt" if level is Level.PROMPT else "overdue"
            publish(session, DECISION.noun, row, action, actor=None, data=_told(row) | {"level": level.value})
            await session.flush()
