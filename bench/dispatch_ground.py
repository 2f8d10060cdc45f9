"""A district for ``make bench-dispatch``: open orders and helpers all over it, with skills, weeks, work in hand and a past."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import now
from app.core.crypto import new_secret
from app.core.ids import new_id
from app.domain.catalogue import Handler, Skill
from app.domain.people import Role
from app.domain.places import PlaceKind
from app.services.seeding_catalogue import catalogue
from app.workers.seeding import SEEDS
from bench.data import Community, Ground, stamps

WEST, SOUTH, WIDE, HIGH = 111.55, 40.75, 0.17, 0.13
"""Some fourteen kilometres each way."""
_REACH = 0.02
"""How far from a community's middle its people live, in degrees."""
_WANTED = (1, 1, 1, 1, 2, 3)
_URGENCIES = ("normal",) * 8 + ("urgent", "critical")
_AT_HAND, _DONE, _ASKERS = 0.2, 1.0, 0.2
"""Shares of the people: who holds an order, how many orders were done; and of the orders: how many askers."""


class DispatchGround:
    """Fills the ground, the same on every run."""

    def __init__(self, ground: Ground, orders: int, people: int) -> None:
        self.ground, self.orders, self.count = ground, orders, people
        self.chance = random.Random(20_262)  # noqa: S311 - to be repeatable
        nodes = [node for node in catalogue(SEEDS) if node["terms"] is not None]
        self.nodes = [node for node in nodes if _helpers_do(node["terms"])]
        self.middles = [self._anywhere() for _ in ground.communities]
        self.helpers: list[UUID] = []

    async def fill(self) -> None:
        copy = self.ground.copy
        people = [self._person(new_id()) for _ in range(self.count)]
        self.helpers = [row["id"] for row in people]
        await copy("people", people)
        await copy("grants", [self._grant(row) for row in people])
        await copy("certificates", list(self._certificates(people)))
        await copy("availability_windows", list(self._weeks()))
        await self._work("in_progress", int(self.count * _AT_HAND))
        await self._work("closed", int(self.count * _DONE))
        await self._open()
        for table in ("people", "grants", "needs", "orders", "assignments", "certificates", "availability_windows"):
            await self.ground.connection.execute(f"VACUUM ANALYZE {table}")

    def _anywhere(self) -> tuple[float, float]:
        return WEST + self.chance.random() * WIDE, SOUTH + self.chance.random() * HIGH

    def _home(self, community: Community | None = None) -> dict[str, Any]:
        """A household of some community: where it is, and in which compound, building and entrance."""
        found = community or self.chance.choice(self.ground.communities)
        lon, lat = self.middles[self.ground.communities.index(found)]
        compound, building, entrance, door = (self.chance.randrange(most) for most in (30, 10, 4, 30))
        row: dict[str, Any] = {"place_id": found.home.id, "community_id": found.place.id, "grid_id": found.grid.id}
        row |= {"path": f"{found.grid.path}{compound}/{building}/{entrance}/{door}/"}
        return row | {
            "lon": lon + self.chance.uniform(-_REACH, _REACH),
            "lat": lat + self.chance.uniform(-_REACH, _REACH),
        }

    def _person(self, person: UUID) -> dict[str, Any]:
        secret = new_secret()
        name = self.ground.sealer.seal("测试志愿者", self.ground.district, "people", "name_sealed", person, secret)
        row = {"id": person, "secret": secret, "name_sealed": name, "party_status": "none", "minor": False}
        skills = self.chance.sample([skill.value for skill in Skill], self.chance.choice((0, 1, 2, 3)))
        row |= {"skills": skills, "languages": ["zh"], "load_limit": self.chance.choice((None, None, 1, 2, 3))}
        return row | {"service_radius_m": self.chance.choice((None, None, 2_000))} | self._home() | stamps(1)

    def _grant(self, person: dict[str, Any]) -> dict[str, Any]:
        """Most help in their community, some in all of the district."""
        own = next(c for c in self.ground.communities if c.place.id == person["community_id"])
        spot, kind = own.place, PlaceKind.COMMUNITY
        row = {"id": new_id(), "person_id": person["id"], "role": Role.VOLUNTEER.value, "starts_at": now()}
        return row | {"place_id": spot.id, "path": spot.path, "place_kind": kind.value} | stamps(1)

    def _certificates(self, people: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Half of the skills are shown."""
        checker = self.ground.asker.id if self.ground.asker else None
        day = now().date() - timedelta(days=100)
        for person in people:
            for skill in person["skills"][::2]:
                row = {"id": new_id(), "person_id": person["id"], "skill": skill, "title": "证书", "issuer": "协会"}
                yield row | {"issued_on": day, "verified_by": checker, "verified_at": now()} | stamps(1)

    def _weeks(self) -> Iterator[dict[str, Any]]:
        """A third have said when they are free."""
        for person in self.helpers[::3]:
            for weekday in self.chance.sample(range(1, 8), 5):
                row = {"id": new_id(), "person_id": person, "weekday": weekday}
                yield row | {"from_minute": 480, "until_minute": self.chance.choice((1_080, 1_320))}

    async def _open(self) -> None:
        askers = [self._person(new_id()) for _ in range(int(self.orders * _ASKERS))]
        await self.ground.copy("people", askers)
        rows = [self._order(asker, "open") for asker in self.chance.choices(askers, k=self.orders)]
        await self._copied(rows)

    async def _work(self, state: str, count: int) -> None:
        """Orders that somebody holds or has brought to an end, some of them of people who ask again."""
        asker = self.ground.asker.id if self.ground.asker else None
        rows = [self._order({"id": asker} | self._home(), state) for _ in range(count)]
        await self._copied(rows)
        held = "accepted" if state == "in_progress" else "verified"
        busy = self.chance.sample(self.helpers, count)
        await self.ground.copy("assignments", [self._held(*pair, held) for pair in zip(rows, busy, strict=True)])

    async def _copied(self, rows: list[dict[str, Any]]) -> None:
        await self.ground.copy("needs", [self._need(row) for row in rows])
        kept = [{name: value for name, value in row.items() if name != "asker_id"} for row in rows]
        await self.ground.copy("orders", kept)

    def _order(self, asker: dict[str, Any], state: str) -> dict[str, Any]:
        chance, node = self.chance, self.chance.choice(self.nodes)
        places = ("place_id", "path", "community_id", "grid_id", "lon", "lat")
        row = {"id": new_id(), "need_id": new_id(), "asker_id": asker["id"], "state": state, "title": node["name"]}
        row |= {"category": node["code"], "terms": json.dumps(node["terms"]), "urgency": chance.choice(_URGENCIES)}
        ended = state == "closed"
        row |= {"people_wanted": 1 if state != "open" else chance.choice(_WANTED), "round": 1, "auto_offer": False}
        row |= {"people_accepted": 0 if state == "open" else 1, "due_at": now() + timedelta(days=3)}
        row |= {"offer_minutes": 60, "overruled": False, "closed_by_system": False}
        row |= {"outcome": "solved" if ended else None, "rating": chance.randint(1, 5) if ended else None}
        wanted = now() + timedelta(hours=chance.randrange(24, 240)) if chance.random() < 0.3 and not ended else None
        row |= {
            "wanted_at": wanted,
            "insured_until": now().date() + timedelta(days=30),
            "insurer": "平安",
            "policy_number": "1",
        }
        return row | {name: asker[name] for name in places} | stamps(2)

    def _need(self, order: dict[str, Any]) -> dict[str, Any]:
        row = {"id": order["need_id"], "state": "closed" if order["state"] == "closed" else "accepted"}
        row |= {name: order[name] for name in ("title", "category", "urgency", "asker_id", "wanted_at")}
        row |= {"details": order["title"], "privacy": "handlers", "people_concerned": 1, "source": "self"}
        row |= {"asked_at": now(), "submitted_by": order["asker_id"], "round": 1, "appealed": False}
        places = ("place_id", "path", "community_id", "grid_id", "lon", "lat")
        return row | {"closed_by_system": False} | {name: order[name] for name in places} | stamps(2)

    def _held(self, order: dict[str, Any], person: UUID, state: str) -> dict[str, Any]:
        row = {"id": new_id(), "order_id": order["id"], "path": order["path"], "slot": 1, "person_id": person}
        row |= {"load_slot": 1, "state": state, "accepted_at": now()}
        return row | stamps(2)


def _helpers_do(terms: dict[str, Any]) -> bool:
    return Handler.HELPERS.value in terms.get("handlers", [one.value for one in Handler])
