"""What a choice is made from: the helpers of an order's place with all that matters about each for this order.

A fixed number of statements, however many helpers there are: who they are, what they did and hold, who is paired with the
door, and, where the order has its time, when they are free and what they have promised for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.geo import LonLat, metres_between
from app.domain.assignments import ACTIVE, NOT_AGAIN, UNFINISHED, AssignmentState
from app.domain.catalogue import Skill, Terms, lacks_insurance, terms_of
from app.domain.consents import Purpose
from app.domain.dispatch import Candidate, day_of_service, paired_at
from app.domain.dispatch_cost import CM, NOTICE_DAYS, Facts, nearness, skill_fit
from app.domain.pairings import PairingLevel
from app.domain.people import HELPERS
from app.domain.places import ancestors
from app.models import (
    Assignment,
    Consent,
    Grant,
    Need,
    Order,
    Organization,
    Pairing,
    Person,
)
from app.models.orders import askers_rating
from app.services import need_respondents
from app.services.access import in_force
from app.services.certificates import certified_by
from app.services.dispatch_times import Times, among, times_of
from app.services.pairings import valid_on

REMEMBERED = timedelta(days=730)
"""How long past service speaks for somebody."""
_INVITED = AssignmentState.INVITED
GOOD_ENOUGH = 3
"""From this rating on a service makes somebody the asker's usual helper; one nobody rated does too."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What is the same for all: the order with its terms, the door's pairings, the times, and what is known of the past."""

    order: Order
    need: Need
    terms: Terms
    uninsured: bool
    paired: dict[PairingLevel, UUID]
    times: Times
    past: dict[UUID, Any]


async def candidates(session: AsyncSession, order: Order, need: Need, *, only: UUID | None = None) -> list[Candidate]:
    """The helpers of the order's place with what matters about them; ``only`` narrows it to one."""
    terms, on = terms_of(order.terms), day_of_service(order.wanted_at, today())
    people = (await session.execute(_people(order, need, on, only))).all()
    ids = [row.id for row in people]
    around = _Around(
        order,
        need,
        terms,
        lacks_insurance(terms, order.insured_until, on) is not None,
        await _paired(session, order, on),
        await times_of(session, order, terms, ids),
        await _past(session, order, need, ids),
    )
    return [_candidate(row, around) for row in people]


def _people(order: Order, need: Need, on: date, only: UUID | None) -> Any:
    query = (
        select(
            Person.id,
            Person.lon,
            Person.lat,
            Person.path,
            Person.skills,
            Person.load_limit,
            Person.service_radius_m,
            Person.organization_id,
            Organization.parent_id.label("above_id"),
            certified_by(on).label("certified"),
            _refuses().label("refuses"),
            need_respondents.against(need.id, Person.id, Person.organization_id).label("respondent"),
        )
        .outerjoin(
            Organization,
            and_(Organization.district_id == Person.district_id, Organization.id == Person.organization_id),
        )
        .where(_helps_at(order.path))
    )
    return query if only is None else query.where(Person.id == only)


def _helps_at(path: str) -> ColumnElement[bool]:
    """Their grant covers the place."""
    return exists().where(
        Grant.district_id == Person.district_id,
        Grant.person_id == Person.id,
        Grant.role.in_(HELPERS),
        Grant.path.in_(ancestors(path)),
        in_force(now()),
    )


