"""Matching 对接: how well a resource serves a need, with the parts of the score and the reasons in plain words.

Each part lies between 0 and 1; the score is their mean by the district's weights, times what was learnt from dismissals::

    score = learnt · Σ weight · part / Σ weight

========== ==========================================================================================================
category   1 serves the kind itself, 0.8 a branch above it, 0.4 another kind of the same branch, else 0
text       how alike the words of both are (Dice's coefficient of bigrams, synonyms put as one)
distance   2^(-metres / 1,000): half as much with every kilometre; 0.5 where a position is unknown
time       1 free at the wanted time, 0 not; 0.5 where no time is wanted
capacity   what is left of what is wanted, at most 1
duty       1 for the member unit on duty (双月轮值)
rating     mean of the ratings from 1 to 5 of past work as 0 to 1, with three ratings of 4 put beside them
fairness   (m + 1) / (max(n, m) + 1): n matches of the unit lately, m the mean of all units that had any
learnt     1 less what each dismissal of the resource for this kind weighs, halved every 90 days; never below 0.4
========== ==========================================================================================================

The shapes and numbers are house rules.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.errors import RuleBroken
from app.domain.catalogue import parent_of


class Part(StrEnum):
    CATEGORY = "category"
    TEXT = "text"
    DISTANCE = "distance"
    TIME = "time"
    CAPACITY = "capacity"
    DUTY = "duty"
    RATING = "rating"
    FAIRNESS = "fairness"


WEIGHTS: dict[Part, int] = {
    Part.CATEGORY: 30,
    Part.TEXT: 15,
    Part.DISTANCE: 15,
    Part.TIME: 10,
    Part.CAPACITY: 10,
    Part.DUTY: 8,
    Part.RATING: 7,
    Part.FAIRNESS: 5,
}
"""What a district begins with."""
HEAVIEST = 100
_BRANCH, SIBLING = 0.8, 0.4
_HALF_M = 1_000.0
UNKNOWN = 0.5
_PRIOR_RATINGS, _PRIOR_MEAN = 3, 4.0
_HALF_LIFE_DAYS = 90.0
FLOOR = 0.4
"""What was dismissed often still shows itself, further down."""


class DismissReason(StrEnum):
    """Why a match was not taken up."""

    UNSUITABLE = "unsuitable"
    TOO_FAR = "too_far"
    NOT_THEN = "not_then"
    TOO_LITTLE = "too_little"
    OWNER_CANNOT = "owner_cannot"
    SETTLED_OTHERWISE = "settled_otherwise"


DISMISS_NAMES = {
    DismissReason.UNSUITABLE: "不适合这类需求",
    DismissReason.TOO_FAR: "距离太远",
    DismissReason.NOT_THEN: "时间不合",
    DismissReason.TOO_LITTLE: "数量不够",
    DismissReason.OWNER_CANNOT: "提供方暂不能提供",
    DismissReason.SETTLED_OTHERWISE: "已另行解决",
}
LESSONS: dict[DismissReason, float] = {
    DismissReason.UNSUITABLE: 0.3,
    DismissReason.TOO_FAR: 0.1,
    DismissReason.NOT_THEN: 0.05,
    DismissReason.TOO_LITTLE: 0.1,
    DismissReason.OWNER_CANNOT: 0.15,
    DismissReason.SETTLED_OTHERWISE: 0.0,
}
"""How much a fresh dismissal takes from the score of the same resource for the same kind of need."""


@dataclass(frozen=True, slots=True)
class Dismissal:
    reason: DismissReason
    age_days: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A need and a resource, as far as the score asks."""

    need_id: UUID
    resource_id: UUID
    category: str | None
    """Of the need."""
    serves: frozenset[str]
    alike: float = 0.0
    distance_m: float | None = None
    free_then: bool | None = None
    """None: no time is wanted."""
    wanted: int = 1
    left: int = 1
    on_duty: bool = False
    ratings: int = 0
    ratings_sum: int = 0
    matches: int = 0
    """Confirmed lately with this unit or person."""
    mean_matches: float = 0.0
    dismissals: tuple[Dismissal, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with its score, the parts it is made of, and the reasons in words."""

    need_id: UUID
    resource_id: UUID
    score: float
    parts: dict[Part, float]
    learnt: float
    reasons: tuple[str, ...]


def check_weights(weights: Mapping[Part, int]) -> None:
    """422 for weights that leave a part out, go beyond their bounds, or say nothing at all."""
    if set(weights) != set(Part):
        raise RuleBroken("须给出每一项的权重", field="weights")
    if any(not 0 <= weight <= HEAVIEST for weight in weights.values()):
        raise RuleBroken(f"权重须在 0 至 {HEAVIEST} 之间", field="weights")
    if not sum(weights.values()):
        raise RuleBroken("至少一项的权重须大于 0", field="weights")


def fits(pair: Pair) -> bool:
    """Whether it is worth proposing: of the same branch, or alike in words; something left; not closed at the wanted time."""
    return pair.left > 0 and pair.free_then is not False and related(_category(pair), pair.alike)


def related(category: float, alike: float) -> bool:
    return category > 0 or alike > 0


def score(pair: Pair, weights: Mapping[Part, int]) -> Scored:
    parts = {part: round(measure(pair), 6) for part, measure in _MEASURES.items()}
    learnt = learnt_from(pair.dismissals)
    mean = sum(weights[part] * parts[part] for part in Part) / sum(weights.values())
    return Scored(pair.need_id, pair.resource_id, round(learnt * mean, 6), parts, learnt, _reasons(pair, parts, learnt))


def rank(pairs: Iterable[Pair], weights: Mapping[Part, int], most: int) -> list[Scored]:
    """The best of those that fit, best first; equal scores fall to the smaller ids, so that the same facts give the same order."""
    scored = [score(pair, weights) for pair in pairs if fits(pair)]
    return sorted(scored, key=in_order)[:most]


def in_order(scored: Scored) -> tuple[float, UUID, UUID]:
    return -scored.score, scored.resource_id, scored.need_id


def learnt_from(dismissals: Sequence[Dismissal]) -> float:
    """The factor that dismissals leave: each weighs less as it grows old."""
    lost = sum(LESSONS[d.reason] * 2 ** (-max(0.0, d.age_days) / _HALF_LIFE_DAYS) for d in dismissals)
    return round(max(FLOOR, 1 - lost), 6)


def category_part(category: str | None, serves: Collection[str]) -> float:
    if category is None:
        return 0.0
    if category in serves:
        return 1.0
    above = parent_of(category)
    if above is None:
        return SIBLING if any(parent_of(code) == category for code in serves) else 0.0
    while above is not None:
        if above in serves:
            return _BRANCH
        above = parent_of(above)
    branch = branch_of(category)
    return SIBLING if any(branch_of(code) == branch for code in serves) else 0.0


def branch_of(code: str) -> str:
    return code.partition(".")[0]


def distance_part(metres: float | None) -> float:
    return UNKNOWN if metres is None else float(2 ** (-metres / _HALF_M))


def metres_for(part: float) -> float:
    """How far away something is whose distance part is this: the same the other way round."""
    return -_HALF_M * math.log2(part)


def _category(pair: Pair) -> float:
    return category_part(pair.category, pair.serves)


def _time(pair: Pair) -> float:
    return UNKNOWN if pair.free_then is None else float(pair.free_then)


def _capacity(pair: Pair) -> float:
    return min(1.0, pair.left / pair.wanted)


def _rating(pair: Pair) -> float:
    mean = (pair.ratings_sum + _PRIOR_RATINGS * _PRIOR_MEAN) / (pair.ratings + _PRIOR_RATINGS)
    return (mean - 1) / 4


def _fairness(pair: Pair) -> float:
    return (pair.mean_matches + 1) / (max(pair.matches, pair.mean_matches) + 1)


_MEASURES = {
    Part.CATEGORY: _category,
    Part.TEXT: lambda pair: pair.alike,
    Part.DISTANCE: lambda pair: distance_part(pair.distance_m),
    Part.TIME: _time,
    Part.CAPACITY: _capacity,
    Part.DUTY: lambda pair: float(pair.on_duty),
    Part.RATING: _rating,
    Part.FAIRNESS: _fairness,
}


def _reasons(pair: Pair, parts: Mapping[Part, float], learnt: float) -> tuple[str, ...]:
    """What speaks for it and against it, in the words of the people who decide."""
    far = "" if pair.distance_m is None else f"相距约 {round(pair.distance_m)} 米"
    said = (
        (parts[Part.CATEGORY] == 1, "正是可服务的类别"),
        (0 < parts[Part.CATEGORY] < 1, "同一大类的服务"),
        (pair.alike > 0, "说明文字相近"),
        (bool(far), far),
        (pair.free_then is True, "希望的时间有空"),
        (pair.left >= pair.wanted, "数量足够"),
        (pair.left < pair.wanted, f"只余 {pair.left}，所需 {pair.wanted}"),
        (pair.on_duty, "本期轮值单位"),
        (pair.ratings > 0, f"以往 {pair.ratings} 次评价"),
        (pair.matches > pair.mean_matches, "近来承担较多"),
        (learnt < 1, "此类需求曾有未采用的对接"),
    )
    return tuple(words for holds, words in said if holds)
