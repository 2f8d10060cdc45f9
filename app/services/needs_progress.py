"""How needs are getting on: one query for a page of them, and one more where some were merged."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.domain.needs import NeedState
from app.domain.progress import Standing, Work, merged, progress
from app.models import Need, Order


async def progress_of(session: AsyncSession, needs: Sequence[Need]) -> dict[UUID, str]:
    """Need → its sentence. Of a merged one, with how the need it went into is getting on, through however many merges."""
    masters = await _masters(session, [need.id for need in needs if need.state is NeedState.MERGED])
    every = [*needs, *masters.values()]
    orders = await _orders(session, every)
    lines = {need.id: progress(_standing(need, orders.get(need.id, [])), now()) for need in every}
    return {need.id: merged(lines[masters[need.id].id]) if need.id in masters else lines[need.id] for need in needs}


def _standing(need: Need, orders: Sequence[Work]) -> Standing:
    return Standing(
        need.state, orders, need.answer_by, need.planned_until, need.appealed, closed_by_system=need.closed_by_system
    )


async def _masters(session: AsyncSession, ids: list[UUID]) -> dict[UUID, Need]:
    """Merged need → the one at the end of its chain of merges."""
    if not ids:
        return {}
    first = select(Need.id.label("of"), Need.merged_into_id.label("into"))
    chain = first.where(Need.id.in_(ids)).cte("chain", recursive=True)
    further = aliased(Need)
    step = select(chain.c.of, further.merged_into_id).join(further, further.id == chain.c.into)
    chain = chain.union_all(step.where(further.merged_into_id.is_not(None)))
    ends = select(chain.c.of, Need).join(Need, Need.id == chain.c.into).where(Need.merged_into_id.is_(None))
    return {row.of: row.Need for row in await session.execute(ends)}


async def _orders(session: AsyncSession, needs: Iterable[Need]) -> dict[UUID, list[Work]]:
    """The orders of each need's present round; of needs that are not being worked on, none are read."""
    rounds = {n.id: n.round for n in needs if n.state in {NeedState.ACCEPTED, NeedState.IN_SERVICE}}
    if not rounds:
        return {}
    columns = (Order.need_id, Order.need_round, Order.state, Order.assigned_at, Order.auto_offer)
    more = (Order.people_wanted, Order.people_accepted, Order.wanted_at, Order.suspend_reason, Order.planned_until)
    found: dict[UUID, list[Work]] = {}
    for row in await session.execute(select(*columns, *more).where(Order.need_id.in_(rounds)).order_by(Order.id)):
        if row.need_round == rounds[row.need_id]:
            counts = (row.people_wanted, row.people_accepted, row.wanted_at, row.suspend_reason, row.planned_until)
            work = Work(row.state, row.assigned_at is not None, row.auto_offer, *counts)
            found.setdefault(row.need_id, []).append(work)
    return found
