"""办公时间：各区按星期设定，工作分钟按此计算；工作日按国务院办公厅的节假日安排，含调休。"""

from typing import Any

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.office_hours import OfficeHoursRead, OfficeHoursSet
from app.services import office_hours, office_hours_set
from app.services.office_hours import Hours

router = APIRouter(prefix="/office-hours", tags=["时限"], route_class=HouseRoute)


def shown(response: Response, hours: Hours) -> dict[str, Any]:
    tagged(response, hours.version)
    return office_hours.present(hours)


@router.get("", response_model=OfficeHoursRead, **operation("office-hours:read", "本区的办公时间，含历次设定"))
async def office_hour_read(session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await office_hours.read(session, actor))


@router.put("", response_model=OfficeHoursRead, **operation("office-hours:set", "设定自某日起的办公时间"))
async def office_hour_set(
    session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: OfficeHoursSet
) -> dict[str, Any]:
    return shown(response, await office_hours_set.set_hours(session, actor, version, form))
