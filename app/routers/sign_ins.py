"""本人的登录：在哪些设备上，如何退出。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.domain.access import SELF
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.sign_ins import SignInPage, SignInQuery, SignInsEnded
from app.services import sign_ins

router = APIRouter(tags=["登录"], route_class=HouseRoute)


@router.post("/me/sign-out", response_model=SignInsEnded, **operation(SELF, "退出：结束本次登录"))
async def me_sign_out(session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await sign_ins.sign_out(session, actor)


@router.get("/me/sign-ins", response_model=SignInPage, **operation(SELF, "本人的登录，新的在前"))
async def me_sign_ins(
    session: SessionDep, actor: ActorDep, query: Annotated[SignInQuery, Query()]
) -> Page[dict[str, Any]]:
    return await sign_ins.page(session, actor, query)


@router.post("/me/sign-ins/end-others", response_model=SignInsEnded, **operation(SELF, "结束本次以外的所有登录"))
async def me_end_other_sign_ins(session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await sign_ins.end_others(session, actor)


@router.post("/me/sign-ins/{id}/end", response_model=SignInsEnded, **operation(SELF, "结束本人的一次登录"))
async def me_end_sign_in(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await sign_ins.end_one(session, actor, id)
