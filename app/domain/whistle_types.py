"""Types of whistles 哨的种类 as data: within what limits a called department answers, whom one may call, and who approves it.

The rows are a district's own (``whistle_types``, brought in from ``seeds/whistle_types.csv``); here is what they may say. A
whistle keeps the limits it was blown with, so that a change of its type changes no call under way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from app.core.errors import RuleBroken
from app.domain.catalogue import parent_of
from app.domain.levels import Level
from app.domain.organizations import ASSIGNABLE, OrganizationKind
from app.domain.work_time import HOUSE_HOURS, Measure, OfficeHours
from app.domain.work_time import Unit as Counted
from app.domain.workdays import add_working_days

LONGEST = timedelta(days=366)
"""A limit beyond a year is none."""

LADDER = tuple(Level)
"""Whom a delay is told to, one after the other."""
LEADING = LADDER[1:]
"""Where there is leadership to approve a whistle, and to rule."""


class Unit(StrEnum):
    """What a limit counts."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


UNIT_NAMES = {
    Unit.MINUTES: "分钟",
    Unit.HOURS: "小时",
    Unit.WORKING_MINUTES: "工作分钟",
    Unit.WORKING_HOURS: "工作小时",
    Unit.WORKING_DAYS: "工作日",
}


@dataclass(frozen=True, slots=True)
class Span:
    """So many of a unit."""

    value: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Limits:
    """``sign`` to ``act`` count from the call, ``rule`` from the dispute; ``decide`` from the draft, ``blow`` from the approval.

    ``climb``: how long one rung knows of a delay before the next is told.
    """

    sign: Span
    contact: Span
    report: Span
    act: Span
    rule: Span
    decide: Span
    blow: Span
    climb: Span

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


LIMIT_NAMES = {
    "sign": "签到",
    "contact": "联系",
    "report": "报到",
    "act": "处置",
    "rule": "管辖裁定",
    "decide": "审批",
    "blow": "吹哨",
    "climb": "逐级上报间隔",
}


def limits_of(kept: Mapping[str, Any]) -> Limits:
    """Limits as they were kept."""
    spans = {part.name: kept[part.name] for part in fields(Limits)}
    return Limits(**{name: Span(int(span["value"]), Unit(span["unit"])) for name, span in spans.items()})


def due(start: datetime, span: Span, hours: OfficeHours = HOUSE_HOURS) -> datetime:
    """When a span that begins now is over, in UTC. ``hours`` are the district's office hours."""
    match span.unit:
        case Unit.MINUTES:
            return start + timedelta(minutes=span.value)
        case Unit.HOURS:
            return start + timedelta(hours=span.value)
        case Unit.WORKING_MINUTES:
            return _working(start, timedelta(minutes=span.value), hours)
        case Unit.WORKING_HOURS:
            return _working(start, timedelta(hours=span.value), hours)
        case Unit.WORKING_DAYS:
            return add_working_days(start, span.value)


def _working(start: datetime, time: timedelta, hours: OfficeHours) -> datetime:
    """More than ``LONGEST`` of working time is too long by years already, and need not be counted to its end."""
    return Measure(Counted.WORKING_MINUTES, hours).add(start, min(time, LONGEST))


_MONDAY = datetime(2026, 11, 30, 1, tzinfo=UTC)
"""Nine in the morning in China, with a week of working days ahead: limits are compared from there."""


def check_limits(limits: Limits) -> None:
    """422 for limits that are none, or that let a later step be due before an earlier one."""
    ends = {part.name: due(_MONDAY, getattr(limits, part.name)) for part in fields(Limits)}
    for name, end in ends.items():
        if end > _MONDAY + LONGEST:
            raise RuleBroken(f"“{LIMIT_NAMES[name]}”时限过长", field="limits")
    steps = ("sign", "contact", "report", "act")
    for earlier, later in pairwise(steps):
        if ends[later] < ends[earlier]:
            raise RuleBroken(f"“{LIMIT_NAMES[later]}”时限不能短于“{LIMIT_NAMES[earlier]}”时限", field="limits")


def check_kinds(kinds: Iterable[OrganizationKind]) -> None:
    """422 for those whose members are asked and never ordered (志愿服务条例 §25): teams, branches."""
    if not set(kinds) <= ASSIGNABLE:
        raise RuleBroken("只能召集职能部门与单位；志愿队伍、党支部只能邀请", field="kinds")


def named_for(matters: Mapping[str, Iterable[Any]], category: str | None) -> frozenset[UUID] | None:
    """The departments a type names for this matter, or the nearest kind of matter above it; None: it names none."""
    code = category
    while code is not None:
        if code in matters:
            return frozenset(UUID(str(one)) for one in matters[code])
        code = parent_of(code)
    return None
