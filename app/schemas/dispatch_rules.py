"""Rules of dispatch as they go in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read
from app.domain.dispatch_ways import MOST_ASKED, MOST_STEPS, Way
from app.domain.needs import Urgency
from app.domain.orders import MOST_UNFINISHED
from app.domain.organizations import OrganizationKind
from app.schemas.categories import CategoryCode

_TEAM = "0192f3a0-7c1e-7000-8000-000000000007"
_RULE = "0192f3a0-7c1e-7000-8000-000000000008"
_Minutes = Annotated[int, Field(ge=1, le=30 * 24 * 60)]
_Answer = Annotated[int, Field(ge=1, le=7 * 24 * 60)]
Clock = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5, description="北京时间，如 22:00")
]
_CHAIN: list[Any] = [
    {"way": "waves", "people": 3, "every_minutes": 20, "minutes": 120, "answer_minutes": 60},
    {"way": "pool", "cap": 3, "minutes": 240},
    {"way": "assign", "organization_kind": "property_company"},
]


class WayStepForm(Form):
    """一步派单方式。到时限仍无人承办，或已没有可以请的人，转下一步。"""

    way: Annotated[
        Way,
        Field(
            description="assign 指派单位；waves 分批邀请；pool 公开抢单；rotation 轮流；by_hand 人工，系统不派单",
        ),
    ]
    minutes: Annotated[_Minutes | None, Field(description="本步时限，分钟；抢单、人工之后还有一步时必填")] = None
    organization_kind: Annotated[
        OrganizationKind | None, Field(description="指派给哪类单位，或哪类单位轮流；按服务地点取最近的")
    ] = None
    organization_id: Annotated[UUID | None, Field(description="轮流：哪个队伍或党支部的成员轮流")] = None
    people: Annotated[int, Field(ge=1, le=MOST_ASKED, description="分批邀请：每个空缺名额一批请几人")] = 1
    every_minutes: Annotated[
        _Minutes | None, Field(description="分批邀请：隔多久请下一批，不等上一批答复；不填则上一批都答复后再请")
    ] = None
    answer_minutes: Annotated[_Answer | None, Field(description="答复期限，分钟，免打扰时段不计；不填则按工单所定")] = (
        None
    )
    cap: Annotated[int | None, Field(ge=1, le=MOST_UNFINISHED, description="抢单：抢单人在办工单的上限，含此单")] = None


Chain = Annotated[list[WayStepForm], Field(min_length=1, max_length=MOST_STEPS, description="依次进行的派单方式")]


class WayStepRead(Read):
    way: Way
    minutes: int | None
    organization_kind: OrganizationKind | None
    organization_id: UUID | None
    people: int
    every_minutes: int | None
    answer_minutes: int | None
    cap: int | None


class DispatchRuleQuery(PageQuery):
    category: Annotated[CategoryCode | None, Field(description="只看为此类别所定的")] = None
    urgency: Urgency | None = None
    retired: Annotated[bool, Field(description="也看已停用的")] = False


class DispatchRuleCreate(Form):
    """某类工单由系统怎样派。工单按开单时的规则派，规则之后的修改不影响在办工单。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"category": "repair.plumbing", "steps": _CHAIN, "quiet_since": "21:30", "quiet_until": "07:00"}
            ]
        }
    )

    category: Annotated[
        CategoryCode | None, Field(description="服务类别或其上级；不填则适用于没有另定规则的所有类别")
    ] = None
    urgency: Annotated[Urgency | None, Field(description="只适用于此紧急程度；不填则不分")] = None
    steps: Chain
    quiet_since: Annotated[Clock | None, Field(description="免打扰自何时：不邀请任何人，答复期限不计；紧急的除外")] = (
        None
    )
    quiet_until: Annotated[Clock | None, Field(description="免打扰至何时，可跨零点")] = None


class DispatchRuleUpdate(Form):
    """修改后成为新的版本；在办工单仍按原来的版本。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"steps": [{"way": "rotation", "organization_id": _TEAM}, {"way": "by_hand"}]}]}
    )

    steps: Chain = [WayStepForm(way=Way.BY_HAND)]
    quiet_since: Clock | None = None
    quiet_until: Clock | None = None


class DispatchRuleRetire(Form):
    words: LongLine | None = None


class DispatchRuleRead(Read):
    id: UUID
    category: Annotated[str | None, Field(description="空为所有类别")]
    urgency: Annotated[Urgency | None, Field(description="空为不分紧急程度")]
    number: Annotated[int, Field(description="第几版")]
    steps: list[WayStepRead]
    quiet_since: str | None
    quiet_until: str | None
    retired_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class DispatchRulePage(Read):
    items: list[DispatchRuleRead]
    next_cursor: str | None


class DispatchRuleVersionRead(Read):
    number: int
    steps: list[WayStepRead]
    quiet_since: str | None
    quiet_until: str | None
    created_at: datetime


class DispatchRuleVersions(Read):
    rule_id: UUID
    items: Annotated[list[DispatchRuleVersionRead], Field(description="新的在前，最多一百版")]
