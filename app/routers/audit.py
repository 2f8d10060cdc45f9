"""审计：谁在何时何地做了什么；谁看过谁的明文。只读。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.domain.access import SELF
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.audit import AuditPage, AuditQuery, AuditRead, SightingPage, SightingQuery
from app.services import audit_trail

router = APIRouter(tags=["审计"], route_class=HouseRoute)


@router.get("/audit", response_model=AuditPage, **operation("audit:list", "审计记录，新的在前"))
async def audit_list(
    session: SessionDep, actor: ActorDep, query: Annotated[AuditQuery, Query()]
) -> Page[dict[str, Any]]:
    return await audit_trail.page(session, actor, query)


@router.get("/audit/{id}", response_model=AuditRead, **operation("audit:read", "一条审计记录"))
async def audit_read(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await audit_trail.read(session, actor, id)


@router.get(
    "/people/{id}/sightings", response_model=SightingPage, **operation("people:sightings", "谁看过此人的明文，新的在前")
)
async def person_sightings(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[SightingQuery, Query()]
) -> Page[dict[str, Any]]:
    return await audit_trail.sightings(session, actor, sealer, id, query)


@router.get("/me/sightings", response_model=SightingPage, **operation(SELF, "谁看过我的明文，新的在前"))
async def me_sightings(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[SightingQuery, Query()]
) -> Page[dict[str, Any]]:
    return await audit_trail.my_sightings(session, actor, sealer, query)
