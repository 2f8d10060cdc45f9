"""Until when whoever is asked for an order may answer: quiet hours of the order's chain do not count."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.needs import NIGHT_TOO, Urgency
from app.domain.quiet_hours import Quiet, quiet_of
from app.models import Order, OrderWay
from app.services.dispatch_rules import rule_for


async def quiet_hours(session: AsyncSession, order: Order) -> Quiet | None:
    """None where there are none, and for what is urgent."""
    row = (
        await session.execute(select(OrderWay.quiet_since, OrderWay.quiet_until).where(OrderWay.order_id == order.id))
    ).first()
    return quiet_of(row.quiet_since, row.quiet_until, urgent=is_urgent(order)) if row else None


async def quiet_hours_of(session: AsyncSession, category: str) -> Quiet | None:
    """Those of the rule by which an order of this category would be sent out: for asking about what is no order."""
    rule = await rule_for(session, category, Urgency.NORMAL)
    return quiet_of(rule.quiet_since, rule.quiet_until, urgent=False) if rule else None


def is_urgent(order: Order) -> bool:
    return order.urgency in NIGHT_TOO
