"""Projects as they go in and out, and one form an action."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, LongWords, Read, Words
from app.domain.catalogue import Evidence
from app.domain.projects import MOST_NEEDS, CancelReason, Link, Part, ProjectAction, ProjectKind, ProjectState

Fen = Annotated[int, Field(ge=0, le=100_000_000_000, description="金额，分")]
_Needs = Annotated[list[UUID], Field(max_length=MOST_NEEDS, description="所回应的已入库需求；只有看得到需求的人能写")]
_NO_NAMES = "列入清单后居民可见，不写个人信息"


class ProjectQuery(FileQuery):
    state: ProjectState | None = None
    kind: ProjectKind | None = None
    link: Link | None = None
    programme_id: UUID | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    organization_id: Annotated[UUID | None, Field(description="牵头或配合的单位")] = None
    need_id: Annotated[UUID | None, Field(description="回应某件需求的；限看得到需求的人")] = None
    year: Annotated[int | None, Field(ge=2000, le=2099, description="实施期与该年有交叉的")] = None


class ProjectCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "体委小区楼道照明改造",
                    "aims": "更换六个单元的楼道灯，解决夜间出行不便",
                    "kind": "micro",
                    "link": "services",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "starts_on": "2026-12-01",
                    "ends_on": "2027-02-28",
                    "budget_fen": 1200000,
                }
            ]
        }
    )

    title: Annotated[Line, Field(description=_NO_NAMES)]
    aims: Annotated[Words, Field(description=f"目标与内容；{_NO_NAMES}")]
    kind: ProjectKind
    link: Annotated[Link, Field(description="八联中的哪一联")]
    programme_id: Annotated[UUID | None, Field(description="本社区的品牌")] = None
    place_id: Annotated[UUID, Field(description="在哪里实施；社区或其下属，不能是住户")]
    starts_on: Day
    ends_on: Day
    budget_fen: Fen = 0
    need_ids: _Needs = []


class ProjectUpdate(Form):
    """列入清单后由社区修改；看不到所回应需求的人不改变它们。"""

    title: Line = "-"
    aims: Words = "-"
    kind: ProjectKind = ProjectKind.OTHER
    link: Link = Link.SERVICES
    programme_id: UUID | None = None
    starts_on: Day = date(2000, 1, 1)
    ends_on: Day = date(2000, 1, 1)
    budget_fen: Fen = 0
    need_ids: _Needs = []


class ProjectReturn(Form):
    words: Annotated[Words, Field(description="须改什么")]


class ProjectResubmit(Form):
    """重新提交。不需要理由。"""


class ProjectWithdraw(Form):
    words: LongLine | None = None


class ProjectPublish(Form):
    """列入共建项目清单。"""


class ProjectClaim(Form):
    part: Annotated[Part, Field(description="牵头只有一家，配合可有多家")]


class ProjectUnclaim(Form):
    words: LongLine | None = None


class ProjectStart(Form):
    """启动实施。"""


class ProjectDeliver(Form):
    result: Annotated[LongWords, Field(description=f"做了什么、成效如何；{_NO_NAMES}")]
    people_reached: Annotated[int, Field(ge=0, le=10_000_000, description="受益人数")]
    evidence: Annotated[
        dict[Evidence, LongLine], Field(min_length=1, description="至少一项：照片、签字、票据、记录，各写存放处或内容")
    ]


class ProjectRework(Form):
    words: Annotated[Words, Field(description="整改什么")]


class ProjectArchive(Form):
    words: Annotated[Words | None, Field(description="后续措施；评分低或参评少的必填")] = None


class ProjectCancel(Form):
    reason: CancelReason
    words: Words


class ProjectUnitRead(Read):
    organization_id: UUID
    name: str
    part: Part


class ProjectRead(Read):
    id: UUID
    state: ProjectState
    title: str
    aims: str
    kind: ProjectKind
    link: Link
    programme_id: UUID | None
    place_id: UUID
    community_id: UUID
    starts_on: date
    ends_on: date
    proposer_unit_id: Annotated[UUID | None, Field(description="提出的单位；空为社区提出")]
    units: list[ProjectUnitRead]
    need_ids: Annotated[list[UUID], Field(description="所回应的需求；只给看得到需求的人")]
    needs: Annotated[int, Field(description="回应几件需求")]
    activities: Annotated[int, Field(description="为它举行的活动数，不含草稿与已取消的")]
    budget_fen: int
    allotted_fen: Annotated[int, Field(description="已列入各项预算的合计")]
    round: int
    words: Annotated[str | None, Field(description="社区最近的意见；归档后为后续措施")]
    cancel_reason: CancelReason | None
    result: str | None
    people_reached: int | None
    evidence: Annotated[dict[Evidence, str] | None, Field(description="只给社区与参与单位")]
    listed_at: datetime | None
    started_at: datetime | None
    delivered_at: datetime | None
    evaluated_at: datetime | None
    ended_at: datetime | None
    version: int
    created_at: datetime
    actions: Annotated[list[ProjectAction], Field(description="您现在可以做的")]


class ProjectPage(Read):
    items: list[ProjectRead]
    next_cursor: str | None
