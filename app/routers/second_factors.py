"""本人的身份验证器与备用码。"""

from typing import Any

from fastapi import APIRouter

from app.domain.access import SELF
from app.routers.deps import ActorDep, DeskDep, PolicyDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.second_factors import (
    RecoveryCodesRead,
    SecondFactorConfirm,
    SecondFactorProof,
    SecondFactorRead,
    SecondFactorSecretRead,
    SecondFactorStart,
)
from app.services import second_factors

router = APIRouter(tags=["登录"], route_class=HouseRoute)


@router.get("/me/second-factor", response_model=SecondFactorRead, **operation(SELF, "本人的身份验证器"))
async def me_second_factor(session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await second_factors.read(session, actor)


@router.post(
    "/me/second-factor", response_model=SecondFactorSecretRead, **operation(SELF, "绑定身份验证器：取得密钥，待确认")
)
async def me_start_second_factor(
    session: SessionDep, desk: DeskDep, actor: ActorDep, form: SecondFactorStart
) -> dict[str, Any]:
    return await second_factors.start(session, desk, actor, form)


@router.post(
    "/me/second-factor/confirm",
    response_model=RecoveryCodesRead,
    **operation(SELF, "以首个动态口令确认绑定，得到备用码"),
)
async def me_confirm_second_factor(
    session: SessionDep, desk: DeskDep, actor: ActorDep, form: SecondFactorConfirm
) -> dict[str, Any]:
    return await second_factors.confirm(session, desk, actor, form)


@router.post(
    "/me/second-factor/recovery-codes", response_model=RecoveryCodesRead, **operation(SELF, "换一组新的备用码")
)
async def me_renew_recovery_codes(
    session: SessionDep, desk: DeskDep, actor: ActorDep, form: SecondFactorProof
) -> dict[str, Any]:
    return await second_factors.renew_codes(session, desk, actor, form)


@router.post("/me/second-factor/remove", response_model=SecondFactorRead, **operation(SELF, "解除身份验证器"))
async def me_remove_second_factor(
    session: SessionDep, desk: DeskDep, actor: ActorDep, policy: PolicyDep, form: SecondFactorProof
) -> dict[str, Any]:
    return await second_factors.remove(session, desk, actor, policy, form)
