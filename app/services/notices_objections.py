"""Who is told of a dispute over an order: whoever may judge it, and afterwards both parties."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.objections import GROUND_NAMES, VERDICT_NAMES, Verdict
from app.domain.orders import OrderAction
from app.domain.people import Role
from app.domain.places import ancestors
from app.models import Event, Grant, Objection
from app.services.access import in_force
from app.services.grants_holders import acting_for

ACTIONS = frozenset({OrderAction.OBJECT.value, OrderAction.UPHOLD.value, OrderAction.OVERRULE.value})
_Told = list[tuple[str, set[UUID | None]]]


async def rows_of(session: AsyncSession, event: Event) -> _Told:
    """Of the newest objection to the order; one judged before this was kept has told its parties already."""
    newest = select(Objection).where(Objection.order_id == event.aggregate_id).order_by(Objection.id.desc()).limit(1)
    objection = await session.scalar(newest)
    if objection is None:
        return []
    ground = GROUND_NAMES[objection.ground]
    if event.action == OrderAction.OBJECT.value:
        judges: set[UUID | None] = {*await _judges(session, objection)}
        return [
            (f"承办单位对您派出的工单提出异议：{ground}", {objection.assigned_by}),
            (f"有一个工单的派单有争议，待您裁决：{ground}", judges - {objection.assigned_by}),
        ]
    upheld = event.action == OrderAction.UPHOLD.value
    verdict = VERDICT_NAMES[Verdict.UPHELD if upheld else Verdict.OVERRULED]
    follows = "工单重新待派" if upheld else "请继续办理，不得再退回"
    parties = {objection.assigned_by, *await acting_for(session, [objection.organization_id])}
    return [(f"工单异议（{ground}）已裁决：{verdict}，{follows}。{objection.words or ''}", parties)]


async def _judges(session: AsyncSession, objection: Objection) -> set[UUID]:
    """The nearest who look after no lesser place than the unit's own: the street's, or else the district's.

    Not whoever looks after the place it was assigned from, or a lesser one, unless nobody stands above (``domain.objections``).
    """
    higher = or_(Grant.role == Role.DISTRICT_ADMIN, Grant.path != objection.assigned_from)
    not_below = Grant.path.in_(ancestors(objection.assigned_from))
    for role in (Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN):
        above = (Grant.role == role, Grant.path.in_(ancestors(objection.unit_path)))
        here = (Grant.path.in_(ancestors(objection.path)), not_below, higher)
        found = set(await session.scalars(select(Grant.person_id).where(*above, *here, in_force(now()))))
        if found - {objection.assigned_by}:
            return found
    return set()
