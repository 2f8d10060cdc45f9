"""What stands beside an order, put straight into a state, as the owner, with its first event."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import AssignmentState
from app.domain.co_handlings import CoHandlingState
from app.domain.extensions import ExtensionState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.models import CoHandling, Extension, Order
from tests.services.rows import Held, put_need, put_order
from tests.services.rows_resources import add
from tests.worlds import World


async def put_held_order(session: AsyncSession, world: World, *, unit: bool = False) -> Order:
    """Resident1's, in the hands of member1 or of the liaison's unit."""
    need = await put_need(session, world, NeedState.IN_SERVICE)
    held = Held("unit", AssignmentState.ACCEPTED, unit=True) if unit else Held("member1", AssignmentState.ACCEPTED)
    return await put_order(session, world, need, OrderState.IN_PROGRESS, held)


async def put_extension(
    session: AsyncSession, world: World, state: ExtensionState, order: Order | None = None, asked_by: str = "member1"
) -> Extension:
    row = order or await put_held_order(session, world)
    decided = state in {ExtensionState.APPROVED, ExtensionState.DENIED}
    more: dict[str, Any] = {"decided_by": world.people["community"], "decided_at": now()} if decided else {}
    extension = Extension(
        district_id=world.district_id,
        id=new_id(),
        order_id=row.id,
        path=row.path,
        round=row.round,
        state=state,
        reason="complex",
        words="情况复杂",
        working_days=3,
        asked_by=world.people[asked_by],
        due_before=row.due_at,
        due_after=row.due_at + timedelta(days=3) if state is ExtensionState.APPROVED else None,
        version=1,
        created_at=now(),
        updated_at=now(),
        **more,
    )
    await add(session, extension, "extension", state)
    return extension


async def put_co_handling(
    session: AsyncSession, world: World, state: CoHandlingState, order: Order | None = None, *, unit: str | None = None
) -> CoHandling:
    """member2's, or a unit's, part in an order that member1 leads."""
    row = order or await put_held_order(session, world)
    done = state is CoHandlingState.DONE
    helped = CoHandling(
        district_id=world.district_id,
        id=new_id(),
        order_id=row.id,
        path=row.path,
        person_id=None if unit else world.people["member2"],
        organization_id=world.units[unit] if unit else None,
        state=state,
        part="扶梯子",
        invited_by=world.people["member1"],
        result="已办" if done else None,
        done_at=now() if done else None,
        version=1,
        created_at=now(),
        updated_at=now(),
    )
    await add(session, helped, "co-handling", state)
    return helped
