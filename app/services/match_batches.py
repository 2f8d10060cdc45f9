"""Batches: start one, follow it, and the steps of the worker that carries it out.

First every need is looked at, and nothing is written but how far it has come; then the best set is found; then the proposals
are written. So whoever takes over a batch that was interrupted begins anew, and what it had written gives way as to any newer run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, LostRace, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.match_batches import CANDIDATES, UNFINISHED, BatchState
from app.domain.matches import OPEN_NEEDS
from app.domain.matching import Pair, Scored
from app.domain.people import Actor
from app.domain.places import PlaceKind, below
from app.models import MatchBatch, Need
from app.models.base import literal_in
from app.schemas.match_batches import MatchBatchQuery, MatchBatchStart
from app.services import match_runs, match_weights, matching, matching_search
from app.services.access import under_path
from app.services.match_runs import Proposal
from app.services.match_weights import Weights
from app.services.outbox import publish
from app.services.places import paged, place_of

LEASE = timedelta(seconds=60)
"""How long a step may take. What a killed worker held is taken up by another after this."""


@dataclass(slots=True)
class Claim:
    """A batch in a worker's hands until ``lease``, which moves on with every step."""

    district_id: int
    batch_id: UUID
    lease: datetime
    until: datetime
    """The next lease, once the step is committed."""


@dataclass(slots=True)
class Seen:
    """What was found for a need."""

    need_id: UUID
    ranked: list[Scored]
    pairs: list[Pair]
    looked: int
    more: bool


async def start(session: AsyncSession, actor: Actor, form: MatchBatchStart) -> MatchBatch:
    """Ask for a batch; 409 while one of the community is under way."""
    place = await place_of(session, form.place_id)
    access.require(actor, "match-batches:start", place.path)
    if place.kind is not PlaceKind.COMMUNITY:
        raise RuleBroken("整批对接以社区为单位", field="place_id")
    running = select(MatchBatch.id).where(MatchBatch.place_id == place.id, text(literal_in("state", UNFINISHED)))
    if (other := await session.scalar(running)) is not None:
        raise Conflict("该社区的整批对接正在进行", batch_id=str(other))
    found = MatchBatch(
        district_id=place.district_id,
        id=new_id(),
        place_id=place.id,
        path=place.path,
        state=BatchState.QUEUED,
        most=form.most,
        looked_needs=0,
        written_needs=0,
        chosen_needs=0,
        requested_by=actor.person_id,
        version=0,
        created_at=now(),
    )
    session.add(found)
    publish(session, "match_batch", found, "start", actor=actor, target=found.state.value)
    await session.flush()
    return found


