"""Whom to ask for an order. ``ranking`` and ``named`` are where the choice for one order is made, and its reasons are kept."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound, RuleBroken
from app.domain.catalogue import terms_of
from app.domain.dispatch import OBSTACLE_WORDS, Candidate, Choice, Obstacle, barred, obstacle, price, rank
from app.domain.dispatch_cost import Weights, told
from app.models import Need, Order
from app.services import dispatch_weights
from app.services.dispatch_facts import candidates

RUNNERS_UP = 5


@dataclass(frozen=True, slots=True)
class Look:
    """All who were looked at for an order: the feasible ones best first, the others with the first reason against each."""

    ranked: list[Choice]
    barred: list[tuple[Candidate, Obstacle]]
    weights: Weights


async def look(session: AsyncSession, order: Order, need: Need) -> Look:
    """Everybody who helps at the order's place."""
    weights = (await dispatch_weights.current(session, order.category)).weights
    terms, people = terms_of(order.terms), await candidates(session, order, need)
    return Look(rank(people, terms, weights), barred(people, terms), weights)


async def ranking(session: AsyncSession, order: Order, need: Need) -> list[Choice]:
    """All feasible people for one more place in the order, best first."""
    return (await look(session, order, need)).ranked


async def named(session: AsyncSession, order: Order, need: Need, person_id: UUID, *, again: bool) -> Choice:
    """One person chosen by name; 404 when there is no such helper here, 422 when something stands against it."""
    found = await candidates(session, order, need, only=person_id)
    if not found:
        raise NotFound(OBSTACLE_WORDS[Obstacle.NOT_A_HELPER])
    if (reason := obstacle(found[0], terms_of(order.terms), again=again, by_name=True)) is not None:
        raise RuleBroken(OBSTACLE_WORDS[reason], obstacle=reason.value)
    return price(found[0], (await dispatch_weights.current(session, order.category)).weights)


def explained(choice: Choice, ranked: Collection[Choice]) -> dict[str, Any]:
    """The reasons kept with an invitation: the chosen one's facts, cost and place in the ranking, and those who came next.

    What each part weighed is kept too, so that the choice can be explained after the weights have changed.
    """
    places = [c.person_id for c in ranked]
    others = [c for c in ranked if c.person_id != choice.person_id][:RUNNERS_UP]
    return {
        "cost": choice.cost,
        "parts": choice.parts,
        "weights": told(choice.weights),
        "facts": asdict(choice.facts),
        "distance_m": choice.distance_m,
        "rank": places.index(choice.person_id) + 1 if choice.person_id in places else None,
        "feasible": len(places),
        "runners_up": [_next(other) for other in others],
    }


def _next(choice: Choice) -> dict[str, Any]:
    cost = {"cost": choice.cost, "parts": choice.parts}
    return {"person_id": str(choice.person_id), "distance_m": choice.distance_m} | cost
