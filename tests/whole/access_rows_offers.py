"""The rows the access matrix tries operations on: what is offered, and who books it."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.assignments import AssignmentState
from app.domain.bookings import BOOKING, BookingState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.resources import RESOURCE, ResourceState
from tests.services.rows import Held, put_need, put_order
from tests.services.rows_resources import put_booking, put_resource
from tests.whole.access_ground import Ground, Row
from tests.whole.access_rows import source_of
from tests.whole.document import Operation


async def resource(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the liaison's unit, at the community."""
    world = ground.world
    state = source_of(RESOURCE, operation, ResourceState.LISTED)
    row = await put_resource(session, world, state)
    if operation.name != "resource_offer":
        return Row(row.id, party="liaison")
    ids = {name: str(world.places["community"]) for name in ("place_id", "service_place_id")}
    unit: dict[str, Any] = {"organization_id": str(world.units["unit"])}
    return Row(row.id, ids=ids, form=unit)


async def booking(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the liaison's unit's chairs, by the grid worker, for a need of resident1's; a new one for an order that member1 holds."""
    world, start = ground.world, now() + timedelta(days=1)
    offered = await put_resource(session, world, ResourceState.LISTED)
    row = await put_booking(session, world, offered, source_of(BOOKING, operation, BookingState.HELD), by="grid")
    if operation.name != "booking_hold":
        return Row(row.id, party="liaison")
    wanted = await put_need(session, world, NeedState.IN_SERVICE)
    held = Held("member1", AssignmentState.ACCEPTED)
    order = await put_order(session, world, wanted, OrderState.ACCEPTED, held)
    ids = {"resource_id": str(offered.id), "purpose_id": str(order.id)}
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    return Row(row.id, party="member1", ids=ids, form={"purpose": "order"} | span)
