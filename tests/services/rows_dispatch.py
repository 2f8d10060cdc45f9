"""Rules of dispatch put straight into a district, as the owner."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.domain.dispatch_ways import Way, WayStep
from app.models import DispatchRule, DispatchRuleVersion, Event, OutboxRow
from tests.worlds import World

BY_HAND = (WayStep(Way.BY_HAND),)


async def put_rule(
    session: AsyncSession, world: World, *steps: WayStep, category: str | None = "repair.plumbing", **columns: Any
) -> DispatchRule:
    """A rule in its first version, with its event."""
    chain = {"steps": [step.as_json() for step in steps or BY_HAND]} | columns
    key = {"district_id": world.district_id, "id": new_id()}
    row = DispatchRule(**key, path=world.paths["district"], category=category, number=1, version=1, **chain)
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate="dispatch-rule",
        aggregate_id=row.id,
        seq=1,
        action="create",
        path=row.path,
        data={},
    )
    session.add_all([row, event])
    await session.flush()
    version = {"rule_id": row.id, "number": 1}
    session.add(DispatchRuleVersion(district_id=world.district_id, id=new_id(), **version, **chain))
    session.add(OutboxRow(district_id=world.district_id, id=event.id))
    await session.flush()
    return row
