"""Matches put straight into a state, as the owner, with their run and their first events."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.bookings import BookingState
from app.domain.match_batches import BatchState
from app.domain.matches import LapseReason, MatchResult, MatchState
from app.domain.matching import WEIGHTS, DismissReason, Part
from app.domain.needs import NeedState
from app.domain.resources import ResourceState
from app.models import Booking, Match, MatchBatch, MatchRun, Need, Resource
from tests.services.rows import put_need
from tests.services.rows_resources import add, put_booking, put_resource
from tests.worlds import World

HALF = dict.fromkeys((part.value for part in Part), 0.5)


async def put_run(session: AsyncSession, world: World, need: Need) -> MatchRun:
    """The grid worker's."""
    run = MatchRun(
        district_id=world.district_id,
        id=new_id(),
        path=need.path,
        need_id=need.id,
        weights=WEIGHTS,
        looked=3,
        more=False,
        run_by=world.people["grid"],
        version=1,
        created_at=now(),
        updated_at=now(),
    )
    await add(session, run, "match_run", None)
    return run


async def put_batch(
    session: AsyncSession, world: World, state: BatchState = BatchState.DONE, **more: Any
) -> MatchBatch:
    """The community's."""
    over = state in {BatchState.DONE, BatchState.FAILED}
    batch = MatchBatch(
        district_id=world.district_id,
        id=new_id(),
        place_id=world.places["community"],
        path=world.paths["community"],
        state=state,
        most=5,
        looked_needs=0,
        written_needs=0,
        chosen_needs=0,
        message="系统内部错误" if state is BatchState.FAILED else None,
        requested_by=world.people["community"],
        finished_at=now() if over else None,
        version=1,
        created_at=now(),
        updated_at=now(),
        **more,
    )
    await add(session, batch, "match_batch", state)
    return batch


async def put_match(
    session: AsyncSession,
    world: World,
    state: MatchState,
    *,
    need: Need | None = None,
    resource: Resource | None = None,
    **more: Any,
) -> Match:
    """The liaison's unit's chairs for a need of resident1's."""
    need = need or await put_need(session, world, NeedState.IN_SERVICE)
    resource = resource or await put_resource(session, world, ResourceState.LISTED)
    run, moment = await put_run(session, world, need), now()
    columns = await _ended(session, world, state, resource)
    row = Match(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        path=need.path,
        run_id=run.id,
        need_id=need.id,
        resource_id=resource.id,
        category=need.category,
        rank=1,
        score=0.5,
        learnt=1.0,
        parts=HALF,
        weights=WEIGHTS,
        reasons=["同一大类的服务"],
        version=1,
        created_at=moment - timedelta(minutes=1),
        updated_at=moment,
        **columns | more,
    )
    await add(session, row, "match", state)
    return row


async def _ended(session: AsyncSession, world: World, state: MatchState, resource: Resource) -> dict[str, Any]:
    """What a state goes with."""
    booked = state is MatchState.CONFIRMED
    booking: Booking | None = await put_booking(session, world, resource, BookingState.HELD) if booked else None
    return {
        "decided_at": None if state is MatchState.PROPOSED else now(),
        "dismiss_reason": DismissReason.TOO_FAR if state is MatchState.DISMISSED else None,
        "lapse_reason": LapseReason.SUPERSEDED if state is MatchState.LAPSED else None,
        "result": MatchResult.BOOKED if booked else None,
        "booking_id": booking.id if booking else None,
    }
