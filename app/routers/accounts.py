"""账号：由系统管理员开立、停用、重置；看不到本人的其他资料。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.accounts import (
    AccountCreate,
    AccountDisable,
    AccountEnable,
    AccountPage,
    AccountPasswordRead,
    AccountQuery,
    AccountRead,
    AccountResetPassword,
    AccountResetSecondFactor,
)
from app.services import accounts_manage as accounts

router = APIRouter(tags=["账号"], route_class=HouseRoute)


@router.get("/accounts", response_model=AccountPage, **operation("accounts:list", "账号列表"))
async def account_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[AccountQuery, Query()]
) -> Page[dict[str, Any]]:
    return await accounts.page(session, actor, sealer, query)


@router.get("/accounts/{id}", response_model=AccountRead, **operation("accounts:read", "一个账号"))
async def account_read(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await accounts.read(session, actor, sealer, id)


@router.post(
    "/accounts",
    **operation(
        "accounts:create", "开户；随后重置密码，取得临时密码", keyed=True, created=AccountRead, read="account_read"
    ),
)
async def account_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: AccountCreate
) -> dict[str, Any]:
    account = await accounts.create(session, actor, sealer, form)
    tagged(response, account["version"], f"/v1/accounts/{account['id']}")
    return account


@router.post("/accounts/{id}/disable", response_model=AccountRead, **step("accounts:disable", "停用，立即生效"))
async def account_disable(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, form: AccountDisable
) -> dict[str, Any]:
    return await accounts.disable(session, actor, sealer, id, form)


@router.post("/accounts/{id}/enable", response_model=AccountRead, **step("accounts:enable", "重新启用"))
async def account_enable(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, form: AccountEnable
) -> dict[str, Any]:
    return await accounts.enable(session, actor, sealer, id, form)


@router.post(
    "/accounts/{id}/reset-password",
    response_model=AccountPasswordRead,
    **operation("accounts:reset_password", "重置密码：临时密码只显示这一次，不按 Idempotency-Key 重发"),
)
async def account_reset_password(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, form: AccountResetPassword
) -> dict[str, Any]:
    return await accounts.reset_password(session, actor, sealer, id, form)


@router.post(
    "/accounts/{id}/reset-second-factor",
    response_model=AccountRead,
    **step("accounts:reset_second_factor", "解除身份验证器与备用码"),
)
async def account_reset_second_factor(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, form: AccountResetSecondFactor
) -> dict[str, Any]:
    return await accounts.reset_second_factor(session, actor, sealer, id, form)
