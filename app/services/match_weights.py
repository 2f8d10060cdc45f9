"""What each part of the score weighs in a district."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import StaleVersion
from app.core.ids import new_id
from app.domain import access
from app.domain.matching import WEIGHTS, Part, check_weights
from app.domain.people import Actor
from app.models import MatchWeights, Place
from app.schemas.match_weights import MatchWeightsSet
from app.services.outbox import publish


@dataclass(frozen=True, slots=True)
class Weights:
    """``version`` 0: the house's own."""

    parts: dict[Part, int]
    version: int = 0


async def current(session: AsyncSession) -> Weights:
    """The weights that hold in the district at hand."""
    row = await session.scalar(select(MatchWeights))
    return Weights(dict(WEIGHTS)) if row is None else _of(row)


def _of(row: MatchWeights) -> Weights:
    return Weights({part: int(row.weights[part.value]) for part in Part}, row.version)


def present(weights: Weights) -> dict[str, int]:
    return {part.value: weight for part, weight in weights.parts.items()} | {"version": weights.version}


async def read(session: AsyncSession, actor: Actor) -> Weights:
    access.require_anywhere(actor, "match-weights:read")
    return await current(session)


async def set_weights(session: AsyncSession, actor: Actor, version: int, form: MatchWeightsSet) -> Weights:
    """Weigh anew. What was proposed before keeps the weights it was made with."""
    access.require_anywhere(actor, "match-weights:set")
    district = (await session.scalars(select(Place).where(Place.parent_id.is_(None)).with_for_update())).one()
    row = await session.scalar(select(MatchWeights).execution_options(populate_existing=True))
    if version != (0 if row is None else row.version):
        raise StaleVersion()
    weights = form.model_dump()
    check_weights({Part(name): weight for name, weight in weights.items()})
    if row is None:
        row = MatchWeights(district_id=actor.district_id, id=new_id(), path=district.path, version=0)
        session.add(row)
    row.weights = weights
    publish(session, "match_weights", row, "set", actor=actor, data=weights)
    await session.flush()
    return _of(row)
