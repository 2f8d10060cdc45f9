"""The invented people of a community with a plan: who lives where, belongs to what, can do what and may do what.

Each person is drawn from a generator of their own, seeded with the community and the person's number, so that the same
plan gives the same people on every machine, and adding some changes none of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from uuid import UUID

from app.core.ids import seeded_id
from app.domain.catalogue import Skill
from app.domain.organizations import PARTY_BODIES, OrganizationKind
from app.domain.people import UNIT_ROLES, PartyStatus, Role
from app.domain.profiles import Sex
from app.services.seeding_names import (
    MOST_ID_NUMBERS,
    invent_birth_date,
    invent_id_number,
    invent_name,
    invent_phone,
    sex_of,
)
from app.services.seeding_organizations import SeededOrganization
from app.services.seeding_places import SeededCommunity, SeededGrid, SeededPlace

Charge = tuple[Role, SeededPlace]
"""A role at a place."""
HANDY = (Skill.PLUMBING, Skill.ELECTRICITY, Skill.DIGITAL)
"""What the helpers of the demonstration can do, so that its story works for the most common requests."""
FIRST_PHONE = {
    "registered": 0,
    "reported_in": 2_000,
    "volunteer": 5_000,
    "resident": 6_000,
    "liaison": 7_500,
    "grid_worker": 8_500,
    "community_admin": 8_600,
    "subdistrict_admin": 8_700,
    "district_admin": 8_800,
    "auditor": 8_900,
    "system_admin": 9_000,
    "security_admin": 9_010,
    "audit_admin": 9_020,
}
"""Each sort of people has a block of the community's 10 000 numbers, at least as large as the plan allows people of it."""


@dataclass(slots=True)
class SeededPerson:
    """``key`` is unique in the community: the sort of person and a number from 1."""

    id: UUID
    key: str
    name: str
    phone: str
    home: SeededPlace
    mongolian: bool
    sex: Sex
    born: date
    charges: list[Charge]
    party_status: PartyStatus = PartyStatus.NONE
    organization_id: UUID | None = None
    skills: list[Skill] = field(default_factory=list)
    id_number: str | None = None
    """Of volunteers only, who are not registered without one."""


@dataclass(frozen=True, slots=True)
class Homes:
    """Where people may live. The first building of the first grid is kept for the people of the demonstration."""

    by_grid: tuple[tuple[SeededPlace, ...], ...]
    shown: tuple[SeededPlace, ...]
    """One door in each entrance of the first building, then one in the next building."""


class Census:
    """Draws people one after the other and counts them."""

    def __init__(self, ground: SeededCommunity) -> None:
        self.ground = ground
        self.homes = find_homes(ground.grids)
        self.people: list[SeededPerson] = []

    def draw(self, sort: str, number: int, *, grid: int | None = None, home: SeededPlace | None = None) -> SeededPerson:
        """A new resident of the community; at ``home``, or somewhere in the grid of that index, or anywhere."""
        key = f"{sort}-{number:04d}"
        rng = self.rng(key)
        name, mongolian = invent_name(rng)
        index = rng.randrange(len(self.homes.by_grid)) if grid is None else grid % len(self.homes.by_grid)
        door = rng.choice(self.homes.by_grid[index])
        person = SeededPerson(
            id=seeded_id("person", self.ground.community.path, key),
            key=key,
            name=name,
            phone=invent_phone(self.ground.number, FIRST_PHONE[sort] + number),
            home=home or door,
            mongolian=mongolian,
            sex=sex_of(name, mongolian=mongolian),
            born=invent_birth_date(self.rng(f"{key}/born"), self.ground.number),
            charges=[(Role.RESIDENT, self.ground.community)],
        )
        self.people.append(person)
        return person

    def rng(self, key: str) -> Random:
        return Random(f"{self.ground.community.code}/{key}")  # noqa: S311 - invents people, guards nothing

    def shown_home(self, number: int) -> SeededPlace | None:
        return self.homes.shown[number] if number < len(self.homes.shown) else None


def find_homes(grids: tuple[SeededGrid, ...]) -> Homes:
    first = grids[0]
    kept = first.buildings[0].path
    free = tuple(door for door in first.households if not door.path.startswith(kept))
    doors = first.doors_of(first.buildings[0])
    entrances = {door.parent_id: door for door in doors}
    beside = first.buildings[min(1, len(first.buildings) - 1)]
    shown = [doors[0], *entrances.values(), first.doors_of(beside)[0]]
    return Homes((free or first.households, *(grid.households for grid in grids[1:])), tuple(shown))


