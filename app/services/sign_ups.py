"""Sign-ups: list, read, sign up."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.activities import TAKES_ON_SPOT, ActivityState, must_take_sign_ups, promotes
from app.domain.people import Actor, Parties, Relation
from app.domain.sign_ups import ACTIVE, SIGN_UP, STANDING, SignUpState
from app.models import Activity, ActivityRole, Person, SignUp
from app.schemas.sign_ups import SignUpCreate, SignUpQuery, SignUpRead
from app.services import activities_case, minors, people_rows, sign_ups_case
from app.services.access import reads_all, under
from app.services.activities_case import ActivityCase, must_be_covered, organized, parties_of
from app.services.people_names import names_of
from app.services.places import paged
from app.services.sign_ups_places import begin, somebody_waits

_DERIVED = {"role_name", "kind", "name", "starts_at", "ends_at", "position", "clashes", "actions"}
_FIELDS = tuple(name for name in SignUpRead.model_fields if name not in _DERIVED)
_RUNS: Parties = access.TABLE["activities:start"]
_OF = people_rows.beside(SignUp, Activity, "activity_id")
_AS = people_rows.beside(SignUp, ActivityRole, "role_id")


async def page(session: AsyncSession, actor: Actor, query: SignUpQuery) -> Page[SignUp]:
    """Of the activities the actor runs or looks after; of everyone else, their own. Newest first."""
    access.require_anywhere(actor, "sign-ups:list")
    own = await people_rows.own_people(session, actor)
    scope: ColumnElement[bool] = SignUp.person_id.in_(own)
    if not query.mine:
        grants, scope = reads_all(actor), _concerns(actor, own)
        scope = or_(under(Activity, grants), scope) if grants else scope
    rows = select(SignUp).join(Activity, _OF).where(scope)
    for name in ("activity_id", "role_id", "person_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(SignUp, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(SignUp.id < after)
    found = await session.scalars(rows.order_by(SignUp.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


def _concerns(actor: Actor, own: list[UUID]) -> ColumnElement[bool]:
    """Of the actor's people, and of what they act for: short index walks instead of one filter over all sign-ups."""
    mine, of, theirs = aliased(SignUp), aliased(Activity), aliased(SignUp)
    come = select(mine.id).where(mine.person_id.in_(own))
    runs = and_(of.district_id == theirs.district_id, of.id == theirs.activity_id)
    run = select(theirs.id).join(of, runs).where(organized(actor, of))
    return SignUp.id.in_(come.union(run))


async def read(session: AsyncSession, actor: Actor, sign_up_id: UUID) -> SignUp:
    return (await sign_ups_case.load(session, actor, sign_up_id, "sign-ups:read", lock=False)).row


async def present(session: AsyncSession, sealer: Sealer, actor: Actor, rows: Sequence[SignUp]) -> list[dict[str, Any]]:
    """The fields of SignUpReads; names masked."""
    ids = [row.id for row in rows]
    around = select(SignUp.id, Activity, ActivityRole).join(Activity, _OF).join(ActivityRole, _AS)
    beside = {row.id: row for row in await session.execute(around.where(SignUp.id.in_(ids)))}
    names = await names_of(session, sealer, {row.person_id for row in rows})
    positions, clashes = await _positions(session, ids), await _clashes(session, actor, ids)
    own = set(await people_rows.own_people(session, actor))
    shown = []
    for row in rows:
        activity, role = beside[row.id].Activity, beside[row.id].ActivityRole
        holder = frozenset({Relation.HOLDER}) if row.person_id in own else frozenset()
        more = {"role_name": role.name, "kind": role.kind, "starts_at": activity.starts_at, "ends_at": activity.ends_at}
        more |= {"name": names[row.person_id], "position": positions.get(row.id), "clashes": clashes.get(row.id, [])}
        more["actions"] = SIGN_UP.offered(row.state, parties_of(activity, actor) | holder)
        shown.append({name: getattr(row, name) for name in _FIELDS} | more)
    return shown


