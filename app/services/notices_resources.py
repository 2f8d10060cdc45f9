"""Whom a resource or a booking concerns, and in what words they are told."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.bookings import BOOKING, BookingAction
from app.domain.resources import RESOURCE, ResourceAction
from app.models import Booking, Event, Resource
from app.services.grants_holders import acting_for
from app.services.notices_rights import community_of

AGGREGATES = frozenset({RESOURCE.noun, BOOKING.noun})
_TO_THE_OWNER = {
    ResourceAction.PUBLISH.value: "您提供的资源已入库，谢谢",
    ResourceAction.REFUSE.value: "您提供的资源未予入库，理由见该资源",
    ResourceAction.PAUSE.value: "您提供的资源已暂停接受预订",
    ResourceAction.RESUME.value: "您提供的资源已恢复接受预订",
    ResourceAction.WITHDRAW.value: "您提供的资源已撤回",
    ResourceAction.LAPSE.value: "您提供的资源有效期已过，已停止预订",
    "remind": "资源的有效期即将届满；如继续提供，请延长有效期",
}
_TO_THE_COMMUNITY = {"offer": "有一项资源待审核", "remind": "有一项资源的有效期即将届满"}
_BOOKED = {
    "hold": "您提供的资源有一个新的暂留",
    BookingAction.CONFIRM.value: "您提供的资源已有一个确认的预订",
    BookingAction.RELEASE.value: "您提供的资源有一个预订已释放",
    BookingAction.EXPIRE.value: "您提供的资源有一个暂留已到期",
}
_TO_THE_BOOKER = {
    BookingAction.CANCEL.value: "您的预订已被取消，理由见该预订",
    BookingAction.EXPIRE.value: "您的暂留已到期，资源已释放",
    BookingAction.RELEASE.value: "您的预订已释放，不再占用资源",
}


async def rows_of(session: AsyncSession, event: Event) -> list[tuple[str, set[UUID | None]]]:
    """Words with those they are for: owner, community and booker are told different things of one event."""
    if event.aggregate == RESOURCE.noun:
        owners = await _owners(session, event.aggregate_id)
        staff: set[UUID | None] = set()
        if event.action in _TO_THE_COMMUNITY:
            staff = {*await community_of(session, event.path)}
        told = [(_TO_THE_OWNER.get(event.action, ""), owners)]
        return [*told, (_TO_THE_COMMUNITY.get(event.action, ""), staff - owners)]
    booking = await session.scalar(select(Booking).where(Booking.id == event.aggregate_id))
    if booking is None:
        return []
    owners = await _owners(session, booking.resource_id)
    told = [(_BOOKED.get(event.action, ""), owners)]
    return [*told, (_TO_THE_BOOKER.get(event.action, ""), {booking.booked_by} - owners)]


async def _owners(session: AsyncSession, resource_id: UUID) -> set[UUID | None]:
    """The person, or whoever acts for the unit."""
    resource = await session.scalar(select(Resource).where(Resource.id == resource_id))
    if resource is None:
        return set()
    if resource.person_id is not None:
        return {resource.person_id}
    return {*await acting_for(session, [resource.organization_id] if resource.organization_id else [])}
