"""The best resources for a need, of however many there are, without reading them all.

Tier by tier (``app.domain.matching_bounds``) and no further away than could still matter, SQL gives narrow rows of what could serve
the need. Of each row kind, words, distance and duty are known at once; what else it scores is at most 1. From the most promising
on, the rest is read and the true score made, until nothing left could come up to the last of the best.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.geo import LonLat, box_around, metres_from
from app.domain.matches import COARSE_M, span_of
from app.domain.matching import UNKNOWN, Pair, Part, Scored, category_part, in_order, rank, related
from app.domain.matching_bounds import EVERYWHERE, Bound, Tier, bounder, next_ring, reach, tiers, unplaced
from app.domain.places import ancestors
from app.domain.texts import similarity
from app.models import Match, Need, Resource
from app.services import matching, matching_words
from app.services.matching import Asked
from app.services.matching_words import any_ids

LOOKED_AT_MOST = 20_000
"""How many resources one look compares. Beyond it the answer says that there were more."""
_ROUNDED_M = 0.1
"""Distances are told in tenths of a metre."""
_FIRST = 32
"""How many are scored at first; then twice as many each time."""
_SERVING = text("""
SELECT id, version, categories, organization_id, lon, lat FROM resources_serving(CAST(:kinds AS text[]), CAST(:provider AS uuid),
  CAST(:paths AS text[]), CAST(:since AS timestamptz), CAST(:until AS timestamptz), CAST(:west AS float8), CAST(:south AS float8),
  CAST(:east AS float8), CAST(:north AS float8), CAST(:unplaced AS boolean), CAST(:most AS integer))""")
"""As text: the driver's values as they are, thousands of times."""


@dataclass(slots=True)
class Found:
    ranked: list[Scored]
    pairs: list[Pair]
    """Of those ranked."""
    looked: int
    more: bool


@dataclass(slots=True)
class _Look:
    session: AsyncSession
    need: Need
    weights: dict[Part, int]
    most: int
    asked: Asked
    bound: Bound
    seen: set[UUID] = field(default_factory=set)
    """Looked at, or out of the question."""
    looked: int = 0
    more: bool = False
    waiting: list[tuple[float, UUID]] = field(default_factory=list)
    """A heap: the most each can score, as a negative number, and which."""
    best: list[Scored] = field(default_factory=list)
    pairs: dict[UUID, Pair] = field(default_factory=dict)

    @property
    def floor(self) -> float:
        """What one has to score to be among the best; nothing as long as there are not enough."""
        return self.best[-1].score if len(self.best) == self.most else 0.0


async def best_for(
    session: AsyncSession, need: Need, weights: dict[Part, int], most: int, asked: Asked | None = None
) -> Found:
    """The best of all listed resources that serve the need's place, are valid then and have something left.

    What was dismissed for the need stays dismissed, and what was confirmed is not proposed again. ``asked``: where it is known
    already.
    """
    asked = asked or await matching.asked_of(session, [need], need.community_id)
    look = _Look(session, need, weights, most, asked, bounder(weights, timed=need.wanted_at is not None))
    look.seen.update(await session.scalars(matching.settled(Match.resource_id, Match.need_id == need.id)))
    if (duty := look.asked.on_duty[need.id]) is not None:
        await _take(look, await _rows(look, None, EVERYWHERE, provider=duty))
    for tier in tiers(need.category):
        await _tier(look, tier)
    return Found(look.best, [look.pairs[scored.resource_id] for scored in look.best], look.looked, look.more)


async def _tier(look: _Look, tier: Tier) -> None:
    """As far out as something of the tier could matter; in rings, while there are not enough to compare with."""
    known = {Part.CATEGORY: tier.category, Part.DUTY: 0.0}
    if look.need.wanted_at is None:
        known[Part.TIME] = UNKNOWN
    inner = 0.0
    while (outer := _reach(look, known)) > inner:
        if look.floor == 0.0 and tier.category < 1 and outer == EVERYWHERE and look.need.lon is not None:
            outer = next_ring(inner)
        await _take(look, await _rows(look, tier.kinds, outer))
        inner = outer


def _reach(look: _Look, known: dict[Part, float]) -> float:
    """Without a position of the need all are as far away as any that has none."""
    metres = reach(look.weights, known, look.floor)
    if look.need.lon is not None and look.need.lat is not None:
        return metres
    return EVERYWHERE if unplaced(metres) else metres


async def _rows(look: _Look, kinds: tuple[str, ...] | None, metres: float, provider: UUID | None = None) -> Any:
    need = look.need
    since, until = span_of(need.wanted_at) or (now(), now())
    values: dict[str, Any] = {"west": None, "south": None, "east": None, "north": None}
    if metres < EVERYWHERE and need.lon is not None and need.lat is not None:
        low, high = box_around(LonLat(need.lon, need.lat), metres)
        values = {"west": low.lon, "south": low.lat, "east": high.lon, "north": high.lat}
    values |= {"kinds": None if kinds is None else list(kinds), "provider": provider, "unplaced": unplaced(metres)}
    values |= {"paths": ancestors(need.path), "since": since, "until": until, "most": LOOKED_AT_MOST + 1}
    return (await look.session.execute(_SERVING, values)).all()


async def _take(look: _Look, rows: Any) -> None:
    """Bound what is new of the rows, and score what could be among the best."""
    new = [row for row in rows if row.id not in look.seen]
    room = LOOKED_AT_MOST - look.looked
    look.more |= len(new) > room
    new = new[:room]
    look.looked += len(new)
    look.seen.update(row.id for row in new)
    offered = await matching_words.grams_of(look.session, look.asked.words, [(row.id, row.version) for row in new])
    grams, duty, bound = look.asked.grams[look.need.id], look.asked.on_duty[look.need.id], look.bound
    category, metres = look.need.category, _metres(look.need)
    for row in new:
        alike, kind = similarity(grams, offered[row.id]), category_part(category, row.categories)
        if related(kind, alike):
            on_duty = duty is not None and row.organization_id == duty
            most = bound(kind, alike, metres(row.lon, row.lat, row.organization_id), on_duty)
            look.waiting.append((-most, row.id))
    heapq.heapify(look.waiting)
    await _score(look)


def _metres(need: Need) -> Callable[[float | None, float | None, UUID | None], float | None]:
    """How far from the need a position is, or is told to be, at least; what a person offers is told in steps."""
    if need.lon is None or need.lat is None:
        return lambda _, __, ___: None
    away = metres_from(LonLat(need.lon, need.lat))

    def metres(lon: float | None, lat: float | None, organization_id: UUID | None) -> float | None:
        if lon is None or lat is None:
            return None
        return max(0.0, away(lon, lat) - (COARSE_M / 2 if organization_id is None else _ROUNDED_M))

    return metres


async def _score(look: _Look) -> None:
    """From the most promising on, until nothing that waits could come up to the last of the best."""
    size = _FIRST
    while look.waiting and -look.waiting[0][0] >= look.floor:
        ids = [heapq.heappop(look.waiting)[1] for _ in range(min(size, len(look.waiting)))]
        resources = (await look.session.scalars(select(Resource).where(Resource.id == any_ids(ids)))).all()
        facts = await matching.facts_of(look.session, look.asked, resources)
        pairs = {resource.id: facts.pair(look.need, resource) for resource in resources}
        look.pairs |= pairs
        scored = rank(pairs.values(), look.weights, look.most)
        look.best = sorted([*look.best, *scored], key=in_order)[: look.most]
        size *= 2
