"""Whether two records may become one: what contradicts it, what stands in the way, and who may say so."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Forbidden, RuleBroken
from app.domain.assignments import ACTIVE, UNFINISHED, AssignmentState
from app.domain.consents import PURPOSE_NAMES
from app.domain.orders import MOST_UNFINISHED
from app.domain.people import ROLE_NAMES, UNIT_ROLES, Actor, PartyStatus, Role
from app.models import Assignment, Consent, Guardianship, Person, ServiceWindow, Substitution
from app.models.base import literal_in
from app.services import people_seal
from app.services.grants_holders import charges_of, role_beyond, same_person
from app.services.people_merge_facts import unit_of_both
from app.services.people_seal import SealedField

_POWERS = frozenset(Role) - {Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER}
"""Roles that give power over others; those three come with what somebody is."""
Obstacle = dict[str, Any]
_TELLING: dict[SealedField, str] = {"id_number": "身份证件号码", "birth_date": "出生日期"}


async def must_be_allowed(session: AsyncSession, actor: Actor, merged: Person, survivor: Person) -> None:
    """Nobody merges their own record, nor makes anybody hold a role they could not give: a record may carry a sign-in.

    Whoever signs in with an account of one of the two is the other afterwards, with all that person holds.
    """
    for person in (merged, survivor):
        if await same_person(session, actor.person_id, person.id):
            raise Forbidden("不能合并自己的档案")
    if held := await role_beyond(session, actor, [merged.id, survivor.id], _POWERS):
        raise Forbidden(f"其中一人担任{ROLE_NAMES[held]}，须由能授予该角色的人合并")


def must_agree(sealer: Sealer, merged: Person, survivor: Person) -> None:
    """Different identity numbers, birth dates or sexes are different people, or a mistake to be corrected first."""
    for field, name in _TELLING.items():
        values = {people_seal.opened(sealer, person, field) for person in (merged, survivor)} - {None}
        if len(values) > 1:
            raise RuleBroken(f"两份档案的{name}不同，不是同一个人；如系误录请先更正", field=field)
    if len({merged.sex, survivor.sex} - {None}) > 1:
        raise RuleBroken("两份档案的性别不同；如系误录请先更正", field="sex")


async def must_fit(session: AsyncSession, merged: Person, survivor: Person) -> None:
    """409 with everything that must be settled first."""
    found = [o for find in _OBSTACLES async for o in find(session, merged, survivor)]
    if found:
        words = "；".join(dict.fromkeys(obstacle["words"] for obstacle in found))
        raise Conflict(f"暂不能合并：{words}", obstacles=found)


async def _overlaps(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    """Nobody served in two places at once: one of the two services is wrong, and is reversed first."""
    one, other = aliased(ServiceWindow), aliased(ServiceWindow)
    meet = and_(one.district_id == other.district_id, one.during.bool_op("&&")(other.during))
    columns = (func.lower(one.during).label("since"), func.upper(one.during).label("until"))
    parties = (one.assignment_id, one.record_id, other.assignment_id, other.record_id)
    rows = await session.execute(
        select(*columns, *parties)
        .join(other, meet)
        .where(one.person_id == merged.id, other.person_id == survivor.id)
        .order_by(columns[0])
        .limit(50)
    )
    for since, until, *services in rows:
        yield {
            "kind": "service_overlap",
            "words": "两份档案有时间重叠的服务，请先更正其中之一",
            "from": since.isoformat(),
            "until": until.isoformat() if until else None,
            "services": sorted({str(service) for service in services if service}),
        }


async def _same_orders(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    """Both hold a place in one order, or are asked for it."""
    held = ACTIVE | {AssignmentState.INVITED}
    one, other = aliased(Assignment, name="one"), aliased(Assignment, name="other")
    same = and_(one.district_id == other.district_id, one.order_id == other.order_id)
    rows = await session.scalars(
        select(one.order_id)
        .join(other, same)
        .where(one.person_id == merged.id, other.person_id == survivor.id)
        .where(text(literal_in("one.state", held)), text(literal_in("other.state", held)))
        .order_by(one.order_id)
    )
    for order_id in rows:
        yield {"kind": "same_order", "words": "两份档案同在一个工单中", "order_id": str(order_id)}


async def _load(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    unfinished = text(literal_in("assignments.state", UNFINISHED))
    people = Assignment.person_id.in_([merged.id, survivor.id])
    held = await session.scalar(select(func.count()).select_from(Assignment).where(people, unfinished))
    own = await session.scalar(
        select(func.count()).select_from(Assignment).where(Assignment.person_id == merged.id, unfinished)
    )
    most = survivor.load_limit or MOST_UNFINISHED
    if own and (held or 0) > most:
        yield {"kind": "load", "words": "两份档案的在办工单合计超过上限", "unfinished": held, "limit": most}


async def _substitutions(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    people = [merged.id, survivor.id]
    involved = or_(Substitution.absent_id.in_(people), Substitution.substitute_id.in_(people))
    lasting = (Substitution.ends_at > now(), Substitution.ended_at.is_(None))
    for row_id in await session.scalars(select(Substitution.id).where(involved, *lasting)):
        yield {"kind": "substitution", "words": "有尚未结束的代理", "substitution_id": str(row_id)}


async def _guardianship(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    both = (merged.id, survivor.id)
    pair = and_(Guardianship.minor_id.in_(both), Guardianship.guardian_id.in_(both))
    for row_id in await session.scalars(select(Guardianship.id).where(pair)):
        yield {"kind": "guardianship", "words": "一人登记为另一人的监护人", "guardianship_id": str(row_id)}


async def _membership(_: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    if len({merged.party_status, survivor.party_status} - {PartyStatus.NONE}) > 1:
        yield {"kind": "party", "words": "一份登记为在册党员，一份登记为报到党员"}


async def _units(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    """Whoever acts for a unit acts for the one in their record: merging gives nobody another one to act for."""
    unit = unit_of_both(merged, survivor)
    for person in (merged, survivor):
        charges = await charges_of(session, person.id, now())
        if person.organization_id != unit and any(charge.role in UNIT_ROLES for charge in charges):
            yield {"kind": "unit", "words": "其中一人代表另一个单位，请先变更单位或结束其岗位"}


async def _consents(session: AsyncSession, merged: Person, survivor: Person) -> AsyncIterator[Obstacle]:
    """One record agrees to what the other has taken back since: the person says which it is."""
    own: list[dict[Any, Consent]] = []
    for person in (merged, survivor):
        rows = await session.scalars(select(Consent).where(Consent.person_id == person.id).order_by(Consent.given_at))
        own.append({(row.purpose, row.recipient_id): row for row in rows})
    for mine, theirs in (own, reversed(own)):
        for about, agreed in mine.items():
            last = theirs.get(about)
            since = last is not None and last.withdrawn_at is not None and last.withdrawn_at >= agreed.given_at
            if since and agreed.withdrawn_at is None:
                words = f"一份档案同意“{PURPOSE_NAMES[agreed.purpose]}”，另一份后来已撤回，请本人先确认"
                yield {"kind": "consent", "words": words, "purpose": agreed.purpose.value}


_OBSTACLES: tuple[Callable[[AsyncSession, Person, Person], AsyncIterator[Obstacle]], ...] = (
    _overlaps,
    _same_orders,
    _load,
    _substitutions,
    _guardianship,
    _membership,
    _units,
    _consents,
)


async def lock_both(session: AsyncSession, one: UUID, other: UUID) -> dict[UUID, Person]:
    """Both records, locked in one sequence for all, also against new rows that name them."""
    query = select(Person).where(Person.id.in_([one, other])).order_by(Person.id)
    rows = await session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {person.id: person for person in rows}
