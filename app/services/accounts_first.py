"""The separated administrators of a district, from the operator's command: the first ones, and what they have lost."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain.accounts import SignInEnd
from app.domain.people import SEPARATED, Role
from app.domain.places import PlaceKind
from app.models import Account, Grant, Person, Place
from app.services import authenticators, grants, passwords, people_seal, sign_ins
from app.services.access import in_force
from app.services.outbox import publish
from app.services.places import located

_LOGIN = re.compile(r"[a-z0-9_.\-]{2,40}")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,120}")


async def appoint(session: AsyncSession, sealer: Sealer, district_id: int, role: Role, login: str, name: str) -> str:
    """Record a person at the district's place, with the role there and an account; the temporary password, told once.

    The caller has entered the district and commits. Raises RuleBroken, NotFound for a district that is not there, Duplicate.
    """
    if not _LOGIN.fullmatch(login) or not _NAME.fullmatch(name) or not name.strip():
        raise RuleBroken("用户名须为小写字母、数字与 . _ -，姓名须为一行文字")
    place = await session.scalar(
        select(Place).where(Place.district_id == district_id, Place.kind == PlaceKind.DISTRICT).with_for_update()
    )
    if place is None:
        raise NotFound("没有这个区，请先 sanshun seed")
    taken = select(Account.id).where(Account.district_id == district_id, Account.login == login)
    if await session.scalar(taken) is not None:
        raise Duplicate("此用户名已被使用")
    person = Person(
        district_id=district_id, id=new_id(), secret=new_secret(), languages=["zh"], created_at=now(), **located(place)
    )
    people_seal.put(sealer, person, "name", name.strip())
    session.add(person)
    publish(session, "person", person, "appoint", actor=None, data={"role": role.value})
    await session.flush()
    await grants.appoint(session, person.id, role)
    account = Account(
        district_id=district_id, id=new_id(), person_id=person.id, login=login, former_hashes=[], version=1
    )
    password = await passwords.set_temporary(account)
    session.add(account)
    await session.flush()
    return password


async def reset(session: AsyncSession, district_id: int, login: str) -> str:
    """Take the password and the authenticator of a separated administrator away, and open what was disabled; the temporary
    password, told once.

    Nobody does this through the API. The caller has entered the district and commits. Raises NotFound.
    """
    separated = select(Grant.person_id).where(
        Grant.district_id == district_id, Grant.role.in_(SEPARATED), in_force(now())
    )
    account = await session.scalar(
        select(Account)
        .where(Account.district_id == district_id, Account.login == login, Account.person_id.in_(separated))
        .with_for_update()
    )
    if account is None:
        raise NotFound("没有这个三员账号")
    person = (
        await session.scalars(select(Person).where(Person.district_id == district_id, Person.id == account.person_id))
    ).one()
    password = await passwords.set_temporary(account)
    await authenticators.remove(session, account)
    account.disabled_at = None
    account.version += 1
    account.updated_at = now()
    publish(session, "person", person, "reset_account", actor=None, data={"account_id": str(account.id)})
    await session.flush()
    await sign_ins.end_all(session, district_id, [account.id], SignInEnd.PASSWORD)
    return password
