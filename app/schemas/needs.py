"""Needs and everything that moves them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongLine, LongWords, Moment, Read, Words
from app.domain.needs import Channel, NeedAction, NeedSource, NeedState, Privacy, RefusalReason, Urgency
from app.domain.orders import OFFER_MINUTES
from app.schemas.categories import CategoryCode
from app.schemas.orders import OfferMinutes, People

_EXAMPLE: JsonDict = {
    "title": "厨房水管漏水",
    "details": "厨房水池下面的水管一直滴水，已经泡坏了柜子，老人一个人在家。",
    "category": "repair.plumbing",
    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
    "urgency": "urgent",
    "risks": "家中有一只小狗",
}


NeedForm = Annotated[dict[str, Any], Field(max_length=60, description="符合该类别的 form_schema")]


class NeedSubmit(Form):
    """点单。网格员可替人点单（代点单）：填写 asker_id 或 asker_name。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    title: LongLine
    details: LongWords
    place_id: Annotated[UUID, Field(description="服务地点；一般为户、单元或小区")]
    category: Annotated[CategoryCode | None, Field(description="服务类别；可由社区受理时确定")] = None
    form: Annotated[NeedForm | None, Field(description="服务类别的附加表单")] = None
    urgency: Urgency = Urgency.NORMAL
    privacy: Privacy = Privacy.HANDLERS
    risks: Annotated[Words | None, Field(description="上门须知的风险（志愿服务条例第十三条）")] = None
    people_concerned: Annotated[int, Field(ge=1, le=100_000, description="涉及人数")] = 1
    wanted_at: Annotated[Moment | None, Field(description="希望的时间")] = None
    source_number: Annotated[
        Line | None, Field(description="接入系统：自己的工单编号，如 12345 工单号；同一系统内不能重复")
    ] = None
    sender_due_at: Annotated[
        Moment | None, Field(description="接入系统：其自己的办结期限；与目录的时限相比，以较早的为准")
    ] = None
    asker_id: Annotated[UUID | None, Field(description="代点单：替谁点单")] = None
    asker_name: Annotated[Line | None, Field(description="代点单：未建档的点单人称呼")] = None


class NeedUpdate(Form):
    """点单人在受理前修改自己的需求。"""

    title: LongLine = "-"
    details: LongWords = "-"
    form: NeedForm | None = None
    urgency: Urgency = Urgency.NORMAL
    risks: Words | None = None
    people_concerned: Annotated[int, Field(ge=1, le=100_000)] = 1
    wanted_at: Moment | None = None


class NeedQuery(FileQuery):
    state: NeedState | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    category: CategoryCode | None = None
    source_number: Annotated[Line | None, Field(description="来件编号：导入文件中的留言编号，或接入系统的工单编号")] = (
        None
    )
    q: Annotated[
        Line | None,
        Field(description="标题和内容中的词语，至少两个字；几个词用空格隔开，须都有；也可以是完整的来件编号"),
    ] = None
    mine: Annotated[bool, Field(description="只看我点的和我关注的；没有管理角色的人始终如此")] = False
    affecting: Annotated[
        bool, Field(description="只看我所住的单元、楼栋、小区等处、对邻里公开的；不能与 mine 同用")
    ] = False

    @model_validator(mode="after")
    def _one_view(self) -> Self:
        if self.mine and self.affecting:
            raise ValueError("mine 与 affecting 不能同用")
        return self


class NeedRead(Read):
    id: UUID
    state: NeedState
    title: str
    details: str
    category: str | None
    form: dict[str, Any] | None
    duty_override_by: Annotated[UUID | None, Field(description="谁同意把部门职责事项交由社区办理")]
    duty_override_words: str | None
    urgency: Urgency
    privacy: Privacy
    risks: str | None
    people_concerned: int
    wanted_at: datetime | None
    source: NeedSource
    source_number: str | None
    sender_due_at: Annotated[datetime | None, Field(description="接入系统自己的办结期限")]
    asked_at: datetime
    asker_id: UUID | None
    asker_name: Annotated[str | None, Field(description="点单人称呼，已脱敏")]
    submitted_by: UUID | None
    client_id: Annotated[UUID | None, Field(description="由哪个接入系统提交")]
    client_name: Annotated[str | None, Field(description="该系统的名称")]
    place_id: Annotated[UUID, Field(description="服务地点；受理后接入系统只看到网格")]
    community_id: UUID | None
    grid_id: UUID | None
    round: int
    due_at: datetime | None
    answer_by: datetime | None
    planned_until: Annotated[datetime | None, Field(description="挂账中：至何时")]
    obstacle: Annotated[str | None, Field(description="挂账中：困难；只给承办、管理的人和点单人")]
    measures: Annotated[str | None, Field(description="挂账中：措施；只给承办、管理的人和点单人")]
    merged_into_id: UUID | None
    met_at: datetime | None
    closed_at: datetime | None
    closed_by_system: bool
    progress: Annotated[str, Field(description="办到哪一步了，一句话")]
    version: int
    created_at: datetime
    updated_at: datetime
    actions: Annotated[list[NeedAction], Field(description="您现在可以做的")]


class NeedPage(Read):
    items: list[NeedRead]
    next_cursor: str | None


class NeedAsk(Form):
    question: Words


class NeedAnswer(Form):
    answer: LongWords


class NeedAccept(Form):
    """受理入库，并开出首个工单。"""

    category: Annotated[CategoryCode | None, Field(description="不填则沿用点单时的类别")] = None
    form: Annotated[NeedForm | None, Field(description="类别有变时补上其附加表单；不填则沿用")] = None
    place_id: Annotated[UUID | None, Field(description="更正服务地点")] = None
    order_title: LongLine | None = None
    people_wanted: People = 1
    auto_offer: Annotated[bool | None, Field(description="由系统逐个邀请合适的人；不填则目录允许个人办理时如此")] = None
    offer_minutes: OfferMinutes = OFFER_MINUTES


class NeedRecategorise(Form):
    """变更类别：在办的工单改按新类别的条件办理，已用去的时间和暂停照旧。"""

    category: Annotated[CategoryCode, Field(description="新的服务类别")]
    form: Annotated[NeedForm | None, Field(description="新类别的附加表单；不填则沿用")] = None


class NeedRefuse(Form):
    reason: RefusalReason
    words: Words


class NeedAppeal(Form):
    words: Words


class NeedRedirect(Form):
    channel: Channel
    words: Words


class NeedMerge(Form):
    into_id: Annotated[UUID, Field(description="并入哪一件需求")]


class NeedUnmerge(Form):
    words: LongLine | None = None


class NeedConfirm(Form):
    words: Words | None = None


class NeedExplain(Form):
    basis: Words


class NeedPlan(Form):
    obstacle: Words
    measures: Words
    until: Moment


class NeedDue(Form):
    words: LongLine | None = None


class NeedWithdraw(Form):
    words: LongLine | None = None


class NeedReopen(Form):
    words: Words
