"""项目凭证：一人录入，另一人审核；只冲销，不修改。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import vouchers as forms
from app.schemas.vouchers import VoucherPage, VoucherQuery, VoucherRead
from app.services import vouchers
from app.services.vouchers import VoucherCase

router = APIRouter(prefix="/vouchers", tags=["项目预算与凭证"], route_class=HouseRoute)


def shown(response: Response, case: VoucherCase, *, made: bool = False) -> dict[str, Any]:
    tagged(response, case.voucher.version, f"/v1/vouchers/{case.voucher.id}" if made else None)
    return vouchers.present(case)


@router.get("", response_model=VoucherPage, **operation("vouchers:list", "凭证列表，新的在前"))
async def voucher_list(
    session: SessionDep, actor: ActorDep, query: Annotated[VoucherQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await vouchers.page(session, actor, query)
    return Page([vouchers.present(case) for case in found.items], found.next_cursor)


@router.post("", **operation("vouchers:enter", "录入凭证", keyed=True, created=VoucherRead, read="voucher_read"))
async def voucher_enter(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.VoucherCreate
) -> dict[str, Any]:
    return shown(response, await vouchers.enter(session, actor, form), made=True)


@router.get("/{id}", response_model=VoucherRead, **operation("vouchers:read", "一张凭证"))
async def voucher_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await vouchers.read(session, actor, id))


@router.post(
    "/{id}/reverse",
    **operation("vouchers:reverse", "录入冲销凭证", keyed=True, created=VoucherRead, read="voucher_read"),
)
async def voucher_reverse(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.VoucherReverse
) -> dict[str, Any]:
    return shown(response, await vouchers.reverse(session, actor, id, form), made=True)


@router.post("/{id}/approve", response_model=VoucherRead, **step("vouchers:approve", "审核入账"))
async def voucher_approve(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.VoucherApprove
) -> dict[str, Any]:
    return shown(response, await vouchers.approve(session, actor, id, form))


@router.post("/{id}/reject", response_model=VoucherRead, **step("vouchers:reject", "退回凭证"))
async def voucher_reject(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.VoucherReject
) -> dict[str, Any]:
    return shown(response, await vouchers.reject(session, actor, id, form))
