"""Whom a clock concerns: whoever has the work in hand, and as it is overdue those above them, level by level."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.assignments import ACTIVE
from app.domain.clocks import CLOCK, KIND_NAMES, TOLD_AT, ClockAction, ClockKind, ClockSubject
from app.domain.levels import LEVEL_OF, Level
from app.models import Assignment, Event
from app.services.grants_holders import acting_for
from app.services.levels import people_at

AGGREGATES = frozenset({CLOCK.noun})
_SUBJECTS = {ClockSubject.NEED: "需求", ClockSubject.ORDER: "工单", ClockSubject.WHISTLE: "吹哨事项"}
_WORDS = {
    ClockAction.WARN.value: "有一件{subject}的{kind}时限将到，请抓紧",
    ClockAction.OVERDUE.value: "有一件{subject}的{kind}已逾期，请尽快处理",
    ClockAction.ESCALATE.value: "有一件{subject}的{kind}逾期未处理，已升级到您这一级，请督促",
}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """A warning and the first day of lateness go to whoever has it and to the grid; each climb to the level it reaches.

    A need is the community's to decide on; what nobody answers for at a level is told to the next above.
    """
    if (words := _WORDS.get(event.action)) is None:
        return "", set()
    subject, kind = ClockSubject(event.data["subject"]), ClockKind(event.data["kind"])
    told = words.format(subject=_SUBJECTS[subject], kind=KIND_NAMES[kind])
    levels = [LEVEL_OF[TOLD_AT[max(event.data["level"], 1)]]]
    early = event.action != ClockAction.ESCALATE.value
    if early and subject is ClockSubject.NEED:
        levels.append(Level.COMMUNITY)
    people: set[UUID | None] = {*await people_at(session, event.path, *levels)}
    if early and subject is ClockSubject.ORDER:
        people |= await _holders(session, UUID(event.data["subject_id"]))
    return told, people


async def _holders(session: AsyncSession, order_id: UUID) -> set[UUID | None]:
    """In person, or whoever acts for the unit. Nobody who was only asked: silence never counts against anyone."""
    held = select(Assignment.person_id, Assignment.organization_id)
    rows = (await session.execute(held.where(Assignment.order_id == order_id, Assignment.state.in_(ACTIVE)))).all()
    units = [row.organization_id for row in rows if row.organization_id is not None]
    people: set[UUID | None] = {row.person_id for row in rows if row.person_id is not None}
    return people | (set(await acting_for(session, units)) if units else set())
