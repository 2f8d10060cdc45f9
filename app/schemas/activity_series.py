"""Series of activities as they go in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, Read, Words
from app.domain.activities import Audience
from app.domain.activity_series import SeriesAction, SeriesState
from app.schemas.activities import RoleForm, Roles
from app.schemas.categories import CategoryCode
from app.schemas.orders import Policy
from app.schemas.resources import Quantity

Rule = Annotated[
    str,
    Field(
        min_length=8,
        max_length=200,
        pattern=r"^FREQ=[A-Z0-9=;,\-]+$",
        description="RFC 5545 重复规则的一部分：FREQ（DAILY、WEEKLY、MONTHLY）、INTERVAL、BYDAY、BYMONTHDAY、BYSETPOS、"
        "COUNT 或 UNTIL（日期）；北京时间",
    ),
]
StartMinute = Annotated[int, Field(ge=0, le=1439, description="每次几时开始：北京时间零点起的分钟数")]
Minutes = Annotated[int, Field(ge=1, le=960, description="每次多长")]


def _plausible(value: date) -> date:
    """As for moments: years that Python and PostgreSQL count alike, also some years on."""
    if not 2000 <= value.year < 2100:
        raise ValueError("日期须在 2000 年至 2100 年之间")
    return value


SeriesDay = Annotated[Day, AfterValidator(_plausible)]
Days = Annotated[list[SeriesDay], Field(max_length=100)]


class ActivitySeriesQuery(FileQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    state: SeriesState | None = None
    mine: Annotated[bool, Field(description="只看我或我监护的人固定参加的")] = False


class ActivitySeriesCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "书法班",
                    "category": "culture",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "rule": "FREQ=WEEKLY;BYDAY=TU",
                    "starts_on": "2027-03-02",
                    "start_minute": 900,
                    "minutes": 90,
                    "roles": [{"name": "学员", "kind": "participant", "places": 20}],
                }
            ]
        }
    )

    title: Line
    details: Words | None = None
    category: CategoryCode
    place_id: UUID
    venue: Line | None = None
    venue_resource_id: Annotated[
        UUID | None, Field(description="每一次订用的场地；订不到的那次先不设场地，列在 without_venue")
    ] = None
    venue_quantity: Quantity = 1
    audience: Audience = Audience.COMMUNITY
    organization_id: UUID | None = None
    responsible_id: UUID | None = None
    project_id: Annotated[UUID | None, Field(description="属于哪个共建项目；由社区或参与该项目的单位填")] = None
    rule: Rule
    starts_on: SeriesDay
    start_minute: StartMinute
    minutes: Minutes
    skip_holidays: Annotated[bool, Field(description="法定节假日不安排，按国务院公布的日历")] = False
    without: Annotated[Days, Field(description="不安排的日子（EXDATE）")] = []
    besides: Annotated[Days, Field(description="另加的日子（RDATE）")] = []
    roles: Roles


class ActivitySeriesPublish(Form):
    audience: Annotated[Audience | None, Field(description="发布时可另定公开范围")] = None


class ActivitySeriesChange(Form):
    """修改某日起的各次；没有送来的字段不变。已安排而不合新规则的各次取消，其余改为新的时间与内容，报名者得到通知。"""

    from_on: Annotated[SeriesDay, Field(description="从哪一天起；最晚为已安排到的日子（made_until）的次日")]
    title: Line | None = None
    venue: Line | None = None
    venue_resource_id: Annotated[UUID | None, Field(description="填空值则以后各次不再订场地")] = None
    venue_quantity: Quantity | None = None
    rule: Rule | None = None
    start_minute: StartMinute | None = None
    minutes: Minutes | None = None
    skip_holidays: bool | None = None
    without: Days | None = None
    besides: Days | None = None


class ActivitySeriesEnd(Form):
    reason: Words


class ActivitySeriesInsure(Policy):
    """一张保单保以后各次的志愿者（志愿服务条例第十七条）：已安排的和以后安排的。候补等待投保的志愿者随之递补。"""


class ActivitySeriesJoin(Form):
    """固定参加：系列的每一次都按加入的先后报名，名额已满则候补。"""

    role_name: Line
    person_id: Annotated[UUID | None, Field(description="不填则为本人；监护人为被监护人填")] = None


class ActivitySeriesLeave(Form):
    """不再固定参加，尚未举行的各次随之取消报名。"""

    person_id: Annotated[UUID | None, Field(description="不填则为本人；监护人为被监护人填")] = None


class ActivitySeriesRead(Read):
    id: UUID
    state: SeriesState
    title: str
    details: str | None
    category: str
    audience: Audience
    place_id: UUID
    venue: str | None
    venue_resource_id: UUID | None
    venue_quantity: int
    without_venue: Annotated[list[date], Field(description="尚未举行、没有订到场地的日子")]
    organization_id: UUID | None
    responsible_id: Annotated[UUID | None, Field(description="只给工作人员和主办方看")]
    project_id: Annotated[UUID | None, Field(description="属于哪个共建项目")]
    rule: str
    starts_on: date
    start_minute: int
    minutes: int
    skip_holidays: bool
    without: list[date]
    besides: list[date]
    roles: list[RoleForm]
    insurer: str | None
    policy_number: Annotated[str | None, Field(description="只给工作人员和主办方看")]
    insured_until: date | None
    made_until: Annotated[date | None, Field(description="已安排到哪一天")]
    joined: Annotated[list[UUID], Field(description="我和我监护的人中，固定参加的")]
    version: int
    actions: list[SeriesAction]


class ActivitySeriesPage(Read):
    items: list[ActivitySeriesRead]
    next_cursor: str | None
