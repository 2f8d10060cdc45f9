"""服务是否活着、是否可用。"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.core.errors import Unavailable
from app.domain.access import PUBLIC
from app.routers.deps import DatabaseDep, operation
from app.routers.route import HouseRoute

router = APIRouter(tags=["运行"], route_class=HouseRoute)


class HealthRead(BaseModel):
    status: str


@router.get("/livez", response_model=HealthRead, **operation(PUBLIC, "进程活着"))
async def health_live() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", response_model=HealthRead, **operation(PUBLIC, "可以接受请求：数据库可用"))
async def health_ready(database: DatabaseDep) -> dict[str, str]:
    if not await database.ready():
        raise Unavailable()
    return {"status": "ok"}
