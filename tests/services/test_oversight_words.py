"""What was written beside an order goes with the order's own words, or with whoever wrote it; that it happened stays."""

from datetime import timedelta
from typing import Any

import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.domain.escalations import EscalationState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.retention import SPENT, Kind, period_of
from app.domain.supervisions import SupervisionState
from app.models import Escalation, Supervision
from app.services.erasure_rows import GONE
from app.workers.retention import keep
from tests.erasing import erased
from tests.services.rows import put_need, put_order
from tests.services.rows_oversight import put_escalation, put_supervision, put_urge
from tests.worlds import World


async def _written(owner: Database, world: World, by: str = "grid") -> None:
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.CLOSED)
        order = await put_order(session, world, need, OrderState.CLOSED)
        await put_urge(session, world, order, "community")
        row = await put_supervision(session, world, order, SupervisionState.ANSWERED)
        row.answered_by = world.people[by]
        raised = await put_escalation(session, world, order, EscalationState.ANSWERED)
        raised.raised_by, raised.help = world.people[by], "街道出钱"


async def _words(owner: Database, world: World) -> tuple[Any, ...]:
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Supervision).where(Supervision.district_id == world.district_id))).one()
        up = (await session.scalars(select(Escalation).where(Escalation.district_id == world.district_id))).one()
    assert (row.state, row.grounds, up.state) == ("answered", ["urged"], "answered"), "what happened stays"
    return row.words, row.answer, row.reply, up.tried, up.wish, up.decision, up.help, up.reply


async def test_with_the_order(world: World, app: FastAPI, owner: Database) -> None:
    await _written(owner, world)
    with time_machine.travel(now() + period_of(Kind.NEED_WORDS) + timedelta(days=1), tick=True):
        await keep(app.state.database, app.state.sealer, world.district_id)
    assert await _words(owner, world) == (SPENT, SPENT, None, SPENT, SPENT, SPENT, SPENT, None)


async def test_with_whoever_asked(world: World, owner: Database) -> None:
    await _written(owner, world)
    await erased(world, "resident1")
    assert await _words(owner, world) == (GONE, GONE, None, GONE, GONE, GONE, GONE, None)


async def test_with_whoever_wrote_it(world: World, owner: Database) -> None:
    await _written(owner, world, by="member1")
    await erased(world, "member1")
    assert await _words(owner, world) == ("请说明原因", GONE, None, GONE, GONE, "协调物业", "街道出钱", None)
