"""What the score asks of a need and of resources, read for all of them at once.

SQL narrows down whom the need could be served by, same branch of the catalogue first, then the nearest; the score itself is
``app.domain.matching``'s. How many one look takes is bounded, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.errors import Conflict
from app.domain.assignments import ACTIVE
from app.domain.bookings import must_fit, peak
from app.domain.matches import LATELY, MatchState, distance_told, span_of, wanted_of
from app.domain.matching import Dismissal, Pair
from app.domain.places import ancestors
from app.domain.resources import Nature
from app.domain.texts import similarity
from app.models import Assignment, Match, Need, Order, Resource
from app.services import lexicon
from app.services.dispatch import distance_m
from app.services.duty_turns import unit_on_duty
from app.services.resources_case import Times, times_of

LOOKED_AT_MOST = 1_000
"""How many resources, or needs, one look compares."""
Provider = UUID | None
"""The unit or the person that offers."""


@dataclass(slots=True)
class Records:
    """What is known of the past, for some resources and their providers."""

    ratings: dict[Provider, tuple[int, int]]
    """provider → how many, and their sum."""
    confirmed: dict[Provider, int]
    mean: float
    dismissed: dict[tuple[UUID, str | None], tuple[Dismissal, ...]]
    """(resource, kind of need) → what was learnt."""


@dataclass(slots=True)
class Facts:
    """What was read about some needs and some resources, from which pairs are made."""

    grams: dict[UUID, frozenset[str]]
    """Of needs and resources."""
    times: Times
    records: Records
    on_duty: dict[tuple[UUID | None, datetime | None], UUID | None]

    def pair(self, need: Need, resource: Resource) -> Pair:
        span, records, provider = span_of(need.wanted_at), self.records, provider_of(resource)
        number, total = records.ratings.get(provider, (0, 0))
        far = distance_m(need.lon, need.lat, resource.lon, resource.lat)
        return Pair(
            need_id=need.id,
            resource_id=resource.id,
            category=need.category,
            serves=frozenset(resource.categories),
            alike=similarity(self.grams[need.id], self.grams[resource.id]),
            distance_m=distance_told(far, of_a_person=resource.person_id is not None),
            free_then=None if span is None or resource.nature is Nature.STOCK else self._free(resource, *span),
            wanted=wanted_of(resource.kind, resource.nature, need.people_concerned),
            left=self._left(resource, span),
            on_duty=resource.organization_id is not None and self._duty(need) == resource.organization_id,
            ratings=number,
            ratings_sum=total,
            matches=records.confirmed.get(provider, 0),
            mean_matches=records.mean,
            dismissals=records.dismissed.get((resource.id, need.category), ()),
        )

    def _duty(self, need: Need) -> UUID | None:
        return self.on_duty.get((need.community_id, need.wanted_at))

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


async def facts_of(
    session: AsyncSession, needs: Sequence[Need], resources: Sequence[Resource], community_id: UUID | None
) -> Facts:
    """``community_id``: whose words are heard."""
    wanted = {(need.community_id, need.wanted_at) for need in needs}
    words = await lexicon.of(session, community_id)
    asked = {need.id: words.grams(f"{need.title}\n{need.details}") for need in needs}
    return Facts(
        grams=asked | {row.id: words.grams(f"{row.name}\n{row.details or ''}") for row in resources},
        times=await times_of(session, [resource.id for resource in resources]),
        records=await _records(session, resources),
        on_duty={key: await _duty_of(session, *key) for key in wanted},
    )


async def _duty_of(session: AsyncSession, community_id: UUID | None, wanted_at: datetime | None) -> UUID | None:
    if community_id is None:
        return None
    return await unit_on_duty(session, community_id, wanted_at and wanted_at.astimezone(clock.CHINA).date())


async def _records(session: AsyncSession, resources: Sequence[Resource]) -> Records:
    providers = {provider_of(resource) for resource in resources}
    confirmed = await _confirmed(session, providers)
    mean = sum(confirmed.values()) / len(providers) if providers else 0.0
    ids = [resource.id for resource in resources]
    return Records(await _ratings(session, providers), confirmed, mean, await _dismissals(session, ids))


async def _ratings(session: AsyncSession, providers: set[Provider]) -> dict[Provider, tuple[int, int]]:
    """Of orders they worked on to the end."""
    whose = func.coalesce(Assignment.organization_id, Assignment.person_id)
    mine = and_(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
    done = (Order.rating.is_not(None), Assignment.state.in_(ACTIVE), whose.in_(providers))
    query = select(whose, func.count(), func.sum(Order.rating)).join(Assignment, mine).where(*done).group_by(whose)
    return {provider: (number, total or 0) for provider, number, total in await session.execute(query)}


async def _confirmed(session: AsyncSession, providers: set[Provider]) -> dict[Provider, int]:
    whose = func.coalesce(Resource.organization_id, Resource.person_id)
    of_it = and_(Resource.district_id == Match.district_id, Resource.id == Match.resource_id)
    lately = (text("matches.state = 'confirmed'"), Match.decided_at > now() - LATELY, whose.in_(providers))
    query = select(whose, func.count()).select_from(Match).join(Resource, of_it).where(*lately).group_by(whose)
    return {row[0]: row[1] for row in await session.execute(query)}


async def _dismissals(session: AsyncSession, ids: list[UUID]) -> dict[tuple[UUID, str | None], tuple[Dismissal, ...]]:
    found: dict[tuple[UUID, str | None], tuple[Dismissal, ...]] = {}
    columns = (Match.resource_id, Match.category, Match.dismiss_reason, Match.decided_at)
    query = select(*columns).where(Match.resource_id.in_(ids), Match.state == MatchState.DISMISSED)
    for resource_id, category, reason, decided_at in await session.execute(query.order_by(Match.id)):
        if reason is None or decided_at is None:
            continue
        lesson = Dismissal(reason, (now() - decided_at).total_seconds() / 86_400)
        found[resource_id, category] = (*found.get((resource_id, category), ()), lesson)
    return found


async def resources_for(session: AsyncSession, need: Need) -> tuple[list[Resource], bool]:
    """Listed, valid then, with something left, for the need's place; not decided for it before. And if there are more."""
    start, end = span_of(need.wanted_at) or (now(), now())
    rows = select(Resource).where(
        text("resources.state = 'listed'"),
        Resource.service_path.in_(ancestors(need.path)),
        Resource.starts_at <= start,
        or_(Resource.ends_at.is_(None), Resource.ends_at >= end),
        Resource.reserved < Resource.quantity,
        Resource.id.not_in(_settled(Match.resource_id, Match.need_id == need.id)),
    )
    return await _bounded(session, rows, Resource, (_of_branch(need.category), _far(Resource, need)))


