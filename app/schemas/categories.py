"""The catalogue of services as it goes in and out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongLine, Read, Words
from app.domain.catalogue import LONGEST_DAYS, MOST_DEPTH, CheckIn, Duty, Evidence, Handler, Skill

CategoryCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=rf"^[a-z0-9_]{{1,24}}(\.[a-z0-9_]{{1,24}}){{0,{MOST_DEPTH - 1}}}$",
        description="以点分级，如 repair.plumbing 属于 repair",
    ),
]
_Minutes = Annotated[int, Field(ge=1, le=100_000)]
_Percent = Annotated[int, Field(ge=1, le=100)]


class TermsForm(Form):
    """办理条件。工单按开单时的条件办理，目录之后的修改不影响在办工单。"""

    resolve_working_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, description="办结时限，工作日")]
    deadline_source: Annotated[LongLine, Field(description="时限的依据：法规条文，或“本系统规定”")]
    sign_minutes: Annotated[_Minutes | None, Field(description="签收时限，工作分钟")] = None
    contact_minutes: Annotated[_Minutes | None, Field(description="首次联系时限，工作分钟")] = None
    urgent_percent: Annotated[_Percent, Field(description="紧急（urgent）的各项时限为上述的百分之几")] = 100
    critical_percent: Annotated[_Percent, Field(description="特急（critical）的各项时限为上述的百分之几")] = 100
    skills: Annotated[list[Skill], Field(max_length=10, description="须具备的技能，全部")] = []
    certified: Annotated[bool, Field(description="技能须有当日有效的证书（志愿服务条例第十六条）")] = False
    insured: Annotated[bool, Field(description="须先投保意外险（志愿服务条例第十七条）")] = False
    check_in: CheckIn = CheckIn.NONE
    evidence: Annotated[list[Evidence], Field(max_length=10, description="报告须附")] = []
    handlers: Annotated[list[Handler], Field(min_length=1, max_length=10, description="谁可以办理")] = list(Handler)
    volunteering: Annotated[bool, Field(description="是否计入志愿服务时长（令第67号第十九条）")] = False
    duty: Duty = Duty.COMMUNITY
    department: Annotated[Line | None, Field(description="主责部门；不属社区职责时必填")] = None
    duty_source: Annotated[LongLine | None, Field(description="职责依据；部门职责必填")] = None
    service_minutes: Annotated[
        int | None, Field(ge=5, le=1440, description="一次服务通常多久，分钟；不填按 60 分钟")
    ] = None


class TermsRead(Read):
    resolve_working_days: int
    deadline_source: str
    sign_minutes: int | None
    contact_minutes: int | None
    urgent_percent: int
    critical_percent: int
    skills: list[Skill]
    certified: bool
    insured: bool
    check_in: CheckIn
    evidence: list[Evidence]
    handlers: list[Handler]
    volunteering: bool
    duty: Duty
    department: str | None
    duty_source: str | None
    service_minutes: int | None


class CategoryQuery(FileQuery):
    parent: Annotated[CategoryCode | None, Field(description="只看其下一级")] = None
    duty: Annotated[Duty | None, Field(description="只看某种职责：准入清单")] = None
    services: Annotated[bool, Field(description="只看可以点单的，不含分组")] = False
    retired: Annotated[bool, Field(description="也看已停用的")] = False


class CategoryCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "elder.reading",
                    "name": "读报陪读",
                    "terms": {"resolve_working_days": 3, "deadline_source": "本系统规定", "volunteering": True},
                    "form_schema": {
                        "type": "object",
                        "properties": {"language": {"title": "语言", "enum": ["汉语", "蒙古语"]}},
                        "required": ["language"],
                    },
                }
            ]
        }
    )

    code: CategoryCode
    name: Line
    description: LongLine | None = None
    source: LongLine | None = None
    terms: Annotated[TermsForm | None, Field(description="不填则只是分组，不能点单")] = None
    form_schema: Annotated[dict[str, Any] | None, Field(description="附加表单，JSON Schema 2020-12")] = None


class CategoryUpdate(Form):
    name: Line = "-"
    description: LongLine | None = None
    source: LongLine | None = None
    terms: TermsForm | None = None
    form_schema: dict[str, Any] | None = None
    retired: Annotated[bool, Field(description="停用：不再受理新的，在办的照常")] = False


class CategoryRead(Read):
    id: UUID
    code: str
    parent_id: UUID | None
    name: str
    description: str | None
    source: str | None
    terms: TermsRead | None
    form_schema: dict[str, Any] | None
    retired: bool
    version: int


class CategoryPage(Read):
    items: list[CategoryRead]
    next_cursor: str | None


class DutyOverride(Form):
    """部门职责事项转由社区办理：由街道以上管理员具名同意并写明理由。"""

    words: Words
