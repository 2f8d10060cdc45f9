"""认领：成员单位认领服务事项，确认之前可以撤回。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import ServiceClaim
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.service_claims import (
    ServiceClaimMake,
    ServiceClaimPage,
    ServiceClaimQuery,
    ServiceClaimRead,
    ServiceClaimWithdraw,
)
from app.services import service_claims

router = APIRouter(prefix="/service-claims", tags=["大党委"], route_class=HouseRoute)


def shown(response: Response, actor: Actor, claim: ServiceClaim) -> dict[str, Any]:
    tagged(response, claim.version, f"/v1/service-claims/{claim.id}")
    return service_claims.present(actor, claim)


@router.get("", response_model=ServiceClaimPage, **operation("service-claims:list", "认领列表，新的在前"))
async def service_claim_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ServiceClaimQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await service_claims.page(session, actor, query)
    return Page([service_claims.present(actor, claim) for claim in found.items], found.next_cursor)


@router.post(
    "",
    **operation("service-claims:make", "为本单位认领", keyed=True, created=ServiceClaimRead, read="service_claim_read"),
)
async def service_claim_make(
    session: SessionDep, actor: ActorDep, response: Response, form: ServiceClaimMake
) -> dict[str, Any]:
    return shown(response, actor, await service_claims.make(session, actor, form))


@router.get("/{id}", response_model=ServiceClaimRead, **operation("service-claims:read", "一个认领"))
async def service_claim_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, actor, await service_claims.load(session, actor, id))


@router.post("/{id}/withdraw", response_model=ServiceClaimRead, **step("service-claims:withdraw", "撤回认领"))
async def service_claim_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: ServiceClaimWithdraw
) -> dict[str, Any]:
    return shown(response, actor, await service_claims.withdraw(session, actor, id))
