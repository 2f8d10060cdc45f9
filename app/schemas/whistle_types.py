"""Types of whistles as they go in and out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Code, Form, Line, LongLine, Read
from app.domain.levels import Level
from app.domain.organizations import OrganizationKind
from app.domain.whistle_types import Unit
from app.schemas.categories import CategoryCode

_LIMITS: dict[str, Any] = {
    "sign": {"value": 1, "unit": "hours"},
    "contact": {"value": 24, "unit": "hours"},
    "report": {"value": 3, "unit": "working_days"},
    "act": {"value": 10, "unit": "working_days"},
    "rule": {"value": 1, "unit": "working_days"},
    "decide": {"value": 1, "unit": "working_days"},
    "blow": {"value": 1, "unit": "working_days"},
    "climb": {"value": 1, "unit": "working_days"},
}


class SpanForm(Form):
    value: Annotated[int, Field(ge=1, le=100_000)]
    unit: Unit


class LimitsForm(Form):
    """各步时限。签到至处置自召集时起算，管辖裁定自提出争议时起算；审批自起草、吹哨自批准起算。"""

    sign: Annotated[SpanForm, Field(description="签到")]
    contact: Annotated[SpanForm, Field(description="联系")]
    report: Annotated[SpanForm, Field(description="现场报到")]
    act: Annotated[SpanForm, Field(description="处置")]
    rule: Annotated[SpanForm, Field(description="管辖争议的裁定")]
    decide: Annotated[SpanForm, Field(description="审批；逾期草稿失效")]
    blow: Annotated[SpanForm, Field(description="批准后吹哨；逾期失效")]
    climb: Annotated[SpanForm, Field(description="逾期后逐级上报的间隔")]


class MatterForm(Form):
    category: Annotated[CategoryCode, Field(description="事项：服务目录中的类别，含其下级")]
    department_ids: Annotated[list[UUID], Field(min_length=1, max_length=20, description="可召集的部门")]


Kinds = Annotated[list[OrganizationKind], Field(min_length=1, max_length=10, description="可召集的单位类型")]
Matters = Annotated[
    list[MatterForm], Field(max_length=100, description="按事项指定可召集的部门；未列的事项，凡上述类型的单位均可")
]


class WhistleTypeQuery(FileQuery):
    retired: Annotated[bool, Field(description="也看已停用的")] = False


class WhistleTypeCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "winter", "name": "供暖哨", "level": "community", "kinds": ["department"], "limits": _LIMITS}
            ]
        }
    )

    code: Code
    name: Line
    source: Annotated[LongLine | None, Field(description="时限的依据")] = None
    level: Annotated[Level, Field(description="至少由哪一级批准：社区、街道或区")]
    kinds: Kinds
    matters: Matters = []
    limits: LimitsForm


class WhistleTypeUpdate(Form):
    """已吹的哨按吹哨时的时限办理，修改只影响此后的哨。"""

    name: Line = "-"
    source: LongLine | None = None
    level: Level = Level.COMMUNITY
    kinds: Kinds = [OrganizationKind.DEPARTMENT]
    matters: Matters = []
    limits: LimitsForm = LimitsForm.model_validate(_LIMITS)
    retired: Annotated[bool, Field(description="停用：不再起草新的")] = False


class SpanRead(Read):
    value: int
    unit: Unit


class LimitsRead(Read):
    sign: SpanRead
    contact: SpanRead
    report: SpanRead
    act: SpanRead
    rule: SpanRead
    decide: SpanRead
    blow: SpanRead
    climb: SpanRead


class MatterRead(Read):
    category: str
    department_ids: list[UUID]


class WhistleTypeRead(Read):
    id: UUID
    code: str
    name: str
    source: str | None
    level: Level
    kinds: list[OrganizationKind]
    matters: list[MatterRead]
    limits: LimitsRead
    retired: bool
    version: int


class WhistleTypePage(Read):
    items: list[WhistleTypeRead]
    next_cursor: str | None
