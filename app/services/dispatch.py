"""Whom to ask for an order. ``ranking`` is the one place where the choice is made; a better one replaces it there."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, bindparam, exists, false, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import NotFound, RuleBroken
from app.core.geo import LonLat, metres_between
from app.domain.assignments import ACTIVE, NOT_AGAIN, UNFINISHED, AssignmentState
from app.domain.catalogue import Skill, terms_of
from app.domain.consents import Purpose
from app.domain.dispatch import OBSTACLE_WORDS, WEIGHTS, Candidate, Choice, Obstacle, obstacle, price, rank
from app.domain.people import HELPERS
from app.domain.places import ancestors
from app.models import Assignment, Consent, Grant, Need, Order, Person
from app.models.base import literal_in
from app.services.access import in_force
from app.services.certificates import certified_by

RUNNERS_UP = 5


async def ranking(session: AsyncSession, order: Order, need: Need) -> list[Choice]:
    """All feasible people for one more place in the order, best first."""
    return rank(await candidates(session, order, need), terms_of(order.terms))


async def named(session: AsyncSession, order: Order, need: Need, person_id: UUID, *, again: bool) -> Choice:
    """One person chosen by name; 404 when there is no such helper here, 422 when something stands against it."""
    found = await candidates(session, order, need, only=person_id)
    if not found:
        raise NotFound(OBSTACLE_WORDS[Obstacle.NOT_A_HELPER])
    if (reason := obstacle(found[0], terms_of(order.terms), again=again, by_name=True)) is not None:
        raise RuleBroken(OBSTACLE_WORDS[reason], obstacle=reason.value)
    return price(found[0])


def explained(choice: Choice, ranked: Collection[Choice]) -> dict[str, Any]:
    """The reasons kept with an invitation: the chosen one's cost and place in the ranking, and those who came next.

    What each fact weighed is kept too, so that the choice can be explained after the weights have changed.
    """
    places = [c.person_id for c in ranked]
    others = [c for c in ranked if c.person_id != choice.person_id][:RUNNERS_UP]
    runners_up = [asdict(c) | {"person_id": str(c.person_id)} for c in others]
    return {
        "cost": choice.cost,
        "parts": choice.parts,
        "weights": WEIGHTS,
        "distance_m": choice.distance_m,
        "rank": places.index(choice.person_id) + 1 if choice.person_id in places else None,
        "feasible": len(places),
        "runners_up": runners_up,
    }


async def candidates(session: AsyncSession, order: Order, need: Need, *, only: UUID | None = None) -> list[Candidate]:
    """The helpers of the order's place with what matters about them; ``only`` narrows it to one."""
    query = select(
        Person.id,
        Person.lon,
        Person.lat,
        Person.skills,
        Person.load_limit,
        certified_by(today()).label("certified"),
        _count(UNFINISHED).label("unfinished"),
        _count({AssignmentState.INVITED}).label("pending"),
        _on(order.id, ACTIVE | {AssignmentState.INVITED}).label("already"),
        _on(order.id, NOT_AGAIN).label("said_no"),
        _refuses().label("refuses"),
    ).where(_helps_at(order.path))
    if only is not None:
        query = query.where(Person.id == only)
    return [_candidate(row, order, need) for row in await session.execute(query)]


def _candidate(row: Any, order: Order, need: Need) -> Candidate:
    return Candidate(
        person_id=row.id,
        distance_m=distance_m(order.lon, order.lat, row.lon, row.lat),
        skills=frozenset(map(Skill, row.skills)),
        certified=frozenset(map(Skill, row.certified or ())),
        unfinished=row.unfinished,
        pending=row.pending,
        asker=row.id in {need.asker_id, need.submitted_by},
        already=row.already,
        said_no=row.said_no,
        load_limit=row.load_limit,
        refuses=row.refuses,
    )


def distance_m(lon: float | None, lat: float | None, other_lon: float | None, other_lat: float | None) -> float | None:
    """Metres between two positions of which either may be unknown."""
    if lon is None or lat is None or other_lon is None or other_lat is None:
        return None
    return round(metres_between(LonLat(lon, lat), LonLat(other_lon, other_lat)), 1)


def _helps_at(path: str) -> Any:
    return exists().where(
        Grant.district_id == Person.district_id,
        Grant.person_id == Person.id,
        Grant.role.in_(HELPERS),
        Grant.path.in_(ancestors(path)),
        in_force(now()),
    )


def _count(states: Collection[AssignmentState]) -> ScalarSelect[int]:
    """How many assignments of the person are in these states; literal states, so that partial indexes serve."""
    return (
        select(func.count())
        .where(
            Assignment.district_id == Person.district_id,
            Assignment.person_id == Person.id,
            text(literal_in("assignments.state", frozenset(states))),
        )
        .correlate(Person)
        .scalar_subquery()
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


def _on(order_id: UUID, states: Collection[AssignmentState]) -> Any:
    return exists().where(
        Assignment.district_id == Person.district_id,
        Assignment.order_id == bindparam(None, order_id),
        Assignment.person_id == Person.id,
        Assignment.state.in_(states),
    )
