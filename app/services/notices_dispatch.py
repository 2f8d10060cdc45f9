"""Whom the chain of an order concerns: whoever answers for the community, once the system leaves the order to them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.dispatch_ways import Way
from app.models import Event
from app.services.notices_rights import community_of
from app.services.orders_ways import NOUN

AGGREGATES = frozenset({NOUN})
_BY_HAND = "有一个工单系统没有派出去，已转人工派单，请处理"


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Steps between other ways are nobody's news."""
    if event.action != "fall" or event.data.get("to") != Way.BY_HAND:
        return "", set()
    return _BY_HAND, {*await community_of(session, event.path)}
