"""What of a person is sealed: one table of fields, and the only way to open, mask, write and destroy them.

Every cell is sealed with the person's secret. Somebody whose secret is destroyed has no name, no phone, nothing: fields open to
None, and lists show 已注销 in place of a name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Duplicate, Gone
from app.core.types import masked_address, masked_birth_date, masked_id_number, masked_name, masked_phone
from app.models import Person

SealedField = Literal["name", "phone", "id_number", "birth_date", "address"]
ERASED_NAME = "已注销"


@dataclass(frozen=True, slots=True)
class _Cell:
    column: str
    mask: Callable[[str], str]
    index: str | None = None
    """The column of its blind index: equal values are found there, and there is one of each in a district."""
    taken: str = ""
    """How a value somebody else has is refused."""


FIELDS: dict[SealedField, _Cell] = {
    "name": _Cell("name_sealed", masked_name),
    "phone": _Cell("phone_sealed", masked_phone, "phone_index", "此手机号已建档"),
    "id_number": _Cell("id_number_sealed", masked_id_number, "id_number_index", "此身份证件号码已建档"),
    "birth_date": _Cell("birth_date_sealed", masked_birth_date),
    "address": _Cell("address_sealed", masked_address),
}
"""A birth date is sealed as it is written: 1958-03-07."""


def opened(sealer: Sealer, person: Any, field: SealedField) -> str | None:
    """A field in clear; None when there is none, or no longer. ``person``: a Person, or a row with its district, id, secret and
    the sealed column. Raises SealBroken.
    """
    column = FIELDS[field].column
    box, secret = getattr(person, column), person.secret
    if not box or secret is None:
        return None
    return sealer.open(box, person.district_id, "people", column, person.id, secret)


def masked(sealer: Sealer, person: Any, field: SealedField) -> str | None:
    """A field as lists show it; the name of somebody erased is 已注销."""
    value = opened(sealer, person, field)
    if value is None:
        return ERASED_NAME if field == "name" and person.secret is None else None
    return FIELDS[field].mask(value)


def put(sealer: Sealer, person: Person, field: SealedField, value: str | None) -> None:
    """Seal a field, with its blind index; None takes it away. Nothing is looked up: see ``claim``. Raises Gone."""
    cell = FIELDS[field]
    if person.secret is None:
        raise Gone()
    box = sealer.seal(value, person.district_id, "people", cell.column, person.id, person.secret) if value else None
    setattr(person, cell.column, box)
    if cell.index is not None:
        setattr(person, cell.index, sealer.blind_index(value, person.district_id, field) if value else None)


async def find(
    session: AsyncSession, sealer: Sealer, district_id: int, field: Literal["phone", "id_number"], value: str
) -> UUID | None:
    """Who has this phone or ID number, under whichever key it is indexed."""
    column = getattr(Person, f"{field}_index")
    with session.no_autoflush:
        found: UUID | None = await session.scalar(
            select(Person.id).where(column.in_(sealer.blind_indexes(value, district_id, field)))
        )
    return found


async def claim(
    session: AsyncSession, sealer: Sealer, person: Person, field: Literal["phone", "id_number"], value: str | None
) -> None:
    """Write a phone or ID number that nobody else has. Raises Duplicate.

    The unique key holds within one index key. While keys are being changed, two servers may index under different ones, so
    whoever writes a value first waits for others who write the same.
    """
    if value is not None:
        await hold_value(session, sealer, person.district_id, field, value)
        if await find(session, sealer, person.district_id, field, value) not in {None, person.id}:
            raise Duplicate(FIELDS[field].taken)
    put(sealer, person, field, value)


async def hold_value(session: AsyncSession, sealer: Sealer, district_id: int, column: str, value: str) -> None:
    """Be the only one to write this value of a column until the transaction ends, whatever key it is indexed under."""
    number = int.from_bytes(sealer.steady_index(value, district_id, column)[:8], signed=True)
    await session.execute(select(func.pg_advisory_xact_lock(number)))


def name_and_birth(name: str | None, birth_date: str | None) -> str | None:
    """What ``name_birth_index`` is an index of; None while one of them is not known."""
    return f"{name}|{birth_date}" if name and birth_date else None


def index_name_and_birth(sealer: Sealer, person: Person) -> None:
    """Write the blind index of name and birth date again, after either was put."""
    value = name_and_birth(opened(sealer, person, "name"), opened(sealer, person, "birth_date"))
    person.name_birth_index = sealer.blind_index(value, person.district_id, "name_birth") if value else None


def shred(person: Person) -> None:
    """Destroy the secret and every cell: what was sealed before it had a secret of its own would open without it."""
    for cell in FIELDS.values():
        setattr(person, cell.column, None)
        if cell.index is not None:
            setattr(person, cell.index, None)
    person.name_sealed = b""
    person.name_birth_index = None
    person.secret = None
