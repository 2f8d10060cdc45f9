"""The rows the access matrix tries operations on: what is recorded beside an order to see that it is done."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.escalations import ESCALATION, EscalationState
from app.domain.supervisions import SUPERVISION, SupervisionState
from tests.services.rows_oversight import put_escalation, put_held_order, put_supervision, put_urge
from tests.whole.access_ground import Ground, Row
from tests.whole.access_rows import source_of
from tests.whole.document import Operation


async def urge(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of an order of resident1's that member1 holds, by resident1."""
    order = await put_held_order(session, ground.world)
    if operation.name == "urge_create":
        return Row(order.id, party="resident1", ids={"order_id": str(order.id)})
    row = await put_urge(session, ground.world, order)
    return Row(row.id, party="resident1")


async def rates(ground: Ground, _: AsyncSession, __: Operation) -> Row:
    """Of the grid, in a week."""
    place = {"place_id": str(ground.world.places["grid"])}
    return Row(ground.world.places["grid"], ids=place, form={"from_on": "2026-11-23", "until_on": "2026-11-29"})


async def supervision(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Set by the subdistrict, of an order that member1 holds."""
    order = await put_held_order(session, ground.world)
    if operation.name == "supervision_set":
        return Row(order.id, party="subdistrict", ids={"order_id": str(order.id)})
    row = await put_supervision(
        session, ground.world, order, source_of(SUPERVISION, operation, SupervisionState.RUNNING)
    )
    setter = operation.name in {"supervision_return", "supervision_lift"}
    return Row(row.id, party="subdistrict" if setter else "member1")


async def escalation(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Raised by the grid worker to the community, of an order that member1 holds."""
    order = await put_held_order(session, ground.world)
    if operation.name == "escalation_raise":
        return Row(order.id, party="member1", ids={"order_id": str(order.id)})
    row = await put_escalation(session, ground.world, order, source_of(ESCALATION, operation, EscalationState.RAISED))
    decides = operation.name in {"escalation_answer", "escalation_return"}
    return Row(row.id, party="community" if decides else "member1")
