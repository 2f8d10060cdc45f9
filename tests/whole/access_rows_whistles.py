"""The rows the access matrix tries operations on: whistles, their types, and calls of departments."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.domain.whistle_calls import CALL, CallState
from app.domain.whistles import WHISTLE, WhistleState
from tests.services.rows_whistles import LIMITS, put_call, put_type, put_whistle
from tests.whole.access_ground import Ground, Row
from tests.whole.access_rows import source_of
from tests.whole.document import Operation

_LIMITS = {name: {"value": span["value"], "unit": "hours"} for name, span in LIMITS.as_json().items()}


async def kind(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    row = await put_type(session, ground.world)
    new: dict[str, Any] = {"code": new_id().hex, "limits": _LIMITS}
    return Row(row.id, form=new if operation.method == "POST" else {})


async def whistle(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """The grid worker's; the department was called and ruled out."""
    world = ground.world
    usual = WhistleState.DRAFTED if operation.name == "whistle_update" else WhistleState.BLOWN
    row = await put_whistle(session, world, source_of(WHISTLE, operation, usual))
    ids = {"type_id": str(row.type_id), "place_id": str(world.places["compound"])}
    ids["department_id"] = str(world.units["department"])
    if row.blown_at is not None:
        gone = await put_call(session, world, CallState.RULED_OUT, whistle=row)
        ids |= {"call_id": str(gone.id)}
    stead = {"organization_id": str(world.units["unit"])} if operation.name == "whistle_replace" else {}
    return Row(row.id, party="grid", ids=ids, form=stead)


async def call(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """The department's, on a whistle the grid worker drafted."""
    row = await put_call(session, ground.world, source_of(CALL, operation, CallState.CALLED))
    return Row(row.id, party="department")
