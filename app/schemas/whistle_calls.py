"""What called departments do on a whistle, as it goes in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, LongLine, LongWords, Moment, Read, Words
from app.domain.catalogue import Evidence
from app.domain.whistle_calls import CallAction, CallState, Task, Told

Rating = Annotated[int, Field(ge=1, le=5, description="一至五")]


class WhistleCallQuery(FileQuery):
    whistle_id: UUID | None = None
    organization_id: UUID | None = None
    state: CallState | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    mine: Annotated[bool, Field(description="只看召集本部门的；state=called 即待我签到")] = False
    overdue: Annotated[bool, Field(description="只看有时限已过而未完成的")] = False


class WhistleCallSign(Form):
    """签到，接受管辖。"""


class WhistleCallDispute(Form):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"duty": "《城镇供水条例》：入户支管由产权人负责", "words": "不属本部门职责"}]}
    )

    duty: Annotated[LongLine, Field(description="职责依据：法规条文或三定方案")]
    words: Words | None = None


class WhistleCallUphold(Form):
    words: Annotated[Words, Field(description="裁定的理由")]


class WhistleCallOverrule(Form):
    words: Annotated[Words, Field(description="裁定的理由")]


class WhistleCallContact(Form):
    words: Annotated[Words, Field(description="与吹哨方的约定")]


class WhistleCallReport(Form):
    arrived_at: Annotated[Moment | None, Field(description="到场时间；不填即此刻")] = None
    present_id: Annotated[UUID | None, Field(description="到场的人，本部门的；不填即本人")] = None


class WhistleCallAct(Form):
    result: Annotated[LongWords, Field(description="做了什么、结果如何")]
    evidence: Annotated[
        dict[Evidence, LongLine] | None, Field(description="照片、签字、票据、记录，各写存放处或内容")
    ] = None


class WhistleCallRate(Form):
    rating: Rating
    words: Words | None = None


class WhistleCallRateBack(Form):
    rating: Rating
    words: Words | None = None


class WhistleClockRead(Read):
    task: Task
    due_at: datetime
    met_at: Annotated[datetime | None, Field(description="完成时间")]
    stopped_at: Annotated[datetime | None, Field(description="停止计时：争议中、争议成立或已取消")]
    told: Annotated[Told, Field(description="提醒与逐级上报到哪一级")]


class WhistleCallRead(Read):
    id: UUID
    whistle_id: UUID
    organization_id: UUID
    organization_name: str
    replaces_id: Annotated[UUID | None, Field(description="代替的是哪一张争议成立的报到单")]
    state: CallState
    called_at: datetime
    signed_at: datetime | None
    disputed_at: datetime | None
    dispute_duty: str | None
    dispute_words: str | None
    ruled_by: UUID | None
    ruled_at: datetime | None
    ruling_words: str | None
    contacted_at: datetime | None
    contact_words: str | None
    reported_at: datetime | None
    present_id: Annotated[UUID | None, Field(description="到场的人")]
    arrived_at: datetime | None
    acted_at: datetime | None
    result: str | None
    evidence: dict[Evidence, str] | None
    rating: Annotated[int | None, Field(description="吹哨方对部门的评价")]
    rating_words: str | None
    rating_back: Annotated[int | None, Field(description="部门对吹哨的评价")]
    rating_back_words: str | None
    clocks: Annotated[list[WhistleClockRead], Field(description="各步时限")]
    actions: Annotated[list[CallAction], Field(description="您现在可以做的")]
    version: int


class WhistleCallPage(Read):
    items: list[WhistleCallRead]
    next_cursor: str | None
