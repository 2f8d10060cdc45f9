"""Who could take over a place that its holder passes on: somebody named, or the best, as the order's chain would ask them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.domain.dispatch import Choice
from app.domain.dispatch_ways import Way, steps_of
from app.models import OrderWay
from app.services.dispatch import named, ranking
from app.services.orders_case import OrderCase
from app.services.orders_ways import begin_anew, way_of


async def receivers(
    session: AsyncSession, case: OrderCase, person_id: UUID | None
) -> tuple[list[Choice], list[Choice]]:
    """Whom to ask, and the ranking they come from. 409 when nobody is feasible: then the holder keeps the place.

    For this one order only: other orders, and what the holder does regularly, stay theirs. A chain begins anew, since whoever
    is asked may say no; its first step says how many are asked at once.
    """
    way = await way_of(session, case.order.id)
    if person_id is None:
        chosen, ranked = await _next(session, case, way)
    else:
        chosen, ranked = [await named(session, case.order, case.need, person_id, again=False)], []
    if way is not None:
        begin_anew(way)
    return chosen, ranked


async def _next(session: AsyncSession, case: OrderCase, way: OrderWay | None) -> tuple[list[Choice], list[Choice]]:
    ranked = await ranking(session, case.order, case.need)
    first = steps_of(way.steps)[0] if way is not None else None
    people = first.people if first is not None and first.way is Way.WAVES else 1
    if not ranked:
        raise Conflict("目前没有合适的人可以代替；请继续承办，或指名转交")
    return ranked[:people], ranked
