"""Builds a district from its files: places, organizations, people, what they may do, and sign-ins for trying it out.

Every row's id is computed from what the row stands for, and rows that are there already stay as they are: seeding twice
changes nothing, and what people corrected since is kept. Seeded rows have version 0: no event has changed them yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.ids import seeded_id
from app.domain.consents import Purpose
from app.models import (
    Account,
    Category,
    CommitteeMember,
    Consent,
    District,
    Grant,
    LexiconEntry,
    Organization,
    Pairing,
    PartyMembership,
    Person,
    Place,
    PrivacyNotice,
    Programme,
    Resource,
    ResourceWindow,
    Volunteer,
    WhistleType,
)
from app.services import (
    people_seal,
    seeding_catalogue,
    seeding_committee,
    seeding_lexicon,
    seeding_pairings,
    seeding_profiles,
    seeding_programmes,
    seeding_resources,
    seeding_whistle_types,
)
from app.services.seeding_accounts import demo_people
from app.services.seeding_files import read_district
from app.services.seeding_organizations import SeededOrganization, found_organizations
from app.services.seeding_people import SeededPerson, gather
from app.services.seeding_places import SeededCommunity, SeededPlace, lay_out
from app.services.seeding_privacy import notice_id, notices

BATCH = 500
_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
"""When the authority of seeded people began."""

Row = dict[str, Any]
Progress = Callable[[str, int, int], None]
"""Told the table, how many rows of it are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class SeedReport:
    """``added``: new rows by table. ``logins``: the demo accounts there are now, without the district."""

    code: str
    name: str
    added: dict[str, int]
    logins: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return any(self.added.values())


@dataclass(frozen=True, slots=True)
class _Table:
    model: Any
    rows: list[Row]
    there: int = 0
    """Rows that are known to be there already, and were not made again."""


async def seed_district(
    session: AsyncSession,
    code: int,
    *,
    sealer: Sealer,
    demo_password_hash: str | None,
    root: Path,
    progress: Progress,
) -> SeedReport:
    """Write the district found under ``root/<code>``; the caller has entered the district and commits.

    Demo accounts are made only when a password hash is given. Raises SeedRefused for a bad file, before anything is written.
    """
    ground = lay_out(read_district(root, f"{code:06d}"))
    organizations = {known.community.code: found_organizations(known) for known in ground.communities}
    people = {known.community.code: gather(known, organizations[known.community.code]) for known in ground.communities}
    everybody = [person for neighbours in people.values() for person in neighbours]
    shown: dict[str, SeededPerson] = {}
    if demo_password_hash and people:
        first = min(people)
        shown = demo_people(people[first], organizations[first])
    columns = _Columns(code, sealer, now())
    newcomers = await _newcomers(session, code, everybody)
    tables = [
        _Table(Place, [columns.place(place) for place in ground.places]),
        _Table(Organization, [columns.organization(unit) for members in organizations.values() for unit in members]),
        _Table(Person, [columns.person(person) for person in newcomers], len(everybody) - len(newcomers)),
        _Table(Grant, [row for person in everybody for row in columns.grants(person)]),
        _Table(Account, [columns.account(*pair, demo_password_hash or "") for pair in shown.items()]),
        _Table(PrivacyNotice, list(notices(code, now()))),
        *_catalogue(code, ground.places, root, columns.stamp),
        *_profiles(code, newcomers, columns.stamp),
        _Table(CommitteeMember, await seeding_committee.missing(session, code, organizations, people, columns.stamp)),
        _Table(Pairing, await seeding_pairings.missing(session, code, ground, people, columns.stamp)),
        *await _resources(session, code, ground.communities, root, columns.stamp),
    ]
    await session.execute(insert(District).values(id=code, name=ground.places[0].name).on_conflict_do_nothing())
    added = {table.model.__tablename__: await _write(session, code, table, progress) for table in tables}
    return SeedReport(f"{code:06d}", ground.places[0].name, added, tuple(shown))


def _catalogue(code: int, places: Sequence[SeededPlace], root: Path, stamp: Row) -> list[_Table]:
    return [
        _Table(Category, seeding_catalogue.categories(code, root, stamp)),
        _Table(LexiconEntry, seeding_lexicon.entries(code, places[0].id, root, stamp)),
        _Table(Programme, seeding_programmes.programmes(code, places, root, stamp)),
        _Table(WhistleType, seeding_whistle_types.whistle_types(code, root, stamp)),
    ]


async def _newcomers(session: AsyncSession, code: int, people: Sequence[SeededPerson]) -> list[SeededPerson]:
    """Who is not there yet; sealing everybody at every start would take longer than all the rest of seeding."""
    there = set(await session.scalars(select(Person.id).where(Person.district_id == code)))
    return [person for person in people if person.id not in there]


async def _resources(
    session: AsyncSession, code: int, grounds: tuple[SeededCommunity, ...], root: Path, stamp: Row
) -> list[_Table]:
    """What is offered, with its times. Of what is there already nothing is written: its owner may have changed them."""
    known = {node["code"] for node in seeding_catalogue.catalogue(root) if node["terms"]}
    there = set(await session.scalars(select(Resource.id).where(Resource.district_id == code)))
    rows = seeding_resources.resources(code, grounds, known, stamp)
    windows = seeding_resources.windows(code, grounds)
    return [
        _Table(Resource, [row for row in rows if row["id"] not in there], len(there & {row["id"] for row in rows})),
        _Table(ResourceWindow, [row for row in windows if row["resource_id"] not in there]),
    ]


