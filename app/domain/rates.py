"""The three rates 响应率、解决率、满意率 of a place, a kind of service, a unit, over a period; each with what it leaves out.

A rate is a numerator, a denominator, and how many were left out of both and why, so that whoever reads it can count again.
Counted are rounds of orders: one that was closed and taken up again was not solved that time, and is counted for it.
Places and organizations stand in tiers, never in ranks: the difference between the third and the fourth is mostly chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.core.clock import CHINA
from app.core.errors import RuleBroken

MOST_DAYS = 731
"""The longest period that is counted at once: two years."""
_YEARS = range(2000, 2101)
"""No day outside of these is meant, nor can every one of them be counted from."""
CONTENT = 4
"""House rule: a rating of this or more is content; what a revisit heard counts before the rating (12345 practice)."""
FEWEST = 10
"""House rule: of fewer there is no tier; one order more or less would change it."""


class Rate(StrEnum):
    RESPONSE = "response"
    """Of those spoken to, and those whose limit for the first word to the asker has passed: how many were spoken to within it."""
    RESOLUTION = "resolution"
    """Of those closed: how many solved, as far as a revisit or a new round does not say otherwise."""
    SATISFACTION = "satisfaction"
    """Of those whose asker said what they think: how many content."""


class Left(StrEnum):
    """Why a round of an order is counted in no part of a rate."""

    NOT_DUE = "not_due"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    PLANNED = "planned"
    UNFINISHED = "unfinished"
    """Late already: it is counted when it ends, and shown until then."""
    NOT_RATED = "not_rated"
    NOT_BY_ASKER = "not_by_asker"
    """Rated in the asker's name by whoever asked on their behalf."""


class Group(StrEnum):
    """What the rows of an answer stand for."""

    ALL = "all"
    PLACE = "place"
    """The places one level below, and the place itself for what lies directly at it."""
    CATEGORY = "category"
    ORGANIZATION = "organization"


class Tier(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


RATE_NAMES = {Rate.RESPONSE: "响应率", Rate.RESOLUTION: "解决率", Rate.SATISFACTION: "满意率"}
LEFT_NAMES = {
    Left.NOT_DUE: "时限未到、尚未联系",
    Left.STOPPED: "时限未到已撤回、终止或收回，或单位异议成立",
    Left.WITHDRAWN: "点单人撤回",
    Left.TERMINATED: "经批准终止",
    Left.PLANNED: "挂账",
    Left.UNFINISHED: "已超期、尚未办结",
    Left.NOT_RATED: "未评分、未回访到",
    Left.NOT_BY_ASKER: "由代点单人评分、未回访到",
}
REASONS: dict[Rate, tuple[Left, ...]] = {
    Rate.RESPONSE: (Left.NOT_DUE, Left.STOPPED),
    Rate.RESOLUTION: (Left.WITHDRAWN, Left.TERMINATED, Left.PLANNED, Left.UNFINISHED),
    Rate.SATISFACTION: (Left.NOT_RATED, Left.NOT_BY_ASKER),
}
"""What each rate may leave out."""
TIER_NAMES = {Tier.GOOD: "优良", Tier.FAIR: "达标", Tier.POOR: "待改进"}
_LEAST: dict[Rate, dict[Tier, float]] = {
    Rate.RESPONSE: {Tier.GOOD: 0.98, Tier.FAIR: 0.9},
    Rate.RESOLUTION: {Tier.GOOD: 0.9, Tier.FAIR: 0.75},
    Rate.SATISFACTION: {Tier.GOOD: 0.9, Tier.FAIR: 0.8},
}
"""House rule: the least of each tier."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One rate of one row."""

    numerator: int
    denominator: int
    left_out: dict[Left, int]

    def __post_init__(self) -> None:
        if not 0 <= self.numerator <= self.denominator:
            raise ValueError(f"{self.numerator} of {self.denominator}")

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return round(self.numerator / self.denominator, 4) if self.denominator else None


def span_of(from_on: date, until_on: date) -> tuple[datetime, datetime]:
    """From the first moment of the first day to the first after the last, in China. RuleBroken where that is no period."""
    for field, day in (("from_on", from_on), ("until_on", until_on)):
        if day.year not in _YEARS:
            raise RuleBroken("日期须在 2000 年至 2100 年之间", field=field)
    if until_on < from_on:
        raise RuleBroken("结束日期不能早于开始日期", field="until_on")
    if (until_on - from_on).days >= MOST_DAYS:
        raise RuleBroken("一次最多统计两年", field="until_on")
    return datetime.combine(from_on, time(), CHINA), datetime.combine(until_on + timedelta(days=1), time(), CHINA)


def counted(numerator: int, denominator: int, left_out: Mapping[Left, int]) -> Counted:
    """Reasons that held for nobody are not named."""
    return Counted(numerator, denominator, {reason: count for reason, count in left_out.items() if count})


def tier(rate: Rate, found: Counted) -> Tier | None:
    """None of too few. Judged on whole numbers, so that rounding moves nobody up or down."""
    if found.denominator < FEWEST:
        return None
    for level, least in _LEAST[rate].items():
        if found.numerator * 10_000 >= round(least * 10_000) * found.denominator:
            return level
    return Tier.POOR


def tiers_told() -> str:
    """The least of each tier, in words."""
    lines = (
        f"{RATE_NAMES[rate]} " + "、".join(f"{least:.0%} 以上{TIER_NAMES[level]}" for level, least in levels.items())
        for rate, levels in _LEAST.items()
    )
    return f"{'；'.join(lines)}；其余{TIER_NAMES[Tier.POOR]}；不足 {FEWEST} 件不分档"
