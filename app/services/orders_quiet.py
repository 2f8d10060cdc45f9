"""Until when whoever is asked for an order may answer: quiet hours of the order's chain do not count."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.needs import Urgency
from app.domain.quiet_hours import Quiet, quiet_of
from app.models import Order, OrderWay


async def quiet_hours(session: AsyncSession, order: Order) -> Quiet | None:
    """None where there are none, and for what is urgent."""
    row = (
        await session.execute(select(OrderWay.quiet_since, OrderWay.quiet_until).where(OrderWay.order_id == order.id))
    ).first()
    return quiet_of(row.quiet_since, row.quiet_until, urgent=is_urgent(order)) if row else None


def is_urgent(order: Order) -> bool:
    return order.urgency is not Urgency.NORMAL
