"""The rows the access matrix tries operations on: matches, their runs, a district's weights."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.matches import MATCH, MatchState
from app.domain.needs import NeedState
from app.models import DispatchRule, DispatchWeights, MatchWeights
from tests.services.rows import put_need
from tests.services.rows_dispatch import put_rule
from tests.services.rows_matches import put_batch, put_match, put_run
from tests.whole.access_ground import Ground, Row
from tests.whole.access_rows import source_of
from tests.whole.document import Operation


async def match(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the liaison's unit's chairs, for a need of resident1's."""
    start = now() + timedelta(days=1)
    row = await put_match(session, ground.world, source_of(MATCH, operation, MatchState.PROPOSED))
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    return Row(row.id, form=span if operation.name == "match_confirm" else {})


async def run(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    need = await put_need(session, ground.world, NeedState.IN_SERVICE)
    found = await put_run(session, ground.world, need)
    return Row(found.id, ids={"need_id": str(need.id)})


async def batch(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """Of the community, done; so another may be started."""
    found = await put_batch(session, ground.world)
    return Row(found.id, ids={"place_id": str(found.place_id)})


async def dispatch_weights(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """None yet: edition 0."""
    await session.execute(delete(DispatchWeights))
    return Row(ground.world.places["district"], version=0, form={"category": "repair.plumbing"})


async def weights(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """None yet: version 0 is the house's own."""
    await session.execute(delete(MatchWeights))
    return Row(ground.world.places["district"], version=0)


async def rule(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """For a kind of service nobody else makes one for; a create is for all kinds."""
    await session.execute(update(DispatchRule).where(DispatchRule.retired_at.is_(None)).values(retired_at=now()))
    found = await put_rule(session, ground.world)
    form = {} if operation.name == "dispatch_rule_retire" else {"steps": [{"way": "by_hand"}]}
    return Row(found.id, version=found.version, form=form)
