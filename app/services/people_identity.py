"""What identifies a person, written into their record: name, phone, identity number, birth date, sex, address.

All of it is sealed. The birth date and the sex are those of the identity number where there is one, and what is given beside it
must agree. A phone and an identity number belong to one record only.

Nobody is to learn by trying what is sealed: whoever states a number is counted like one who looks it up, and what staff state is
compared with nothing on record but the numbers of others.
"""

from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import Duplicate, RuleBroken
from app.domain import access, identity_numbers
from app.domain.limits import PERSON_FIND
from app.domain.people import Actor
from app.domain.profiles import Sex, is_minor
from app.models import Person
from app.schemas.people import MeUpdate, PersonCreate, PersonUpdate
from app.services import people_phone, people_seal, rate_limits

SEALED = frozenset({"name", "phone", "id_number", "birth_date", "address"})
WRITTEN = SEALED | {"sex"}
"""The fields of forms that are written here; others are plain columns."""
_EARLIEST = date(1800, 1, 1)
Form = PersonCreate | PersonUpdate | MeUpdate


async def count(database: Database, sealer: Sealer, actor: Actor, person: Person, form: Form) -> None:
    """Count what the form states against the actor's limit of look-ups. Raises TooManyRequests.

    A person's own number counts too: otherwise whoever has used up the limit would be told by 429 which one it is not. A birth
    date counts where another one stands: records of the same name and birth date are shown as duplicates.
    """
    stated = [name for name in ("phone", "id_number") if getattr(form, name, None) is not None]
    if "birth_date" in form.model_fields_set and person.birth_date_sealed is not None:
        stated.append("birth_date")
    for _ in stated:
        await rate_limits.spend(database, sealer, actor.district_id, PERSON_FIND, str(actor.person_id))


async def write(session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, form: Form) -> None:
    """Write what was sent of these fields, and nothing else. Raises Duplicate, RuleBroken, Gone."""
    sent = form.model_fields_set & WRITTEN
    if not isinstance(form, MeUpdate):
        if "name" in sent:
            people_seal.put(sealer, person, "name", form.name)
        if "phone" in sent:
            await _write_phone(session, actor, sealer, person, form.phone)
    if "address" in sent:
        people_seal.put(sealer, person, "address", form.address)
    if sent & {"id_number", "birth_date", "sex"}:
        await _write_origin(session, actor, sealer, person, form, sent)
    if sent & {"name", "id_number", "birth_date"}:
        people_seal.index_name_and_birth(sealer, person)


async def _write_phone(session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, phone: str | None) -> None:
    """Nothing was got with a number by somebody who had none."""
    former = people_seal.opened(sealer, person, "phone")
    await _claim(session, actor, sealer, person, "phone", phone)
    if former is not None and former != phone:
        await people_phone.forget_former(session, sealer, person)


async def _write_origin(
    session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, form: Form, sent: set[str]
) -> None:
    if not isinstance(form, MeUpdate):
        _must_come_together(person, form, sent)
    born = form.birth_date if "birth_date" in sent else birth_date(sealer, person)
    sex = form.sex if "sex" in sent else person.sex
    number = form.id_number if "id_number" in sent else people_seal.opened(sealer, person, "id_number")
    if number is not None:
        told = identity_numbers.read(number, today())
        number, born, sex = told.value, _agreed(told.birth_date, born), _same_sex(told.sex, sex)
    if born is not None and not _EARLIEST <= born <= today():
        raise RuleBroken("出生日期不合情理", field="birth_date")
    if born is None and person.minor:
        raise RuleBroken("未满十四周岁者的出生日期只能更正，不能清空", field="birth_date")
    if "id_number" in sent:
        await _claim(session, actor, sealer, person, "id_number", number)
    people_seal.put(sealer, person, "birth_date", born.isoformat() if born else None)
    person.sex = sex
    person.minor = born is not None and is_minor(born, today())


def _must_come_together(person: Person, form: PersonCreate | PersonUpdate, sent: set[str]) -> None:
    """422 for one of number and birth date without the other, once both would have to agree: right or wrong, the same answer."""
    if form.id_number is not None and "birth_date" not in sent and person.birth_date_sealed is not None:
        raise RuleBroken("出生日期已登记，更正身份证件号码须连同出生日期一并提供", field="birth_date")
    if "birth_date" in sent and "id_number" not in sent and person.id_number_sealed is not None:
        raise RuleBroken("身份证件号码已登记，更正出生日期须连同身份证件号码一并提供", field="id_number")


def birth_date(sealer: Sealer, person: Person) -> date | None:
    text = people_seal.opened(sealer, person, "birth_date")
    return date.fromisoformat(text) if text else None


def _agreed(told: date, given: date | None) -> date:
    if given not in {None, told}:
        raise RuleBroken("出生日期与身份证件号码不一致", field="birth_date")
    return told


def _same_sex(told: Sex, given: Sex | None) -> Sex:
    if given not in {None, told}:
        raise RuleBroken("性别与身份证件号码不一致", field="sex")
    return told


async def _claim(
    session: AsyncSession,
    actor: Actor,
    sealer: Sealer,
    person: Person,
    field: Literal["phone", "id_number"],
    value: str | None,
) -> None:
    """Write a number nobody else has. The refusal says whose it is to those who may know, and the trail that it was told."""
    try:
        await people_seal.claim(session, sealer, person, field, value)
    except Duplicate as taken:
        other = await _holder(session, sealer, person, field, value or "")
        if other is not None and other.merged_into_id == person.id:
            people_seal.put(sealer, other, field, None)
            await session.flush()
            people_seal.put(sealer, person, field, value)
            return
        shown = {}
        if other is not None:
            actor.trace.person_id, actor.trace.told = other.merged_into_id or other.id, True
            if access.may("people:read", actor.roles_at(other.path)):
                shown["person_id"] = str(actor.trace.person_id)
        raise Duplicate(taken.detail, field=field, **shown) from None


async def _holder(
    session: AsyncSession, sealer: Sealer, person: Person, field: Literal["phone", "id_number"], value: str
) -> Person | None:
    """Who has the number; of one's own merged record it is one's own."""
    found = await people_seal.find(session, sealer, person.district_id, field, value)
    with session.no_autoflush:
        return await session.scalar(select(Person).where(Person.id == found))