async def read(session: AsyncSession, actor: Actor, batch_id: UUID) -> MatchBatch:
    found = await session.scalar(select(MatchBatch).where(MatchBatch.id == batch_id))
    actor.checked.add("match-batches:read")
    if found is None or not access.may("match-batches:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def page(session: AsyncSession, actor: Actor, query: MatchBatchQuery) -> Page[MatchBatch]:
    """Of the communities the reader's grants cover, newest first."""
    rows = select(MatchBatch).where(under_path(MatchBatch, access.require_anywhere(actor, "match-batches:list")))
    if query.state is not None:
        rows = rows.where(MatchBatch.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(MatchBatch.id < after)
    found = (await session.scalars(rows.order_by(MatchBatch.id.desc()).limit(query.limit + 1))).all()
    return paged(found, query.limit)


async def claim(session: AsyncSession) -> Claim | None:
    """Take a batch that waits, or whose worker has gone; the oldest first. Other workers pass over a locked row."""
    free = or_(MatchBatch.lease_until.is_(None), MatchBatch.lease_until < now())
    query = select(MatchBatch).where(text(literal_in("match_batches.state", UNFINISHED)), free)
    found = await session.scalar(query.order_by(MatchBatch.id).limit(1).with_for_update(skip_locked=True))
    if found is None:
        return None
    if found.state is BatchState.QUEUED:
        found.state = BatchState.RUNNING
        publish(session, "match_batch", found, "begin", actor=None, source="queued", target="running", noted=False)
    found.lease_until, found.looked_needs, found.written_needs = now() + LEASE, 0, 0
    return Claim(found.district_id, found.id, found.lease_until, found.lease_until)


async def open_needs(session: AsyncSession, claimed: Claim) -> list[UUID]:
    """The needs of the community for which something is looked for, the oldest first."""
    batch = await _held(session, claimed)
    low, high = below(batch.path)
    rows = select(Need.id).where(Need.path >= low, Need.path < high, Need.state.in_(OPEN_NEEDS))
    found = list(await session.scalars(rows.order_by(Need.id)))
    batch.total_needs = len(found)
    return found


async def look(session: AsyncSession, claimed: Claim, ids: list[UUID]) -> list[Seen]:
    """The best resources for some of the needs, each for itself."""
    batch = await _held(session, claimed)
    needs = (await session.scalars(select(Need).where(Need.id.in_(ids)).order_by(Need.id))).all()
    weights = await match_weights.current(session)
    asked = await matching.asked_of(session, needs, batch.place_id)
    seen = []
    for need in needs:
        found = await matching_search.best_for(session, need, weights.parts, CANDIDATES, asked)
        seen.append(Seen(need.id, found.ranked, found.pairs, found.looked, found.more))
    batch.looked_needs += len(ids)
    return seen


async def write(session: AsyncSession, claimed: Claim, seen: list[Seen], chosen: dict[UUID, UUID]) -> None:
    """Keep the proposals for some of the needs, as far as they are still open."""
    batch = await _held(session, claimed)
    weights = await match_weights.current(session)
    found = {one.need_id: one for one in seen}
    rows = select(Need).where(Need.id.in_(found), Need.state.in_(OPEN_NEEDS)).order_by(Need.id)
    for need in (await session.scalars(rows.with_for_update())).all():
        await _propose(session, batch, need, weights, found[need.id], chosen.get(need.id))
    batch.written_needs += len(seen)


async def _propose(
    session: AsyncSession, batch: MatchBatch, need: Need, weights: Weights, one: Seen, chosen: UUID | None
) -> None:
    """The best of what nobody has decided meanwhile, and what the best set has chosen wherever it stands."""
    ranked = list(enumerate(one.ranked, start=1))
    kept = [(place, s) for place, s in ranked if place <= batch.most or s.resource_id == chosen]
    proposal = Proposal(weights, kept, looked=one.looked, more=one.more, batch=batch, chosen=chosen)
    await match_runs.keep(session, need, proposal, None)


async def end(
    session: AsyncSession, claimed: Claim, result: tuple[int, float] | None, refusal: str | None = None
) -> None:
    """Done, with how many needs the best set serves and the sum of its scores; or failed for this reason."""
    found = await _held(session, claimed)
    source, found.state = found.state, BatchState.FAILED if refusal else BatchState.DONE
    found.chosen_needs, found.score = result or (0, None)
    found.message, found.lease_until, found.finished_at = refusal, None, now()
    action = "fail" if refusal else "finish"
    data = {name: getattr(found, name) for name in ("total_needs", "written_needs", "chosen_needs", "score")}
    publish(session, "match_batch", found, action, actor=None, source=source.value, target=found.state.value, data=data)


async def let_go(session: AsyncSession, claimed: Claim) -> None:
    """Leave the batch to whoever comes next, at once."""
    batch = await _held(session, claimed)
    batch.lease_until = claimed.until = now()


async def _held(session: AsyncSession, claimed: Claim) -> MatchBatch:
    """The batch, locked, its lease moved on; refused when another worker has taken it."""
    query = select(MatchBatch).where(MatchBatch.id == claimed.batch_id, MatchBatch.lease_until == claimed.lease)
    found = await session.scalar(query.with_for_update())
    if found is None:
        raise LostRace("整批对接已由另一进程接手")
    found.lease_until = claimed.until = now() + LEASE
    return found
