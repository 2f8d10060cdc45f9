"""From a proved phone number to the person, their account and a sign-in; and how somebody new is registered.

Whoever holds the number is taken for its person: they get into what is their own, and into no role of staff
(app.domain.sign_ins).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.errors import RegistrationRequired, RuleBroken, Unauthenticated
from app.core.ids import new_id
from app.domain.accounts import ChallengeKind, SignInMethod
from app.domain.audit import Trace
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.people import Actor, Role
from app.models import Account, Person
from app.services import challenges, consents_give, people_roles, people_seal, privacy_notices, sign_ins
from app.services.attempts import Desk
from app.services.outbox import publish
from app.services.places import located, must_be_in_a_community, place_of

TICKET_SECONDS = 600
_LONGEST_CHAIN = 10
"""Of records merged into one another."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person says about themselves; the phone number is not theirs to say."""

    name: str
    place_id: UUID
    languages: tuple[str, ...] = ()
    notice_id: UUID | None = None
    """The notice they have read and agree to: on what basis their data are used for service."""


async def ticket(session: AsyncSession, sealer: Sealer, district_id: int, payload: str) -> RegistrationRequired:
    """What somebody is told who proved something and is not known: a ticket that holds the proof, sealed, for ten minutes."""
    handle = await challenges.open(session, sealer, district_id, ChallengeKind.REGISTER, payload=payload)
    return RegistrationRequired("请先登记姓名和住址", ticket=handle, expires_in=TICKET_SECONDS)


async def by_phone(session: AsyncSession, sealer: Sealer, district_id: int, phone: str) -> Person | None:
    """The living record of whoever has this number, locked; None when nobody has."""
    person_id = await people_seal.find(session, sealer, district_id, "phone", phone)
    person = await living(session, person_id) if person_id is not None else None
    if person is None:
        return None
    # while the record was waited for, the number may have been corrected: it is nobody's then
    still = await people_seal.find(session, sealer, district_id, "phone", phone)
    return person if still in {person_id, person.id} else None


async def living(session: AsyncSession, person_id: UUID) -> Person | None:
    """The record a person lives on in, locked: merged records are followed, and an erased one is nobody."""
    wanted: UUID | None = person_id
    for _ in range(_LONGEST_CHAIN):
        person = await session.scalar(
            select(Person).where(Person.id == wanted).with_for_update().execution_options(populate_existing=True)
        )
        if person is None or person.erased_at is not None:
            return None
        if person.merged_into_id is None:
            return person
        wanted = person.merged_into_id
    return None


async def account_of(session: AsyncSession, person: Person) -> tuple[Account, bool]:
    """The person's account, and whether it was made just now. 401 when what they have is disabled.

    ``person`` is locked, so that two attempts at once do not make two.
    """
    query = select(Account).where(Account.person_id == person.id).order_by(Account.id)
    accounts = (await session.scalars(query.execution_options(populate_existing=True))).all()
    if not accounts:
        made = Account(district_id=person.district_id, id=new_id(), person_id=person.id)
        session.add(made)
        await session.flush()
        return made, True
    enabled = next((account for account in accounts if account.disabled_at is None), None)
    if enabled is None:
        raise Unauthenticated("账号已停用，请联系社区")
    return enabled, False


def bound(session: AsyncSession, person: Person, method: SignInMethod) -> None:
    """Tell that a person has a new way in."""
    publish(session, "person", person, "bind", actor=None, data={"by": method.value})


async def let_in(
    session: AsyncSession, desk: Desk, trace: Trace, account: Account, method: SignInMethod
) -> dict[str, Any]:
    """Tokens for somebody who has proved who they are."""
    trace.person_id = account.person_id
    return await sign_ins.begin(session, desk.tokens, account, method, desk.origin)


async def find_or_record(
    session: AsyncSession, sealer: Sealer, district_id: int, phone: str, newcomer: Newcomer, method: SignInMethod
) -> Person:
    """The person with a proved number, or a new one: resident of the community of the place they name.

    What is known already is not changed by what somebody types here.
    """
    place = await place_of(session, newcomer.place_id)
    must_be_in_a_community(place)
    await _must_be_current(session, newcomer.notice_id)
    await people_seal.hold_value(session, sealer, district_id, "phone", phone)
    known = await by_phone(session, sealer, district_id, phone)
    if known is not None:
        return known
    person = Person(
        district_id=district_id,
        id=new_id(),
        secret=new_secret(),
        languages=list(newcomer.languages),
        created_at=now(),
        **located(place),
    )
    people_seal.put(sealer, person, "name", newcomer.name)
    people_seal.put(sealer, person, "phone", phone)
    session.add(person)
    publish(session, "person", person, "create", actor=None, data={"fields": ["name", "phone"], "by": method.value})
    await session.flush()
    home = await people_roles.community_of(session, person)
    session.add(people_roles.new_grant(None, person, Role.RESIDENT, home))
    account, _ = await account_of(session, person)
    if newcomer.notice_id is not None:
        _agree(session, person, account, newcomer.notice_id)
    return person


async def _must_be_current(session: AsyncSession, notice_id: UUID | None) -> None:
    if notice_id is not None and (await privacy_notices.current_for(session, Purpose.SERVICE)).id != notice_id:
        raise RuleBroken("须同意此刻有效的告知书，请先阅读最新版本", field="notice_id")


def _agree(session: AsyncSession, person: Person, account: Account, notice_id: UUID) -> None:
    consents_give.add(
        session,
        Actor(person.district_id, person.id, account.id, None, ()),
        person,
        purpose=Purpose.SERVICE,
        recipient_id=None,
        basis=LegalBasis.CONSENT,
        notice_id=notice_id,
        given_by=GivenBy.PERSON,
        evidence=None,
        given_at=now(),
    )
