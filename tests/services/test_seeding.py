"""The seeded district is what the plan says, hangs together, and stays the same when it is seeded again."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.geo import LonLat, metres_between
from app.domain.catalogue import Skill
from app.domain.organizations import OrganizationKind
from app.domain.people import PartyStatus, Role
from app.domain.places import MAY_STAND_UNDER, PlaceKind, child_path
from app.models import Organization, Person, Place
from app.services.seeding_accounts import DEMO_ACCOUNTS
from app.services.seeding_files import SeedRefused, read_district
from app.services.seeding_organizations import found_organizations
from app.services.seeding_people import SeededPerson, gather
from app.services.seeding_places import SeededDistrict, lay_out
from tests.seeded import CODE, SEALER, SEEDS, Seeded, rows_of, seed

TABLES = (
    "districts",
    "places",
    "organizations",
    "people",
    "grants",
    "accounts",
    "privacy_notices",
    "categories",
    "lexicon_entries",
    "programmes",
    "whistle_types",
    "consents",
    "party_memberships",
    "volunteers",
    "committee_members",
    "pairings",
    "resources",
    "resource_windows",
)


async def digests(session: AsyncSession, code: int = CODE) -> dict[str, str]:
    """Of every column of every row of the district."""
    found = {}
    for table in TABLES:
        key = "id" if table == "districts" else "district_id"
        rows = f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t WHERE {key} = {code:d}"  # noqa: S608
        found[table] = (await session.execute(text(rows))).scalar_one()
    return found


async def test_seeding_again_changes_nothing(owner: Database, seeded: Seeded) -> None:
    async with owner.transaction(CODE) as session:
        before = await digests(session)
    report, _ = await seed(owner)
    async with owner.transaction(CODE) as session:
        assert await digests(session) == before
    assert report.added == dict.fromkeys(TABLES[1:], 0)
    assert not report.changed


async def test_what_people_corrected_is_kept(owner: Database, seeded: Seeded) -> None:
    unit = seeded.organizations[0]
    renamed = update(Organization).where(Organization.id == unit.id)
    async with owner.transaction(CODE) as session:
        await session.execute(renamed.values(name="改过的名称"))
    await seed(owner)
    async with owner.transaction(CODE) as session:
        kept = await session.scalar(select(Organization.name).where(Organization.id == unit.id))
        await session.execute(renamed.values(name=unit.name))
    assert kept == "改过的名称"


async def test_progress_ends_at_the_total(owner: Database, seeded: Seeded) -> None:
    _, told = await seed(owner)
    ends = {table: (done, total) for table, done, total in told}
    assert ends["places"] == (len(seeded.places), len(seeded.places))
    assert ends["people"] == (len(seeded.people), len(seeded.people))
    assert len([step for step in told if step[0] == "places"]) > 1


def test_counts_are_those_of_the_community(seeded: Seeded) -> None:
    kinds = Counter(place.kind for place in seeded.places.values())
    status = Counter(person.party_status for person in seeded.people)
    roles = Counter(grant.role for grant in seeded.grants)
    assert kinds[PlaceKind.GRID] == 12
    assert 2_000 <= kinds[PlaceKind.HOUSEHOLD] <= 3_000
    assert min(kinds[kind] for kind in PlaceKind) >= 1
    assert sum(unit.joint_committee for unit in seeded.organizations) == 73
    assert status[PartyStatus.REPORTED_IN] == 800
    assert status[PartyStatus.REGISTERED] == 120
    assert roles[Role.VOLUNTEER] == 150
    assert roles[Role.GRID_WORKER] == 12
    assert set(roles) == set(Role) - {Role.CLIENT}
    assert {unit.kind for unit in seeded.organizations} == set(OrganizationKind)


def test_divisions_are_complete(seeded: Seeded) -> None:
    with (SEEDS / "150103" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stored = {place.code: place for place in seeded.places.values() if place.edition_year}
    assert len(rows) == 73
    assert stored.keys() == {row["code"] for row in rows}
    for row in rows:
        place = stored[row["code"]]
        assert (place.name, place.kind, place.source, str(place.edition_year)) == (
            row["name"],
            row["kind"],
            row["source"],
            row["edition_year"],
        )
        if place.parent_id:
            assert seeded.places[place.parent_id].code == row["parent_code"]


def test_the_tree_hangs_together(seeded: Seeded) -> None:
    for place in seeded.places.values():
        if place.parent_id is None:
            assert (place.kind, place.path) == (PlaceKind.DISTRICT, "150103/")
            continue
        parent = seeded.places[place.parent_id]
        assert parent.kind in MAY_STAND_UNDER[place.kind]
        assert place.path == child_path(parent.path, place.code)
        community = place.id if place.kind is PlaceKind.COMMUNITY else parent.community_id
        grid = place.id if place.kind is PlaceKind.GRID else parent.grid_id
        assert (place.community_id, place.grid_id) == (community, grid)


def test_located_rows_carry_their_places_columns(seeded: Seeded) -> None:
    located: list[Organization | Person] = [*seeded.organizations, *seeded.people]
    for row in located:
        place = seeded.places[row.place_id]
        assert (row.path, row.community_id, row.grid_id, row.lon, row.lat) == (
            place.path,
            place.community_id,
            place.grid_id,
            place.lon,
            place.lat,
        )
    for grant in seeded.grants:
        place = seeded.places[grant.place_id]
        assert (grant.path, grant.place_kind) == (place.path, place.kind)


def test_people_are_who_they_are_said_to_be(seeded: Seeded) -> None:
    kinds = {unit.id: unit.kind for unit in seeded.organizations}
    grids = {unit.id: unit.grid_id for unit in seeded.organizations}
    roles: dict[Any, set[Role]] = {person.id: set() for person in seeded.people}
    for grant in seeded.grants:
        roles[grant.person_id].add(grant.role)
    for person in seeded.people:
        assert seeded.places[person.place_id].kind is PlaceKind.HOUSEHOLD
        assert Role.RESIDENT in roles[person.id]
        member = person.party_status is not PartyStatus.NONE
        assert member == (Role.PARTY_MEMBER in roles[person.id])
        if person.party_status is PartyStatus.REPORTED_IN:
            assert person.organization_id is not None
            assert kinds[person.organization_id] is OrganizationKind.WORK_UNIT
        if person.party_status is PartyStatus.REGISTERED:
            assert person.organization_id is not None
            assert grids[person.organization_id] in {None, person.grid_id}
    helpers = [person for person in seeded.people if roles[person.id] & {Role.VOLUNTEER, Role.PARTY_MEMBER}]
    skills = Counter(skill for person in helpers for skill in person.skills)
    assert set(skills) == {skill.value for skill in Skill}
    assert min(skills.values()) >= 20


def test_each_grid_has_one_worker_who_lives_there_and_each_unit_someone_to_speak(seeded: Seeded) -> None:
    people = {person.id: person for person in seeded.people}
    workers = [grant for grant in seeded.grants if grant.role is Role.GRID_WORKER]
    assert {grant.place_id for grant in workers} == {grid.id for grid in seeded.of_kind(PlaceKind.GRID)}
    assert all(people[grant.person_id].grid_id == grant.place_id for grant in workers)
    acting = {Role.UNIT_LIAISON, Role.DEPARTMENT_STAFF, Role.SOCIAL_ORG_MANAGER}
    spoken = Counter(people[grant.person_id].organization_id for grant in seeded.grants if grant.role in acting)
    assert spoken == Counter(unit.id for unit in seeded.organizations)


def test_names_and_phones_open_and_nobody_shares_a_phone(seeded: Seeded) -> None:
    phones = set()
    for person in seeded.people:
        assert person.phone_sealed is not None
        name = SEALER.open(person.name_sealed, CODE, "people", "name_sealed", person.id, person.secret)
        phone = SEALER.open(person.phone_sealed, CODE, "people", "phone_sealed", person.id, person.secret)
        assert person.phone_index == SEALER.blind_index(phone, CODE, "phone")
        assert len(name) >= 2
        assert len(phone) == 11
        assert phone.startswith("154")
        phones.add(phone)
    assert len(phones) == len(seeded.people)


def position_of(person: Person) -> LonLat:
    assert person.lon is not None
    assert person.lat is not None
    return LonLat(person.lon, person.lat)


def test_the_helpers_of_the_story_live_next_to_the_asker(seeded: Seeded) -> None:
    people = {person.id: person for person in seeded.people}
    by_login = {account.login: people[account.person_id] for account in seeded.accounts}
    assert list(by_login.keys() ^ {demo.login for demo in DEMO_ACCOUNTS}) == []
    assert all(account.demo for account in seeded.accounts)
    asker = by_login["resident1"]

    def away(person: Person) -> float:
        return metres_between(position_of(asker), position_of(person))

    story = [by_login[login] for login in ("member1", "member2", "member3", "volunteer1")]
    helpers = {grant.person_id for grant in seeded.grants if grant.role in {Role.PARTY_MEMBER, Role.VOLUNTEER}}
    nearest = sorted((person for person in seeded.people if person.id in helpers), key=away)
    assert nearest[:3] == story[:3]
    assert away(story[3]) < 150
    assert all({Skill.PLUMBING, Skill.DIGITAL} <= set(person.skills) for person in story)
    worker = by_login["grid1"].id
    assert (worker, Role.GRID_WORKER, asker.grid_id) in {(g.person_id, g.role, g.place_id) for g in seeded.grants}


def everybody(plan: SeededDistrict) -> list[SeededPerson]:
    (community,) = plan.communities
    return gather(community, found_organizations(community))


def test_the_same_plan_gives_the_same_people_on_every_machine(seeded: Seeded) -> None:
    again = everybody(lay_out(read_district(SEEDS, str(CODE))))
    assert again == everybody(seeded.plan)
    first = again[0]
    assert (str(first.id), first.phone, first.key) == (
        "016f5e66-e800-7159-8280-6a017efdc3b8",
        "15400460001",
        "registered-0001",
    )
    assert first.name == "马宇海"


async def test_another_district_is_built_from_its_divisions_alone(owner: Database) -> None:
    report, _ = await seed(owner, 150102)
    async with owner.transaction(150102) as session:
        places = await rows_of(session, Place, 150102)
    assert (report.name, report.added["places"], report.logins) == ("新城区", 92, ())
    assert len(places) == 92
    assert Counter(place.kind for place in places)[PlaceKind.COMMUNITY] == 78
    assert all(place.path.startswith("150102/") for place in places)


async def test_without_a_password_no_demo_account_is_made(owner: Database, tmp_path: Path) -> None:
    root = renamed_copy(tmp_path, "150194")
    report, _ = await seed(owner, 150194, root=root, demo=None)
    assert report.added["people"] > 1_000
    assert report.added["accounts"] == 0
    assert report.logins == ()
    report, _ = await seed(owner, 150194, root=root)
    assert report.added == dict.fromkeys(TABLES[1:], 0) | {"accounts": len(DEMO_ACCOUNTS)}


def renamed_copy(folder: Path, code: str) -> Path:
    """The files of 150103 under another code, so that a full community can be built in a second district."""
    for path in (
        *SEEDS.glob("catalogue*"),
        *SEEDS.glob("lexicon*"),
        SEEDS / "programmes.csv",
        SEEDS / "whistle_types.csv",
    ):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / code).mkdir()
    for path in (SEEDS / "150103").iterdir():
        target = folder / code / path.name.replace("150103", code)
        target.write_text(path.read_text(encoding="utf-8").replace("150103", code), encoding="utf-8")
    return folder


async def test_a_bad_file_writes_nothing(owner: Database, tmp_path: Path) -> None:
    root = renamed_copy(tmp_path, "150195")
    path = root / "150195" / "divisions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",2020", ",", 1), encoding="utf-8")
    with pytest.raises(SeedRefused, match=r"150195/divisions\.csv, line 12: edition_year is '', not a year"):
        await seed(owner, 150195, root=root)
    async with owner.transaction(150195) as session:
        assert await session.scalar(text("SELECT count(*) FROM districts WHERE id = 150195")) == 0


async def test_a_grid_too_small_for_its_buildings_is_refused(owner: Database, tmp_path: Path) -> None:
    root = renamed_copy(tmp_path, "150196")
    path = root / "150196" / "community-150196006009.json"
    crowded = path.read_text(encoding="utf-8").replace('"buildings": 5', '"buildings": 60')
    for kind in ("shops", "venues"):
        names = ", ".join(f'"{kind}{number}"' for number in range(190))
        crowded = crowded.replace(f'"{kind}": [', f'"{kind}": [{names}, ', 1)
    path.write_text(crowded.replace('"doors": 2', '"doors": 1'), encoding="utf-8")
    with pytest.raises(SeedRefused, match="there is no room for"):
        await seed(owner, 150196, root=root)
