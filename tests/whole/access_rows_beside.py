"""The rows the access matrix tries operations on: what stands beside an order."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.co_handlings import CO_HANDLING, CoHandlingState
from app.domain.extensions import EXTENSION, ExtensionState
from tests.services.rows_beside import put_co_handling, put_extension, put_held_order
from tests.whole.access_ground import Ground, Row
from tests.whole.access_rows import source_of
from tests.whole.document import Operation


async def extension(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Asked by member1, who holds resident1's order."""
    row = await put_extension(session, ground.world, source_of(EXTENSION, operation, ExtensionState.ASKED))
    order_id = row.order_id
    if operation.name == "extension_ask":
        order_id = (await put_held_order(session, ground.world)).id
    return Row(row.id, party="member1", ids={"order_id": str(order_id)})


async def co_handling(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """member2's part in an order that member1 leads."""
    row = await put_co_handling(session, ground.world, source_of(CO_HANDLING, operation, CoHandlingState.INVITED))
    order_id = row.order_id
    if operation.name == "co_handling_invite":
        order_id = (await put_held_order(session, ground.world)).id
    lead = operation.name in {"co_handling_cancel", "co_handling_invite"}
    asked = {"person_id": str(ground.world.people["volunteer1"])} if operation.name == "co_handling_invite" else {}
    return Row(row.id, party="member1" if lead else "member2", ids={"order_id": str(order_id)}, form=asked)
