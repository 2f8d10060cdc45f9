"""Runs: look for resources for a need, and keep what was found, best first, with the reasons."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Forbidden, NotFound, WrongState
from app.core.ids import new_id
from app.domain import access
from app.domain.matches import MATCH, OPEN_NEEDS, LapseReason, MatchAction, MatchState
from app.domain.matching import Scored
from app.domain.people import Actor
from app.models import Match, MatchBatch, MatchRun, Need
from app.schemas.match_runs import MatchRunPropose
from app.services import match_weights, matches_case, matching, matching_search, needs_case
from app.services.match_weights import Weights
from app.services.matches_case import MatchCase
from app.services.outbox import publish


@dataclass(slots=True)
class RunCase:
    run: MatchRun
    matches: list[MatchCase]


@dataclass(slots=True)
class Proposal:
    """What was found for a need, each with its place, and how."""

    weights: Weights
    kept: list[tuple[int, Scored]]
    looked: int
    more: bool
    batch: MatchBatch | None = None
    chosen: UUID | None = None
    """The resource that the best set of a batch gives the need."""


async def propose(session: AsyncSession, actor: Actor, form: MatchRunPropose) -> RunCase:
    """The best resources for a need. What an earlier run proposed and nobody decided lapses."""
    try:
        case = await needs_case.load(session, actor, form.need_id, "match-runs:propose")
    except NotFound as missing:
        raise NotFound("没有这件需求") from missing
    need = case.need
    if not access.may("match-runs:propose", case.parties):
        raise Forbidden()
    if need.state not in OPEN_NEEDS:
        raise WrongState("需求已入库且未办结时才能对接资源", state=need.state.value)
    weights = await match_weights.current(session)
    best = await matching_search.best_for(session, need, weights.parts, form.most)
    ranked = list(enumerate(best.ranked, start=1))
    run, rows = await keep(session, need, Proposal(weights, ranked, looked=best.looked, more=best.more), actor)
    return RunCase(run, [MatchCase(row, actor.roles_at(row.path)) for row in rows])


async def keep(
    session: AsyncSession, need: Need, proposal: Proposal, actor: Actor | None
) -> tuple[MatchRun, list[Match]]:
    """What an earlier run proposed and nobody decided gives way. ``actor`` None: a batch, noted as one thing when it ends."""
    await _supersede(session, need, actor)
    settled = set(await session.scalars(matching.settled(Match.resource_id, Match.need_id == need.id)))
    kept = [(place, scored) for place, scored in proposal.kept if scored.resource_id not in settled]
    run = _run(session, need, actor, proposal, len(kept))
    await session.flush()
    rows = [_match(session, need, run, proposal, one, actor) for one in kept]
    await session.flush()
    return run, rows


async def _supersede(session: AsyncSession, need: Need, actor: Actor | None) -> None:
    before = select(Match).where(Match.need_id == need.id, Match.state == MatchState.PROPOSED)
    for match in await session.scalars(before.order_by(Match.id).with_for_update()):
        step = MATCH.decide(match.state, MatchAction.LAPSE, matches_case.SYSTEM)
        match.lapse_reason = LapseReason.SUPERSEDED
        matches_case.move(session, match, step, actor, data={"reason": LapseReason.SUPERSEDED.value}, noted=False)
    await session.flush()


def _run(session: AsyncSession, need: Need, actor: Actor | None, proposal: Proposal, found: int) -> MatchRun:
    batch = proposal.batch
    run = MatchRun(
        district_id=need.district_id,
        id=new_id(),
        path=need.path,
        need_id=need.id,
        batch_id=batch.id if batch else None,
        weights=proposal.weights.parts,
        looked=proposal.looked,
        more=proposal.more,
        run_by=actor.person_id if actor else batch and batch.requested_by,
        version=0,
        created_at=now(),
    )
    session.add(run)
    data = {"need_id": str(need.id), "found": found, "looked": run.looked}
    publish(session, "match_run", run, "propose", actor=actor, data=data, noted=False)
    return run


def _match(
    session: AsyncSession, need: Need, run: MatchRun, proposal: Proposal, one: tuple[int, Scored], actor: Actor | None
) -> Match:
    place, scored = one
    match = Match(
        district_id=need.district_id,
        id=new_id(),
        state=MATCH.initial,
        path=need.path,
        run_id=run.id,
        need_id=need.id,
        resource_id=scored.resource_id,
        category=need.category,
        rank=place,
        chosen=None if proposal.batch is None else scored.resource_id == proposal.chosen,
        score=scored.score,
        learnt=scored.learnt,
        parts=scored.parts,
        weights=run.weights,
        reasons=list(scored.reasons),
        version=0,
        created_at=now(),
    )
    session.add(match)
    data = {"need_id": str(need.id), "resource_id": str(scored.resource_id), "rank": place, "score": scored.score}
    publish(session, MATCH.noun, match, "propose", actor=actor, target=match.state.value, data=data, noted=False)
    return match


async def read(session: AsyncSession, actor: Actor, run_id: UUID) -> RunCase:
    """The run with all it proposed, as it stands now."""
    run = await session.scalar(select(MatchRun).where(MatchRun.id == run_id))
    actor.checked.add("match-runs:read")
    if run is None or not access.may("match-runs:read", actor.roles_at(run.path)):
        raise NotFound()
    rows = await session.scalars(select(Match).where(Match.run_id == run_id).order_by(Match.rank))
    return RunCase(run, [MatchCase(row, actor.roles_at(row.path)) for row in rows])


async def present(session: AsyncSession, sealer: Sealer, case: RunCase) -> dict[str, Any]:
    """The fields of a MatchRunRead."""
    shown = {name: getattr(case.run, name) for name in ("id", "need_id", "batch_id", "looked", "more", "created_at")}
    return shown | {"matches": await matches_case.present(session, sealer, case.matches)}
