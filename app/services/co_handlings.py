"""Co-handling of an order: who leads or dispatches it invites others to a part of it, and each says how theirs went."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.co_handlings import (
    CO_HANDLING,
    JOINABLE,
    MOST_PARTIES,
    RUNNING,
    CoHandlingAction,
    CoHandlingState,
    begins_in,
)
from app.domain.organizations import ASSIGNABLE
from app.domain.people import HELPERS, UNIT_ROLES, Actor, Parties, Relation, Role
from app.domain.places import ancestors
from app.models import CoHandling, Grant, Organization, Person
from app.schemas.co_handlings import (
    CoHandlingCancel,
    CoHandlingComplete,
    CoHandlingDecline,
    CoHandlingInvite,
    CoHandlingLeave,
    CoHandlingQuery,
    CoHandlingRead,
)
from app.services import need_respondents, orders_aside, orders_case
from app.services.access import in_force, of_party, reads_all, under_path
from app.services.co_handlings_end import move, told
from app.services.orders_case import OrderCase
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in CoHandlingRead.model_fields if name != "actions")
_MAY_ASK_AGAIN = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})


@dataclass(slots=True)
class CoHandlingCase:
    row: CoHandling
    order: OrderCase
    parties: Parties


def present(row: CoHandling, parties: Parties) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in _FIELDS}
    return shown | {"actions": CO_HANDLING.offered(row.state, parties)}


def parties_of(row: CoHandling, actor: Actor, to_order: frozenset[Relation]) -> Parties:
    """ASKED and SUPPORT are of this row, HOLDER and UNIT of its order: who only was asked for the order is nothing here."""
    mine = set(to_order & {Relation.HOLDER, Relation.UNIT})
    if row.person_id == actor.person_id:
        mine.add(Relation.ASKED)
    if row.organization_id is not None and row.organization_id == actor.organization_id:
        mine |= {Relation.SUPPORT} if actor.roles_at(row.path) & UNIT_ROLES else set()
    return actor.roles_at(row.path) | mine


async def page(session: AsyncSession, actor: Actor, query: CoHandlingQuery) -> Page[dict[str, Any]]:
    """Those at the reader's places, newest first; of everyone else, what they are invited to and what they lead."""
    access.require_anywhere(actor, "co-handlings:list")
    mine = of_party(CoHandling, actor)
    theirs = or_(under_path(CoHandling, reads_all(actor)), mine, _led(actor))
    rows = select(CoHandling).where(mine if query.mine else theirs)
    if query.order_id is not None:
        rows = rows.where(CoHandling.order_id == query.order_id)
    if query.state is not None:
        rows = rows.where(CoHandling.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(CoHandling.id < after)
    found = await session.scalars(rows.order_by(CoHandling.id.desc()).limit(query.limit + 1))
    listed: Page[CoHandling] = paged(found.all(), query.limit)
    related = await orders_case.relations_among(session, actor, {row.order_id for row in listed.items})
    sent = await _dispatching(session, actor, listed.items)
    shown = [present(row, parties_of(row, actor, related[row.order_id]) | sent[row.order_id]) for row in listed.items]
    return Page(shown, listed.next_cursor)


def _led(actor: Actor) -> ColumnElement[bool]:
    return CoHandling.order_id.in_(orders_case.held_by(actor))


async def load(
    session: AsyncSession, actor: Actor, row_id: UUID, permission: str, *, lock: bool = False
) -> CoHandlingCase:
    """A co-handling in its order, which is locked first; 404 for whom it is not there."""
    order_id = await session.scalar(select(CoHandling.order_id).where(CoHandling.id == row_id))
    if order_id is None:
        raise NotFound()
    order = await orders_case.load(session, None, order_id, permission, lock=lock)
    rows = select(CoHandling).where(CoHandling.id == row_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    row = (await session.scalars(rows)).one()
    to_order = orders_case.relations_to(order.need, order.assignments, actor, follows=False)
    sent = await _dispatching(session, actor, [row])
    case = CoHandlingCase(row, order, parties_of(row, actor, to_order) | sent[row.order_id])
    actor.checked.add(permission)
    if not access.may("co-handlings:read", case.parties):
        raise NotFound()
    return case


async def invite(session: AsyncSession, actor: Actor, form: CoHandlingInvite) -> CoHandlingCase:
    """Ask a person, or give a unit its part. 422 for whom it cannot be, 409 when nobody leads the order now."""
    order = await orders_case.load(session, actor, form.order_id, "co-handlings:invite")
    if not access.may("co-handlings:invite", order.parties):
        raise Forbidden()
    if order.order.state not in JOINABLE:
        raise WrongState("有人承办的工单才能请人协办", state=order.order.state.value)
    unit = form.organization_id is not None
    await (_must_be_a_unit(session, order, form) if unit else _must_be_a_helper(session, order, form))
    await _must_fit(session, order, form)
    row = CoHandling(
        district_id=order.order.district_id,
        id=new_id(),
        order_id=order.order.id,
        path=order.order.path,
        person_id=form.person_id,
        organization_id=form.organization_id,
        state=begins_in(unit=unit, parties=order.parties),
        part=form.part,
        invited_by=actor.person_id,
    )
    session.add(row)
    publish(session, CO_HANDLING.noun, row, "invite", actor=actor, target=row.state.value, data=told(row))
    await session.flush()
    sent = order.parties & {Relation.DISPATCHER}
    return CoHandlingCase(row, order, parties_of(row, actor, _relations(order.parties)) | sent)


async def _dispatching(
    session: AsyncSession, actor: Actor, rows: Collection[CoHandling]
) -> dict[UUID, frozenset[Relation]]:
    """By order: DISPATCHER, where the actor's level sends it out."""
    around = await orders_aside.relations(session, actor, rows)
    return {order_id: found & {Relation.DISPATCHER} for order_id, found in around.items()}


def _relations(parties: Parties) -> frozenset[Relation]:
    return frozenset(party for party in parties if isinstance(party, Relation))


async def _must_be_a_unit(session: AsyncSession, order: OrderCase, form: CoHandlingInvite) -> None:
    unit = await session.scalar(select(Organization).where(Organization.id == form.organization_id))
    if unit is None or not order.order.path.startswith(unit.path):
        raise NotFound("此地点没有这个单位")
    if unit.kind not in ASSIGNABLE:
        raise RuleBroken("只能请单位与职能部门，队伍和党员须逐个邀请", field="organization_id")
    await need_respondents.must_not_be(session, order.need, unit.id)
    if any(a.organization_id == unit.id for a in order.active):
        raise RuleBroken("该单位就是承办单位", field="organization_id")


async def _must_be_a_helper(session: AsyncSession, order: OrderCase, form: CoHandlingInvite) -> None:
    """A helper of the place who is not on the order otherwise; who declined is asked again only by a supervisor's word."""
    concerned = need_respondents.against(order.need.id, Person.id, Person.organization_id)
    row = select(concerned).where(Person.id == form.person_id, _helps_at(order.order.path))
    respondent = await session.scalar(row)
    if respondent is None:
        raise NotFound("此地点没有这位志愿者或党员")
    if respondent:
        raise RuleBroken("按回避的规定，不能请此人协办", field="person_id")
    if form.person_id in {order.need.asker_id, order.need.submitted_by}:
        raise RuleBroken("点单人不能协办自己的工单", field="person_id")
    if any(a.person_id == form.person_id for a in order.active + order.invited):
        raise RuleBroken("此人已在承办或已被邀请", field="person_id")
    declined = (CoHandling.person_id == form.person_id, CoHandling.state == CoHandlingState.DECLINED)
    before = select(CoHandling.id).where(CoHandling.order_id == order.order.id, *declined).limit(1)
    if await session.scalar(before) is None:
        return
    if not form.again:
        raise RuleBroken("此人曾婉拒协办本单", field="person_id")
    if not order.parties & _MAY_ASK_AGAIN:
        raise Forbidden("再次邀请曾婉拒的人须由社区管理员以上决定")


def _helps_at(path: str) -> Any:
    held = (Grant.person_id == Person.id, Grant.role.in_(HELPERS), Grant.path.in_(ancestors(path)))
    return exists().where(Grant.district_id == Person.district_id, *held, in_force(now()))


async def _must_fit(session: AsyncSession, order: OrderCase, form: CoHandlingInvite) -> None:
    rows = select(CoHandling).where(CoHandling.order_id == order.order.id, CoHandling.state.in_(RUNNING))
    running = (await session.scalars(rows)).all()
    if any((row.person_id, row.organization_id) == (form.person_id, form.organization_id) for row in running):
        raise Conflict("已请其协办")
    if len(running) >= MOST_PARTIES:
        raise Conflict(f"协办方最多 {MOST_PARTIES} 个")


async def accept(session: AsyncSession, actor: Actor, row_id: UUID) -> CoHandlingCase:
    return await _answered(session, actor, row_id, CoHandlingAction.ACCEPT)


async def decline(session: AsyncSession, actor: Actor, row_id: UUID, form: CoHandlingDecline) -> CoHandlingCase:
    """Say no. It never counts against anyone."""
    return await _answered(session, actor, row_id, CoHandlingAction.DECLINE, words=form.words)


async def leave(session: AsyncSession, actor: Actor, row_id: UUID, form: CoHandlingLeave) -> CoHandlingCase:
    """Cannot go on. It never counts against anyone; a unit does not leave what it was given."""
    return await _answered(session, actor, row_id, CoHandlingAction.LEAVE, words=form.words)


async def complete(session: AsyncSession, actor: Actor, row_id: UUID, form: CoHandlingComplete) -> CoHandlingCase:
    """Say what was done of the part."""
    return await _answered(session, actor, row_id, CoHandlingAction.COMPLETE, result=form.result, done_at=now())


async def _answered(
    session: AsyncSession, actor: Actor, row_id: UUID, action: CoHandlingAction, **columns: Any
) -> CoHandlingCase:
    case = await load(session, actor, row_id, CO_HANDLING.permission(action), lock=True)
    CO_HANDLING.decide(case.row.state, action, case.parties)
    for name, value in columns.items():
        setattr(case.row, name, value)
    case.row.answered_by = actor.person_id
    move(session, case.row, action, case.parties, actor)
    return case


async def cancel(session: AsyncSession, actor: Actor, row_id: UUID, form: CoHandlingCancel) -> CoHandlingCase:
    """The help is no longer needed; the party is told."""
    case = await load(session, actor, row_id, "co-handlings:cancel", lock=True)
    CO_HANDLING.decide(case.row.state, CoHandlingAction.CANCEL, case.parties)
    case.row.words = form.words
    move(session, case.row, CoHandlingAction.CANCEL, case.parties, actor)
    return case
