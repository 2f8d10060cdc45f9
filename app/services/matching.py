"""What the score asks of needs and of resources, read for all of them at once; the score itself is ``app.domain.matching``'s.

For a need the resources are found by ``matching_search``. Needs for a resource are looked through here, same branch of the
catalogue first, then the nearest; how many one look takes is bounded, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.errors import Conflict
from app.domain.assignments import ACTIVE
from app.domain.bookings import must_fit, peak
from app.domain.lexicon import Lexicon
from app.domain.matches import LATELY, MatchState, distance_told, span_of, wanted_of
from app.domain.matching import Dismissal, Pair, branch_of
from app.domain.resources import Nature
from app.domain.texts import COMPARED_LENGTH, similarity
from app.models import Assignment, Match, Need, Order, Resource
from app.services import lexicon, matching_words
from app.services.dispatch_facts import distance_m
from app.services.duty_turns import unit_on_duty
from app.services.matching_words import any_ids
from app.services.resources_case import Times, times_of

LOOKED_AT_MOST = 1_000
"""How many needs one look compares."""
Provider = UUID | None
"""The unit or the person that offers."""


@dataclass(slots=True)
class Asked:
    """What is known beforehand of some needs, and of the district."""

    words: Lexicon
    grams: dict[UUID, frozenset[str]]
    on_duty: dict[UUID, UUID | None]
    """Need → the member unit on duty in its community on the day it is wanted."""
    timed: bool
    """Whether any need is wanted at a time."""
    confirmed: dict[Provider, int]
    mean: float
    """Confirmed lately, by whoever had any, and their mean."""


@dataclass(slots=True)
class Facts:
    """What was read about some resources, so that pairs of them and the needs can be made."""

    asked: Asked
    offered: dict[UUID, matching_words.Grams]
    times: Times
    ratings: dict[Provider, tuple[int, int]]
    """provider → how many, and their sum."""
    dismissed: dict[tuple[UUID, str | None], tuple[Dismissal, ...]]
    """(resource, kind of need) → what was learnt."""

    def pair(self, need: Need, resource: Resource) -> Pair:
        span, asked, provider = span_of(need.wanted_at), self.asked, provider_of(resource)
        number, total = self.ratings.get(provider, (0, 0))
        far = distance_m(need.lon, need.lat, resource.lon, resource.lat)
        return Pair(
            need_id=need.id,
            resource_id=resource.id,
            category=need.category,
            serves=frozenset(resource.categories),
            alike=similarity(asked.grams[need.id], self.offered[resource.id]),
            distance_m=distance_told(far, of_a_person=resource.person_id is not None),
            free_then=None if span is None or resource.nature is Nature.STOCK else self._free(resource, *span),
            wanted=wanted_of(resource.kind, resource.nature, need.people_concerned),
            left=self._left(resource, span),
            on_duty=resource.organization_id is not None and asked.on_duty[need.id] == resource.organization_id,
            ratings=number,
            ratings_sum=total,
            matches=asked.confirmed.get(provider, 0),
            mean_matches=asked.mean,
            dismissals=self.dismissed.get((resource.id, need.category), ()),
        )

    def _free(self, resource: Resource, start: datetime, end: datetime) -> bool:
        try:
            must_fit(self.times.offer(resource), self.times.taking(resource.id), start, end, 1)
        except Conflict:
            return False
        return True

    def _left(self, resource: Resource, span: tuple[datetime, datetime] | None) -> int:
        if resource.nature is Nature.STOCK:
            return resource.quantity - resource.reserved
        return resource.quantity - (peak(self.times.taking(resource.id), *span) if span else 0)


def provider_of(resource: Resource) -> Provider:
    return resource.organization_id or resource.person_id


async def asked_of(session: AsyncSession, needs: Sequence[Need], community_id: UUID | None) -> Asked:
    """``community_id``: whose words are heard."""
    words = await lexicon.of(session, community_id)
    days = {need.id: (need.community_id, _day_of(need)) for need in needs}
    units = {key: await _duty_of(session, *key) for key in set(days.values())}
    confirmed = await _confirmed(session)
    return Asked(
        words=words,
        grams={need.id: words.grams(f"{need.title}\n{need.details[:COMPARED_LENGTH]}") for need in needs},
        on_duty={need_id: units[key] for need_id, key in days.items()},
        timed=any(need.wanted_at for need in needs),
        confirmed=confirmed,
        mean=sum(confirmed.values()) / max(1, len(confirmed)),
    )


async def facts_of(session: AsyncSession, asked: Asked, resources: Sequence[Resource]) -> Facts:
    ids = [resource.id for resource in resources]
    return Facts(
        asked=asked,
        offered=await matching_words.grams_of(session, asked.words, [(row.id, row.version) for row in resources]),
        times=await times_of(session, ids) if asked.timed else Times({}, {}, {}),
        ratings=await _ratings(session, {provider_of(resource) for resource in resources}),
        dismissed=await _dismissals(session, ids),
    )


def _day_of(need: Need) -> date:
    """The China day on which it is wanted; today where nobody says."""
    return need.wanted_at.astimezone(clock.CHINA).date() if need.wanted_at else clock.today()


async def _duty_of(session: AsyncSession, community_id: UUID | None, day: date) -> UUID | None:
    return None if community_id is None else await unit_on_duty(session, community_id, day)


async def _ratings(session: AsyncSession, providers: set[Provider]) -> dict[Provider, tuple[int, int]]:
    """Of orders they worked on to the end."""
    whose = func.coalesce(Assignment.organization_id, Assignment.person_id)
    mine = and_(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
    these = any_ids(providers)
    theirs = or_(Assignment.organization_id == these, Assignment.person_id == these)
    done = (Order.rating.is_not(None), Assignment.state.in_(ACTIVE), theirs)
    query = select(whose, func.count(), func.sum(Order.rating)).join(Assignment, mine).where(*done).group_by(whose)
    return {provider: (number, total or 0) for provider, number, total in await session.execute(query)}


async def _confirmed(session: AsyncSession) -> dict[Provider, int]:
    """How many by each provider who had any lately."""
    whose = func.coalesce(Resource.organization_id, Resource.person_id)
    of_it = and_(Resource.district_id == Match.district_id, Resource.id == Match.resource_id)
    lately = (text("matches.state = 'confirmed'"), Match.decided_at > now() - LATELY)
    query = select(whose, func.count()).select_from(Match).join(Resource, of_it).where(*lately).group_by(whose)
    return {row[0]: row[1] for row in await session.execute(query)}


async def _dismissals(session: AsyncSession, ids: list[UUID]) -> dict[tuple[UUID, str | None], tuple[Dismissal, ...]]:
    found: dict[tuple[UUID, str | None], tuple[Dismissal, ...]] = {}
    columns = (Match.resource_id, Match.category, Match.dismiss_reason, Match.decided_at)
    query = select(*columns).where(Match.resource_id == any_ids(ids), text("matches.state = 'dismissed'"))
    for resource_id, category, reason, decided_at in await session.execute(query.order_by(Match.id)):
        if reason is None or decided_at is None:
            continue
        lesson = Dismissal(reason, (now() - decided_at).total_seconds() / 86_400)
        found[resource_id, category] = (*found.get((resource_id, category), ()), lesson)
    return found


async def needs_for(session: AsyncSession, resource: Resource, seen: ColumnElement[bool]) -> tuple[list[Need], bool]:
    """Open needs in the service area among those ``seen``, neither confirmed nor dismissed with it; and if there are more."""
    branches = sorted({branch_of(code) for code in resource.categories})
    rows = select(Need).where(
        seen,
        text("needs.state IN ('accepted', 'in_service')"),
        Need.path.startswith(resource.service_path, autoescape=True),
        Need.id.not_in(settled(Match.need_id, Match.resource_id == resource.id)),
    )
    related = case((func.split_part(Need.category, ".", 1).in_(branches), 0), else_=1)
    return await _bounded(session, rows, Need, (related, _far(Need, resource)))


def settled(column_: Any, which: ColumnElement[bool]) -> Select[UUID]:
    """What was dismissed stays dismissed, and what was confirmed is not proposed again."""
    return select(column_).where(which, Match.state.in_({MatchState.CONFIRMED, MatchState.DISMISSED}))


def _far(model: Any, other: Need | Resource) -> Any:
    """Nearer first, as the crow flies over degrees: near enough to say who is looked at."""
    if other.lon is None or other.lat is None:
        return model.id
    return func.coalesce(func.power(model.lon - other.lon, 2) + func.power(model.lat - other.lat, 2), 1e9)


async def _bounded(session: AsyncSession, rows: Any, model: Any, order: tuple[Any, ...]) -> tuple[list[Any], bool]:
    found = (await session.scalars(rows.order_by(*order, model.id).limit(LOOKED_AT_MOST + 1))).all()
    return list(found[:LOOKED_AT_MOST]), len(found) > LOOKED_AT_MOST
