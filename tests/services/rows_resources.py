"""Resources and bookings put straight into a state, as the owner, with their first event."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.bookings import BookingState, Purpose
from app.domain.needs import NeedState
from app.domain.resources import Nature, ResourceKind, ResourceState
from app.models import Booking, Event, OutboxRow, Resource
from tests.services.rows import put_need
from tests.worlds import LAT, LON, World


async def put_resource(
    session: AsyncSession, world: World, state: ResourceState, *, person: str | None = None, **more: Any
) -> Resource:
    """Twenty chairs of the liaison's unit in the grid, for the community; or somebody's own."""
    owner = {"person_id": world.people[person]} if person else {"organization_id": world.units["unit"]}
    columns: dict[str, Any] = {
        "kind": ResourceKind.MATERIALS,
        "nature": Nature.SHARED,
        "name": "折叠椅",
        "details": "可借用，用后归还",
        "categories": ["repair.plumbing", "culture"],
        "quantity": 20,
        "unit": "把",
        "starts_at": now() - timedelta(days=1),
        "remind_days": 14,
        "state_words": "暂不需要" if state is ResourceState.REFUSED else None,
    }
    place = {
        "place_id": world.places["grid"],
        "path": world.paths["grid"],
        "community_id": world.places["community"],
        "grid_id": world.places["grid"],
        "lon": LON,
        "lat": LAT,
        "service_place_id": world.places["community"],
        "service_path": world.paths["community"],
    }
    row = Resource(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        reserved=0,
        version=1,
        **owner,
        **place | columns | more,
    )
    await add(session, row, "resource", state)
    return row


async def put_booking(
    session: AsyncSession,
    world: World,
    resource: Resource,
    state: BookingState,
    *,
    starts_at: datetime | None = None,
    by: str = "liaison",
    **more: Any,
) -> Booking:
    """Of two hours, begun an hour ago unless said otherwise, for a need of resident1's."""
    need = await put_need(session, world, NeedState.IN_SERVICE)
    start = starts_at or now() - timedelta(hours=1)
    row = Booking(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        resource_id=resource.id,
        path=resource.path,
        nature=resource.nature,
        quantity=more.pop("quantity", 1),
        during=None if resource.nature is Nature.STOCK else Range(start, start + timedelta(hours=2), bounds="[)"),
        purpose=Purpose.NEED,
        purpose_id=need.id,
        use_place_id=need.place_id,
        use_path=need.path,
        booked_by=world.people[by],
        expires_at=now() + timedelta(minutes=30),
        cancel_words="临时有事" if state is BookingState.CANCELLED else None,
        version=1,
        **more,
    )
    await add(session, row, "booking", state)
    return row


async def add(session: AsyncSession, row: Any, aggregate: str, state: Any) -> None:
    """The row with event 1, so that its history is whole from the start."""
    event = Event(
        district_id=row.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=state.value if state else None,
        path=row.path,
        data={},
    )
    session.add(row)
    await session.flush()
    session.add(event)
    await session.flush()
    session.add(OutboxRow(district_id=row.district_id, id=event.id))
    await session.flush()
