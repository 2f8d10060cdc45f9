"""The hot verbs: take an order from the pool (抢单), accept an invitation (接单). First wins, whoever races.

Each is one reading statement, a decision in plain Python, and one writing statement that only bites when the order is still
as it was read: change, assignment, both events, their outbox rows, the audit entry and the idempotency record stand or fall
together. A lost race shows as nothing written; then the order is read again and the refusal, or the replay, is what that says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core.clock import now, today
from app.core.db import Database, HotStatement
from app.core.errors import Conflict, LostRace, NotFound, RuleBroken, Unauthenticated
from app.core.ids import new_id
from app.core.json import dumps
from app.core.security import Identity
from app.domain import access
from app.domain.accounts import SignInMethod
from app.domain.assignments import ACTIVE, ASSIGNMENT, AssignmentAction, AssignmentState
from app.domain.catalogue import Skill, Terms, lacks_insurance, terms_of
from app.domain.dispatch import OBSTACLE_WORDS, Candidate, day_of_service, most_unfinished, obstacle
from app.domain.lifecycle import Step
from app.domain.orders import MOST_PLACES, MOST_UNFINISHED, ORDER, OrderAction, OrderState, after_acceptance
from app.domain.passwords import Policy
from app.domain.people import UNIT_ROLES, Actor, Grant, Parties, Relation, Role
from app.domain.sign_ins import carried
from app.services import orders_accept_clocks
from app.services.idempotency import Answer, Key, replayed
from app.services.orders_accept_sql import FOLLOWS, READ, WRITE_ACCEPT, WRITE_ACCEPT_LAST, WRITE_TAKE
from app.services.orders_case import readable, relations_by
from app.services.orders_read import FIELDS, present

_TRIES = MOST_PLACES + 5
"""Each lost race filled a place, so this many attempts see the order full."""
_INVITED = AssignmentState.INVITED


@dataclass(frozen=True, slots=True)
class _Facts:
    """One reading: the order's columns, who is on it, and the actor's own load."""

    row: Mapping[str, Any]
    assignments: list[dict[str, Any]]
    mine: list[dict[str, Any]]
    parties: Parties

    @property
    def free_slot(self) -> int | None:
        """The place they were asked for, or another that is free: several may be asked for one."""
        taken = {a["slot"] for a in self.assignments if a["state"] in ACTIVE}
        wanted = (invitation := self.invitation()) and invitation["slot"]
        free = [s for s in range(1, self.row["people_wanted"] + 1) if s not in taken]
        return wanted if wanted in free else next(iter(free), None)

    @property
    def free_load_slot(self) -> int | None:
        taken = set(self.row["load_slots"] or ())
        cap = self.row["pool_cap"] if self.row["state"] == OrderState.PUBLISHED else None
        if len(taken) >= min(most_unfinished(self.row["load_limit"]), cap or MOST_UNFINISHED):
            return None
        return next((s for s in range(1, MOST_UNFINISHED + 1) if s not in taken), None)

    def invitation(self) -> dict[str, Any] | None:
        return next((a for a in self.mine if a["state"] == _INVITED), None)


async def take(
    database: Database, identity: Identity, policy: Policy, order_id: UUID, key: Key, address: str | None = None
) -> tuple[Answer, Actor]:
    """Take a published order. 409 when another was first; 422 when something stands against this person."""
    return await _until_decided(database, identity, policy, order_id, OrderAction.TAKE, key, address)


async def accept(
    database: Database, identity: Identity, policy: Policy, order_id: UUID, key: Key, address: str | None = None
) -> tuple[Answer, Actor]:
    """Accept an invitation. 409 when it was answered, has expired or the place is filled."""
    return await _until_decided(database, identity, policy, order_id, OrderAction.ACCEPT, key, address)


async def _until_decided(
    database: Database,
    identity: Identity,
    policy: Policy,
    order_id: UUID,
    action: OrderAction,
    key: Key,
    address: str | None,
) -> tuple[Answer, Actor]:
    for _ in range(_TRIES):
        facts, actor = await _read(database, identity, policy, order_id, action, key)
        if (earlier := replayed(facts.row, key)) is not None:
            return earlier, actor
        step = ORDER.decide(OrderState(facts.row["state"]), action, facts.parties)
        invitation = _check(facts, actor, action)
        if (answer := await _write(database, actor, facts, step, invitation, key, address)) is not None:
            return answer, actor
    raise LostRace()


async def _read(
    database: Database, identity: Identity, policy: Policy, order_id: UUID, action: OrderAction, key: Key
) -> tuple[_Facts, Actor]:
    rows = await database.hot(
        identity.district_id,
        READ,
        account=identity.account_id,
        sign_in=identity.sign_in_id,
        order=order_id,
        key=key.value,
        now=now(),
        today=today(),
    )
    if not rows:
        raise Unauthenticated("登录已失效，请重新登录")
    row = dict(rows[0])
    actor = _actor(identity, policy, row)
    if row["id"] is None:
        raise NotFound()
    assignments = orjson.loads(row["assignments"]) if row["assignments"] else []
    mine = [a for a in assignments if a["person_id"] == str(actor.person_id)]
    parties = actor.roles_at(row["path"]) | _relations(row, assignments, actor)
    permission = ORDER.permission(action)
    actor.checked.add(permission)
    taking = action is OrderAction.TAKE  # in the pool it is not there for whom it complains about, staff or not
    hidden = row["respondent"] and (taking or not readable(OrderState.OPEN, parties))
    if hidden or (not readable(OrderState(row["state"]), parties) and not access.may(permission, parties)):
        # Whoever only follows the need sees the order, and may not; asked here alone, so that nobody else waits for it.
        if not await database.hot(actor.district_id, FOLLOWS, need=row["need_id"], me=actor.person_id):
            raise NotFound()
        parties |= {Relation.FOLLOWER}
    return _Facts(row, assignments, mine, parties), actor


def _actor(identity: Identity, policy: Policy, row: Mapping[str, Any]) -> Actor:
    """The person behind the request, as ``accounts.actor_of`` reads them."""
    grants = orjson.loads(row["grants"]) if row["grants"] else []
    held = (Grant(Role(role), UUID(place_id), path, kind) for role, place_id, path, kind in grants)
    return Actor(
        identity.district_id,
        identity.person_id,
        identity.account_id,
        row["organization_id"],
        carried(policy, SignInMethod(row["sign_in_method"]), held, second_factor=row["second_factor"]),
        sign_in_id=identity.sign_in_id,
    )


def _relations(row: Mapping[str, Any], assignments: list[dict[str, Any]], actor: Actor) -> frozenset[Relation]:
    """What the actor is to the order, in person or through the unit they act for."""
    acts = actor.roles_at(row["path"]) & UNIT_ROLES
    me, unit = str(actor.person_id), str(actor.organization_id) if acts else None
    found: set[Relation] = {Relation.ASKER} if row["is_asker"] else set()
    for assignment in assignments:
        if me == assignment["person_id"]:
            found |= relations_by(AssignmentState(assignment["state"]), unit=False)
        elif unit is not None and unit == assignment["organization_id"]:
            found |= relations_by(AssignmentState(assignment["state"]), unit=True)
    return frozenset(found)


def _check(facts: _Facts, actor: Actor, action: OrderAction) -> dict[str, Any] | None:
    """Whether this person may have it; the invitation they answer, when they do. 409 or 422 otherwise."""
    invitation = facts.invitation()
    if action is OrderAction.ACCEPT and invitation is None:
        raise Conflict("您的邀请已答复或已过期")
    if action is OrderAction.ACCEPT and invitation and datetime.fromisoformat(invitation["answer_by"]) <= now():
        raise Conflict("您的邀请已过期")
    if facts.free_slot is None:
        raise LostRace()
    _check_person(facts, actor, invited=action is OrderAction.ACCEPT)
    return invitation if action is OrderAction.ACCEPT else None


def _check_person(facts: _Facts, actor: Actor, *, invited: bool) -> None:
    """The rule of dispatch, on the person themselves; whoever asked them has looked at the rest.

    Who declined or stayed silent may still take the order from the pool: saying no never counts against anyone.
    """
    active = [a for a in facts.mine if a["state"] in ACTIVE]
    candidate = Candidate(
        person_id=actor.person_id,
        distance_m=None,
        skills=frozenset(map(Skill, facts.row["skills"] or ())),
        certified=frozenset(map(Skill, facts.row["certified"] or ())),
        unfinished=MOST_UNFINISHED if facts.free_load_slot is None else 0,
        pending=0,
        asker=Relation.ASKER in facts.parties,
        respondent=facts.row["respondent"],
        busy=facts.row["busy"],
        uninsured=not invited and _uninsured(facts.row),
        already=bool(active) or (not invited and facts.invitation() is not None),
        said_no=not invited and any(a["state"] == AssignmentState.NO_SHOW for a in facts.mine),
    )
    reason = obstacle(candidate, Terms() if invited else terms_of(orjson.loads(facts.row["terms"])))
    if reason is not None:
        raise RuleBroken(OBSTACLE_WORDS[reason], obstacle=reason.value)


def _uninsured(row: Mapping[str, Any]) -> bool:
    day = day_of_service(row["wanted_at"], today())
    return lacks_insurance(terms_of(orjson.loads(row["terms"])), row["insured_until"], day) is not None


async def _write(
    database: Database,
    actor: Actor,
    facts: _Facts,
    step: Step[OrderState, OrderAction],
    invitation: dict[str, Any] | None,
    key: Key,
    address: str | None,
) -> Answer | None:
    """The change and all that goes with it; None when someone else was faster."""
    moment, row = now(), facts.row
    people_accepted = row["people_accepted"] + 1
    still_invited = sum(a["state"] == _INVITED for a in facts.assignments) - (invitation is not None)
    target = after_acceptance(people_accepted, row["people_wanted"], OrderState(row["state"]), still_invited)
    changed = {
        "state": target.value,
        "people_accepted": people_accepted,
        "version": row["version"] + 1,
        "updated_at": moment,
    }
    shown = present({name: changed.get(name, row[name]) for name in FIELDS}, facts.parties | {Relation.HOLDER})
    answer = Answer(200, {"etag": f'"{changed["version"]}"'}, dumps(shown))
    values = _values(actor, facts, step, invitation, moment) | {
        "target": target.value,
        "next_offer_at": moment if target is OrderState.OPEN and row["auto_offer"] else None,
        "slot": facts.free_slot,
        "load_slot": facts.free_load_slot,
        "address": address,
        **_kept(key, answer),
        **orders_accept_clocks.values(row, target, moment, actor.district_id),
    }
    others = target is OrderState.ACCEPTED and still_invited > 0
    try:
        written = await database.hot(actor.district_id, _statement(invitation, others=others), **values)
    except asyncpg.UniqueViolationError:
        return None
    return answer if written else None


def _statement(invitation: dict[str, Any] | None, *, others: bool) -> HotStatement:
    """``others``: who still think about the place that this acceptance fills."""
    if invitation is None:
        return WRITE_TAKE
    return WRITE_ACCEPT_LAST if others else WRITE_ACCEPT


def _kept(key: Key, answer: Answer) -> dict[str, Any]:
    """What is kept of the answer, for whoever sends the key again."""
    return {
        "key": key.value,
        "fingerprint": key.fingerprint,
        "status": answer.status,
        "headers": orjson.dumps(answer.headers).decode(),
        "body": answer.body,
    }


def _values(
    actor: Actor,
    facts: _Facts,
    step: Step[OrderState, OrderAction],
    invitation: dict[str, Any] | None,
    moment: datetime,
) -> dict[str, Any]:
    row = facts.row
    assignment_id = UUID(invitation["id"]) if invitation else new_id()
    told = {"person_id": str(actor.person_id), "order_id": str(row["id"])}
    return {
        "district": actor.district_id,
        "order": row["id"],
        "need": row["need_id"],
        "me": actor.person_id,
        "now": moment,
        "path": row["path"],
        "source": row["state"],
        "version": row["version"],
        "action": step.action.value,
        "assignment": assignment_id,
        "assignment_version": invitation["version"] if invitation else 0,
        "assignment_source": _INVITED.value if invitation else None,
        "assignment_action": AssignmentAction.ACCEPT.value if invitation else step.action.value,
        "assignment_noun": ASSIGNMENT.noun,
        "order_noun": ORDER.noun,
        "order_event": new_id(),
        "assignment_event": new_id(),
        "entry": new_id(),
        "sign_in": actor.sign_in_id,
        "operation": f"{ORDER.noun}_{step.action.value}",
        "told": orjson.dumps(told).decode(),
    }
