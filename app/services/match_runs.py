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
from app.models import Match, MatchRun, Need
from app.schemas.match_runs import MatchRunPropose
from app.services import match_weights, matches_case, matching_search, needs_case
from app.services.match_weights import Weights
from app.services.matches_case import MatchCase
from app.services.outbox import publish


@dataclass(slots=True)
class RunCase:
    run: MatchRun
    matches: list[MatchCase]


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
    await _supersede(session, need, actor)
    weights = await match_weights.current(session)
    best = await matching_search.best_for(session, need, weights.parts, form.most)
    run = _run(session, need, actor, weights, looked=best.looked, more=best.more, found=len(best.ranked))
    await session.flush()
    rows = [_match(session, need, run, scored, place, actor) for place, scored in enumerate(best.ranked, start=1)]
    await session.flush()
    return RunCase(run, [MatchCase(row, actor.roles_at(row.path)) for row in rows])


async def _supersede(session: AsyncSession, need: Need, actor: Actor) -> None:
    before = select(Match).where(Match.need_id == need.id, Match.state == MatchState.PROPOSED)
    for match in await session.scalars(before.order_by(Match.id).with_for_update()):
        step = MATCH.decide(match.state, MatchAction.LAPSE, matches_case.SYSTEM)
        match.lapse_reason = LapseReason.SUPERSEDED
        matches_case.move(session, match, step, actor, reason=LapseReason.SUPERSEDED.value)
    await session.flush()


def _run(session: AsyncSession, need: Need, actor: Actor, weights: Weights, *, found: int, **counts: Any) -> MatchRun:
    run = MatchRun(
        district_id=need.district_id,
        id=new_id(),
        path=need.path,
        need_id=need.id,
        weights=weights.parts,
        run_by=actor.person_id,
        version=0,
        created_at=now(),
        **counts,
    )
    session.add(run)
    data = {"need_id": str(need.id), "found": found, "looked": run.looked}
    publish(session, "match_run", run, "propose", actor=actor, data=data)
    return run


def _match(session: AsyncSession, need: Need, run: MatchRun, scored: Scored, place: int, actor: Actor) -> Match:
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
    publish(session, MATCH.noun, match, "propose", actor=actor, target=match.state.value, data=data)
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
    shown = {name: getattr(case.run, name) for name in ("id", "need_id", "looked", "more", "created_at")}
    return shown | {"matches": await matches_case.present(session, sealer, case.matches)}
