"""Activities as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongLine, LongWords, Moment, Read, Words
from app.domain.activities import MOST_PARTS, MOST_PLACES, ActivityAction, ActivityState, Audience, PartKind
from app.domain.bookings import BookingState
from app.domain.catalogue import Evidence, Skill
from app.schemas.categories import CategoryCode
from app.schemas.orders import Policy
from app.schemas.resources import Quantity

VENUE = "订用资源库中的场地；起止时间即活动的起止时间"
VenueResource = Annotated[UUID | None, Field(description=VENUE)]
Places = Annotated[int, Field(ge=1, le=MOST_PLACES, description="名额")]


class RoleForm(Form):
    """活动中的一种角色。参加者只记出勤；志愿者的服务计入时长。"""

    id: Annotated[UUID | None, Field(description="修改时填已有角色的编号；不填则新增")] = None
    name: Line
    kind: PartKind
    places: Places
    skill: Annotated[Skill | None, Field(description="须具备的技能，只对志愿者")] = None
    certified: Annotated[bool, Field(description="技能须有当日有效的证书")] = False
    min_age: Annotated[int | None, Field(ge=1, le=100, description="最低年龄，周岁")] = None


Roles = Annotated[list[RoleForm], Field(min_length=1, max_length=MOST_PARTS)]


class ActivityQuery(FileQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    starts_from: Annotated[Moment | None, Field(description="不早于此时开始")] = None
    starts_until: Annotated[Moment | None, Field(description="早于此时开始")] = None
    category: CategoryCode | None = None
    organization_id: Annotated[UUID | None, Field(description="主办单位")] = None
    series_id: Annotated[UUID | None, Field(description="属于哪个系列")] = None
    project_id: Annotated[UUID | None, Field(description="属于哪个共建项目")] = None
    state: ActivityState | None = None
    open: Annotated[bool, Field(description="只看现在可以报名且有名额的")] = False
    mine: Annotated[bool, Field(description="只看我或我监护的人报了名的")] = False


class ActivityCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "社区书法课",
                    "category": "culture",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "venue": "党群服务中心二楼",
                    "starts_at": "2027-03-06T15:00:00+08:00",
                    "ends_at": "2027-03-06T17:00:00+08:00",
                    "roles": [
                        {"name": "参加者", "kind": "participant", "places": 30},
                        {"name": "志愿者", "kind": "helper", "places": 4},
                    ],
                }
            ]
        }
    )

    title: Line
    details: Words | None = None
    category: Annotated[CategoryCode, Field(description="服务目录中的代码")]
    place_id: UUID
    venue: Annotated[Line | None, Field(description="具体位置")] = None
    venue_resource_id: VenueResource = None
    venue_quantity: Annotated[Quantity, Field(description="订用场地的数量，如座位数；独占的场地为 1")] = 1
    audience: Annotated[Audience, Field(description="谁能看到并报名")] = Audience.COMMUNITY
    organization_id: Annotated[UUID | None, Field(description="主办单位；不填则为社区。单位人员填报的总是本单位")] = (
        None
    )
    responsible_id: Annotated[UUID | None, Field(description="负责人，不填则为本人")] = None
    project_id: Annotated[UUID | None, Field(description="属于哪个共建项目；由社区或参与该项目的单位填")] = None
    starts_at: Moment
    ends_at: Moment
    sign_up_from: Annotated[Moment | None, Field(description="报名开始；不填则发布即可报名")] = None
    sign_up_until: Annotated[Moment | None, Field(description="报名截止；不填则到活动开始")] = None
    roles: Roles


class ActivityUpdate(Form):
    """修改时间或地点会告知全部报名者，此后取消不算临时取消。所订场地随之改订；订不到则不修改。"""

    title: Line = "-"
    details: Words | None = None
    place_id: UUID | None = None
    venue: Line | None = None
    venue_resource_id: Annotated[UUID | None, Field(description=VENUE + "；填空值则退订")] = None
    venue_quantity: Quantity = 1
    audience: Audience = Audience.COMMUNITY
    responsible_id: UUID | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    sign_up_from: Moment | None = None
    sign_up_until: Moment | None = None
    roles: Annotated[Roles | None, Field(description="全部角色；有人报名的角色不能删去，名额不能少于已报名人数")] = None


class ActivityPropose(Form):
    words: LongLine | None = None


class ActivitySendBack(Form):
    words: Words


class ActivityPublish(Form):
    words: LongLine | None = None


class ActivityClose(Form):
    words: LongLine | None = None


class ActivityReopen(Form):
    words: LongLine | None = None


class ActivityStart(Form):
    words: LongLine | None = None


class ActivityConclude(Form):
    report: LongWords
    evidence: Annotated[dict[Evidence, Words] | None, Field(description="所附材料：种类 → 存放处或内容")] = None


class ActivityInsure(Policy):
    """登记为志愿者投保的人身意外险（志愿服务条例第十七条）；类别要求保险的，登记后志愿者才能报名。续保后可重新登记。"""


class ActivityCancel(Form):
    reason: Words


class RoleRead(Read):
    id: UUID
    name: str
    kind: PartKind
    places: int
    taken: int
    left: Annotated[int, Field(description="剩余名额")]
    waiting: Annotated[int, Field(description="候补人数")]
    skill: Skill | None
    certified: bool
    min_age: int | None


class ActivityRead(Read):
    id: UUID
    state: ActivityState
    title: str
    details: str | None
    category: str
    volunteering: Annotated[bool, Field(description="志愿者的服务是否计入时长")]
    audience: Audience
    place_id: UUID
    venue: str | None
    venue_resource_id: Annotated[UUID | None, Field(description="所订的场地")]
    venue_quantity: int
    venue_booking_id: Annotated[UUID | None, Field(description="场地的预订；只给工作人员和主办方看")]
    venue_booking_state: Annotated[BookingState | None, Field(description="预订的状态；只给工作人员和主办方看")]
    organization_id: UUID | None
    responsible_id: Annotated[UUID | None, Field(description="负责人；只给工作人员和主办方看")]
    starts_at: datetime
    ends_at: datetime
    sign_up_from: datetime | None
    sign_up_until: datetime
    project_id: Annotated[UUID | None, Field(description="属于哪个共建项目")]
    series_id: UUID | None
    series_on: Annotated[date | None, Field(description="系列中哪一天的一次")]
    full: Annotated[bool, Field(description="名额已满，再报名为候补")]
    roles: list[RoleRead]
    insured: Annotated[bool, Field(description="类别要求先为志愿者投保人身意外险")]
    insurer: str | None
    policy_number: Annotated[str | None, Field(description="保单号；只给工作人员和主办方看")]
    insured_until: Annotated[date | None, Field(description="保单最后一日；为空则志愿者还不能报名（要求投保时）")]
    attended: Annotated[int, Field(description="到场人数")]
    helper_minutes: Annotated[int, Field(description="已记录的志愿服务分钟数")]
    ratings: int
    rating_mean: Annotated[float | None, Field(description="平均分，一至五；评价不足五人不显示")]
    words: Annotated[str | None, Field(description="最近一步的说明；只给工作人员和主办方看")]
    cancel_reason: str | None
    report: str | None
    evidence: Annotated[dict[Evidence, str] | None, Field(description="只给工作人员和主办方看")]
    concluded_at: datetime | None
    version: int
    created_at: datetime
    actions: Annotated[list[ActivityAction], Field(description="您现在可以做的")]


class ActivityPage(Read):
    items: list[ActivityRead]
    next_cursor: str | None


class CheckInCode(Read):
    """由组织者出示、供现场扫描的签到码，签到与签退都用它。"""

    code: str
    expires_at: Annotated[datetime, Field(description="到期须重新取；到期后不再有效")]
