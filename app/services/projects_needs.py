"""The needs a project answers. Each gets an order for the lead unit, so that a need is met along its own lifecycle alone."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound, WrongState
from app.core.ids import new_id
from app.domain import access
from app.domain.assignments import AssignmentAction
from app.domain.needs import IN_STORE
from app.domain.orders import ENDED, OFFER_MINUTES, OrderState
from app.domain.people import Actor
from app.models import Need, Project, ProjectNeed
from app.schemas.orders import OrderAssign, OrderReport, OrderStart
from app.schemas.projects import ProjectDeliver
from app.services import orders_case, orders_dispatch, orders_release, orders_work
from app.services.orders import add_order, terms_for
from app.services.orders_free import free_order
from app.services.projects_case import ProjectCase

_HELD = frozenset({OrderState.ACCEPTED, OrderState.IN_PROGRESS})


async def link(session: AsyncSession, actor: Actor, project: Project, need_ids: Iterable[UUID]) -> None:
    """Say which needs the project answers: accepted ones of its community that the actor may read.

    Whoever does not see which it answers does not take them away either: what they leave out stays.
    """
    wanted = set(need_ids)
    there = {row.need_id: row for row in await _rows(session, project.id)}
    dropped = await session.scalars(select(Need).where(Need.id.in_(there.keys() - wanted)))
    for known in dropped.all():
        if _reads(actor, known):
            await session.delete(there[known.id])
    for need_id in sorted(wanted - there.keys()):
        need = await session.scalar(select(Need).where(Need.id == need_id))
        if need is None or need.community_id != project.community_id or not _reads(actor, need):
            raise NotFound("没有这件需求")
        if need.state not in IN_STORE:
            raise WrongState("需求已入库且未办结时才能列入项目", state=need.state.value)
        session.add(
            ProjectNeed(
                district_id=project.district_id,
                id=new_id(),
                project_id=project.id,
                need_id=need_id,
                path=project.path,
                active=False,
            )
        )


def _reads(actor: Actor, need: Need) -> bool:
    return access.may("needs:read", actor.roles_at(need.path))


async def _rows(session: AsyncSession, project_id: UUID) -> list[ProjectNeed]:
    rows = select(ProjectNeed).where(ProjectNeed.project_id == project_id).order_by(ProjectNeed.need_id)
    return list(await session.scalars(rows))


async def take_up(session: AsyncSession, case: ProjectCase, actor: Actor, unit_id: UUID) -> None:
    """The project begins: each of its needs has an order that the lead unit holds. 409 for one that is in another already."""
    for row in case.needs:
        need = (await session.scalars(select(Need).where(Need.id == row.need_id).with_for_update())).one()
        await session.refresh(need)
        if need.state not in IN_STORE:
            raise WrongState("有需求已不在库，请先从项目中去掉", state=need.state.value, need_id=str(need.id))
        await _must_be_free(session, row)
        row.order_id = await _order_for(session, need, actor)
        row.active = True
        form = OrderAssign(organization_id=unit_id, words=case.project.title)
        await orders_dispatch.assign(session, actor, row.order_id, form)
    await session.flush()


async def _must_be_free(session: AsyncSession, row: ProjectNeed) -> None:
    other = select(ProjectNeed.id).where(
        ProjectNeed.need_id == row.need_id, ProjectNeed.active, ProjectNeed.id != row.id
    )
    if await session.scalar(other) is not None:
        raise Conflict("有需求已在另一个实施中的项目里", need_id=str(row.need_id))


async def _order_for(session: AsyncSession, need: Need, actor: Actor) -> UUID:
    """An order of the need that nobody works on or thinks about; a new one where there is none."""
    if (found := await free_order(session, need.id)) is not None:
        return found
    code = need.category or "other"
    terms = await terms_for(session, need, code)
    columns = {"title": need.title[:500], "category": code, "people_wanted": 1, "wanted_at": need.wanted_at}
    order = add_order(session, need, actor, terms=terms, auto_offer=False, offer_minutes=OFFER_MINUTES, **columns)
    await session.flush()
    return order.id


async def report(session: AsyncSession, case: ProjectCase, actor: Actor, form: ProjectDeliver) -> None:
    """What the unit still has in hand for these needs is reported done with the project; the askers rate it as any order."""
    for order_id in [row.order_id for row in case.needs if row.active and row.order_id is not None]:
        held = await orders_case.load(session, None, order_id, "orders:read")
        if held.order.state in ENDED | {OrderState.REPORTED} or not _by_unit(held):
            continue
        if held.order.state is OrderState.ACCEPTED:
            await orders_work.start(session, actor, order_id, OrderStart())
        done = OrderReport(result=form.result, evidence=form.evidence)
        await orders_work.report(session, actor, order_id, done)


async def let_go(session: AsyncSession, case: ProjectCase, actor: Actor) -> None:
    """The project is cancelled: what its unit held is open again for others. What it has asked or disputed is decided as it is."""
    for row in case.needs:
        if row.active and row.order_id is not None:
            order = await orders_case.load(session, None, row.order_id, "orders:read")
            if order.order.state in _HELD and _by_unit(order):
                await _vacate(session, order, actor)
        row.active = False


def _by_unit(order: orders_case.OrderCase) -> bool:
    """Whether a unit holds it; it may have passed it on to somebody."""
    return any(assignment.organization_id is not None for assignment in order.active)


async def _vacate(session: AsyncSession, order: orders_case.OrderCase, actor: Actor) -> None:
    for assignment in order.active:
        orders_dispatch.move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    await orders_release.vacate(session, order, actor)


async def hold_again(session: AsyncSession, case: ProjectCase) -> None:
    """The project is sent back to be put right: needs that are not settled yet stay with it."""
    for row in case.needs:
        if row.order_id is None:
            continue
        await _must_be_free(session, row)
        row.active = True


def done(case: ProjectCase) -> None:
    """The project is over: its needs may be in another."""
    for row in case.needs:
        row.active = False
