"""Who of several equals is next: units that answer for a place, and whose turn it is in a circle.

The circle's own row, of the team or the community, is locked before the turns are read, and the turn is written in the
transaction that asks or assigns: two orders at once go to two parties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import UNFINISHED, AssignmentState
from app.domain.catalogue import terms_of
from app.domain.dispatch import Choice
from app.domain.dispatch_ways import Way, WayStep, in_turn
from app.domain.organizations import OrganizationKind
from app.domain.places import ancestors
from app.models import Assignment, DispatchTurn, Organization, Person, Place
from app.models.base import literal_in
from app.services.need_respondents import against
from app.services.orders_case import OrderCase

Party = TypeVar("Party")


@dataclass(frozen=True, slots=True)
class Turn(Generic[Party]):
    """Whose turn it is, and why theirs."""

    party: Party
    why: dict[str, Any]


async def units_for(session: AsyncSession, case: OrderCase, step: WayStep) -> list[Organization]:
    """Units of the kind that answer for the order's place, the nearest first, then whoever has least in hand.

    Of departments the one whose work it is by the catalogue. Who had the order already and gave it back or lost it is not given it
    again, nor whom the need complains about; who served it in a round before is.
    """
    order = case.order
    before = {a.organization_id for a in case.assignments if a.state is not AssignmentState.VERIFIED}
    busy = and_(
        Assignment.district_id == Organization.district_id,
        Assignment.organization_id == Organization.id,
        text(literal_in("assignments.state", UNFINISHED)),
    )
    in_hand = select(func.count()).where(busy).correlate(Organization).scalar_subquery()
    units = select(Organization, in_hand.label("in_hand")).where(
        Organization.kind == step.organization_kind,
        Organization.path.in_(ancestors(order.path)),
        ~against(order.need_id, None, Organization.id),
    )
    department = terms_of(order.terms).department
    if step.organization_kind is OrganizationKind.DEPARTMENT and department is not None:
        units = units.where(Organization.name == department)
    rows = [row for row in await session.execute(units) if row.Organization.id not in before]
    return [row.Organization for row in sorted(rows, key=_nearest)]


def _nearest(row: Any) -> tuple[int, int, UUID]:
    return -len(row.Organization.path), row.in_hand, row.Organization.id


async def next_unit(session: AsyncSession, case: OrderCase, step: WayStep) -> Turn[Organization] | None:
    """Among the community's units of a kind."""
    community_id = case.order.community_id
    if community_id is None:
        return None
    await session.execute(select(Place.id).where(Place.id == community_id).with_for_update(key_share=True))
    units = {unit.id: unit for unit in await units_for(session, case, step)}
    served = await _served(session, community_id, step.organization_kind)
    order = in_turn(units, {party: row.turn for party, row in served.items()})
    if not order:
        return None
    why = _serve(session, case, served, order, community_id, step.organization_kind)
    return Turn(units[order[0]], why)


async def next_person(
    session: AsyncSession, case: OrderCase, step: WayStep, ranked: Sequence[Choice]
) -> Turn[Choice] | None:
    """Among the feasible people of a team or branch; who is passed over because they cannot now keeps their turn."""
    circle = step.organization_id
    if circle is None:
        return None
    await session.execute(select(Organization.id).where(Organization.id == circle).with_for_update(key_share=True))
    members = set(await session.scalars(select(Person.id).where(Person.organization_id == circle)))
    choices = {choice.person_id: choice for choice in ranked if choice.person_id in members}
    served = await _served(session, circle, None)
    order = in_turn(choices, {party: row.turn for party, row in served.items()})
    if not order:
        return None
    return Turn(choices[order[0]], _serve(session, case, served, order, circle, None))


async def _served(session: AsyncSession, circle_id: UUID, kind: OrganizationKind | None) -> dict[UUID, DispatchTurn]:
    """The last turns of the circle, by party; read after its row was locked."""
    rows = select(DispatchTurn).where(
        DispatchTurn.circle_id == circle_id, DispatchTurn.organization_kind.is_not_distinct_from(kind)
    )
    found = await session.scalars(rows.execution_options(populate_existing=True))
    return {row.person_id or row.organization_id or row.id: row for row in found}


def _serve(
    session: AsyncSession,
    case: OrderCase,
    served: dict[UUID, DispatchTurn],
    order: Sequence[UUID],
    circle_id: UUID,
    kind: OrganizationKind | None,
) -> dict[str, Any]:
    """Give the turn to the first in order; the reasons to keep with the assignment."""
    party, number = order[0], max((row.turn for row in served.values()), default=0) + 1
    row = served.get(party)
    last = row.served_at.isoformat() if row else None
    if row is None:
        column = "person_id" if kind is None else "organization_id"
        key = {"district_id": case.order.district_id, "id": new_id(), "circle_id": circle_id, column: party}
        session.add(DispatchTurn(**key, organization_kind=kind, turn=number, served_at=now()))
    else:
        row.turn, row.served_at = number, now()
    return {"way": Way.ROTATION.value, "turn": number, "last_served_at": last, "among": len(order)}
