"""Whether two needs ask for the same thing: place, time, text and kind, each from 0 to 1, and the reasons in words.

The text decides: needs that share hardly a word are never taken for the same, however near. House rules, all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core.clock import CHINA
from app.core.geo import LonLat, metres_between
from app.domain.texts import Compared, similarity

WINDOW = timedelta(days=30)
"""Needs further apart are two needs: what broke again has to be mended again."""
SHOWN = 5
_TEXT, _PLACE, _CATEGORY, _TIME = 0.5, 0.25, 0.15, 0.1
"""What the parts weigh."""
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
    return _told(one, other, _text(one, other))


def _text(one: Asked, other: Asked) -> float:
    return max(similarity(one.title, other.title), similarity(one.words, other.words))


def _told(one: Asked, other: Asked, text: float) -> Likeness:
    place, where = _place(one, other)
    category, what = _category(one.category, other.category)
    time = _time(one, other)
    reasons = (where, _when(one.asked_at, other.asked_at), f"用词有 {round(text * 100)}% 相同", what)
    said = tuple(reason for reason in reasons if reason)
    return Likeness(_score(text, place, category, time), text, place, time, category, said)


def _score(text: float, place: float, category: float, time: float) -> float:
    return round(_TEXT * text + _PLACE * place + _CATEGORY * category + _TIME * time, 3)


def _time(one: Asked, other: Asked) -> float:
    return max(0.0, 1 - abs(one.asked_at - other.asked_at) / WINDOW)


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
    """Those that likely ask for the same, likeliest first."""
    return _likeliest(need, ((other, _text(need, other)) for other in others if _comparable(need, other)))


def _comparable(one: Asked, other: Asked) -> bool:
    return one.id != other.id and abs(one.asked_at - other.asked_at) <= WINDOW


def _likeliest(need: Asked, others: Iterable[tuple[Asked, float]]) -> list[tuple[Asked, Likeness]]:
    """Of others with how alike their words are. Most pairs are out by that alone, and only of the best is said why."""
    found = []
    for other, text in others:
        if text < _LEAST_TEXT:
            continue
        (category, _), time = _category(need.category, other.category), _time(need, other)
        if _score(text, 1.0, category, time) < _LIKELY:
            continue
        if (score := _score(text, _place(need, other)[0], category, time)) >= _LIKELY:
            found.append((-score, other.id, other, text))
    return [(other, _told(need, other, text)) for *_, other, text in sorted(found)[:SHOWN]]


def likeliest(found: Iterable[tuple[Asked, Likeness]]) -> list[tuple[Asked, Likeness]]:
    return sorted(found, key=lambda pair: (-pair[1].score, pair[0].id))[:SHOWN]


def clusters(needs: list[Asked], most: int) -> list[tuple[Asked, list[tuple[Asked, Likeness]]]]:
    """Of the first ``most`` needs, newest first, those with an older one that likely asks for the same."""
    titles, words = Compared([need.title for need in needs]), Compared([need.words for need in needs])
    found = []
    for index, need in enumerate(needs[:most]):
        older = (
            (needs[i], max(titles.similarity(index, i), words.similarity(index, i)))
            for i in range(index + 1, len(needs))
            if _comparable(need, needs[i])
        )
        if near := _likeliest(need, older):
            found.append((need, near))
    return found
