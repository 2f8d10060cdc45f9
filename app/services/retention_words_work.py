"""Words whose period is over, in what units and communities do: offers and bookings, matches, projects, activities, joint meetings.

The facts stay: what, where, when, by which unit, how much. Where the database asks for words, others stand in their place.
"""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, case, func, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.domain.activities import OVER
from app.domain.projects import ENDED
from app.domain.resources import RESOURCE
from app.domain.retention import SPENT, Kind
from app.models import (
    Activity,
    Booking,
    DutyTurn,
    Evaluation,
    JointMeeting,
    Match,
    MeetingDecision,
    Milestone,
    Project,
    Resource,
)
from app.services.erasure_rows import GONE
from app.services.retention_periods import BATCH, before, run
from app.services.retention_words import forget_in_history

_TAKEN = (SPENT, GONE)


def _worded(column: Any) -> ColumnElement[bool]:
    """Whether somebody's own words still stand there."""
    return and_(column.is_not(None), column.not_in(_TAKEN))


def _spent(column: Any) -> Any:
    """Nothing where nothing was said."""
    return case((column.is_(None), null()), else_=literal(SPENT))


async def match_words(session: AsyncSession, _: Sealer) -> int:
    """Why a resource was not taken up; the reason's class stays, since it teaches."""
    over = Match.decided_at < before(Kind.MATCH_WORDS)
    old = select(Match.id).where(_worded(Match.dismiss_words), over).limit(BATCH)
    return await run(session, update(Match).where(Match.id.in_(old)).values(dismiss_words=SPENT))


async def resource_words(session: AsyncSession, _: Sealer) -> int:
    """What was said of an offer that has ended, and why it was refused or withdrawn; of a person's, what they called it as well."""
    personal = and_(Resource.person_id.is_not(None), _worded(Resource.name))
    worded = or_(Resource.details.is_not(None), _worded(Resource.state_words), personal)
    over = Resource.updated_at < before(Kind.RESOURCE_WORDS)
    old = select(Resource.id).where(Resource.state.in_(RESOURCE.final), worded, over).limit(BATCH)
    silent = {
        "details": None,
        "state_words": _spent(Resource.state_words),
        "name": case((personal, literal(SPENT)), else_=Resource.name),
    }
    return await run(session, update(Resource).where(Resource.id.in_(old)).values(silent))


async def booking_words(session: AsyncSession, _: Sealer) -> int:
    """Why a booking was cancelled."""
    over = Booking.updated_at < before(Kind.BOOKING_WORDS)
    old = select(Booking.id).where(_worded(Booking.cancel_words), over).limit(BATCH)
    return await run(session, update(Booking).where(Booking.id.in_(old)).values(cancel_words=SPENT))


async def activity_words(session: AsyncSession, _: Sealer) -> int:
    """What was said of an activity that is over: in its announcement, with its steps, and in its report. Who came stays."""
    plain, kept = (Activity.details, Activity.words, Activity.evidence), (Activity.cancel_reason, Activity.report)
    worded = or_(*(column.is_not(None) for column in plain), *map(_worded, kept))
    over = Activity.updated_at < before(Kind.ACTIVITY_WORDS)
    old = select(Activity.id).where(Activity.state.in_(OVER), worded, over).limit(BATCH)
    silent = {column.key: null() for column in plain} | {column.key: _spent(column) for column in kept}
    return await run(session, update(Activity).where(Activity.id.in_(old)).values(silent))


async def project_words(session: AsyncSession, _: Sealer) -> int:
    """What a project that has ended aimed at and came to, what was said of it on the way and by residents, in history too.

    Its name, its figures and its books stay.
    """
    over = Project.ended_at < before(Kind.PROJECT_WORDS)
    old = select(Project.id).where(Project.state.in_(ENDED), Project.aims != SPENT, over).limit(BATCH)
    ids = list(await session.scalars(old.with_for_update(skip_locked=True)))
    silent = {"aims": SPENT, "words": _spent(Project.words), "result": _spent(Project.result), "evidence": null()}
    await run(session, update(Project).where(Project.id.in_(ids)).values(silent))
    parts = select(Milestone.id).where(Milestone.project_id.in_(ids))
    about = [*ids, *await session.scalars(parts)]
    said = update(Milestone).where(Milestone.project_id.in_(ids))
    await run(session, said.values(words=_spent(Milestone.words)))
    await run(session, update(Evaluation).where(Evaluation.project_id.in_(ids)).values(words=None))
    await forget_in_history(session, about)
    return len(ids)


async def meeting_words(session: AsyncSession, _: Sealer) -> int:
    """Minutes, what was added to them and what came of what was decided; and what units on duty reported."""
    return await _meetings(session) + await _reports(session)


async def _meetings(session: AsyncSession) -> int:
    over = JointMeeting.starts_at < before(Kind.MEETING_WORDS)
    worded = or_(_worded(JointMeeting.minutes), _worded(JointMeeting.cancelled_because))
    old = select(JointMeeting).where(worded, over).limit(BATCH).with_for_update(skip_locked=True)
    meetings = (await session.scalars(old)).all()
    for meeting in meetings:
        meeting.minutes = SPENT if meeting.minutes else None
        meeting.cancelled_because = SPENT if meeting.cancelled_because else None
        meeting.decisions = [said | {"what": SPENT} for said in meeting.decisions]
    await session.flush()
    ids = [meeting.id for meeting in meetings]
    silent = {"result": _spent(MeetingDecision.result), "words": _spent(MeetingDecision.words), "what": SPENT}
    await run(session, update(MeetingDecision).where(MeetingDecision.meeting_id.in_(ids)).values(silent))
    await session.execute(select(func.forget_spent_additions(literal(ids, ARRAY(Uuid)))))
    return len(ids)


async def _reports(session: AsyncSession) -> int:
    over = DutyTurn.reported_at < before(Kind.MEETING_WORDS)
    old = select(DutyTurn.id).where(_worded(DutyTurn.report), over).limit(BATCH)
    return await run(session, update(DutyTurn).where(DutyTurn.id.in_(old)).values(report=SPENT))