def gather(ground: SeededCommunity, organizations: Sequence[SeededOrganization]) -> list[SeededPerson]:
    """Everybody of the community."""
    census, plan, community = Census(ground), ground.plan.people, ground.community
    _registered(census, plan.registered, organizations)
    _reported_in(census, plan.reported_in, organizations)
    _volunteers(census, plan.volunteers, organizations)
    for number in range(1, plan.residents + 1):
        census.draw("resident", number, home=census.shown_home(0) if number <= 2 else None)
    for number, grid in enumerate(ground.grids, start=1):
        census.draw("grid_worker", number, grid=number - 1).charges.append((Role.GRID_WORKER, grid.grid))
    for sort, role, count, place in (
        ("community_admin", Role.COMMUNITY_ADMIN, plan.community_admins, community),
        ("subdistrict_admin", Role.SUBDISTRICT_ADMIN, plan.subdistrict_admins, ground.subdistrict),
        ("district_admin", Role.DISTRICT_ADMIN, plan.district_admins, ground.district),
        ("auditor", Role.AUDITOR, plan.auditors, ground.district),
        ("system_admin", Role.SYSTEM_ADMIN, 1, ground.district),
        ("security_admin", Role.SECURITY_ADMIN, 1, ground.district),
        ("audit_admin", Role.AUDIT_ADMIN, 1, ground.district),
    ):
        for number in range(1, count + 1):
            census.draw(sort, number).charges.append((role, place))
    _liaisons(census, organizations)
    return census.people


def _registered(census: Census, count: int, organizations: Sequence[SeededOrganization]) -> None:
    """在册党员: live in each grid in turn and belong to its branch; the last ones belong to the bodies above and speak for them.

    The second member of each branch speaks for it.
    """
    bodies = [body for body in organizations if body.kind in PARTY_BODIES]
    branches = {body.place.id: body for body in bodies if body.place.grid_id}
    above = [body for body in bodies if not body.place.grid_id]
    grids = census.ground.grids
    for number in range(1, count + 1):
        index, rank = (number - 1) % len(grids), count - number
        body = above[rank] if rank < len(above) else branches.get(grids[index].grid.id)
        speaks = rank < len(above) or len(grids) < number <= 2 * len(grids)
        home = census.shown_home(1) if number == 1 else None
        person = census.draw("registered", number, grid=index, home=home)
        _help(census, person, Role.PARTY_MEMBER, most=2, shown=number == 1)
        person.party_status = PartyStatus.REGISTERED
        person.organization_id = body.id if body else None
        if body and speaks:
            person.charges.append((body.liaison_role, census.ground.community))


def _reported_in(census: Census, count: int, organizations: Sequence[SeededOrganization]) -> None:
    """报到党员: each belongs to a work unit, larger and smaller ones."""
    units = [unit for unit in organizations if unit.kind is OrganizationKind.WORK_UNIT]
    weights = [3 if place % 4 == 0 else 1 for place in range(len(units))]
    for number in range(1, count + 1):
        home = census.shown_home(number + 1) if number <= 2 else None
        person = census.draw("reported_in", number, home=home)
        _help(census, person, Role.PARTY_MEMBER, most=3, shown=number <= 2)
        person.party_status = PartyStatus.REPORTED_IN
        (unit,) = census.rng(f"{person.key}/unit").choices(units, weights)
        person.organization_id = unit.id


def _volunteers(census: Census, count: int, organizations: Sequence[SeededOrganization]) -> None:
    """Every third volunteer belongs to one of the community's teams."""
    teams = [team for team in organizations if team.kind is OrganizationKind.TEAM]
    for number in range(1, count + 1):
        home = census.shown_home(4) if number == 1 else None
        person = census.draw("volunteer", number, home=home)
        _help(census, person, Role.VOLUNTEER, most=3, shown=number == 1)
        if number <= MOST_ID_NUMBERS:
            district = int(census.ground.district.code)
            person.id_number = invent_id_number(district, person.born, number, person.sex)
        if teams and number % 3 == 0:
            person.organization_id = teams[number // 3 % len(teams)].id


def _help(census: Census, person: SeededPerson, role: Role, *, most: int, shown: bool) -> None:
    """Make the person a helper, with up to ``most`` skills; Mongolian is known by half of those with a Mongolian name."""
    person.charges.append((role, census.ground.community))
    rng = census.rng(f"{person.key}/skills")
    learnt = [skill for skill in Skill if skill is not Skill.MONGOLIAN]
    skills = set(rng.sample(learnt, rng.randint(0, most))) | (set(HANDY) if shown else set())
    if person.mongolian and rng.random() < 0.5:
        skills.add(Skill.MONGOLIAN)
    person.skills = [skill for skill in Skill if skill in skills]


def _liaisons(census: Census, organizations: Sequence[SeededOrganization]) -> None:
    """联络员: one for every organization that none of its members speaks for yet. Departments answer to the subdistrict."""
    spoken = {
        person.organization_id for person in census.people if any(role in UNIT_ROLES for role, _ in person.charges)
    }
    for number, organization in enumerate(organizations, start=1):
        if organization.id not in spoken:
            person = census.draw("liaison", number)
            person.organization_id = organization.id
            department = organization.liaison_role is Role.DEPARTMENT_STAFF
            place = census.ground.subdistrict if department else census.ground.community
            person.charges.append((organization.liaison_role, place))
