"""The three rates as they are asked for and answered."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Code, Day, Form, Read
from app.domain.rates import CONTENT, Group, Left, Tier, tiers_told

_COUNTED = "一件工单办结后又重新办理的，每轮各计一次"


class FiguresQuery(Form):
    """Which place, and which days."""

    place_id: Annotated[UUID, Field(description="某地点及其下属；不按户统计")]
    from_on: Annotated[Day, Field(description="从哪一天（含），北京时间", examples=["2026-11-01"])]
    until_on: Annotated[Day, Field(description="到哪一天（含）；最长两年", examples=["2026-11-30"])]


class RateQuery(FiguresQuery):
    group: Annotated[Group, Field(description="按什么分行：不分、下一级地点、服务类别、承办单位")] = Group.ALL
    category: Annotated[Code | None, Field(description="只看某一服务类别及其下级")] = None
    organization_id: Annotated[UUID | None, Field(description="只看某一单位承办的")] = None


class LeftRead(Read):
    reason: Left
    name: Annotated[str, Field(description="如“点单人撤回”")]
    count: int


class RateRead(Read):
    numerator: int
    denominator: int
    left_out: Annotated[list[LeftRead], Field(description="分子分母都不计入的，按原因各几件")]
    share: Annotated[float | None, Field(description="分子除以分母，如 0.9667；分母为零则空")]
    tier: Annotated[Tier | None, Field(description=f"档次，不排名。{tiers_told()}")]
    tier_name: str | None


class RateRow(Read):
    id: Annotated[UUID | None, Field(description="地点或单位；按类别分行的、未由单位承办的为空")]
    code: Annotated[str | None, Field(description="服务类别的编码；按类别分行时才有")]
    name: str
    response: Annotated[
        RateRead,
        Field(description="响应率：时限在期间内到的，首次联系未超时限。未定联系时限的类别不在其内"),
    ]
    resolution: Annotated[
        RateRead,
        Field(description=f"解决率：期间内办结的，解决了的。解释办结、回访未解决、又重新办理的不算解决。{_COUNTED}"),
    ]
    satisfaction: Annotated[
        RateRead,
        Field(description=f"满意率：期间内办结的，满意的。有回访以回访为准，否则评 {CONTENT} 分以上为满意。{_COUNTED}"),
    ]


class RatesRead(Read):
    place_id: UUID
    from_on: date
    until_on: date
    group: Group
    rows: Annotated[list[RateRow], Field(description="按名称排列，不按高低；没有一件可计的不列")]
