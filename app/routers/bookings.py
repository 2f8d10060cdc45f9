"""资源预订：暂留、确认、使用、释放、取消。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import bookings as forms
from app.schemas.bookings import BookingPage, BookingRead
from app.services import bookings
from app.services.bookings import BookingCase

router = APIRouter(prefix="/bookings", tags=["资源库"], route_class=HouseRoute)


def shown(response: Response, case: BookingCase) -> dict[str, Any]:
    tagged(response, case.booking.version, f"/v1/bookings/{case.booking.id}")
    return bookings.present(case)


@router.get("", response_model=BookingPage, **operation("bookings:list", "预订列表，新的在前"))
async def booking_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.BookingQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await bookings.page(session, actor, query)
    return Page(bookings.present_all(found.items), found.next_cursor)


@router.post("", **operation("bookings:hold", "暂留资源", keyed=True, created=BookingRead, read="booking_read"))
async def booking_hold(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.BookingHold
) -> dict[str, Any]:
    return shown(response, await bookings.hold(session, actor, form))


@router.get("/{id}", response_model=BookingRead, **operation("bookings:read", "一个预订"))
async def booking_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await bookings.read(session, actor, id))


@router.post("/{id}/confirm", response_model=BookingRead, **step("bookings:confirm", "确认预订"))
async def booking_confirm(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BookingConfirm
) -> dict[str, Any]:
    return shown(response, await bookings.confirm(session, actor, id, form))


@router.post("/{id}/fulfill", response_model=BookingRead, **step("bookings:fulfill", "登记已使用"))
async def booking_fulfill(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BookingFulfill
) -> dict[str, Any]:
    return shown(response, await bookings.fulfill(session, actor, id, form))


@router.post("/{id}/release", response_model=BookingRead, **step("bookings:release", "释放"))
async def booking_release(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BookingRelease
) -> dict[str, Any]:
    return shown(response, await bookings.release(session, actor, id, form))


@router.post("/{id}/cancel", response_model=BookingRead, **step("bookings:cancel", "取消预订"))
async def booking_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BookingCancel
) -> dict[str, Any]:
    return shown(response, await bookings.cancel(session, actor, id, form))
