"""Supervision 督办 of orders: set by an office above, answered by those who handle the order, lifted by who set it.

Nothing here moves the order: it is only read, and its row locked while one is set, so that offices count one after the other.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Duplicate, Forbidden, NotFound, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.levels import LEVEL_OF, ROLE_OF, highest
from app.domain.orders import ORDER, WORKED_ON
from app.domain.people import Actor, Parties, Relation
from app.domain.people import Grant as ActorGrant
from app.domain.supervisions import (
    OPEN_SUPERVISIONS,
    SETS,
    SUPERVISION,
    SupervisionAction,
    in_charge,
    must_stand_above,
)
from app.domain.workdays import add_working_days
from app.models import Grant, Order, Supervision
from app.schemas.supervisions import (
    SupervisionAnswer,
    SupervisionLift,
    SupervisionQuery,
    SupervisionRead,
    SupervisionReturn,
    SupervisionSet,
)
from app.services.access import in_force
from app.services.escalations_taken import handling
from app.services.orders_aside import hold_order, in_sight, relations
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in SupervisionRead.model_fields if name != "actions")


async def parties_of(session: AsyncSession, actor: Actor, rows: Collection[Supervision]) -> dict[UUID, Parties]:
    """What the actor is to each of these supervisions and to its order."""
    sides, left = await relations(session, actor, rows), await left_office(session, rows)
    found: dict[UUID, Parties] = {}
    for row in rows:
        office = [g for g in actor.grants if g.role == ROLE_OF[row.level] and g.place_id == row.office_id]
        leads = in_charge(
            in_office=bool(office),
            setter=row.set_by == actor.person_id,
            stands_in=any(grant.lent_by == row.set_by for grant in office),
            setter_left=row.id in left,
        )
        found[row.id] = actor.roles_at(row.path) | sides[row.order_id] | ({Relation.SUPERVISOR} if leads else set())
    return found


async def left_office(session: AsyncSession, rows: Collection[Supervision]) -> set[UUID]:
    """Of these supervisions, those whose setter no longer holds the office they set it from."""
    people = {row.set_by for row in rows}
    own = (Grant.person_id.in_(people), Grant.lent_by.is_(None), in_force(now()))
    held = {
        tuple(row) for row in await session.execute(select(Grant.person_id, Grant.role, Grant.place_id).where(*own))
    }
    return {row.id for row in rows if (row.set_by, ROLE_OF[row.level], row.office_id) not in held}


async def present(session: AsyncSession, actor: Actor, rows: Collection[Supervision]) -> list[dict[str, Any]]:
    parties = await parties_of(session, actor, rows)
    return [
        {name: getattr(row, name) for name in _FIELDS} | {"actions": SUPERVISION.offered(row.state, parties[row.id])}
        for row in rows
    ]


async def page(session: AsyncSession, actor: Actor, query: SupervisionQuery) -> Page[Supervision]:
    """Of orders at the reader's places or in their hands, newest first."""
    access.require_anywhere(actor, "supervisions:list")
    rows = select(Supervision).where(in_sight(Supervision, actor))
    if query.order_id is not None:
        rows = rows.where(Supervision.order_id == query.order_id)
    if query.state is not None:
        rows = rows.where(Supervision.state == query.state)
    if query.mine:
        rows = rows.where(Supervision.set_by == actor.person_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Supervision.id < after)
    found = await session.scalars(rows.order_by(Supervision.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, supervision_id: UUID) -> Supervision:
    """404 for whoever neither looks after the order nor holds it."""
    actor.checked.add("supervisions:read")
    found = await session.scalar(select(Supervision).where(Supervision.id == supervision_id))
    if found is None or not access.may("supervisions:read", (await parties_of(session, actor, [found]))[found.id]):
        raise NotFound()
    return found


async def set_(session: AsyncSession, actor: Actor, form: SupervisionSet) -> Supervision:
    """Ask what is being done. 409 while the same office's is open, or for who does not stand above whoever handles it."""
    case = await hold_order(session, actor, form.order_id, "supervisions:set")
    if Relation.HOLDER in case.parties:
        raise Forbidden("承办人不能督办自己承办的工单")
    order = case.order
    if order.state not in WORKED_ON:
        raise WrongState(f"工单现为“{ORDER.state_names[order.state]}”，不能督办", state=order.state.value)
    office = office_of(actor, order.path)
    must_stand_above(LEVEL_OF[office.role], await handling(session, order.id))
    await _must_be_first(session, order, office)
    moment = now()
    due_at = add_working_days(moment, form.working_days)
    row = Supervision(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        round=order.round,
        state=SUPERVISION.initial,
        level=LEVEL_OF[office.role],
        office_id=office.place_id,
        set_by=actor.person_id,
        grounds=[ground.value for ground in form.grounds],
        words=form.words,
        working_days=form.working_days,
        due_at=due_at,
        tell_at=due_at,
        returns=0,
        created_at=moment,
    )
    session.add(row)
    publish(session, SUPERVISION.noun, row, "set", actor=actor, target=row.state.value, data=told(row))
    await session.flush()
    return row


def office_of(actor: Actor, path: str) -> ActorGrant:
    """The office somebody supervises from: of those they hold above this path the highest."""
    offices = {LEVEL_OF[g.role]: g for g in actor.grants if g.role in LEVEL_OF and path.startswith(g.path)}
    level = highest(SETS & offices.keys())
    if level is None:
        raise Forbidden()
    return offices[level]


async def _must_be_first(session: AsyncSession, order: Order, office: ActorGrant) -> None:
    same = and_(Supervision.level == LEVEL_OF[office.role], Supervision.office_id == office.place_id)
    open_ = (Supervision.order_id == order.id, same, Supervision.state.in_(OPEN_SUPERVISIONS))
    if await session.scalar(select(Supervision.id).where(*open_)) is not None:
        raise Duplicate("贵处对此工单的督办尚未解除")


def told(row: Supervision) -> dict[str, Any]:
    """What an event says; what was written stands in the row, which can forget it."""
    return {
        "order_id": str(row.order_id),
        "level": row.level.value,
        "grounds": list(row.grounds),
        "due_at": row.due_at.isoformat(),
        "told_level": row.told_level.value if row.told_level else None,
    }


def move(
    session: AsyncSession, row: Supervision, action: SupervisionAction, parties: Parties, actor: Actor | None
) -> None:
    """Take a step of the table."""
    step = SUPERVISION.decide(row.state, action, parties)
    source, row.state = row.state, step.target
    publish(
        session,
        SUPERVISION.noun,
        row,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=told(row),
    )


async def _held(
    session: AsyncSession, actor: Actor, supervision_id: UUID, action: SupervisionAction
) -> tuple[Supervision, Parties]:
    row = await load(session, actor, supervision_id)
    actor.checked.add(SUPERVISION.permission(action))
    await session.refresh(row, with_for_update=True)
    parties = (await parties_of(session, actor, [row]))[row.id]
    SUPERVISION.decide(row.state, action, parties)
    return row, parties


async def answer(session: AsyncSession, actor: Actor, supervision_id: UUID, form: SupervisionAnswer) -> Supervision:
    """Say what is being done; of two who answer at once the second is refused."""
    row, parties = await _held(session, actor, supervision_id, SupervisionAction.ANSWER)
    row.answer, row.answered_by, row.answered_at = form.words, actor.person_id, now()
    row.tell_at = None
    move(session, row, SupervisionAction.ANSWER, parties, actor)
    await session.flush()
    return row


async def return_(session: AsyncSession, actor: Actor, supervision_id: UUID, form: SupervisionReturn) -> Supervision:
    """The answer does not do: another is owed, by a day of its own. What was answered stays until there is another."""
    row, parties = await _held(session, actor, supervision_id, SupervisionAction.RETURN)
    row.reply, row.working_days = form.words, form.working_days
    row.due_at = row.tell_at = add_working_days(now(), form.working_days)
    row.returns += 1
    row.told_level = None
    move(session, row, SupervisionAction.RETURN, parties, actor)
    await session.flush()
    return row


async def lift(session: AsyncSession, actor: Actor, supervision_id: UUID, form: SupervisionLift) -> Supervision:
    """It is over, by whoever set it, or their office when they have left."""
    row, parties = await _held(session, actor, supervision_id, SupervisionAction.LIFT)
    row.reply, row.lifted_at = form.words or row.reply, now()
    row.tell_at = None
    move(session, row, SupervisionAction.LIFT, parties, actor)
    await session.flush()
    return row
