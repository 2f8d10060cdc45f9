"""Handing on the turns of a unit that leaves the joint committee during its year, and saying what it leaves undone."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.domain import duty_rotation
from app.domain.duty_turns import TO_COME, TURN
from app.domain.meeting_decisions import DECISION, DecisionState
from app.domain.people import Actor
from app.models import CommitteeMember, DutyDraw, DutyExchange, DutyTurn, MeetingDecision
from app.models.base import literal_in
from app.services import duty_exchanges_end
from app.services.outbox import publish

_HELD = text(literal_in("duty_turns.state", TO_COME))


async def hold_turns(session: AsyncSession, member: CommitteeMember) -> Sequence[DutyTurn]:
    """All turns of the committee that are still to come or running, locked before anything that hangs on them, but not for rows
    that only point to them: whoever claims something of a turn holds what is claimed already.
    """
    here = select(DutyTurn).where(DutyTurn.community_id == member.community_id, _HELD).order_by(DutyTurn.id)
    return (await session.scalars(here.with_for_update(key_share=True).execution_options(populate_existing=True))).all()


async def hand_on(session: AsyncSession, member: CommitteeMember, actor: Actor) -> None:
    """Each turn falls to the next in the reserve of its draw, never to who is exempt. 409 when nobody is left."""
    for turn in await hold_turns(session, member):
        if turn.organization_id == member.organization_id:
            await _hand_on(session, turn, actor)


async def _hand_on(session: AsyncSession, turn: DutyTurn, actor: Actor) -> None:
    if turn.exchange_id is not None:
        exchange = await session.get_one(DutyExchange, (turn.district_id, turn.exchange_id), with_for_update=True)
        await duty_exchanges_end.lapse(session, exchange)
    draw = await session.get_one(DutyDraw, (turn.district_id, turn.draw_id))
    rows = await session.scalars(select(DutyTurn.organization_id).where(DutyTurn.draw_id == turn.draw_id))
    held = [unit for unit in rows if unit != turn.organization_id]
    reserve = [UUID(unit) for unit in (draw.result or {})["reserve"]]
    exempt = {UUID(one["organization_id"]) for one in draw.entrants if one["exempt"] is not None}
    members = [unit for unit in await members_of(session, turn.community_id) if unit not in exempt]
    found = duty_rotation.successor(reserve, members, held)
    if found is None:
        raise Conflict("该单位还有轮值，又没有可以接替的成员单位")
    leaver, (turn.organization_id, turn.lap) = turn.organization_id, found
    data = {"from": str(leaver), "to": str(turn.organization_id), "number": turn.number}
    publish(session, TURN.noun, turn, "replace", actor=actor, data=data)
    await session.flush()


async def leave_undone(session: AsyncSession, member: CommitteeMember) -> None:
    """What meetings decided that it does stays its own until the community gives it to another unit: it is told so."""
    theirs = (MeetingDecision.organization_id == member.organization_id, MeetingDecision.state == DecisionState.OPEN)
    here = select(MeetingDecision).where(MeetingDecision.community_id == member.community_id, *theirs)
    for row in (await session.scalars(here.order_by(MeetingDecision.id).with_for_update())).all():
        publish(session, DECISION.noun, row, "leave", actor=None, data={"organization_id": str(row.organization_id)})
    await session.flush()


async def members_of(session: AsyncSession, community_id: UUID) -> list[UUID]:
    """Units that sit in the committee now, who joined first standing first."""
    here = (CommitteeMember.community_id == community_id, CommitteeMember.left_on.is_(None))
    rows = select(CommitteeMember.organization_id).where(*here)
    return list(await session.scalars(rows.order_by(CommitteeMember.joined_on, CommitteeMember.id)))


async def members_on(session: AsyncSession, community_id: UUID, day: date) -> set[UUID]:
    """Units that sat in the committee on a day, the day they left included."""
    stayed = or_(CommitteeMember.left_on.is_(None), CommitteeMember.left_on >= day)
    here = (CommitteeMember.community_id == community_id, CommitteeMember.joined_on <= day, stayed)
    return set(await session.scalars(select(CommitteeMember.organization_id).where(*here)))
