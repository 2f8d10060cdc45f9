"""Made-up data in bulk: a district, people with tokens, published orders with their whole history so far."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.ids import new_id
from app.core.keys import field_keys, signing_keys
from app.core.security import Tokens
from app.domain.accounts import LONGEST
from app.domain.people import Role
from app.domain.places import PlaceKind, child_path
from app.services.seeding_catalogue import categories
from app.services.seeding_lexicon import entries
from app.settings import Settings
from app.workers.seeding import SEEDS

CATEGORY = "repair.home"
"""A kind of service that asks for no skill."""
DOOR = {"lon": 111.651, "lat": 40.821}
"""Where all work is done, in WGS-84."""


@dataclass(frozen=True, slots=True)
class Spot:
    id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class Community:
    place: Spot
    grid: Spot
    home: Spot


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    token: str


@dataclass(slots=True)
class Ground:
    """A district that stands in the database, and what is needed to add people and orders to it."""

    connection: asyncpg.Connection
    district: int
    tokens: Tokens
    sealer: Sealer
    communities: list[Community] = field(default_factory=list)
    asker: Person | None = None

    async def copy(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        rows = [{"district_id": self.district} | row for row in rows]
        columns = list(rows[0])
        records = [tuple(row.values()) for row in rows]
        await self.connection.copy_records_to_table(table, records=records, columns=columns)

    async def people(self, count: int, role: Role, at: Spot, kind: PlaceKind, home: Community) -> list[Person]:
        """People with this role at a place, who live in a community and are signed in."""
        moment = now()
        people, accounts = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
        lives = {"place_id": home.home.id, "path": home.home.path}
        lives |= {"community_id": home.place.id, "grid_id": home.grid.id}
        fixed = {"party_status": "none", "skills": [], "languages": ["zh"], "minor": False} | lives
        await self.copy("people", [self._name(id_) | fixed | stamps(1) for id_ in people])
        account = {"password_hash": "!", "former_hashes": [], "password_temporary": False, "demo": True} | stamps(1)
        pairs = list(zip(people, accounts, strict=True))
        await self.copy("accounts", [{"id": acc, "person_id": id_, "login": str(acc), **account} for id_, acc in pairs])
        grant = {"role": role.value, "place_id": at.id, "path": at.path, "place_kind": kind.value, "starts_at": moment}
        await self.copy("grants", [{"id": new_id(), "person_id": id_, **grant} | stamps(1) for id_ in people])
        return await self.signed_in(pairs)

    async def signed_in(self, pairs: Sequence[tuple[UUID, UUID]]) -> list[Person]:
        """A sign-in and a token for each (person, account)."""
        moment = now()
        began = {"method": "password", "second_factor": False, "started_at": moment, "expires_at": moment + LONGEST}
        sign_ins = [new_id() for _ in pairs]
        rows = [{"id": id_, "account_id": acc} | began for id_, (_, acc) in zip(sign_ins, pairs, strict=True)]
        await self.copy("sign_ins", rows)
        return [
            Person(person, self.tokens.issue(self.district, person, acc, sign_in))
            for sign_in, (person, acc) in zip(sign_ins, pairs, strict=True)
        ]

    def _name(self, person_id: UUID) -> dict[str, Any]:
        secret = new_secret()
        sealed = self.sealer.seal("测试居民", self.district, "people", "name_sealed", person_id, secret)
        return {"id": person_id, "secret": secret, "name_sealed": sealed}

    async def catalogue(self, district: Spot) -> None:
        """The kinds of service every district begins with, and the words that point to them."""
        nodes = categories(self.district, SEEDS, stamps(1))
        as_text = [
            {name: json.dumps(value) if isinstance(value, dict) else value for name, value in node.items()}
            for node in nodes
        ]
        await self.copy("categories", as_text)
        await self.copy("lexicon_entries", entries(self.district, district.id, SEEDS, stamps(1)))

    async def helpers(self, count: int) -> list[Person]:
        """Volunteers of the first community."""
        first = self.communities[0]
        return await self.people(count, Role.VOLUNTEER, first.place, PlaceKind.COMMUNITY, first)

    async def published(self, count: int, people_wanted: int = 1) -> list[UUID]:
        """Orders anyone in the first community may take: opened, then published, each from a need of its own."""
        needs, orders = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
        await self.copy("needs", [self._need(id_) for id_ in needs])
        await self.copy("orders", [self._order(*pair, people_wanted) for pair in zip(orders, needs, strict=True)])
        steps: list[tuple[str, UUID, int, str, str | None, str]] = [
            ("need", id_, 1, "submit", None, "submitted") for id_ in needs
        ]
        steps += [("need", id_, 2, "accept", "submitted", "accepted") for id_ in needs]
        steps += [("order", id_, 1, "open", None, "open") for id_ in orders]
        steps += [("order", id_, 2, "publish", "open", "published") for id_ in orders]
        await self.told(steps)
        return orders

    async def told(self, steps: Sequence[tuple[str, UUID, int, str, str | None, str]]) -> None:
        """Events at the first home: aggregate, its id, number, action, source and target.

        They have their place in the feed already: the relay's work is to be that of the requests sent.
        """
        names = ("aggregate", "aggregate_id", "seq", "action", "source", "target")
        rest = {"path": self.communities[0].home.path, "data": "{}", "at": now()}
        events = [{"id": new_id()} | dict(zip(names, step, strict=True)) | rest for step in steps]
        await self.copy("events", events)
        await self.connection.execute(
            "INSERT INTO outbox (district_id, id, position)"
            " SELECT $1, id, nextval('outbox_position') FROM unnest($2::uuid[]) AS id",
            self.district,
            [event["id"] for event in events],
        )

    def _where(self) -> dict[str, Any]:
        first = self.communities[0]
        lies = {"place_id": first.home.id, "path": first.home.path} | DOOR
        return lies | {"community_id": first.place.id, "grid_id": first.grid.id}

    def _need(self, need_id: UUID) -> dict[str, Any]:
        asker = self.asker.id if self.asker else None
        row = {
            "id": need_id,
            "state": "accepted",
            "title": "门锁坏了",
            "details": "大门的锁拧不动",
            "category": CATEGORY,
        }
        row |= {"urgency": "normal", "privacy": "handlers", "people_concerned": 1, "source": "self", "asked_at": now()}
        row |= {"asker_id": asker, "submitted_by": asker, "round": 1, "appealed": False, "closed_by_system": False}
        return row | self._where() | stamps(2)

    def _order(self, order_id: UUID, need_id: UUID, people_wanted: int) -> dict[str, Any]:
        row = {"id": order_id, "need_id": need_id, "state": "published", "title": "门锁坏了", "category": CATEGORY}
        row |= {"urgency": "normal", "people_wanted": people_wanted, "people_accepted": 0, "round": 1}
        row |= {"due_at": now() + timedelta(days=3), "auto_offer": False, "offer_minutes": 60}
        return row | {"overruled": False, "closed_by_system": False} | self._where() | stamps(2)


def stamps(version: int) -> dict[str, Any]:
    return {"version": version, "created_at": now(), "updated_at": now()}


async def make_ground(connection: asyncpg.Connection, folder: Path, district: int, communities: int) -> Ground:
    """A district of one street with this many communities, a grid and a compound in each, and one asker.

    ``folder`` holds the keys the servers sign and seal with.
    """
    settings = Settings(data_dir=folder)
    tokens = Tokens(signing_keys(settings), timedelta(hours=1))
    ground = Ground(connection, district, tokens, Sealer(*field_keys(settings)))
    await connection.execute("INSERT INTO districts (id, name) VALUES ($1, $2)", district, f"测试区{district}")
    rows: list[dict[str, Any]] = []

    def place(kind: PlaceKind, parent: Spot | None, code: str, **more: Any) -> Spot:
        spot = Spot(new_id(), child_path(parent.path if parent else "", code))
        lies = {"community_id": spot.id if kind is PlaceKind.COMMUNITY else None, "grid_id": None} | more
        tree = {"kind": kind.value, "parent_id": parent.id if parent else None, "code": code, "name": code}
        rows.append({"id": spot.id, **tree, "path": spot.path, **lies, **stamps(1)})
        return spot

    top = place(PlaceKind.DISTRICT, None, f"{district}")
    street = place(PlaceKind.SUBDISTRICT, top, f"{district}001")
    for number in range(1, communities + 1):
        community = place(PlaceKind.COMMUNITY, street, f"{district}001{number:03d}")
        grid = place(PlaceKind.GRID, community, "01", community_id=community.id)
        home = place(PlaceKind.COMPOUND, grid, "01", community_id=community.id, grid_id=grid.id)
        ground.communities.append(Community(community, grid, home))
    await ground.copy("places", rows)
    await ground.catalogue(top)
    first = ground.communities[0]
    ground.asker = (await ground.people(1, Role.RESIDENT, first.place, PlaceKind.COMMUNITY, first))[0]
    return ground
