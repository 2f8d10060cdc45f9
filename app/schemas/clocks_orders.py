"""The clocks of an order as they go out."""

from app.core.types import Read
from app.schemas.clocks import ClockRead


class ClockList(Read):
    items: list[ClockRead]
