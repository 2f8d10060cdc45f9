"""Who is told of co-handling: the party what it is asked for and that it is over, the lead how it goes."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.assignments import ACTIVE
from app.domain.co_handlings import CO_HANDLING, CoHandlingAction, CoHandlingState
from app.models import Assignment, CoHandling, Event
from app.services.grants_holders import acting_for

AGGREGATES = frozenset({CO_HANDLING.noun})
_TO_THE_LEAD = {
    CoHandlingAction.ACCEPT.value: "您的工单：对方已同意协办",
    CoHandlingAction.DECLINE.value: "您的工单：对方未能协办，可另请他人",
    CoHandlingAction.LEAVE.value: "您的工单：一位协办人已退出，可另请他人",
    CoHandlingAction.COMPLETE.value: "您的工单：一个协办部分已完成，请查看结果",
}
_CANCELLED = "您协办的工单部分已取消或随工单结束，不必再办"
_ASKED = "有一个工单请您协办其中一部分；不便可婉拒，不影响评价"
_GIVEN = "有一个工单的一部分交由贵单位协办，请查看内容并按时完成"


async def rows_of(session: AsyncSession, event: Event) -> list[tuple[str, set[UUID | None]]]:
    row = await session.scalar(select(CoHandling).where(CoHandling.id == event.aggregate_id))
    if row is None:
        return []
    if event.action in _TO_THE_LEAD:
        return [(_TO_THE_LEAD[event.action], await _lead(session, row))]
    if event.action == CoHandlingAction.CANCEL.value:
        return [(_CANCELLED, await _party(session, row))]
    given = event.target == CoHandlingState.ACCEPTED.value
    return [(_GIVEN if given else _ASKED, await _party(session, row))]


async def _party(session: AsyncSession, row: CoHandling) -> set[UUID | None]:
    if row.organization_id is None:
        return {row.person_id}
    return {*await acting_for(session, [row.organization_id])}


async def _lead(session: AsyncSession, row: CoHandling) -> set[UUID | None]:
    """Who holds the order now, in person or acting for the unit, and whoever invited."""
    held = (Assignment.order_id == row.order_id, Assignment.state.in_(ACTIVE))
    found: set[UUID | None] = {row.invited_by}
    for person, unit in await session.execute(select(Assignment.person_id, Assignment.organization_id).where(*held)):
        found |= {person} if unit is None else await acting_for(session, [unit])
    return found
