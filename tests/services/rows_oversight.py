"""What is recorded beside an order to see that it is done, put straight into a state, as the owner: where matrices begin."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import AssignmentState
from app.domain.escalations import ESCALATION, EscalationState
from app.domain.levels import Level
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.supervisions import SUPERVISION, Ground, SupervisionState
from app.domain.urges import NOUN, UrgedAs, counted_on
from app.models import Escalation, Order, Supervision, Urge
from tests.services.committee import add
from tests.services.rows import Held, put_need, put_order
from tests.worlds import World


async def put_held_order(session: AsyncSession, world: World) -> Order:
    """Of resident1, followed by resident2, held by member1."""
    need = await put_need(session, world, NeedState.IN_SERVICE, followed=True)
    return await put_order(session, world, need, OrderState.IN_PROGRESS, Held("member1", AssignmentState.ACCEPTED))


def _beside(world: World, order: Order) -> dict[str, Any]:
    return {
        "district_id": world.district_id,
        "id": new_id(),
        "order_id": order.id,
        "path": order.path,
        "round": order.round,
    }


async def put_urge(session: AsyncSession, world: World, order: Order, who: str = "resident1", number: int = 1) -> Urge:
    row = Urge(
        **_beside(world, order),
        number=number,
        person_id=world.people[who],
        urged_as=UrgedAs.ASKER,
        counted_on=counted_on(clock.today()),
        words="请尽快",
    )
    added: Urge = await add(session, row, NOUN)
    return added


async def put_supervision(session: AsyncSession, world: World, order: Order, state: SupervisionState) -> Supervision:
    """Set by the subdistrict."""
    due_at, owed = now() + timedelta(days=2), state in {SupervisionState.RUNNING, SupervisionState.OVERDUE}
    answered = {"answer": "正在办", "answered_by": world.people["grid"], "answered_at": now()}
    row = Supervision(
        **_beside(world, order),
        state=state,
        level=Level.SUBDISTRICT,
        office_id=world.places["subdistrict"],
        set_by=world.people["subdistrict"],
        grounds=[Ground.URGED.value],
        words="请说明原因",
        working_days=2,
        due_at=due_at,
        tell_at=due_at if owed else None,
        told_level=Level.DISTRICT if state is SupervisionState.OVERDUE else None,
        lifted_at=now() if state is SupervisionState.LIFTED else None,
        **(answered if state is SupervisionState.ANSWERED else {}),
    )
    added: Supervision = await add(session, row, SUPERVISION.noun, state.value)
    return added


async def put_escalation(session: AsyncSession, world: World, order: Order, state: EscalationState) -> Escalation:
    """Raised by the grid worker to the community."""
    due_at = now() + timedelta(days=1)
    decided = {
        "decided_by": world.people["community"],
        "decided_at": now(),
        "decided_level": Level.COMMUNITY,
        "decision": "协调物业" if state is EscalationState.ANSWERED else None,
        "reply": "本级可办" if state is EscalationState.RETURNED else None,
    }
    row = Escalation(
        **_beside(world, order),
        state=state,
        from_level=Level.GRID,
        to_level=Level.COMMUNITY,
        raised_by=world.people["grid"],
        tried="已联系物业",
        wish="请协调",
        due_at=due_at,
        tell_at=due_at if state is EscalationState.RAISED else None,
        takes_over=False,
        **(decided if state in {EscalationState.ANSWERED, EscalationState.RETURNED} else {}),
    )
    added: Escalation = await add(session, row, ESCALATION.noun, state.value)
    return added
