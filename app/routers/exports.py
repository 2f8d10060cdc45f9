"""导出：一个人的全部信息，JSON 或 XLSX。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.domain.access import SELF
from app.routers.deps import ActorDep, DatabaseDep, SealerDep, SessionDep, operation
from app.routers.problems import PROBLEMS
from app.routers.route import HouseRoute
from app.schemas.exports import ExportQuery, ExportRead
from app.services import exports

router = APIRouter(tags=["个人信息"], route_class=HouseRoute)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[str, Any] = {
    "responses": dict(PROBLEMS) | {200: {"description": "工作簿", "content": {XLSX: {}}}},
    "response_class": Response,
}


async def _file(found: dict[str, Any]) -> Response:
    name = f"attachment; filename=person-{found['person_id']}.xlsx"
    return Response(await exports.as_xlsx(found), media_type=XLSX, headers={"content-disposition": name})


@router.get("/me/export", response_model=ExportRead, **operation(SELF, "导出我的全部信息"))
async def me_export(session: SessionDep, database: DatabaseDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await exports.mine(session, database, actor, sealer)


@router.get("/me/export.xlsx", **(operation(SELF, "导出我的全部信息（XLSX）") | _FILE))
async def me_export_xlsx(session: SessionDep, database: DatabaseDep, actor: ActorDep, sealer: SealerDep) -> Response:
    return await _file(await exports.mine(session, database, actor, sealer))


@router.get(
    "/people/{id}/export",
    response_model=ExportRead,
    **operation("people:export", "导出被监护人的信息，或为答复查阅请求导出"),
)
async def person_export(
    id: UUID,
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    query: Annotated[ExportQuery, Query()],
) -> dict[str, Any]:
    return await exports.of_person(session, database, actor, sealer, id, query)


@router.get("/people/{id}/export.xlsx", **(operation("people:export", "同上（XLSX）") | _FILE))
async def person_export_xlsx(
    id: UUID,
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    query: Annotated[ExportQuery, Query()],
) -> Response:
    return await _file(await exports.of_person(session, database, actor, sealer, id, query))
