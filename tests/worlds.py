"""A small district for a test: one street, two communities, a grid each with homes, and people in every role."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.db import Database
from app.core.ids import new_id, seeded_id
from app.core.security import Tokens
from app.domain.accounts import LONGEST, SignInMethod
from app.domain.people import PartyStatus, Role
from app.domain.places import PlaceKind, child_path
from app.models import Account, Category, District, Grant, Organization, Person, Place, PrivacyNotice, SignIn
from app.services.seeding_catalogue import categories
from app.services.seeding_privacy import notices
from app.settings import ROOT

LON, LAT = 111.65, 40.82
STEP = 0.001
"""About 85 m east-west at this latitude."""
_PASSWORDLESS = "!"
_USUAL = dict(httpx.Client(trust_env=False).headers)
"""What a client says of itself with every request."""

STAFF = {
    "grid": (Role.GRID_WORKER, "grid"),
    "community": (Role.COMMUNITY_ADMIN, "community"),
    "subdistrict": (Role.SUBDISTRICT_ADMIN, "subdistrict"),
    "district": (Role.DISTRICT_ADMIN, "district"),
    "auditor": (Role.AUDITOR, "district"),
    "department": (Role.DEPARTMENT_STAFF, "community"),
    "liaison": (Role.UNIT_LIAISON, "community"),
    "manager": (Role.SOCIAL_ORG_MANAGER, "community"),
    "sibling_grid": (Role.GRID_WORKER, "sibling_grid"),
    "sibling_community": (Role.COMMUNITY_ADMIN, "sibling_community"),
    "system": (Role.SYSTEM_ADMIN, "district"),
    "security": (Role.SECURITY_ADMIN, "district"),
    "audit": (Role.AUDIT_ADMIN, "district"),
}
HELPERS = {
    "member1": Role.PARTY_MEMBER,
    "member2": Role.PARTY_MEMBER,
    "member3": Role.PARTY_MEMBER,
    "volunteer1": Role.VOLUNTEER,
    "volunteer2": Role.VOLUNTEER,
}


@dataclass
class World:
    district_id: int
    tokens: Tokens
    transport: httpx.ASGITransport
    places: dict[str, UUID] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    sign_ins: dict[str, UUID] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    _issued: dict[tuple[object, ...], str] = field(default_factory=dict, init=False)

    def token(self, who: str) -> str:
        """One a minute: to sign and to check one costs as much as to refuse a request."""
        identity = (self.people[who], self.accounts[who], self.sign_ins[who])
        issued = (*identity, int(now().timestamp()) // 60)
        if issued not in self._issued:
            self._issued[issued] = self.tokens.issue(self.district_id, *identity)
        return self._issued[issued]

    async def call(self, who: str | None, method: str, path: str, **arguments: Any) -> httpx.Response:
        """One request as this person; POSTs carry a fresh idempotency key unless one is given.

        By the transport itself: what else a client does to a request costs as much as many of them.
        """
        headers = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        if method == "POST":
            headers["idempotency-key"] = str(new_id())
        headers |= arguments.pop("headers", {})
        request = httpx.Request(method, f"http://test{path}", headers={**_USUAL, **headers}, **arguments)
        answer = await self.transport.handle_async_request(request)
        await answer.aread()
        answer.request = request
        return answer

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """One for everyone: making a client costs more than most requests."""
        return httpx.AsyncClient(transport=self.transport, base_url="http://test", trust_env=False)

    async def ok(self, who: str | None, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of a request that must succeed."""
        answer = await self.call(who, method, path, **arguments)
        assert answer.is_success, f"{method} {path} as {who}: {answer.status_code} {answer.text}"
        return answer.json()


async def build_world(app: FastAPI, owner: Database, transport: httpx.ASGITransport, district_id: int) -> World:
    world = World(district_id, app.state.tokens, transport)
    async with owner.transaction(district_id) as session:
        await put_rows(session, District, [{"id": district_id, "name": f"测试区{district_id}"}])
        for rows in _rows(world, app.state.sealer):
            await put_rows(session, type(rows[0]), [columns_of(row) for row in rows])
        await put_rows(session, PrivacyNotice, notices(district_id, now()))
        stamp = {"version": 0, "created_at": now(), "updated_at": now()}
        await put_rows(session, Category, categories(district_id, ROOT / "seeds", stamp))
    return world


