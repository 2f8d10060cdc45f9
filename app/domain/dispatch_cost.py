"""What it costs to ask one party for one order: the one definition, for the ranking of an order and for a whole batch.

A cost is a way: asking somebody costs as much as asking an ideal person who lives so many metres away. An ideal person is paired
with the household (结对包联), lives at the same entrance, has all the skill and the best ratings, has served the asker before,
holds nothing and has not been asked lately; they cost 0. Whatever is missing adds to the way, part by part, and nothing is
ever less than 0. All is in whole centimetres, rounded down, so that sums and optima are exact and the same everywhere.

============ ======================================================================================= ==========================
part         how much of its weight it adds                                                            weight is
============ ======================================================================================= ==========================
pairing      nothing for the household's paired member, more the higher the level, all for the unpaired metres for no pairing
nearness     nothing at the same entrance, then building, compound, grid; all elsewhere                metres for elsewhere
distance     the straight way between home and order, at most ``MOST_WAY_CM``; unknown: ``FAR_CM``     percent of the way
skill        what is missing of the best fit, in thousandths                                           metres for no fit
satisfaction 5 less the mean of past ratings, with five ratings of 4 put beside them                   metres for a mean of 1
continuity   nothing for who served this asker three times or more; all for who never did              metres for a stranger
load         every unfinished order, counting those that the batch gives as well                       metres an order
notice       every time asked within ``NOTICE_DAYS`` days, answered or not                             metres a time
pending      every invitation to another order that waits for an answer                                metres an invitation
============ ======================================================================================= ==========================

The shapes and numbers are house rules. A declined or expired invitation counts against nobody (志愿服务条例 §25): notice spares
who was asked lately, whatever they answered.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from app.core.errors import RuleBroken
from app.domain.needs import Urgency
from app.domain.orders import MOST_UNFINISHED

CM = 100
"""Centimetres a metre."""
FAR_CM = 5_000 * CM
"""Counted for a person or order without a known position."""
MOST_WAY_CM = 50_000 * CM
MOST_ASKED = 10
"""Of being asked lately, and of waiting invitations: more make nothing worse."""
NOTICE_DAYS = 7
LASTING = 3
"""Served so often, somebody is the asker's usual helper."""
FULL_FIT = 1_000
_PRIOR_RATINGS, _PRIOR_MEAN = 5, 4
_BEST, _WORST = 5, 1


class Part(StrEnum):
    """Of the cost, in the order it is explained in."""

    PAIRING = "pairing"
    NEARNESS = "nearness"
    DISTANCE = "distance"
    SKILL = "skill"
    SATISFACTION = "satisfaction"
    CONTINUITY = "continuity"
    LOAD = "load"
    NOTICE = "notice"
    PENDING = "pending"


PART_WORDS = {
    Part.PAIRING: "结对包联",
    Part.NEARNESS: "同单元、同楼、同院、同网格",
    Part.DISTANCE: "距离",
    Part.SKILL: "技能契合",
    Part.SATISFACTION: "以往评价",
    Part.CONTINUITY: "曾服务此人",
    Part.LOAD: "在办工单",
    Part.NOTICE: "近期已被邀请",
    Part.PENDING: "待答复的邀请",
}


class PairedAt(StrEnum):
    """The level of the pairing that binds the party to the order's place, the nearest one of several."""

    HOUSEHOLD = "household"
    """A party member with the household."""
    ENTRANCE = "entrance"
    """Of the branch paired with the entrance."""
    BUILDING = "building"
    """Of the general branch paired with the building."""
    COMPOUND = "compound"
    """Of the work unit paired with the compound."""


class Nearness(StrEnum):
    """The smallest place that holds both the party's home and the order."""

    ENTRANCE = "entrance"
    BUILDING = "building"
    COMPOUND = "compound"
    GRID = "grid"
    ELSEWHERE = "elsewhere"


