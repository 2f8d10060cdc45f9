"""Who tries the access matrix: a person in every role at its own place, at a sibling of it, and in another district."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import jwt
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.ids import seeded_id
from app.domain import access
from app.domain.accounts import SignInEnd
from app.domain.people import Role
from app.domain.places import PlaceKind
from app.models import Account, Client, ClientSecret, Grant, Organization, Person, Place, SignIn
from tests import worlds
from tests.worlds import World

Stamped = TypeVar("Stamped", Organization, Client)
NOBODY = "nobody"
"""Signed in, without any role."""
COLUMNS: tuple[str, ...] = (*(role.value for role in Role), NOBODY)
OWN = {
    Role.RESIDENT: "community",
    Role.VOLUNTEER: "community",
    Role.PARTY_MEMBER: "community",
    Role.GRID_WORKER: "grid",
    Role.COMMUNITY_ADMIN: "community",
    Role.SUBDISTRICT_ADMIN: "subdistrict",
    Role.DISTRICT_ADMIN: "district",
    Role.DEPARTMENT_STAFF: "community",
    Role.UNIT_LIAISON: "community",
    Role.SOCIAL_ORG_MANAGER: "community",
    Role.AUDITOR: "district",
    Role.SYSTEM_ADMIN: "district",
    Role.SECURITY_ADMIN: "district",
    Role.AUDIT_ADMIN: "district",
    Role.CLIENT: "community",
}
"""Where each role is held: around home1, where the rows lie."""
SIBLING = {"grid": "sibling_grid", "community": "sibling_community", "subdistrict": "far", "district": "far"}
"""The place beside it that holds none of the rows. A district has no sibling: its roles are tried at another subdistrict."""
_UNITS = {Role.DEPARTMENT_STAFF: "department", Role.UNIT_LIAISON: "unit", Role.SOCIAL_ORG_MANAGER: "society"}


class Situation(StrEnum):
    OWN = "own"
    SIBLING = "sibling"
    OTHER = "other district"
    MISSING = "missing"


class Outsider(StrEnum):
    """Who is refused before anything is read, whatever their role."""

    ANONYMOUS = "anonymous"
    EXPIRED = "expired token"
    DISABLED = "disabled account"
    ENDED = "ended sign-in"


@dataclass
class Seats:
    """Two districts with everyone in place, and the token each of them holds."""

    world: World
    other: World
    _tokens: dict[str, str] = field(default_factory=dict)
    _expired: dict[str, str] = field(default_factory=dict)

    def token(self, column: str, situation: Situation) -> str:
        world = self.other if situation is Situation.OTHER else self.world
        name = f"far {column}" if situation is Situation.SIBLING else column
        return self._kept(world, name)

    def party(self, who: str) -> str:
        """The token of a person of the world, by name."""
        return self._kept(self.world, who)

    def outsider(self, kind: Outsider) -> str | None:
        if kind is Outsider.ANONYMOUS:
            return None
        token = self._kept(self.world, kind.value)
        return self.expired(token) if kind is Outsider.EXPIRED else token

    def expired(self, token: str) -> str:
        """The same token, an hour later."""
        if token not in self._expired:
            claims = jwt.decode(token, options={"verify_signature": False})
            past = {"iat": now() - timedelta(hours=1), "exp": now() - timedelta(seconds=1)}
            key = self.world.tokens
            self._expired[token] = jwt.encode(claims | past, key._private, "EdDSA", headers={"kid": key.key_id})
        return self._expired[token]

    def _kept(self, world: World, name: str) -> str:
        key = f"{world.district_id} {name}"
        if key not in self._tokens:
            self._tokens[key] = _issued(world, name)
        return self._tokens[key]


def _issued(world: World, name: str) -> str:
    if name.removeprefix("far ") != Role.CLIENT:
        return world.token(name)
    client, secret = world.people[name], world.sign_ins[name]
    return world.tokens.issue(world.district_id, client, client, secret, client=True)


async def seat_everyone(session: AsyncSession, sealer: Sealer, seats: Seats) -> None:
    """Put the matrix's people into both worlds; the session is the owner's."""
    await _add(session, [_far(seats.world)], _far_units(seats.world))
    for world, prefixes in ((seats.world, ("", "far ")), (seats.other, ("",))):
        for prefix in prefixes:
            await _seat(session, sealer, world, prefix)
            await _seat_client(session, world, f"{prefix}{Role.CLIENT}", _place_of(Role.CLIENT, prefix))
    await _seat_outsiders(session, sealer, seats.world)


async def _seat(session: AsyncSession, sealer: Sealer, world: World, prefix: str) -> None:
    """A person in each role: with a prefix at the sibling place, where they live too."""
    people, accounts, sign_ins, grants = [], [], [], []
    for column in COLUMNS:
        if column == Role.CLIENT or f"{prefix}{column}" in world.people:
            continue
        name = f"{prefix}{column}"
        role = Role(column) if column != NOBODY else None
        people.append(_person(world, sealer, name, role, prefix))
        accounts.append(worlds.account_row(world, name))
        sign_ins.append(worlds.sign_in_row(world, name))
        if role is not None:
            grants.append(_grant(world, name, role, _place_of(role, prefix)))
    await _add(session, people, accounts, sign_ins, grants)


def _place_of(role: Role, prefix: str) -> str:
    return SIBLING[OWN[role]] if prefix else OWN[role]


def _person(world: World, sealer: Sealer, name: str, role: Role | None, prefix: str) -> Person:
    unit = _UNITS.get(role) if role else None
    person = worlds.person_row(world, sealer, name, "home1", f"{prefix}{unit}" if unit else None, skills=["plumbing"])
    if prefix:
        person.place_id, person.path = world.places["sibling_entrance"], world.paths["sibling_entrance"]
        person.community_id, person.grid_id = world.places["sibling_community"], world.places["sibling_grid"]
    return person


def _grant(world: World, name: str, role: Role, at: str) -> Grant:
    grant = worlds.grant_row(world, name, role, at)
    grant.place_kind = PlaceKind.SUBDISTRICT if at == "far" else grant.place_kind
    return grant


def _far(world: World) -> Place:
    """A second subdistrict, for whom the only sibling is a whole one."""
    return worlds.place_row(world, "far", PlaceKind.SUBDISTRICT, "district", f"{world.district_id}002")


def _far_units(world: World) -> list[Organization]:
    units = []
    for name, kind in {"department": "department", "unit": "partner_unit", "society": "social_org"}.items():
        world.units[f"far {name}"] = seeded_id(world.district_id, "unit", f"far {name}")
        unit = Organization(district_id=world.district_id, id=world.units[f"far {name}"], kind=kind, name=f"远{name}")
        unit.place_id = unit.community_id = world.places["sibling_community"]
        unit.path, unit.joint_committee = world.paths["sibling_community"], False
        units.append(_stamped(unit))
    return units


async def _seat_client(session: AsyncSession, world: World, name: str, at: str) -> None:
    """A client system with a secret and every scope there is; its token names the secret as its sign-in."""
    client_id = world.people[name] = world.accounts[name] = seeded_id(world.district_id, "client", name)
    secret_id = world.sign_ins[name] = seeded_id(world.district_id, "client secret", name)
    client = Client(district_id=world.district_id, id=client_id, name=name, scopes=sorted(access.CLIENT_SCOPES))
    client.place_id, client.path = world.places[at], world.paths[at]
    client.place_kind = at.removeprefix("sibling_")
    client.created_by = world.people["system"]
    secret = ClientSecret(district_id=world.district_id, id=secret_id, client_id=client_id, digest=secret_id.bytes * 2)
    secret.created_at, secret.expires_at = now(), now() + timedelta(days=9)
    await _add(session, [_stamped(client)], [secret])


def _stamped(row: Stamped) -> Stamped:
    row.version, row.created_at, row.updated_at = 1, now(), now()
    return row


async def _seat_outsiders(session: AsyncSession, sealer: Sealer, world: World) -> None:
    """Community administrators who may no longer: their tokens are as good as new."""
    names = [kind.value for kind in Outsider if kind is not Outsider.ANONYMOUS]
    people = [_person(world, sealer, name, None, "") for name in names]
    accounts = [worlds.account_row(world, name) for name in names]
    sign_ins = [worlds.sign_in_row(world, name) for name in names]
    grants = [_grant(world, name, Role.COMMUNITY_ADMIN, "community") for name in names]
    await _add(session, people, accounts, sign_ins, grants)
    disabled, ended = world.accounts[Outsider.DISABLED], world.sign_ins[Outsider.ENDED]
    await session.execute(update(Account).where(Account.id == disabled).values(disabled_at=now()))
    gone = {"ended_at": now(), "ended_by": SignInEnd.SIGNED_OUT}
    await session.execute(update(SignIn).where(SignIn.id == ended).values(gone))


async def _add(session: AsyncSession, *tables: Sequence[Any]) -> None:
    for rows in tables:
        await worlds.put_rows(session, type(rows[0]), map(worlds.columns_of, rows))