async def put_rows(session: AsyncSession, model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Those after one another that name the same columns at once, as the driver copies them: a statement costs more a row."""
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    assert driver is not None
    written = _written(model)
    usual = {c.key: _usual(c) for c in model.__table__.c if c.default is not None}
    for columns, alike in groupby((usual | row for row in rows), key=tuple):
        records = [tuple(written[name](value) for name, value in row.items()) for row in alike]
        await driver.copy_records_to_table(model.__table__.name, columns=columns, records=records)


@cache
def _written(model: Any) -> dict[str, Callable[[Any], Any]]:
    """How each column's values go to the driver."""
    dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    found = {column.key: column.type.dialect_impl(dialect).bind_processor(dialect) for column in model.__table__.c}
    return {name: processor or _as_it_is for name, processor in found.items()}


def _usual(column: Any) -> Any:
    return column.default.arg(None) if column.default.is_callable else column.default.arg


def _as_it_is(value: Any) -> Any:
    return value


def columns_of(row: Any) -> dict[str, Any]:
    """Of a row that was made and not yet added: what it was given."""
    return {name: value for name, value in vars(row).items() if name != "_sa_instance_state" and value is not None}


def _rows(world: World, sealer: Sealer) -> list[list[Any]]:
    places = _places(world)
    units = _units(world)
    people, accounts, grants = [], [], []
    for who, (role, at) in STAFF.items():
        unit = {"department": "department", "liaison": "unit", "manager": "society"}.get(who)
        people.append(person_row(world, sealer, who, "home1", unit))
        accounts.append(account_row(world, who))
        grants.append(grant_row(world, who, role, at))
    for index, (who, role) in enumerate(HELPERS.items()):
        people.append(person_row(world, sealer, who, f"home{index + 2}", None, skills=["plumbing"]))
        accounts.append(account_row(world, who))
        grants.append(grant_row(world, who, role, "community"))
    for who in ("resident1", "resident2"):
        people.append(person_row(world, sealer, who, "home1", None))
        accounts.append(account_row(world, who))
        grants.append(grant_row(world, who, Role.RESIDENT, "community"))
    people.append(person_row(world, sealer, "nobody", "home1", None))
    accounts.append(account_row(world, "nobody"))
    sign_ins = [sign_in_row(world, who) for who in world.people]
    return [places, units, people, accounts, sign_ins, grants]


def _places(world: World) -> list[Place]:
    tree: list[tuple[str, PlaceKind, str | None, str]] = [
        ("district", PlaceKind.DISTRICT, None, str(world.district_id))
    ]
    tree += [("subdistrict", PlaceKind.SUBDISTRICT, "district", f"{world.district_id}001")]
    for prefix, number in (("", 1), ("sibling_", 2)):
        tree += [
            (f"{prefix}community", PlaceKind.COMMUNITY, "subdistrict", f"{world.district_id}00100{number}"),
            (f"{prefix}grid", PlaceKind.GRID, f"{prefix}community", "01"),
            (f"{prefix}compound", PlaceKind.COMPOUND, f"{prefix}grid", "01"),
            (f"{prefix}building", PlaceKind.BUILDING, f"{prefix}compound", "1"),
            (f"{prefix}entrance", PlaceKind.ENTRANCE, f"{prefix}building", "1"),
        ]
    tree += [(f"home{i}", PlaceKind.HOUSEHOLD, "entrance", f"{i}01") for i in range(1, 8)]
    return [place_row(world, *row) for row in tree]


def place_row(world: World, name: str, kind: PlaceKind, parent: str | None, code: str) -> Place:
    place = Place(
        district_id=world.district_id,
        id=seeded_id(world.district_id, name),
        kind=kind,
        code=code,
        name=f"测试{name}",
        version=1,
        created_at=now(),
        updated_at=now(),
    )
    place.parent_id = world.places[parent] if parent else None
    place.path = child_path(world.paths[parent] if parent else "", code)
    prefix = "sibling_" if name.startswith("sibling_") else ""
    world.places[name], world.paths[name] = place.id, place.path
    place.community_id = world.places.get(f"{prefix}community")
    place.grid_id = world.places.get(f"{prefix}grid")
    east = 0.1 if prefix else 0.0
    number = int(name[-1]) if name[-1].isdigit() else 0
    if kind not in {PlaceKind.DISTRICT, PlaceKind.SUBDISTRICT}:
        place.lon, place.lat = LON + east + number * STEP, LAT
    if kind is PlaceKind.GRID:
        west, south = LON + east - 0.05, LAT - 0.05
        place.boundary = [(west, south), (west + 0.1, south), (west + 0.1, south + 0.1), (west, south + 0.1)]
    return place


def _units(world: World) -> list[Organization]:
    kinds = {"department": "department", "unit": "partner_unit", "society": "social_org"}
    return [unit_row(world, name, kind) for name, kind in kinds.items()]


def unit_row(world: World, name: str, kind: str) -> Organization:
    world.units[name] = seeded_id(world.district_id, "unit", name)
    return Organization(
        district_id=world.district_id,
        id=world.units[name],
        kind=kind,
        name=f"测试单位{name}",
        place_id=world.places["community"],
        path=world.paths["community"],
        community_id=world.places["community"],
        joint_committee=False,
        version=1,
        created_at=now(),
        updated_at=now(),
    )


def person_row(
    world: World, sealer: Sealer, who: str, home: str, unit: str | None, skills: list[str] | None = None
) -> Person:
    person_id = world.people[who] = seeded_id(world.district_id, "person", who)
    secret = new_secret()
    number = int(home[-1])
    return Person(
        district_id=world.district_id,
        id=person_id,
        secret=secret,
        name_sealed=sealer.seal(f"测试{who}", world.district_id, "people", "name_sealed", person_id, secret),
        minor=False,
        place_id=world.places[home],
        path=world.paths[home],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        lon=LON + number * STEP,
        lat=LAT,
        organization_id=world.units[unit] if unit else None,
        party_status=PartyStatus.NONE,
        skills=skills or [],
        languages=["zh"],
        version=1,
        created_at=now(),
        updated_at=now(),
    )


def account_row(world: World, who: str) -> Account:
    account_id = world.accounts[who] = seeded_id(world.district_id, "account", who)
    return Account(
        district_id=world.district_id,
        id=account_id,
        person_id=world.people[who],
        login=who,
        password_hash=_PASSWORDLESS,
        former_hashes=[],
        password_temporary=False,
        demo=True,
        version=1,
        created_at=now(),
        updated_at=now(),
    )


def sign_in_row(world: World, who: str) -> SignIn:
    sign_in_id = world.sign_ins[who] = seeded_id(world.district_id, "sign-in", who)
    return SignIn(
        district_id=world.district_id,
        id=sign_in_id,
        account_id=world.accounts[who],
        method=SignInMethod.PASSWORD,
        started_at=now(),
        expires_at=now() + LONGEST,
    )


def grant_row(world: World, who: str, role: Role, at: str) -> Grant:
    kind = at.removeprefix("sibling_")
    return Grant(
        district_id=world.district_id,
        id=new_id(),
        person_id=world.people[who],
        role=role,
        place_id=world.places[at],
        path=world.paths[at],
        place_kind=kind,
        starts_at=now(),
        version=1,
        created_at=now(),
        updated_at=now(),
    )


async def count(owner: Database, district_id: int, model: Any, *conditions: Any) -> int:
    """How many rows of a table the district has, seen by the owner."""
    async with owner.transaction(district_id) as session:
        rows = await session.scalars(select(model.id).where(model.district_id == district_id, *conditions))
        return len(rows.all())
