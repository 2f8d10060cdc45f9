"""The rows the access matrix tries operations on: clocks and office hours."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.domain.assignments import AssignmentState
from app.domain.clocks import ClockKind, ClockState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.models import OfficeHours
from tests.services.rows import Held, put_need, put_order
from tests.services.rows_clocks import put_clock
from tests.whole.access_ground import Ground, Row
from tests.whole.document import Operation


async def clock(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """Of an order of resident1's that member1 holds."""
    need = await put_need(session, ground.world, NeedState.IN_SERVICE)
    order = await put_order(session, ground.world, need, OrderState.ACCEPTED, Held("member1", AssignmentState.ACCEPTED))
    found = await put_clock(session, ground.world, ClockState.RUNNING, order.id)
    return Row(found.id, party="resident1")


async def signing(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """The liaison's unit was assigned it and has not signed yet."""
    need = await put_need(session, ground.world, NeedState.IN_SERVICE)
    held = Held("unit", AssignmentState.ACCEPTED, unit=True)
    order = await put_order(session, ground.world, need, OrderState.ACCEPTED, held)
    await put_clock(session, ground.world, ClockState.RUNNING, order.id, kind=ClockKind.SIGN)
    return Row(order.id, party="liaison")


async def contacting(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """member1 holds it and has not spoken to resident1 yet."""
    need = await put_need(session, ground.world, NeedState.IN_SERVICE)
    held = Held("member1", AssignmentState.ACCEPTED)
    order = await put_order(session, ground.world, need, OrderState.ACCEPTED, held)
    return Row(order.id, party="member1")


async def recategorising(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    need = await put_need(session, ground.world, NeedState.SUBMITTED)
    return Row(need.id, party="resident1", form={"category": "repair.electric"})


async def office_hours(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """None yet: version 0 is the house's own."""
    await session.execute(delete(OfficeHours))
    form = {
        "valid_from": (today() + timedelta(days=1)).isoformat(),
        "windows": [{"weekday": 1, "from_minute": 540, "until_minute": 720}],
    }
    return Row(ground.world.places["district"], version=0, form=form)
