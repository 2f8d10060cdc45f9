"""Batches of dispatch put straight into a state, as the owner, with their first event."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.dispatch_batches import BatchMode
from app.domain.match_batches import BatchState
from app.models import DispatchBatch
from tests.services.rows_resources import add
from tests.worlds import World


async def put_dispatch_batch(
    session: AsyncSession, world: World, state: BatchState = BatchState.DONE, **more: Any
) -> DispatchBatch:
    """The community's."""
    over = state in {BatchState.DONE, BatchState.FAILED}
    batch = DispatchBatch(
        district_id=world.district_id,
        id=new_id(),
        place_id=world.places["community"],
        path=world.paths["community"],
        state=state,
        mode=BatchMode.APPLY,
        every_way=False,
        invited_orders=0,
        invited=0,
        overtaken=0,
        tries=0,
        message="系统内部错误" if state is BatchState.FAILED else None,
        requested_by=world.people["community"],
        finished_at=now() if over else None,
        version=1,
        created_at=now(),
        updated_at=now(),
        **more,
    )
    await add(session, batch, "dispatch_batch", state)
    return batch
