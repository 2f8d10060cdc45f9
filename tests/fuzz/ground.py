"""What the fuzzer finds when it comes: a district with rows in every state, and their ids to try."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain.assignments import AssignmentState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.models import Approval, HourEntry, Import, Need, Notice, Order, Organization, Person, Place
from app.models import Assignment as AssignmentRow
from tests.fuzz.engine import ROLES, Ids, Tokens
from tests.services.rows import Held, put_need, put_order
from tests.worlds import World

_MODELS = {
    "needs": Need,
    "orders": Order,
    "assignments": AssignmentRow,
    "hours": HourEntry,
    "places": Place,
    "people": Person,
    "organizations": Organization,
    "approvals": Approval,
    "notices": Notice,
    "imports": Import,
}
_HOLDERS = itertools.cycle(["member1", "member2", "volunteer1", "volunteer2"])


@dataclass(frozen=True)
class Ground:
    world: World
    ids: Ids

    def tokens(self, roles: Iterable[str]) -> Tokens:
        return {role: self.world.token(who) if (who := ROLES[role]) else None for role in roles}


async def lay(owner: Database, world: World) -> Ground:
    """Rows in every state of every lifecycle, and whose they are."""
    async with owner.transaction(world.district_id) as session:
        for need_state in NeedState:
            need = await put_need(session, world, need_state, followed=True)
            if need_state is NeedState.IN_SERVICE:
                for order_state in OrderState:
                    await put_order(session, world, need, order_state, *_held())
        need = await put_need(session, world, NeedState.IN_SERVICE)
        for state in AssignmentState:
            await put_order(session, world, need, OrderState.IN_PROGRESS, Held(next(_HOLDERS), state))
            await put_order(session, world, need, OrderState.ACCEPTED, Held("unit", state, unit=True))
    await _lead_to_requests(world)
    async with owner.transaction(world.district_id) as session:
        return Ground(
            world, {noun: ids for noun, model in _MODELS.items() if (ids := await _ids(session, world, model))}
        )


def _held() -> tuple[Held, Held]:
    return Held(next(_HOLDERS), AssignmentState.ACCEPTED), Held(next(_HOLDERS), AssignmentState.INVITED)


async def _lead_to_requests(world: World) -> None:
    """Requests that wait for another's word, left by the holders themselves."""
    for who in ("member1", "member2", "volunteer1", "volunteer2"):
        mine = await world.ok(who, "GET", "/v1/orders", params={"mine": True, "state": "in_progress"})
        for order in [order for order in mine["items"] if "suspend" in order["actions"]][:2]:
            form = {"reason": "weather", "words": "大雨"}
            await world.ok(who, "POST", f"/v1/orders/{order['id']}/suspend", json=form)


async def _ids(session: AsyncSession, world: World, model: Any) -> list[str]:
    """Of this district alone: the owner sees them all."""
    rows = await session.scalars(select(model.id).where(model.district_id == world.district_id).order_by(model.id))
    return [str(row) for row in rows]
