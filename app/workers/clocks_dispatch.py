"""What is due of orders on their way through a chain of dispatch: the next wave, or the end of a step."""

from app.core.clock import now
from app.models import OrderWay
from app.services import orders_ways
from app.workers.clocks_due import Due, ids_of


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    waiting = "order_ways.due_at IS NOT NULL"
    return [(ids_of(OrderWay.order_id, waiting, OrderWay.due_at, now()), orders_ways.look)]