async def needs_for(session: AsyncSession, resource: Resource, seen: ColumnElement[bool]) -> tuple[list[Need], bool]:
    """Open needs in the service area among those ``seen``, neither confirmed nor dismissed with it; and if there are more."""
    branches = sorted({code.partition(".")[0] for code in resource.categories})
    rows = select(Need).where(
        seen,
        text("needs.state IN ('accepted', 'in_service')"),
        Need.path.startswith(resource.service_path, autoescape=True),
        Need.id.not_in(_settled(Match.need_id, Match.resource_id == resource.id)),
    )
    related = case((func.split_part(Need.category, ".", 1).in_(branches), 0), else_=1)
    return await _bounded(session, rows, Need, (related, _far(Need, resource)))


def _settled(column_: Any, which: ColumnElement[bool]) -> Select[UUID]:
    """What was dismissed stays dismissed, and what was confirmed is not proposed again."""
    return select(column_).where(which, Match.state.in_({MatchState.CONFIRMED, MatchState.DISMISSED}))


def _of_branch(category: str | None) -> Any:
    code = func.unnest(Resource.categories).column_valued("code")
    branch = (category or "").partition(".")[0]
    return case((select(code).where(func.split_part(code, ".", 1) == branch).exists(), 0), else_=1)


def _far(model: Any, other: Need | Resource) -> Any:
    """Nearer first, as the crow flies over degrees: near enough to say who is looked at."""
    if other.lon is None or other.lat is None:
        return model.id
    return func.coalesce(func.power(model.lon - other.lon, 2) + func.power(model.lat - other.lat, 2), 1e9)


async def _bounded(session: AsyncSession, rows: Any, model: Any, order: tuple[Any, ...]) -> tuple[list[Any], bool]:
    found = (await session.scalars(rows.order_by(*order, model.id).limit(LOOKED_AT_MOST + 1))).all()
    return list(found[:LOOKED_AT_MOST]), len(found) > LOOKED_AT_MOST
