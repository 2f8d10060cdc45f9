"""同意：一次一个用途；撤回与同意一样方便。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import consents as forms
from app.schemas.consents import ConsentPage, ConsentRead
from app.services import consents_give, consents_read, consents_withdraw

router = APIRouter(prefix="/consents", tags=["个人信息"], route_class=HouseRoute)


def shown(response: Response, consent: dict[str, Any]) -> dict[str, Any]:
    tagged(response, consent["version"])
    return consent


@router.get("", response_model=ConsentPage, **operation("consents:list", "同意列表：本人的，或某人的，新的在前"))
async def consent_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.ConsentQuery, Query()]
) -> Page[dict[str, Any]]:
    return await consents_read.page(session, actor, query)


@router.get("/{id}", response_model=ConsentRead, **operation("consents:read", "一项同意"))
async def consent_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await consents_read.read(session, actor, id))


@router.post("", **operation("consents:give", "同意一个用途", keyed=True, created=ConsentRead, read="consent_read"))
async def consent_give(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ConsentGive
) -> dict[str, Any]:
    given = await consents_give.give(session, actor, form)
    response.headers["Location"] = f"/v1/consents/{given.id}"
    return shown(response, await consents_read.one(session, given))


@router.post(
    "/refuse-matching",
    **operation("consents:refuse_matching", "拒绝自动匹配", keyed=True, created=ConsentRead, read="consent_read"),
)
async def consent_refuse_matching(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ConsentRefuseMatching
) -> dict[str, Any]:
    given = await consents_withdraw.refuse_matching(session, actor, form)
    response.headers["Location"] = f"/v1/consents/{given.id}"
    return shown(response, await consents_read.one(session, given))


@router.post("/{id}/withdraw", response_model=ConsentRead, **step("consents:withdraw", "撤回同意"))
async def consent_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ConsentWithdraw
) -> dict[str, Any]:
    return shown(response, await consents_read.one(session, await consents_withdraw.withdraw(session, actor, id, form)))