PAIRED_PERCENT: dict[PairedAt | None, int] = {
    PairedAt.HOUSEHOLD: 0,
    PairedAt.ENTRANCE: 15,
    PairedAt.BUILDING: 30,
    PairedAt.COMPOUND: 45,
    None: 100,
}
"""How much of the pairing's weight each level adds."""
NEAR_PERCENT = {
    Nearness.ENTRANCE: 0,
    Nearness.BUILDING: 20,
    Nearness.COMPOUND: 45,
    Nearness.GRID: 70,
    Nearness.ELSEWHERE: 100,
}


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part weighs: metres of equivalent way, but for the distance itself, which is a percentage of the way."""

    pairing: int = 2_000
    nearness: int = 600
    distance: int = 100
    skill: int = 500
    satisfaction: int = 800
    continuity: int = 500
    load: int = 400
    notice: int = 200
    pending: int = 150

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            least, most = BOUNDS[Part(name)]
            if not least <= weight <= most:
                raise RuleBroken(f"权重须在 {least} 与 {most} 之间", field=name)


BOUNDS: dict[Part, tuple[int, int]] = dict.fromkeys(Part, (0, 20_000)) | {Part.DISTANCE: (0, 1_000)}
"""The least and the most that each part may weigh."""
WEIGHTS = Weights()
"""What a district begins with."""
UNFILLED_CM: dict[Urgency, int] = {
    Urgency.NORMAL: 20_000 * CM,
    Urgency.URGENT: 60_000 * CM,
    Urgency.CRITICAL: 200_000 * CM,
}
"""What a place of an order that nobody is asked for costs a batch: who costs more than this is not asked by the system."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the cost of one party for one order is made of."""

    distance_cm: int | None = None
    """None: the position of either is not known."""
    nearness: Nearness = Nearness.ELSEWHERE
    paired_at: PairedAt | None = None
    fit: int = FULL_FIT
    """How well the skills fit, in thousandths (``skill_fit``)."""
    ratings: int = 0
    """How many past services were rated,"""
    rating_sum: int = 0
    """and what the ratings from 1 to 5 come to."""
    served: int = 0
    """How often the party has served this asker to the end."""
    unfinished: int = 0
    asked_lately: int = 0
    """Invitations within ``NOTICE_DAYS`` days, to any order."""
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """Parts and total in centimetres."""

    parts: dict[Part, int]
    total: int

    def in_metres(self) -> dict[str, float]:
        """As it is told to people."""
        return {part.value: cm / CM for part, cm in self.parts.items()}


def price(facts: Facts, weights: Weights = WEIGHTS, more: int = 0) -> Price:
    """What asking this party costs. ``more``: how many other orders they are to be asked for in the same batch."""
    w = weights
    parts = {
        Part.PAIRING: w.pairing * PAIRED_PERCENT[facts.paired_at],
        Part.NEARNESS: w.nearness * NEAR_PERCENT[facts.nearness],
        Part.DISTANCE: w.distance * way_cm(facts.distance_cm) // 100,
        Part.SKILL: w.skill * CM * (FULL_FIT - min(max(facts.fit, 0), FULL_FIT)) // FULL_FIT,
        Part.SATISFACTION: w.satisfaction * CM * missing_satisfaction(facts.ratings, facts.rating_sum) // FULL_FIT,
        Part.CONTINUITY: w.continuity * CM * (LASTING - min(facts.served, LASTING)) // LASTING,
        Part.LOAD: w.load * CM * (min(facts.unfinished, MOST_UNFINISHED) + more),
        Part.NOTICE: w.notice * CM * min(facts.asked_lately, MOST_ASKED),
        Part.PENDING: w.pending * CM * min(facts.pending, MOST_ASKED),
    }
    return Price(parts, sum(parts.values()))


def way_cm(distance_cm: int | None) -> int:
    """The way that counts."""
    return FAR_CM if distance_cm is None else min(distance_cm, MOST_WAY_CM)


def missing_satisfaction(ratings: int, rating_sum: int) -> int:
    """From 0, all five stars, to 1,000, all one; with five ratings of 4 put beside them, so that one word is no verdict."""
    count = ratings + _PRIOR_RATINGS
    missing = _BEST * count - (rating_sum + _PRIOR_RATINGS * _PRIOR_MEAN)
    return FULL_FIT * missing // ((_BEST - _WORST) * count)


def skill_fit(wanted: int, certified: int, alike: int) -> int:
    """How well a party with all the skills asked for fits, in thousandths.

    ``wanted``: how many skills the order asks for; ``certified``: how many of these a valid certificate shows; ``alike``: orders
    of the same category brought to an end. 400 for having the skills at all, up to 300 for certificates, up to 300 for three or
    more alike; where no skill is asked for, certificates show nothing and count as held.
    """
    shown = 300 if wanted == 0 else 300 * min(certified, wanted) // wanted
    return 400 + shown + 100 * min(max(alike, 0), 3)


def nearness(path: str, other: str) -> Nearness:
    """Of two paths of places (``places.child_path``): district, subdistrict, community, grid, compound, building, entrance…

    By depth alone: a shop or venue stands at a compound's depth and is one place as a compound is.
    """
    depth = 0
    for mine, theirs in zip(path.split("/"), other.split("/"), strict=False):
        if mine != theirs or not mine:
            break
        depth += 1
    return _AT_DEPTH.get(min(depth, _ENTRANCE_DEPTH), Nearness.ELSEWHERE)


_ENTRANCE_DEPTH = 7
_AT_DEPTH = {4: Nearness.GRID, 5: Nearness.COMPOUND, 6: Nearness.BUILDING, _ENTRANCE_DEPTH: Nearness.ENTRANCE}


def weights_of(said: Mapping[str, int] | None) -> Weights:
    """From what is kept or sent; what is not named weighs as the house has it. 422 for a name that is no part."""
    known = {field.name for field in fields(Weights)}
    if unknown := set(said or {}) - known:
        raise RuleBroken("没有这一项权重", field=min(unknown))
    return Weights(**(said or {}))


def told(weights: Weights) -> dict[str, int]:
    """As it is kept with a choice, so that it can be explained after the weights have changed."""
    return asdict(weights)
