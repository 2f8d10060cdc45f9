"""The eight fields of a volunteer's registration (民政部令第67号 §5): there when they register, and as long as they are one."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken
from app.domain.profiles import VOLUNTEER_FIELDS
from app.models import Person, Volunteer

_SEALED = {
    "name": "name_sealed",
    "birth_date": "birth_date_sealed",
    "id_number": "id_number_sealed",
    "phone": "phone_sealed",
}


def must_be_complete(person: Person, *, skills: bool, categories: bool) -> None:
    """422 that lists what is missing. ``skills``, ``categories``: whether these are stated."""
    there = {field: bool(getattr(person, column)) for field, column in _SEALED.items()}
    there["sex"] = person.sex is not None
    there["living_area"] = person.community_id is not None
    there["skills"], there["categories"] = skills, categories
    missing = [field for field in VOLUNTEER_FIELDS if not there[field]]
    if missing:
        names = "、".join(VOLUNTEER_FIELDS[field] for field in missing)
        raise RuleBroken(f"志愿者登记尚缺：{names}（令第67号第五条）", missing=missing)


async def must_stay_complete(session: AsyncSession, person: Person) -> None:
    """The same for whoever is a volunteer now, after their record was written. An empty list of skills says that there are none."""
    row = await session.get(Volunteer, (person.district_id, person.id))
    if row is not None and row.left_at is None:
        must_be_complete(person, skills=True, categories=bool(row.categories))
