"""Resources as they go in and out."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongWords, Moment, Read, Words
from app.domain.resources import MOST, REMIND_DAYS, Nature, ResourceAction, ResourceKind, ResourceState
from app.schemas.categories import CategoryCode
from app.schemas.people_availability import ExceptionForm, ExceptionRead, WindowForm, WindowRead

Quantity = Annotated[int, Field(ge=1, le=MOST, description="数量；资金以分计")]
Categories = Annotated[list[CategoryCode], Field(min_length=1, max_length=20, description="可服务的类别，目录代码")]
RemindDays = Annotated[int, Field(ge=1, le=365, description="到期前几天提醒提供方与社区")]
Windows = Annotated[list[WindowForm], Field(max_length=70, description="每周开放时段；空即随时")]
Exceptions = Annotated[list[ExceptionForm], Field(max_length=200, description="与平日不同的日子")]


class ResourceOffer(Form):
    """提供资源。本人的不填 organization_id；单位的由单位联络人或当地工作人员填。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "materials",
                    "nature": "shared",
                    "name": "折叠桌椅",
                    "details": "二十把折叠椅，可借用，用后归还。",
                    "categories": ["culture"],
                    "quantity": 20,
                    "unit": "把",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "service_place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                }
            ]
        }
    )

    kind: ResourceKind
    nature: Annotated[Nature | None, Field(description="使用方式：独占、同时共享、领用；不填按类别默认")] = None
    name: Line
    details: LongWords | None = None
    categories: Categories
    quantity: Quantity
    unit: Annotated[Line, Field(description="单位：间、把、小时；资金为“分”")]
    place_id: Annotated[UUID, Field(description="所在地点")]
    service_place_id: Annotated[UUID, Field(description="服务范围：该地点及其以下")]
    organization_id: Annotated[UUID | None, Field(description="提供单位；不填即本人提供")] = None
    starts_at: Annotated[Moment | None, Field(description="有效期开始；不填即现在")] = None
    ends_at: Annotated[Moment | None, Field(description="有效期截止；不填即长期")] = None
    remind_days: RemindDays = REMIND_DAYS
    windows: Windows = []
    exceptions: Exceptions = []


class ResourceUpdate(Form):
    """修改未填的不变。数量与有效期不能少于已预订的；入库后名称、说明和类别由工作人员修改。"""

    name: Line = "-"
    details: LongWords | None = None
    categories: Categories = ["other"]
    quantity: Quantity = 1
    ends_at: Moment | None = None
    remind_days: RemindDays = REMIND_DAYS


class ResourceSetWindows(Form):
    """整周与例外一并替换；时段不能重叠，不能使已有预订落在时段之外。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "windows": [{"weekday": 6, "from_minute": 540, "until_minute": 1080}],
                    "exceptions": [{"on": "2026-10-03", "free": False}],
                }
            ]
        }
    )

    windows: Windows
    exceptions: Exceptions = []


class ResourcePublish(Form):
    """入库。"""


class ResourceRefuse(Form):
    """不予入库：写明理由。"""

    words: Words


class ResourcePause(Form):
    """暂停。"""


class ResourceResume(Form):
    """恢复。"""


class ResourceWithdraw(Form):
    """撤回。"""

    words: Words | None = None


class ResourceQuery(FileQuery):
    kind: ResourceKind | None = None
    category: Annotated[CategoryCode | None, Field(description="可服务此类别的，含其上级类别的")] = None
    place_id: Annotated[UUID | None, Field(description="在此地点及其以下的；个人提供的只给本人与当地工作人员")] = None
    serves: Annotated[UUID | None, Field(description="服务范围含此地点的")] = None
    state: ResourceState | None = None
    organization_id: UUID | None = None
    mine: Annotated[bool, Field(description="本人或所代表单位提供的")] = False
    free_from: Annotated[Moment | None, Field(description="与 free_until 一起：此时段有空的，最多 31 天")] = None
    free_until: Moment | None = None

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.free_from is None) != (self.free_until is None):
            raise ValueError("free_from 与 free_until 须同时填写")
        if self.free_from and self.free_until and self.free_until <= self.free_from:
            raise ValueError("free_until 须晚于 free_from")
        return self


class ResourceRead(Read):
    id: UUID
    state: ResourceState
    kind: ResourceKind
    nature: Nature
    name: str
    details: str | None
    categories: list[str]
    quantity: int
    unit: str
    reserved: Annotated[int, Field(description="领用类：已被预订或用去的")]
    organization_id: UUID | None
    organization_name: str | None
    owner_name: Annotated[str | None, Field(description="个人提供的：姓名，脱敏")]
    person_id: Annotated[UUID | None, Field(description="个人提供的：只给本人与当地工作人员")]
    place_id: Annotated[UUID | None, Field(description="所在地点；个人提供的只给本人与当地工作人员")]
    lon: Annotated[float | None, Field(description="WGS-84")]
    lat: Annotated[float | None, Field(description="WGS-84")]
    service_place_id: UUID
    starts_at: datetime
    ends_at: datetime | None
    remind_days: int
    state_words: str | None
    windows: list[WindowRead]
    exceptions: list[ExceptionRead]
    actions: list[ResourceAction]
    created_at: datetime
    version: int


class ResourcePage(Read):
    items: list[ResourceRead]
    next_cursor: str | None


class FreeQuery(Form):
    from_at: Annotated[Moment | None, Field(description="从何时；不填即现在")] = None
    until_at: Annotated[Moment | None, Field(description="到何时，最多 62 天；不填即七天后")] = None


class FreeRead(Read):
    starts_at: datetime
    ends_at: datetime
    quantity: Annotated[int, Field(description="此时段内始终空着的数量")]


class FreeSpans(Read):
    resource_id: UUID
    items: list[FreeRead]
