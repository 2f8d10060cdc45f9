"""Whether two needs ask for the same thing: place, time, text and kind, each from 0 to 1, and the reasons in words.

The text decides: needs that share hardly a word are never taken for the same, however near. House rules, all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core.clock import CHINA
from app.core.geo import LonLat, metres_between
from app.domain.texts import similarity

WINDOW = timedelta(days=30)
"""Needs further apart are two needs: what broke again has to be mended again."""
SHOWN = 5
_WEIGHTS = {"text": 0.5, "place": 0.25, "category": 0.15, "time": 0.1}
_LIKELY = 0.55
_LEAST_TEXT = 0.2
_NEXT_DOOR_M = 100.0
_BY_DEPTH = (
    (8, 1.0, "同一户"),
    (7, 0.95, "同一单元"),
    (6, 0.9, "同一楼栋"),
    (5, 0.75, "同一小区"),
    (4, 0.4, "同一网格"),
)
"""Steps of the path two places share: district, subdistrict, community, grid, compound, building, entrance, household."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A need as far as it is compared."""

    id: UUID
    path: str
    spot: LonLat | None
    asked_at: datetime
    category: str | None
    title: frozenset[str]
    words: frozenset[str]
    """Grams of title and details together."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two needs are; each part from 0 to 1."""

    score: float
    text: float
    place: float
    time: float
    category: float
    reasons: tuple[str, ...]

    @property
    def likely(self) -> bool:
        return self.score >= _LIKELY and self.text >= _LEAST_TEXT


def likeness(one: Asked, other: Asked) -> Likeness:
    """All parts, weighed: text 50 %, place 25 %, kind 15 %, time 10 %."""
    text = max(similarity(one.title, other.title), similarity(one.words, other.words))
    place, where = _place(one, other)
    apart = abs(one.asked_at - other.asked_at)
    time = max(0.0, 1 - apart / WINDOW)
    category, what = _category(one.category, other.category)
    parts = {"text": text, "place": place, "category": category, "time": time}
    score = sum(_WEIGHTS[name] * value for name, value in parts.items())
    reasons = (where, _when(one.asked_at, other.asked_at), f"用词有 {round(text * 100)}% 相同", what)
    return Likeness(round(score, 3), text, place, time, category, tuple(reason for reason in reasons if reason))


def _place(one: Asked, other: Asked) -> tuple[float, str]:
    """By the tree of places, where one within the other counts as the same; or by distance, across the street."""
    mine, theirs = one.path.strip("/").split("/"), other.path.strip("/").split("/")
    shared = next(
        (i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    depth, value, words = next((found for found in _BY_DEPTH if shared >= found[0]), (0, 0.1, ""))
    if one.path == other.path and shared > 4:
        value, words = 1.0, "同一地点"
    if depth < 5 and one.spot and other.spot and metres_between(one.spot, other.spot) <= _NEXT_DOOR_M:
        value, words = 0.75, "相距不到 100 米"
    return value, words


def _when(one: datetime, other: datetime) -> str:
    days = abs((one.astimezone(CHINA).date() - other.astimezone(CHINA).date()).days)
    return f"相隔 {days} 天" if days else "同一天"


def _category(one: str | None, other: str | None) -> tuple[float, str]:
    """Half where it is not said yet, or the two stand under the same group."""
    if one is None or other is None:
        return 0.5, ""
    if one == other:
        return 1.0, "类别相同"
    return (0.5, "类别相近") if one.partition(".")[0] == other.partition(".")[0] else (0.0, "")


def nearest(need: Asked, others: Iterable[Asked]) -> list[tuple[Asked, Likeness]]:
    """Those that likely ask for the same, likeliest first. Two needs without a gram in common are not looked at further."""
    within = (other for other in others if other.id != need.id and abs(other.asked_at - need.asked_at) <= WINDOW)
    shared = (other for other in within if not need.words.isdisjoint(other.words))
    found = [(other, alike) for other in shared if (alike := likeness(need, other)).likely]
    return likeliest(found)


def likeliest(found: Iterable[tuple[Asked, Likeness]]) -> list[tuple[Asked, Likeness]]:
    return sorted(found, key=lambda pair: (-pair[1].score, pair[0].id))[:SHOWN]


def clusters(needs: list[Asked], most: int) -> list[tuple[Asked, list[tuple[Asked, Likeness]]]]:
    """Of the first ``most`` needs, newest first, those with an older one that likely asks for the same."""
    by_gram: dict[str, list[int]] = {}
    for index, need in enumerate(needs):
        for gram in need.words:
            by_gram.setdefault(gram, []).append(index)
    found = []
    for index, need in enumerate(needs[:most]):
        older = {i for gram in need.words for i in by_gram[gram] if i > index}
        if near := nearest(need, [needs[i] for i in sorted(older)]):
            found.append((need, near))
    return found
