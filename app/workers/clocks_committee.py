"""What is due in the joint committee: turns that begin and end by the China day, exchanges, prompts."""

from uuid import UUID

from sqlalchemy import Select, or_, select, text

from app.core import clock
from app.domain.duty_turns import OPEN_EXCHANGES
from app.domain.joint_work import prompted_until
from app.models import DutyExchange, DutyTurn, MeetingDecision
from app.models.base import literal_in
from app.services import duty_checklist, duty_exchanges_end, duty_turns, meeting_decisions
from app.workers.clocks_due import BATCH, Due


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it. Exchanges before turns begin; ending before beginning."""
    today = clock.today()
    watched, unseen = text(literal_in("state", duty_checklist.WATCHED)), DutyTurn.looked_on.is_(None)
    open_ = text(literal_in("state", OPEN_EXCHANGES))
    return [
        (_ids(select(DutyExchange.id).where(open_, DutyExchange.due_on < today)), duty_exchanges_end.due),
        (_ids(select(DutyTurn.id).where(text("state = 'on_duty'"), DutyTurn.ends_on < today)), duty_turns.end),
        (_ids(select(DutyTurn.id).where(text("state = 'planned'"), DutyTurn.starts_on <= today)), duty_turns.begin),
        (_ids(select(DutyTurn.id).where(watched, or_(unseen, DutyTurn.looked_on < today))), duty_checklist.look),
        (_ids(_decisions()), meeting_decisions.look),
    ]


def _decisions() -> Select[UUID]:
    """Those of joint meetings that are due soon, or overdue, and have not been looked at today."""
    d, today = MeetingDecision, clock.today()
    near = (text("state = 'open'"), d.due_on <= prompted_until(today))
    return select(d.id).where(*near, or_(d.looked_on.is_(None), d.looked_on < today))


def _ids(rows: Select[UUID]) -> Select[UUID]:
    """The oldest first."""
    return rows.order_by(rows.selected_columns[0]).limit(BATCH)
