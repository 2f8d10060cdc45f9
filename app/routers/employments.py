"""任职：社会工作者、网格员。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.models import EmploymentRecord
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.employments import (
    EmploymentCreate,
    EmploymentEnd,
    EmploymentPage,
    EmploymentQuery,
    EmploymentRead,
)
from app.services import employments

router = APIRouter(prefix="/employments", tags=["任职"], route_class=HouseRoute)


async def shown(session: SessionDep, sealer: Sealer, response: Response, row: EmploymentRecord) -> dict[str, Any]:
    tagged(response, row.version)
    return (await employments.present(session, sealer, [row]))[0]


@router.get("", response_model=EmploymentPage, **operation("employments:list", "任职列表，新的在前"))
async def employment_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[EmploymentQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await employments.page(session, actor, query)
    return Page(await employments.present(session, sealer, found.items), found.next_cursor)


@router.get("/{id}", response_model=EmploymentRead, **operation("employments:read", "一份任职"))
async def employment_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, sealer, response, await employments.load(session, actor, id))


@router.post(
    "", **operation("employments:create", "登记任职", keyed=True, created=EmploymentRead, read="employment_read")
)
async def employment_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: EmploymentCreate
) -> dict[str, Any]:
    row = await employments.create(session, actor, form)
    response.headers["Location"] = f"/v1/employments/{row.id}"
    return await shown(session, sealer, response, row)


@router.post("/{id}/end", response_model=EmploymentRead, **step("employments:end", "离任"))
async def employment_end(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: EmploymentEnd
) -> dict[str, Any]:
    return await shown(session, sealer, response, await employments.end(session, actor, id, form))
