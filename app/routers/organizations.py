"""单位：党组织、职能部门、驻区与共建单位、社会组织、队伍。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Organization
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.organizations import (
    OrganizationCreate,
    OrganizationPage,
    OrganizationQuery,
    OrganizationRead,
    OrganizationUpdate,
)
from app.services import organizations

router = APIRouter(prefix="/organizations", tags=["单位"], route_class=HouseRoute)


@router.get("", response_model=OrganizationPage, **operation("organizations:list", "单位列表"))
async def organization_list(
    session: SessionDep, actor: ActorDep, query: Annotated[OrganizationQuery, Query()]
) -> Page[Organization]:
    return await organizations.page(session, actor, query)


@router.get("/{id}", response_model=OrganizationRead, **operation("organizations:read", "一个单位"))
async def organization_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> Organization:
    organization = await organizations.load(session, actor, id, "organizations:read")
    tagged(response, organization.version)
    return organization


@router.post(
    "",
    **operation("organizations:create", "新增单位", keyed=True, created=OrganizationRead, read="organization_read"),
)
async def organization_create(
    session: SessionDep, actor: ActorDep, response: Response, form: OrganizationCreate
) -> Organization:
    organization = await organizations.create(session, actor, form)
    tagged(response, organization.version, f"/v1/organizations/{organization.id}")
    return organization


@router.patch("/{id}", response_model=OrganizationRead, **operation("organizations:update", "更正单位"))
async def organization_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: OrganizationUpdate
) -> Organization:
    organization = await organizations.update(session, actor, id, version, form)
    tagged(response, organization.version)
    return organization
