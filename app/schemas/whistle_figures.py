"""Figures of the whistles as they are asked for and answered."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Read
from app.domain.whistle_calls import Task
from app.schemas.rates import FiguresQuery


class WhistleFiguresQuery(FiguresQuery):
    pass


class LimitFigures(Read):
    task: Task
    name: Annotated[str, Field(description="如“签到”")]
    timely: Annotated[int, Field(description="时限内完成的")]
    late: Annotated[int, Field(description="逾期的：逾期后才完成、至今未完成，或逾期后取消")]
    running: Annotated[int, Field(description="时限未到、尚未完成，不计入按时率")]
    stopped: Annotated[int, Field(description="时限未到即停止，不计入按时率：管辖争议、取消")]
    share: Annotated[float | None, Field(description="按时率：timely 除以 timely 与 late 之和；无可计则空")]


class WhistleTypeFigures(Read):
    type_id: UUID
    name: str
    whistles: int
    calls: Annotated[int, Field(description="召唤的部门次数，改召的另计")]
    limits: Annotated[list[LimitFigures], Field(description="签到、联系、报到、处置")]


class DepartmentFigures(Read):
    organization_id: UUID
    name: str
    calls: int
    rated: Annotated[int, Field(description="吹哨方评过的")]
    mean: Annotated[float | None, Field(description="吹哨方对部门的平均分，一至五")]
    rated_back: Annotated[int, Field(description="部门评过的")]
    mean_back: Annotated[float | None, Field(description="部门对吹哨的平均分，一至五")]


class WhistleFiguresRead(Read):
    place_id: UUID
    from_on: date
    until_on: date
    types: Annotated[list[WhistleTypeFigures], Field(description="按名称排列；期间内没有吹过的不列")]
    departments: Annotated[list[DepartmentFigures], Field(description="按名称排列，不按高低")]
