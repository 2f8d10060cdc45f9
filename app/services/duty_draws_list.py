"""The frozen list of a draw: every member unit of the day with what the draw goes by."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import RuleBroken
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.duty_rotation import LOAD_DAYS, Entrant
from app.models import Assignment, CommitteeMember, DutyDraw, DutyTurn, Order, Organization
from app.schemas.duty_draws import DutyDrawFreeze

_TAKEN_ON = ACTIVE | {AssignmentState.VERIFIED}


async def frozen(session: AsyncSession, community_id: UUID, form: DutyDrawFreeze) -> list[dict[str, Any]]:
    """The list as it is kept and shown. 422 when an exempt unit is no member, or nobody is left."""
    exempt = {one.organization_id: one.reason for one in form.exempt}
    same = and_(
        Organization.district_id == CommitteeMember.district_id, Organization.id == CommitteeMember.organization_id
    )
    rows = select(CommitteeMember.organization_id, CommitteeMember.joined_on, Organization.name).join(
        Organization, same
    )
    here = (CommitteeMember.community_id == community_id, CommitteeMember.left_on.is_(None))
    members = (await session.execute(rows.where(*here).order_by(CommitteeMember.organization_id))).all()
    if exempt.keys() - {row.organization_id for row in members}:
        raise RuleBroken("不参加的单位不是现任成员", field="exempt")
    if len(members) == len(exempt):
        raise RuleBroken("没有可以抽签的成员单位", field="exempt")
    past, load = await _turns(session, community_id, form.year), await _load(session, community_id)
    return [
        {
            "organization_id": str(row.organization_id),
            "name": row.name,
            "joined_year": row.joined_on.year,
            "last_year": past.get(row.organization_id, (None, 0))[0],
            "turns": past.get(row.organization_id, (None, 0))[1],
            "load": load.get(row.organization_id, 0),
            "exempt": exempt.get(row.organization_id),
        }
        for row in members
    ]


async def _turns(session: AsyncSession, community_id: UUID, year: int) -> dict[UUID, tuple[int | None, int]]:
    """Unit → year of its newest turn before this year, how many; as they were held in the end, after exchanges."""
    rows = select(DutyTurn.organization_id, func.max(DutyTurn.year), func.count())
    here = (DutyTurn.community_id == community_id, DutyTurn.year < year)
    found = await session.execute(rows.where(*here).group_by(DutyTurn.organization_id))
    return {unit: (newest, count) for unit, newest, count in found}


async def _load(session: AsyncSession, community_id: UUID) -> dict[UUID, int]:
    """Unit → orders of the community it took on lately and did not hand back."""
    order = and_(Order.district_id == Assignment.district_id, Order.id == Assignment.order_id)
    rows = select(Assignment.organization_id, func.count()).join(Order, order)
    lately = Assignment.accepted_at >= now() - timedelta(days=LOAD_DAYS)
    mine = (Order.community_id == community_id, Assignment.state.in_(_TAKEN_ON), lately)
    found = await session.execute(
        rows.where(*mine, Assignment.organization_id.is_not(None)).group_by(Assignment.organization_id)
    )
    return {unit: count for unit, count in found if unit is not None}


def entrants_of(draw: DutyDraw) -> list[Entrant]:
    """The frozen list as the draw reads it."""
    return [
        Entrant(
            UUID(one["organization_id"]),
            one["joined_year"],
            one["last_year"],
            one["turns"],
            one["load"],
            one["exempt"] is not None,
        )
        for one in draw.entrants
    ]