def _profiles(code: int, people: Sequence[SeededPerson], stamp: Row) -> list[_Table]:
    return [
        _Table(Consent, seeding_profiles.consents(code, people, notice_id(code, Purpose.PARTY), stamp)),
        _Table(PartyMembership, seeding_profiles.memberships(code, people, stamp)),
        _Table(Volunteer, seeding_profiles.volunteers(code, people, stamp)),
    ]


async def _write(session: AsyncSession, code: int, table: _Table, progress: Progress) -> int:
    """Insert what is missing, in batches; the number of new rows."""
    model, rows = table.model, table.rows
    size = select(func.count()).select_from(model).where(model.district_id == code)
    before = (await session.scalars(size)).one()
    statement = insert(model).on_conflict_do_nothing(index_elements=["district_id", "id"])
    total = table.there + len(rows)
    if table.there:
        progress(model.__tablename__, table.there, total)
    for start in range(0, len(rows), BATCH):
        await session.execute(statement, rows[start : start + BATCH])
        progress(model.__tablename__, table.there + min(start + BATCH, len(rows)), total)
    return int((await session.scalars(size)).one() - before)


class _Columns:
    """Turns what was invented into rows."""

    def __init__(self, district: int, sealer: Sealer, moment: datetime) -> None:
        self.district = district
        self.sealer = sealer
        self.stamp = {"version": 0, "created_at": moment, "updated_at": moment}

    def place(self, place: SeededPlace) -> Row:
        lon, lat = place.at or (None, None)
        kinds = {"compound_kind": None, "property_management": None} | place.extra
        return {
            "district_id": self.district,
            "id": place.id,
            "kind": place.kind,
            "parent_id": place.parent_id,
            "code": place.code,
            "name": place.name,
            "path": place.path,
            "community_id": place.community_id,
            "grid_id": place.grid_id,
            "lon": lon,
            "lat": lat,
            "boundary": list(place.boundary) if place.boundary else None,
            "source": place.source,
            "edition_year": place.edition_year,
            **kinds,
            **self.stamp,
        }

    def _located(self, place: SeededPlace) -> Row:
        lon, lat = place.at or (None, None)
        return {
            "place_id": place.id,
            "path": place.path,
            "community_id": place.community_id,
            "grid_id": place.grid_id,
            "lon": lon,
            "lat": lat,
        }

    def organization(self, unit: SeededOrganization) -> Row:
        return {
            "district_id": self.district,
            "id": unit.id,
            "kind": unit.kind,
            "name": unit.name,
            "parent_id": unit.parent_id,
            "joint_committee": unit.joint_committee,
            **self._located(unit.place),
            **self.stamp,
        }

    def person(self, person: SeededPerson) -> Row:
        district, sealer, secret = self.district, self.sealer, new_secret()
        return {
            "district_id": district,
            "id": person.id,
            "secret": secret,
            "name_sealed": sealer.seal(person.name, district, "people", "name_sealed", person.id, secret),
            "phone_sealed": sealer.seal(person.phone, district, "people", "phone_sealed", person.id, secret),
            "phone_index": sealer.blind_index(person.phone, district, "phone"),
            **self._origin(person, secret),
            "sex": person.sex,
            "minor": False,
            "organization_id": person.organization_id,
            "party_status": person.party_status,
            "skills": [skill.value for skill in person.skills],
            "languages": ["zh", "mn"] if person.mongolian else ["zh"],
            **self._located(person.home),
            **self.stamp,
        }

    def _origin(self, person: SeededPerson, secret: bytes) -> Row:
        """Birth date and identity number, sealed and findable."""
        district, sealer, born = self.district, self.sealer, person.born.isoformat()
        number, both = person.id_number, people_seal.name_and_birth(person.name, born) or ""
        where = (district, "people", "id_number_sealed", person.id, secret)
        return {
            "birth_date_sealed": sealer.seal(born, district, "people", "birth_date_sealed", person.id, secret),
            "name_birth_index": sealer.blind_index(both, district, "name_birth"),
            "id_number_sealed": sealer.seal(number, *where) if number else None,
            "id_number_index": sealer.blind_index(number, district, "id_number") if number else None,
        }

    def grants(self, person: SeededPerson) -> list[Row]:
        return [
            {
                "district_id": self.district,
                "id": seeded_id("grant", person.id, role, place.path),
                "person_id": person.id,
                "role": role,
                "place_id": place.id,
                "path": place.path,
                "place_kind": place.kind.value,
                "starts_at": _SINCE,
                **self.stamp,
            }
            for role, place in person.charges
        ]

    def account(self, login: str, person: SeededPerson, password_hash: str) -> Row:
        return {
            "district_id": self.district,
            "id": seeded_id("account", self.district, login),
            "person_id": person.id,
            "login": login,
            "password_hash": password_hash,
            "password_set_at": self.stamp["created_at"],
            "demo": True,
            **self.stamp,
        }
