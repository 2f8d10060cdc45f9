"""The checklist of a turn: what is due when, what is done, and telling whoever must know, each once."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound
from app.domain import access
from app.domain.duty_turns import TURN, TurnState
from app.domain.joint_work import (
    HELD,
    STEP_NAMES,
    DutyStep,
    ItemState,
    Level,
    MeetingState,
    due_days,
    tellings,
)
from app.domain.people import Actor
from app.models import ClaimItem, DutyTurn, JointMeeting
from app.services.duty_turns import load
from app.services.outbox import publish

WATCHED = frozenset({TurnState.ON_DUTY, TurnState.ENDED})


async def checklist(session: AsyncSession, actor: Actor, turn_id: UUID) -> list[dict[str, Any]]:
    """The steps in their order, each with its day and how it stands."""
    turn = await load(session, actor, turn_id)
    access.require(actor, "duty-turns:checklist", turn.path)
    done, today = await _done(session, turn), clock.today()
    return [
        {
            "step": step,
            "name": STEP_NAMES[step],
            "due_on": due_on,
            "done": step in done,
            "overdue": step not in done and today > due_on,
        }
        for step, due_on in due_days(turn.starts_on, turn.ends_on).items()
    ]


async def _done(session: AsyncSession, turn: DutyTurn) -> frozenset[DutyStep]:
    """Read off what was done, nothing of it ticked by hand."""
    meeting, item = JointMeeting.turn_id == turn.id, ClaimItem.turn_id == turn.id
    found = (
        await session.execute(
            select(
                exists().where(meeting, JointMeeting.state != MeetingState.CANCELLED).label("call"),
                exists().where(meeting, JointMeeting.state.in_(HELD)).label("meet"),
                exists().where(item, ClaimItem.state == ItemState.CONFIRMED).label("claim"),
            )
        )
    ).one()
    said = found._asdict() | {"report": turn.reported_at is not None}
    return frozenset(step for step in DutyStep if said[step.value])


async def look(session: AsyncSession, turn_id: UUID) -> None:
    """Once a day: tell what is due soon and what is overdue, each once and no more."""
    turn = await session.scalar(select(DutyTurn).where(DutyTurn.id == turn_id).with_for_update())
    if turn is None:
        raise NotFound()
    today = clock.today()
    if turn.state not in WATCHED or turn.looked_on == today:
        raise Conflict("今天已经看过")
    turn.looked_on = today
    due = due_days(turn.starts_on, turn.ends_on)
    for one in tellings(due, await _done(session, turn), today):
        if one.key not in turn.told:
            turn.told = [*turn.told, one.key]
            action = "prompt" if one.level is Level.PROMPT else "overdue"
            data = {"step": one.step.value, "level": one.level.value, "due_on": one.due_on.isoformat()}
            publish(
                session, TURN.noun, turn, action, actor=None, data=data | {"organization_id": str(turn.organization_id)}
            )
            await session.flush()
