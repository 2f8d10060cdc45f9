"""监护：未满十四周岁者由监护人同意并代为行使权利。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Guardianship
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import guardianships as forms
from app.schemas.guardianships import GuardianshipPage, GuardianshipRead
from app.services import guardianships

router = APIRouter(prefix="/guardianships", tags=["个人信息"], route_class=HouseRoute)


@router.get("", response_model=GuardianshipPage, **operation("guardianships:list", "监护关系列表，新的在前"))
async def guardianship_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.GuardianshipQuery, Query()]
) -> Page[Guardianship]:
    return await guardianships.page(session, actor, query)


@router.get("/{id}", response_model=GuardianshipRead, **operation("guardianships:read", "一项监护关系"))
async def guardianship_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> Guardianship:
    row = await guardianships.read(session, actor, id)
    tagged(response, row.version)
    return row


@router.post(
    "",
    **operation("guardianships:create", "登记监护关系", keyed=True, created=GuardianshipRead, read="guardianship_read"),
)
async def guardianship_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.GuardianshipCreate
) -> Guardianship:
    row = await guardianships.create(session, actor, form)
    tagged(response, row.version, f"/v1/guardianships/{row.id}")
    return row


@router.post("/{id}/end", response_model=GuardianshipRead, **step("guardianships:end", "结束监护关系"))
async def guardianship_end(id: UUID, session: SessionDep, actor: ActorDep, form: forms.GuardianshipEnd) -> Guardianship:
    return await guardianships.end(session, actor, id, form)
