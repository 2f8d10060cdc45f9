"""Indicators as they go in, and come out with their value."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Code, Form, Line, Read
from app.domain.programmes import Measure

Year = Annotated[int, Field(ge=2000, le=2099, description="年度；不填为今年")]
_Targets = Annotated[
    dict[Annotated[str, Field(pattern=r"^20[0-9]{2}$")], Annotated[int, Field(ge=0, le=10**12)]],
    Field(max_length=20, description="年度 → 目标值"),
]


class IndicatorQuery(FileQuery):
    programme_id: UUID | None = None
    year: Year | None = None


class IndicatorCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "code": "projects",
                    "name": "年度落地项目",
                    "unit": "个",
                    "measure": "projects_delivered",
                    "targets": {"2026": 8},
                }
            ]
        }
    )

    programme_id: UUID
    code: Code
    name: Line
    unit: Line
    measure: Annotated[Measure, Field(description="由哪个量计算；不能手填数值")]
    targets: _Targets = {}


class IndicatorUpdate(Form):
    name: Line = "-"
    unit: Line = "-"
    measure: Measure = Measure.PROJECTS_DELIVERED
    targets: _Targets = {}


class IndicatorRead(Read):
    id: UUID
    programme_id: UUID
    code: str
    name: str
    unit: str
    measure: Measure
    targets: dict[str, int]
    year: int
    value: Annotated[int, Field(description="该年度的值，由实际工作算出")]
    target: int | None
    version: int


class IndicatorPage(Read):
    items: list[IndicatorRead]
    next_cursor: str | None