def _refuses() -> Any:
    """Whether the person has said no to matching and not yes since (services.consents_withdraw)."""
    said = (
        select(func.bool_and(Consent.withdrawn_at.is_not(None)))
        .where(
            Consent.district_id == Person.district_id,
            Consent.person_id == Person.id,
            Consent.purpose == Purpose.MATCHING,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    return func.coalesce(said, false())


async def _past(session: AsyncSession, order: Order, need: Need, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Per person: what they hold, were asked, did and were rated for; nothing for who was never asked."""
    moment, a, stars = now(), Assignment, askers_rating(Order)
    here, done = a.order_id == order.id, a.state == AssignmentState.VERIFIED
    alike = and_(done, Order.category == order.category)
    served = and_(done, Need.asker_id == need.asker_id, func.coalesce(stars, GOOD_ENOUGH) >= GOOD_ENOUGH)
    lately = and_(a.answer_by.is_not(None), a.created_at > moment - timedelta(days=NOTICE_DAYS))
    query = (
        select(
            a.person_id,
            _counted(a.state.in_(UNFINISHED)).label("unfinished"),
            _counted(and_(a.state == _INVITED, ~here)).label("pending"),
            _counted(lately).label("asked_lately"),
            _counted(alike).label("alike"),
            (_counted(served) if need.asker_id is not None else literal(0)).label("served"),
            _counted(and_(done, stars.is_not(None))).label("ratings"),
            func.coalesce(func.sum(stars).filter(done), 0).label("rating_sum"),
            func.bool_or(and_(here, a.state.in_(ACTIVE | {_INVITED}))).label("already"),
            func.bool_or(and_(here, a.state.in_(NOT_AGAIN))).label("said_no"),
        )
        .join(Order, and_(Order.district_id == a.district_id, Order.id == a.order_id))
        .join(Need, and_(Need.district_id == Order.district_id, Need.id == Order.need_id))
        .where(among(a.person_id, ids))
        .where(or_(a.created_at > moment - REMEMBERED, a.state.in_(UNFINISHED | {_INVITED}), here))
        .group_by(a.person_id)
    )
    return {row.person_id: row for row in await session.execute(query)}


def _counted(condition: ColumnElement[bool]) -> Any:
    return func.count().filter(condition)


async def _paired(session: AsyncSession, order: Order, on: date) -> dict[PairingLevel, UUID]:
    """Who is paired with the order's door on the day of service, level by level."""
    columns = (Pairing.level, Pairing.organization_id, Pairing.person_id)
    rows = await session.execute(select(*columns).where(Pairing.path.in_(ancestors(order.path)), valid_on(on)))
    return {row.level: row.person_id or row.organization_id for row in rows}


def _candidate(row: Any, around: _Around) -> Candidate:
    order, past = around.order, around.past.get(row.id)
    known = {name: getattr(past, name, 0) for name in ("unfinished", "pending")}
    way_cm = _way_cm(order, row)
    skilled = frozenset(map(Skill, row.certified or ()))
    return Candidate(
        person_id=row.id,
        distance_m=None if way_cm is None else way_cm / CM,
        skills=frozenset(map(Skill, row.skills)),
        certified=skilled,
        asker=row.id in {around.need.asker_id, around.need.submitted_by},
        already=bool(getattr(past, "already", False)),
        said_no=bool(getattr(past, "said_no", False)),
        load_limit=row.load_limit,
        refuses=row.refuses,
        respondent=row.respondent,
        uninsured=around.uninsured,
        radius_m=row.service_radius_m,
        busy=row.id in around.times.busy,
        away=around.times.away(row.id),
        facts=_facts(row, around, way_cm, skilled),
        **known,
    )


def _facts(row: Any, around: _Around, way_cm: int | None, certified: frozenset[Skill]) -> Facts:
    past, wanted = around.past.get(row.id), around.terms.skills
    names = ("ratings", "rating_sum", "served", "unfinished", "asked_lately", "pending")
    return Facts(
        distance_cm=way_cm,
        nearness=nearness(row.path, around.order.path),
        paired_at=paired_at(around.paired, row.id, row.organization_id, row.above_id),
        fit=skill_fit(len(wanted), len(certified & set(wanted)), getattr(past, "alike", 0)),
        **{name: int(getattr(past, name, 0)) for name in names},
    )


def _way_cm(order: Order, row: Any) -> int | None:
    """Between an order and a home; None where either is not known."""
    if order.lon is None or order.lat is None or row.lon is None or row.lat is None:
        return None
    return round(metres_between(LonLat(order.lon, order.lat), LonLat(row.lon, row.lat)) * CM)


def distance_m(lon: float | None, lat: float | None, other_lon: float | None, other_lat: float | None) -> float | None:
    """Metres between two positions of which either may be unknown."""
    if lon is None or lat is None or other_lon is None or other_lat is None:
        return None
    return round(metres_between(LonLat(lon, lat), LonLat(other_lon, other_lat)), 1)
