"""The asker's contact, for the helper who has accepted: opens for the visit, and closes."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import ContactClosed, Forbidden, Gone
from app.domain import access
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.audit import of_minor
from app.domain.contacts import CLOSED_NAMES, Closed, Visit, closed
from app.domain.limits import ORDER_CONTACT
from app.domain.people import Actor
from app.domain.sensitive import OpenPurpose
from app.models import Assignment, Guardianship, Need, Person
from app.services import people_seal, rate_limits
from app.services.orders_case import OrderCase, load

_FIELDS = ("name", "phone", "address")


async def contact(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, order_id: UUID
) -> dict[str, Any]:
    """Name, phone and address of the asker; of a minor, their guardian's. 403 with the reason outside the window."""
    case = await load(session, actor, order_id, "orders:contact", lock=False)
    actor.trace.person_id, actor.trace.purpose = case.need.asker_id, OpenPurpose.VISIT.value
    visit = _visit(case, actor)
    if reason := closed(visit, now()):
        raise _shut(reason, visit)
    if not access.may("orders:contact", case.parties):
        raise Forbidden()
    await rate_limits.spend(database, sealer, actor.district_id, ORDER_CONTACT, str(actor.person_id))
    found = await _asker(session, actor, sealer, case.need)
    minors = frozenset({"address"}) if actor.trace.minor_id else frozenset()
    shown = [name for name in _FIELDS if found[name] is not None]
    actor.trace.opened = [of_minor(name) if name in minors else name for name in shown]
    return {"order_id": case.order.id, **found, "closes_at": visit.closes_at}


def _visit(case: OrderCase, actor: Actor) -> Visit:
    """The actor's own part in the order: what they hold now, or held last. Raises Forbidden for whoever has none."""
    mine = case.mine(actor, ACTIVE) or case.mine(actor, AssignmentState)
    if mine is None:
        raise Forbidden("只有接单人可以查看点单人的联系方式")
    return Visit(
        assignment=mine.state,
        order=case.order.state,
        accepted_at=_accepted(mine),
        wanted_at=case.order.wanted_at,
        checked_in_at=mine.checked_in_at,
        checked_out_at=mine.checked_out_at,
    )


def _accepted(assignment: Assignment) -> Any:
    return assignment.accepted_at or assignment.created_at


def _shut(reason: Closed, visit: Visit) -> ContactClosed:
    opens_at = visit.opens_at.isoformat() if reason is Closed.NOT_YET else None
    return ContactClosed(CLOSED_NAMES[reason], reason=reason.value, opens_at=opens_at)


async def _asker(session: AsyncSession, actor: Actor, sealer: Sealer, need: Need) -> dict[str, Any]:
    """Whoever is to be reached; where that is a guardian, the trail tells of them, and of the minor beside."""
    if need.asker_id is None:
        return {"name": _name_alone(sealer, need), "phone": None, "address": None, "of_guardian": False}
    asker = (await session.scalars(select(Person).where(Person.id == need.asker_id))).one()
    if asker.erased_at is not None:
        raise Gone()
    reached = await _guardian(session, asker) if asker.minor else asker
    if reached is not None and reached is not asker:
        actor.trace.person_id, actor.trace.minor_id = reached.id, asker.id
    found = {field: people_seal.opened(sealer, reached, field) for field in ("name", "phone")} if reached else {}
    return {
        "name": found.get("name"),
        "phone": found.get("phone"),
        "address": people_seal.opened(sealer, asker, "address"),
        "of_guardian": asker.minor,
    }


async def _guardian(session: AsyncSession, minor: Person) -> Person | None:
    """Whoever answers for a minor since longest."""
    on_guardian = and_(Person.district_id == Guardianship.district_id, Person.id == Guardianship.guardian_id)
    query = select(Person).join(Guardianship, on_guardian)
    query = query.where(Guardianship.minor_id == minor.id, Guardianship.ended_at.is_(None))
    query = query.where(Person.erased_at.is_(None), Person.merged_into_id.is_(None))
    guardian: Person | None = await session.scalar(query.order_by(Guardianship.id).limit(1))
    return guardian


def _name_alone(sealer: Sealer, need: Need) -> str | None:
    """What an asker without a record of their own called themselves."""
    if not need.asker_name_sealed:
        return None
    return sealer.open(need.asker_name_sealed, need.district_id, "needs", "asker_name_sealed", need.id)
