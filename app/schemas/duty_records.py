"""What member units did, as it goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Form, Number, Read
from app.domain.organizations import OrganizationKind
from app.schemas.duty_draws import Year


class DutyRecordYear(Form):
    year: Annotated[Year | None, Field(description="某一年；不填则全部")] = None


class DutyRecordQuery(FileQuery):
    community_id: Annotated[UUID | None, Field(description="某社区的大党委")] = None
    kind: Annotated[OrganizationKind | None, Field(description="单位类型")] = None
    year: Annotated[Year | None, Field(description="某一年；不填则全部")] = None


class DutyRecordRead(Read):
    id: Annotated[UUID, Field(description="成员单位登记的编号")]
    organization_id: UUID
    organization_name: str
    turns: Annotated[int, Field(description="轮值次数")]
    meetings_convened: Annotated[int, Field(description="召开并记录的联席会议")]
    meetings_attended: Annotated[int, Field(description="出席的联席会议")]
    claims: Annotated[int, Field(description="认领且未撤回的事项")]
    claims_confirmed: Annotated[int, Field(description="已确认的认领")]
    decisions: Annotated[int, Field(description="由其办理的联席会议决定事项，不含不再办理的")]
    decisions_done: Annotated[int, Field(description="已办结的决定事项")]
    decisions_late: Annotated[int, Field(description="逾期未办结或逾期才办结的决定事项")]
    orders_done: Annotated[int, Field(description="办结的工单")]
    minutes: Annotated[int, Field(description="本单位的人在本社区已确认的服务时长，分钟")]
    ratings: Annotated[int, Field(description="评价次数")]
    rating: Annotated[Number | None, Field(description="平均评分；没有评价时为空")]


class DutyRecordPage(Read):
    items: list[DutyRecordRead]
    next_cursor: str | None
