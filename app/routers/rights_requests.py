"""个人信息请求：查阅、更正、删除、解释。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.domain.people import Actor
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import rights_requests as forms
from app.schemas.rights_requests import RightsRequestPage, RightsRequestRead
from app.services import rights_requests, rights_requests_decide
from app.services.rights_requests import RightsCase

router = APIRouter(prefix="/rights-requests", tags=["个人信息"], route_class=HouseRoute)


def shown(response: Response, actor: Actor, sealer: Sealer, case: RightsCase) -> dict[str, Any]:
    tagged(response, case.request.version, f"/v1/rights-requests/{case.request.id}")
    return rights_requests.present(case, actor, sealer)


@router.get("", response_model=RightsRequestPage, **operation("rights-requests:list", "个人信息请求列表，新的在前"))
async def rights_request_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[forms.RightsRequestQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await rights_requests.page(session, actor, query)
    items = [rights_requests.present(case, actor, sealer) for case in found.items]
    return Page(items, found.next_cursor)


@router.get("/{id}", response_model=RightsRequestRead, **operation("rights-requests:read", "一件个人信息请求"))
async def rights_request_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    case = await rights_requests.read(session, actor, id)
    tagged(response, case.request.version)
    return rights_requests.present(case, actor, sealer, clear=True)


@router.post(
    "",
    **operation(
        "rights-requests:submit",
        "提出个人信息请求",
        keyed=True,
        created=RightsRequestRead,
        read="rights_request_read",
    ),
)
async def rights_request_submit(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.RightsRequestSubmit
) -> dict[str, Any]:
    return shown(response, actor, sealer, await rights_requests.submit(session, actor, sealer, form))


@router.post("/{id}/complete", response_model=RightsRequestRead, **step("rights-requests:complete", "办结并答复"))
async def rights_request_complete(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.RightsRequestComplete,
) -> dict[str, Any]:
    return shown(response, actor, sealer, await rights_requests_decide.complete(session, actor, sealer, id, form))


@router.post("/{id}/refuse", response_model=RightsRequestRead, **step("rights-requests:refuse", "不予办理"))
async def rights_request_refuse(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.RightsRequestRefuse,
) -> dict[str, Any]:
    return shown(response, actor, sealer, await rights_requests_decide.refuse(session, actor, sealer, id, form))


@router.post("/{id}/withdraw", response_model=RightsRequestRead, **step("rights-requests:withdraw", "撤回"))
async def rights_request_withdraw(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.RightsRequestWithdraw,
) -> dict[str, Any]:
    return shown(response, actor, sealer, await rights_requests_decide.withdraw(session, actor, id, form))
