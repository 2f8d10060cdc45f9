"""Orders and everything that moves them."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from app.core.paging import PageQuery
from app.core.types import Form, Line, LongLine, LongWords, Moment, Read, Words
from app.domain.catalogue import Evidence
from app.domain.dispatch import Obstacle
from app.domain.needs import Urgency
from app.domain.objections import Ground
from app.domain.orders import (
    MOST_PLACES,
    MOST_UNFINISHED,
    OFFER_MINUTES,
    OrderAction,
    OrderState,
    Outcome,
    SuspendReason,
    TerminateReason,
)
from app.schemas.categories import CategoryCode, TermsRead
from app.schemas.places import PositionForm

_ORDER = "0192f3a0-7c1e-7000-8000-000000000001"
People = Annotated[int, Field(ge=1, le=MOST_PLACES, description="需要几人")]
OfferMinutes = Annotated[int, Field(ge=1, le=7 * 24 * 60, description="答复期限，分钟")]


class OrderCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"need_id": _ORDER, "title": "更换厨房水龙头", "people_wanted": 1, "auto_offer": True}]
        }
    )

    need_id: UUID
    title: Annotated[LongLine | None, Field(description="不填则沿用需求标题")] = None
    category: Annotated[CategoryCode | None, Field(description="不填则沿用需求类别")] = None
    people_wanted: People = 1
    wanted_at: Moment | None = None
    auto_offer: Annotated[bool | None, Field(description="由系统逐个邀请合适的人；不填则目录允许个人办理时如此")] = None
    offer_minutes: OfferMinutes = OFFER_MINUTES


class OrderQuery(PageQuery):
    state: Annotated[OrderState | None, Field(description="只看某一状态")] = None
    working: Annotated[bool, Field(description="只看未结束的")] = False
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    need_id: UUID | None = None
    mine: Annotated[bool, Field(description="只看与我有关的：我点的、邀请我的、我接的；没有管理角色的人始终如此")] = (
        False
    )
    pool: Annotated[bool, Field(description="只看我可以抢的；不能与 mine 同用")] = False

    @model_validator(mode="after")
    def _one_view(self) -> Self:
        if self.mine and self.pool:
            raise ValueError("mine 与 pool 不能同用")
        return self


class OrderRead(Read):
    id: UUID
    need_id: UUID
    state: OrderState
    title: str
    category: str
    urgency: Urgency
    people_wanted: int
    people_accepted: int
    round: int
    wanted_at: datetime | None
    due_at: datetime
    place_id: Annotated[UUID | None, Field(description="服务地点；接单前只给到网格")]
    community_id: UUID | None
    grid_id: UUID | None
    lon: Annotated[float | None, Field(description="经度，WGS-84；接单前不给")]
    lat: Annotated[float | None, Field(description="纬度，WGS-84；接单前不给")]
    auto_offer: bool
    offer_minutes: int
    pool_cap: Annotated[int | None, Field(description="抢单人在办工单的上限，含此单")]
    suspended_at: datetime | None
    suspend_reason: Annotated[SuspendReason | None, Field(description="挂起中：原因类别")]
    planned_until: Annotated[datetime | None, Field(description="挂账中：至何时")]
    obstacle: Annotated[str | None, Field(description="挂账中：困难；只给承办、管理的人和点单人")]
    measures: Annotated[str | None, Field(description="挂账中：措施；只给承办、管理的人和点单人")]
    result: str | None
    risks: Annotated[str | None, Field(description="上门须知的风险（志愿服务条例第十三条）")]
    outcome: Outcome | None
    rating: int | None
    rating_words: str | None
    reported_at: datetime | None
    closed_at: datetime | None
    closed_by_system: bool
    version: int
    created_at: datetime
    updated_at: datetime
    actions: Annotated[list[OrderAction], Field(description="您现在可以做的")]


class OrderTermsRead(Read):
    """按什么条件办：开单时目录所定，之后目录的修改不影响。"""

    order_id: UUID
    terms: TermsRead
    evidence: Annotated[dict[Evidence, str] | None, Field(description="报告已附的；接单前不给")]
    insurer: Annotated[str | None, Field(description="为志愿者承保人身意外险的公司")]
    policy_number: str | None
    insured_until: Annotated[date | None, Field(description="保单最后一日")]


class Policy(Form):
    """为志愿者投保的人身意外险（志愿服务条例第十七条）。"""

    insurer: Line
    policy_number: Annotated[Line, Field(description="保单号")]
    insured_until: Annotated[date, Field(description="保单最后一日")]


class OrderInsure(Policy):
    """登记为志愿者投保的人身意外险（志愿服务条例第十七条）。续保后可重新登记。"""


class BesideRead(Read):
    """工单旁的一类事项。"""

    noun: Annotated[str, Field(description="哪一类：与其地址同名", examples=["objections"])]
    open: Annotated[int, Field(description="尚未了结的")]
    total: int


class OrderBesideRead(Read):
    """工单旁各类事项各有多少；状态之外的事，各自成表。"""

    order_id: UUID
    items: list[BesideRead]


class OrderPage(Read):
    items: list[OrderRead]
    next_cursor: str | None


class ChoiceRead(Read):
    """为什么是这个人：代价越小越先邀请，单位为米。"""

    person_id: UUID
    name: str
    cost: float
    distance_m: float | None
    parts: dict[str, float]


class BarredRead(Read):
    """为什么现在不能邀请这个人。"""

    person_id: UUID
    name: str
    distance_m: float | None
    obstacle: Obstacle
    words: str


class RankingRead(Read):
    order_id: UUID
    items: list[ChoiceRead]
    weights: Annotated[dict[str, int], Field(description="各项权重：多少米，距离为百分比")]
    feasible: Annotated[int, Field(description="共有多少人符合条件")]
    barred: Annotated[list[BarredRead], Field(description="不能邀请的人，近的在前")]
    obstacles: Annotated[dict[str, int], Field(description="不能邀请的原因各有多少人")]


class OrderPublish(Form):
    people_wanted: People | None = None
    cap: Annotated[
        int | None,
        Field(ge=1, le=MOST_UNFINISHED, description="抢单人在办工单的上限，含此单；不填则按本人和系统的上限"),
    ] = None
    words: LongLine | None = None


class OrderOffer(Form):
    person_id: Annotated[UUID | None, Field(description="指名邀请；不填则由系统选最合适的")] = None
    offer_minutes: OfferMinutes | None = None
    again: Annotated[bool, Field(description="邀请曾婉拒或过期的人，须由社区管理员以上决定")] = False


class OrderAssign(Form):
    organization_id: UUID
    words: LongLine | None = None
    again: Annotated[bool, Field(description="再次指派异议曾成立的单位，须由原派单人以外的社区管理员以上决定")] = False


class OrderTake(Form):
    pass


class OrderAccept(Form):
    pass


class OrderDecline(Form):
    words: Annotated[LongLine | None, Field(description="可不填；不影响评价")] = None


class OrderObject(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ground": "other_authority", "basis": "供水管网维修属供水公司，见三定方案第五条"}]
        }
    )

    ground: Annotated[Ground, Field(description="理由类别")]
    basis: Annotated[Words, Field(description="引用的职责依据")]


class OrderUphold(Form):
    words: Annotated[Words, Field(description="裁决理由，告知派单人与异议单位")]


class OrderOverrule(Form):
    words: Annotated[Words, Field(description="裁决理由，告知派单人与异议单位")]


class OrderTransfer(Form):
    person_id: Annotated[
        UUID | None, Field(description="接手人，须同意；不填则由系统按派单方式找最合适的人代替这一次")
    ] = None
    words: LongLine | None = None


class OrderStart(Form):
    position: Annotated[PositionForm | None, Field(description="签到位置；类别要求签到时必填")] = None


class OrderSuspend(Form):
    reason: SuspendReason
    words: Words


class OrderResume(Form):
    words: LongLine | None = None


class OrderReport(Form):
    result: Annotated[LongWords, Field(description="做了什么、结果如何")]
    evidence: Annotated[
        dict[Evidence, LongLine] | None, Field(description="目录要求附的：照片、签字、票据、记录，各写存放处或内容")
    ] = None


class OrderConfirm(Form):
    rating: Annotated[int, Field(ge=1, le=5, description="满意度，一至五")]
    words: Words | None = None


class OrderRework(Form):
    words: Words


class OrderExplain(Form):
    basis: Annotated[Words, Field(description="法律或政策依据")]


class OrderPlan(Form):
    obstacle: Words
    measures: Words
    until: Moment


class OrderDue(Form):
    words: LongLine | None = None


class OrderTerminate(Form):
    reason: TerminateReason
    words: Words


class OrderWithdraw(Form):
    words: LongLine | None = None


class OrderReopen(Form):
    words: Words
