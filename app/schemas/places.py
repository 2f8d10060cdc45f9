"""Places as they go in and out. All coordinates that go out are WGS-84."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.geo import Datum
from app.core.paging import PageQuery
from app.core.types import Code, Form, Latitude, Line, Longitude, Read
from app.domain.places import CompoundKind, PlaceKind, PropertyManagement

Ring = Annotated[
    list[tuple[Longitude, Latitude]],
    Field(min_length=3, max_length=2_000, description="边界外环，[经度, 纬度] 的列表，首尾不必重复"),
]


class PositionForm(Form):
    """一个坐标。小程序给 GCJ-02，文件多为 WGS-84；系统统一存 WGS-84。"""

    lon: Longitude
    lat: Latitude
    datum: Annotated[Datum, Field(description="坐标系：gcj02 或 wgs84")]


class PlaceQuery(PageQuery):
    kind: PlaceKind | None = None
    parent_id: Annotated[UUID | None, Field(description="直接上级")] = None
    under: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    code: Code | None = None


class LocateQuery(Form):
    lon: Longitude
    lat: Latitude
    datum: Annotated[Datum, Field(description="坐标系：gcj02 或 wgs84")]


class PlaceCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "compound",
                    "parent_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "code": "06",
                    "name": "体委小区",
                    "compound_kind": "work_unit",
                    "property_management": "community_run",
                }
            ]
        }
    )

    kind: PlaceKind
    parent_id: UUID
    code: Code
    name: Line
    position: PositionForm | None = None
    boundary: Ring | None = None
    boundary_datum: Datum = Datum.WGS84
    compound_kind: CompoundKind | None = None
    property_management: PropertyManagement | None = None


class PlaceUpdate(Form):
    name: Line = "-"
    position: PositionForm | None = None
    boundary: Ring | None = None
    boundary_datum: Datum = Datum.WGS84
    compound_kind: CompoundKind | None = None
    property_management: PropertyManagement | None = None


class PlaceRead(Read):
    id: UUID
    kind: PlaceKind
    parent_id: UUID | None
    code: str
    name: str
    path: str
    community_id: UUID | None
    grid_id: UUID | None
    lon: float | None
    lat: float | None
    boundary: list[tuple[float, float]] | None
    compound_kind: CompoundKind | None
    property_management: PropertyManagement | None
    source: str | None
    edition_year: int | None
    version: int


class PlacePage(Read):
    items: list[PlaceRead]
    next_cursor: str | None
