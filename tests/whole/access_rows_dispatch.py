"""The rows the access matrix tries operations on: batches of dispatch."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.match_batches import UNFINISHED, BatchState
from app.models import DispatchBatch
from tests.services.rows_dispatch_batches import put_dispatch_batch
from tests.whole.access_ground import Ground, Row
from tests.whole.document import Operation


async def batch(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """Of the community, done like all before it; so another may be started."""
    over = {"state": BatchState.DONE, "finished_at": now()}
    await session.execute(update(DispatchBatch).where(DispatchBatch.state.in_(UNFINISHED)).values(over))
    found = await put_dispatch_batch(session, ground.world)
    return Row(found.id, ids={"place_id": str(found.place_id)})
