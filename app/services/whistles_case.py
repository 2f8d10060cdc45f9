"""A whistle with its calls, and what the actor is to it and to each of them.

Locks go one way: the whistle, then its calls; a clock is written under the lock of its call.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.access_parties import FIELD_STAFF
from app.domain.levels import Level
from app.domain.lifecycle import Step
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.domain.whistle_calls import CALL, OFF, OPEN, CallAction, CallState
from app.domain.whistles import WHISTLE, WhistleAction, WhistleState, leading, ruling_level
from app.models import Whistle, WhistleCall
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})


@dataclass(slots=True)
class WhistleCase:
    whistle: Whistle
    parties: Parties
    calls: list[WhistleCall] = field(default_factory=list)

    @property
    def open(self) -> list[WhistleCall]:
        return [call for call in self.calls if call.state in OPEN]


@dataclass(slots=True)
class CallCase:
    call: WhistleCall
    whistle: Whistle
    parties: Parties
    calls: list[WhistleCall] = field(default_factory=list)
    """All of the whistle's, this one among them."""


def acts_for(actor: Actor, call: WhistleCall) -> bool:
    return actor.organization_id == call.organization_id and bool(actor.roles_at(call.path) & UNIT_ROLES)


def leads(actor: Actor, whistle: Whistle, level: Level, *others: UUID | None) -> bool:
    """Whether the actor leads at this level of the whistle's place, and neither is one of these people nor stands in for one."""
    people = {whistle.drafted_by, *others} - {None}
    if actor.person_id in people:
        return False
    roles = actor.roles_at(whistle.path)
    for person_id in people:
        roles &= actor.roles_not_of(person_id, whistle.path) if person_id else roles
    return bool(roles & leading(level))


def parties_of(actor: Actor, whistle: Whistle, calls: Iterable[WhistleCall]) -> Parties:
    """What the actor is to the whistle: a department whose call is off was only asked."""
    found: set[Relation] = set()
    if whistle.drafted_by == actor.person_id and actor.roles_at(whistle.path) & FIELD_STAFF:
        found.add(Relation.PROPOSER)
    if leads(actor, whistle, whistle.level):
        found.add(Relation.LEADER)
    for call in calls:
        if acts_for(actor, call):
            found.add(Relation.ASKED if call.state in OFF else Relation.UNIT)
    return actor.roles_at(whistle.path) | frozenset(found)


def parties_to_call(actor: Actor, whistle: Whistle, call: WhistleCall) -> Parties:
    """Of a call: its own department is the UNIT, and the LEADER is whoever rules on a dispute, who has not approved the whistle."""
    of_whistle = parties_of(actor, whistle, ()) - {Relation.LEADER}
    found = {Relation.UNIT} if acts_for(actor, call) else set()
    if leads(actor, whistle, ruling_level(whistle.level), whistle.decided_by):
        found.add(Relation.LEADER)
    return of_whistle | frozenset(found)


async def load(
    session: AsyncSession, actor: Actor | None, whistle_id: UUID, permission: str, *, lock: bool = True
) -> WhistleCase:
    """Read a whistle for a verb; 404 when it does not show itself to this actor. ``actor`` None is the system."""
    whistle = await session.scalar(_locked(select(Whistle).where(Whistle.id == whistle_id), lock=lock))
    if whistle is None:
        raise NotFound()
    case = WhistleCase(whistle, SYSTEM, await _calls(session, whistle_id, lock=lock))
    if actor is not None:
        actor.checked.add(permission)
        case.parties = parties_of(actor, whistle, case.calls)
        if not access.may("whistles:read", case.parties):
            raise NotFound()
    return case


async def load_call(
    session: AsyncSession, actor: Actor, call_id: UUID, permission: str, *, lock: bool = True
) -> CallCase:
    """Read a call for a verb, its whistle first; 404 when it does not show itself to this actor."""
    actor.checked.add(permission)
    found = await session.scalar(select(WhistleCall).where(WhistleCall.id == call_id))
    if found is None or not _shows(actor, await _whistle(session, found.whistle_id, lock=False), found):
        raise NotFound()
    whistle = await _whistle(session, found.whistle_id, lock=lock)
    calls = await _calls(session, whistle.id, lock=lock)
    call = next(each for each in calls if each.id == call_id)
    return CallCase(call, whistle, parties_to_call(actor, whistle, call), calls)


def _shows(actor: Actor, whistle: Whistle, call: WhistleCall) -> bool:
    return access.may("whistle-calls:read", parties_to_call(actor, whistle, call))


async def _whistle(session: AsyncSession, whistle_id: UUID, *, lock: bool) -> Whistle:
    found: Whistle = (await session.scalars(_locked(select(Whistle).where(Whistle.id == whistle_id), lock=lock))).one()
    return found


async def _calls(session: AsyncSession, whistle_id: UUID, *, lock: bool) -> list[WhistleCall]:
    rows = select(WhistleCall).where(WhistleCall.whistle_id == whistle_id).order_by(WhistleCall.id)
    return list(await session.scalars(_locked(rows, lock=lock)))


def _locked(query: Any, *, lock: bool) -> Any:
    return query.with_for_update().execution_options(populate_existing=True) if lock else query


def move(
    session: AsyncSession, whistle: Whistle, step: Step[WhistleState, WhistleAction], actor: Actor | None, **data: Any
) -> None:
    """Take the step: the new state and its event together."""
    source, whistle.state = whistle.state, step.target
    publish(
        session,
        WHISTLE.noun,
        whistle,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=data,
    )


def move_call(
    session: AsyncSession,
    call: WhistleCall,
    step: Step[CallState, CallAction],
    actor: Actor | None,
    target: CallState | None = None,
    **data: Any,
) -> None:
    """The same for a call; ``target`` chooses among the step's targets. Its event says whose it is, and holds no words."""
    source, call.state = call.state, target or step.target
    publish(
        session,
        CALL.noun,
        call,
        step.action.value,
        actor=actor,
        source=source.value,
        target=call.state.value,
        data=told(call) | data,
    )


def told(call: WhistleCall) -> dict[str, str]:
    return {"whistle_id": str(call.whistle_id), "organization_id": str(call.organization_id)}
