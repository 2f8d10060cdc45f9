"""登录：取得、续期令牌，以及其间还须提供的证明。"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header

from app.domain.access import PUBLIC
from app.routers.deps import DeskDep, PolicyDep, operation
from app.routers.route import HouseRoute
from app.schemas.second_factors import SecondFactorSecretRead
from app.schemas.tokens import TokenForm, TokenNewPassword, TokenRead, TokenSecondFactor, TokenSetup
from app.services import tokens, tokens_proofs

BasicHeader = Annotated[str | None, Header(include_in_schema=False)]
"""HTTP Basic of a client system (RFC 6749 §2.3.1); a header of this name stands in no document (OpenAPI 3.1)."""

router = APIRouter(tags=["登录"], route_class=HouseRoute)


@router.post("/token", response_model=TokenRead, **operation(PUBLIC, "登录与续期：用户名形如 grid1@150103"))
async def token_issue(
    desk: DeskDep, policy: PolicyDep, form: Annotated[TokenForm, Form()], authorization: BasicHeader = None
) -> dict[str, Any]:
    return await tokens.issue(desk, policy, form, authorization)


@router.post("/token/second-factor", response_model=TokenRead, **operation(PUBLIC, "登录第二步：动态口令"))
async def token_second_factor(desk: DeskDep, policy: PolicyDep, form: TokenSecondFactor) -> dict[str, Any]:
    return await tokens_proofs.second_factor(desk, policy, form)


@router.post(
    "/token/second-factor/setup",
    response_model=SecondFactorSecretRead,
    **operation(PUBLIC, "登录时绑定身份验证器：取得密钥，再以首个口令确认"),
)
async def token_setup(desk: DeskDep, form: TokenSetup) -> dict[str, Any]:
    return await tokens_proofs.setup(desk, form)


@router.post("/token/new-password", response_model=TokenRead, **operation(PUBLIC, "登录时更换到期或临时的密码"))
async def token_new_password(desk: DeskDep, policy: PolicyDep, form: TokenNewPassword) -> dict[str, Any]:
    return await tokens_proofs.new_password(desk, policy, form)
