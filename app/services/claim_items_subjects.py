"""What an item of the claim round is about, a need or a project: may it be listed, and how it comes to those who claimed it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Duplicate, RuleBroken
from app.domain.joint_work import CLAIM, ItemState
from app.domain.needs import NeedState
from app.domain.people import Actor
from app.domain.projects import Part, ProjectState
from app.models import ClaimItem, DutyTurn, Event, Need, Organization, Project, ServiceClaim
from app.schemas.claim_items import ClaimItemCreate
from app.schemas.orders import OrderAssign
from app.services import needs_case, orders_dispatch, projects_case, projects_units
from app.services.orders_free import free_order

_OPEN_NEEDS = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE})


def told(item: ClaimItem) -> dict[str, str]:
    """What an event of the item says of it."""
    named = {"need_id": item.need_id, "project_id": item.project_id}
    return {name: str(value) for name, value in named.items() if value is not None}


async def must_be_listable(session: AsyncSession, actor: Actor, turn: DutyTurn, form: ClaimItemCreate) -> None:
    """The need or project, held until it is listed: 404 unless the actor sees it, 409 when it is not open or listed already."""
    row: Need | Project
    if form.need_id is not None:
        row, field = (await needs_case.load(session, actor, form.need_id, "needs:read")).need, "need_id"
        if row.state not in _OPEN_NEEDS:
            raise Conflict("需求须已入库且未办结")
    else:
        row, field = await _project(session, actor, form.project_id), "project_id"
    if row.community_id != turn.community_id:
        raise RuleBroken("须是本社区的需求或项目", field=field)
    listed = (getattr(ClaimItem, field) == row.id, ClaimItem.state == ItemState.LISTED)
    if await session.scalar(select(ClaimItem.id).where(*listed)) is not None:
        raise Duplicate("已在认领清单中")


async def _project(session: AsyncSession, actor: Actor, project_id: UUID | None) -> Project:
    """One that nobody leads: units that wish to support one that is led join it themselves."""
    if project_id is None:
        raise RuleBroken("须写明需求或项目", field="project_id")
    project = (await projects_case.load(session, actor, project_id, "projects:read")).project
    if project.state is not ProjectState.LISTED:
        raise Conflict("项目须待认领", state=project.state.value)
    return project


async def must_suit(session: AsyncSession, item: ClaimItem, unit: Organization) -> None:
    """422 for a unit that could not be in the project."""
    if item.project_id is None:
        return
    project = await session.get_one(Project, (item.district_id, item.project_id))
    if not projects_units.is_local(unit, project):
        raise RuleBroken("只有本地单位可以认领此项目", field="item_id")


async def hand_over(session: AsyncSession, actor: Actor, item: ClaimItem, claims: Sequence[ServiceClaim]) -> None:
    """The leading unit is assigned the need's order; of a project it leads, and the others support it. 409 where that cannot be."""
    if item.project_id is not None:
        await projects_units.take_in(session, actor, item.project_id, await _joining(session, actor, claims))
        return
    lead = next(claim for claim in claims if claim.leads)
    order_id = await free_order(session, item.need_id) if item.need_id else None
    if order_id is None:
        raise Conflict("此需求没有待派的工单，请先开单")
    await orders_dispatch.assign(session, actor, order_id, OrderAssign(organization_id=lead.organization_id))
    await session.flush()
    item.order_id = order_id


async def _joining(session: AsyncSession, actor: Actor, claims: Sequence[ServiceClaim]) -> list[projects_units.Joining]:
    """The units in their parts, the leading one first; who claimed for them, the history of the claims says."""
    made = (Event.aggregate == CLAIM.noun, Event.aggregate_id.in_([claim.id for claim in claims]), Event.seq == 1)
    rows = await session.execute(select(Event.aggregate_id, Event.actor_id).where(*made))
    people = {row.aggregate_id: row.actor_id for row in rows}
    return [
        projects_units.Joining(
            claim.organization_id, Part.LEAD if claim.leads else Part.SUPPORT, people.get(claim.id) or actor.person_id
        )
        for claim in sorted(claims, key=lambda claim: not claim.leads)
    ]