async def _positions(session: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    """Of those who wait, how many stand before them, and themselves."""
    before = aliased(SignUp)
    ahead = and_(
        before.district_id == SignUp.district_id,
        before.role_id == SignUp.role_id,
        before.state == SignUpState.WAITING,
        before.waiting_number <= SignUp.waiting_number,
    )
    rows = select(SignUp.id, func.count()).join(before, ahead)
    found = await session.execute(
        rows.where(SignUp.id.in_(ids), SignUp.state == SignUpState.WAITING).group_by(SignUp.id)
    )
    return dict(found.all())


async def _clashes(session: AsyncSession, actor: Actor, ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Other sign-ups of the same people at the same time, as far as the actor sees them: told early, refused when they check in."""
    other, elsewhere = aliased(SignUp), aliased(Activity)
    same = and_(other.district_id == SignUp.district_id, other.person_id == SignUp.person_id, other.id != SignUp.id)
    at = and_(elsewhere.district_id == other.district_id, elsewhere.id == other.activity_id)
    meets = (elsewhere.starts_at < Activity.ends_at, elsewhere.ends_at > Activity.starts_at)
    rows = select(SignUp.id, other.id.label("other")).join(Activity, _OF).join(other, same).join(elsewhere, at)
    own = other.person_id.in_(await people_rows.own_people(session, actor))
    seen = or_(own, under(elsewhere, reads_all(actor)), organized(actor, elsewhere))
    standing = (SignUp.state.in_(STANDING), other.state.in_(ACTIVE), seen)
    found: dict[UUID, list[UUID]] = {}
    for row in await session.execute(rows.where(SignUp.id.in_(ids), *standing, *meets).order_by(other.id)):
        found.setdefault(row.id, []).append(row.other)
    return found


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, form: SignUpCreate) -> SignUp:
    """Sign up, or wait in the order of asking. For oneself, one's ward, or as the organizer for somebody."""
    access.require_anywhere(actor, "sign-ups:create")
    person = await sign_ups_case.hold_person(session, form.person_id or actor.person_id)
    case = await activities_case.load(session, actor, form.activity_id, "sign-ups:create")
    role, guards = case.role(form.role_id), await minors.guards(session, actor.person_id, person)
    organizes = _signs_up_others(case, actor, person, own=guards or person.id == actor.person_id)
    actor.trace.person_id = person.id
    if not organizes:
        activity = case.activity
        must_take_sign_ups(activity.state, activity.sign_up_from, activity.sign_up_until, now())
    elif case.activity.state not in TAKES_ON_SPOT or now() >= case.activity.ends_at:
        raise Conflict("活动现在不接受报名")
    must_be_covered(case.activity, role)
    evidence = form.guardian_evidence if organizes else None
    await sign_ups_case.must_fit(session, sealer, role, person, guarded=guards or evidence is not None)
    await must_not_stand(session, case.activity.id, person.id)
    state = await _place(session, case, role, organizes=organizes)
    guardian: dict[str, Any] = {"guardian_id": actor.person_id if guards else None, "guardian_evidence": evidence}
    row = begin(session, case.activity, role, state, actor, person_id=person.id, **guardian)
    await session.flush()
    return row


def _signs_up_others(case: ActivityCase, actor: Actor, person: Person, *, own: bool) -> bool:
    """Whether this is the organizer signing up somebody else: staff who see them, or a unit one of its own people."""
    if own:
        return False
    if not case.parties & _RUNS:
        raise NotFound("没有这个人") if not access.may("people:read", actor.roles_at(person.path)) else Forbidden()
    unit = person.organization_id is not None and person.organization_id == actor.organization_id
    if not unit and not access.may("people:read", actor.roles_at(person.path)):
        raise NotFound("没有这个人")
    return True


async def must_not_stand(session: AsyncSession, activity_id: UUID, person_id: UUID) -> None:
    """409 for whoever has signed up, waits, or is asked to stand in."""
    there = select(SignUp.id).where(
        SignUp.activity_id == activity_id, SignUp.person_id == person_id, SignUp.state.in_(STANDING)
    )
    if await session.scalar(there) is not None:
        raise Duplicate("此人已报名")


async def _place(session: AsyncSession, case: ActivityCase, role: ActivityRole, *, organizes: bool) -> SignUpState:
    """A place while there is one and nobody waits for it; at the door the organizer gives out what is left."""
    at_the_door = organizes and not promotes(case.activity.starts_at, now())
    if role.taken < role.places and (at_the_door or not await somebody_waits(session, role)):
        return SignUpState.CONFIRMED
    if case.activity.state is ActivityState.HELD:
        raise Conflict("名额已满")
    return SignUpState.WAITING
