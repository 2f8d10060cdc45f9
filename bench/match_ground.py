"""A district for ``make bench-match``: resources of every kind all over it, what they did before, and needs in people's words."""

import csv
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core.clock import now
from app.core.ids import new_id
from app.domain.lexicon import Entry, Lexicon, compiled
from app.domain.matching import WEIGHTS, DismissReason, Part
from app.domain.people import Role
from app.domain.places import PlaceKind
from app.domain.resources import NATURES, Nature, ResourceKind
from app.services.seeding_catalogue import catalogue
from app.services.seeding_lexicon import words
from app.workers.seeding import SEEDS
from bench.data import Ground, stamps

UNITS, PEOPLE = 2_000, 1_000
WEST, SOUTH, WIDE, HIGH = 111.55, 40.75, 0.17, 0.13
"""Some fourteen kilometres each way."""
_DONE, _CONFIRMED, _DISMISSED = 20_000, 3_000, 3_000
_NAMES = ("便民", "红领", "暖心", "邻里", "惠民", "阳光", "同心", "初心")
_WHO = ("服务队", "志愿队", "服务点", "小组", "工作室", "驿站", "之家", "公司")
_MORE = ("提前一天预约", "上门服务", "周末也可以", "老年人优先", "免费提供", "用后归还", "只收材料费", "限本区居民")
_KINDS = (
    ResourceKind.SERVICE,
    ResourceKind.SERVICE,
    ResourceKind.EXPERTISE,
    ResourceKind.MATERIALS,
    ResourceKind.VENUE,
)
_STATS = """
INSERT INTO orders (district_id, id, need_id, state, title, category, urgency, people_wanted, people_accepted, round, due_at,
  auto_offer, offer_minutes, overruled, outcome, rating, closed_by_system, place_id, path, community_id, grid_id, version,
  created_at, updated_at)
SELECT $1, md5('order' || i)::uuid, $2, 'closed', '已办结', 'repair.home', 'normal', 1, 1, 1, now(), false, 60, false, 'solved',
  1 + (i * 7) % 5, false, $3, $4, $5, $6, 1, now(), now() FROM generate_series(1, $7::int) AS i"""
_WORKED = """
INSERT INTO assignments (district_id, id, order_id, path, slot, person_id, organization_id, state, version, created_at, updated_at)
SELECT $1, md5('work' || i)::uuid, md5('order' || i)::uuid, $2, 1, CASE WHEN i % 3 = 0 THEN ($3::uuid[])[1 + i % $5::int] END,
  CASE WHEN i % 3 <> 0 THEN ($4::uuid[])[1 + i % $6::int] END, 'checked_out', 1, now(), now()
FROM generate_series(1, $7::int) AS i"""


def lexicon() -> Lexicon:
    """The district's, as it is seeded."""
    rows = words(SEEDS)
    return compiled(
        Entry(row["term"], row["category"], row["weight"], row["synonym_of"], local=False, retired=False)
        for row in rows
    )


class MatchGround:
    """Fills the ground, the same on every run."""

    def __init__(self, ground: Ground, count: int) -> None:
        self.ground, self.count = ground, count
        self.chance = random.Random(20_261)  # noqa: S311 - to be repeatable
        self.nodes = [node for node in catalogue(SEEDS) if node["terms"] is not None]
        self.terms: dict[str, list[str]] = {}
        for row in words(SEEDS):
            if row["category"] and (row["weight"] or 0) > 0:
                self.terms.setdefault(row["category"], []).append(row["term"])
        self.top = ground.communities[0].place.path.split("/")[0] + "/"

    async def fill(self) -> None:
        connection = self.ground.connection
        await connection.execute("SET session_replication_role = replica")
        self.units = [new_id() for _ in range(UNITS)]
        await self.ground.copy("organizations", [self._unit(id_, n) for n, id_ in enumerate(self.units)])
        home = self.ground.communities[0]
        people = await self.ground.people(PEOPLE, Role.VOLUNTEER, home.place, PlaceKind.COMMUNITY, home)
        self.people = [person.id for person in people]
        resources = [self._resource() for _ in range(self.count)]
        await self.ground.copy("resources", resources)
        await self.ground.copy("resource_windows", list(self._windows(resources)))
        await self.ground.copy("bookings", list(self._bookings(resources)))
        await self._past(resources)
        await self._duty()
        await connection.execute("RESET session_replication_role")
        await connection.execute("VACUUM (ANALYZE)")

    def _somewhere(self) -> dict[str, Any]:
        return {"lon": WEST + self.chance.random() * WIDE, "lat": SOUTH + self.chance.random() * HIGH}

    def _home(self) -> dict[str, Any]:
        community = self.chance.choice(self.ground.communities)
        found = {"place_id": community.home.id, "path": community.home.path}
        return found | {"community_id": community.place.id, "grid_id": community.grid.id}

    def _unit(self, id_: UUID, number: int) -> dict[str, Any]:
        row = {"id": id_, "kind": "work_unit", "name": f"单位{number}", "joint_committee": True}
        return row | self._home() | {"lon": None, "lat": None} | stamps(1)

    def _resource(self) -> dict[str, Any]:
        chance = self.chance
        node, kind = chance.choice(self.nodes), chance.choice(_KINDS)
        nature = chance.choice(NATURES[kind])
        own = chance.random() < 0.2
        codes = {node["code"], *(chance.choice(self.nodes)["code"] for _ in range(chance.choice((0, 0, 1, 2))))}
        if chance.random() < 0.1:
            codes.add(node["code"].partition(".")[0])
        said = chance.sample(_MORE, 2) + chance.choices(self.terms.get(node["code"], [node["name"]]), k=3)
        row = {
            "id": new_id(),
            "state": "listed",
            "organization_id": None if own else chance.choice(self.units),
            "person_id": chance.choice(self.people) if own else None,
            "kind": kind.value,
            "nature": nature.value,
            "name": f"{chance.choice(_NAMES)}{node['name']}{chance.choice(_WHO)}",
            "details": "，".join(said),
            "categories": sorted(codes),
            "quantity": 1 if nature is Nature.EXCLUSIVE else chance.choice((1, 2, 5, 20, 50)),
            "unit": "次",
            "reserved": 0,
            "service_place_id": self.ground.communities[0].place.id,
            "service_path": self.top,
            "starts_at": now() - timedelta(days=30),
            "remind_days": 14,
        }
        return row | self._home() | self._somewhere() | stamps(1)

    def _windows(self, resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Half of them are open on some days only."""
        for row in resources[::2]:
            since = self.chance.choice((480, 540, 600))
            for weekday in self.chance.sample(range(1, 8), 4):
                open_then = {"weekday": weekday, "from_minute": since, "until_minute": since + 420}
                yield {"id": new_id(), "resource_id": row["id"]} | open_then

    def _bookings(self, resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """A tenth of them is taken at the time that some needs want."""
        start = wanted()
        for row in resources[::10]:
            if row["nature"] == Nature.STOCK:
                continue
            during = asyncpg.Range(start - timedelta(hours=1), start + timedelta(hours=1))
            fixed = {"id": new_id(), "state": "confirmed", "resource_id": row["id"], "path": row["path"]}
            fixed |= {
                "nature": row["nature"],
                "quantity": 1,
                "during": during,
                "purpose": "need",
                "purpose_id": new_id(),
            }
            yield fixed | {"use_place_id": row["place_id"], "use_path": row["path"]} | stamps(1)

    async def _past(self, resources: list[dict[str, Any]]) -> None:
        """Rated work of units and people, and matches that were confirmed or dismissed."""
        home, connection, district = self.ground.communities[0], self.ground.connection, self.ground.district
        lies = (home.home.id, home.home.path, home.place.id, home.grid.id)
        await connection.execute(_STATS, district, new_id(), *lies, _DONE)
        given = (self.people, self.units, PEOPLE, UNITS, _DONE)
        await connection.execute(_WORKED, district, home.home.path, *given)
        rows = [self._match(self.chance.choice(resources), confirmed=True) for _ in range(_CONFIRMED)]
        rows += [self._match(self.chance.choice(resources), confirmed=False) for _ in range(_DISMISSED)]
        await self.ground.copy("matches", rows)

    def _match(self, resource: dict[str, Any], *, confirmed: bool) -> dict[str, Any]:
        half = "{" + ", ".join(f'"{part.value}": 0.5' for part in Part) + "}"
        weights = "{" + ", ".join(f'"{part.value}": {weight}' for part, weight in WEIGHTS.items()) + "}"
        row = {"id": new_id(), "state": "confirmed" if confirmed else "dismissed", "path": resource["path"]}
        row |= {
            "run_id": new_id(),
            "need_id": new_id(),
            "resource_id": resource["id"],
            "rank": 1,
            "score": 0.5,
            "learnt": 1.0,
        }
        row |= {"category": resource["categories"][0], "parts": half, "weights": weights, "reasons": []}
        row |= {"decided_at": now() - timedelta(days=self.chance.randrange(80))}
        row |= {"dismiss_reason": None if confirmed else self.chance.choice(list(DismissReason)).value}
        return (
            row | {"result": "booked" if confirmed else None, "booking_id": new_id() if confirmed else None} | stamps(1)
        )

    async def _duty(self) -> None:
        year = now().year
        for community in self.ground.communities:
            row = {
                "id": new_id(),
                "draw_id": new_id(),
                "community_id": community.place.id,
                "path": community.place.path,
            }
            row |= {
                "year": year,
                "number": 1,
                "organization_id": self.chance.choice(self.units),
                "lap": 1,
                "state": "on_duty",
            }
            spans = {"starts_on": (now() - timedelta(days=20)).date(), "ends_on": (now() + timedelta(days=30)).date()}
            await self.ground.copy("duty_turns", [row | spans | {"told": []} | stamps(1)])

    async def needs(self, count: int) -> list[UUID]:
        """In the words of people who asked for as many different kinds; every other one at a time."""
        with (SEEDS.parent / "bench" / "data" / "need_texts.csv").open(encoding="utf-8", newline="") as file:
            texts = {line["category"]: line["text"] for line in csv.DictReader(file)}
        chosen = self.chance.sample(sorted(texts.items()), count)
        rows = [self._need(number, *one) for number, one in enumerate(chosen)]
        await self.ground.copy("needs", rows)
        return [row["id"] for row in rows]

    def _need(self, number: int, category: str, text: str) -> dict[str, Any]:
        asker = self.ground.asker.id if self.ground.asker else None
        row = {"id": new_id(), "state": "accepted", "title": text[:12], "details": text, "category": category}
        row |= {"urgency": "normal", "privacy": "handlers", "people_concerned": 1 + number % 3, "source": "self"}
        row |= {"asked_at": now(), "asker_id": asker, "submitted_by": asker, "round": 1, "appealed": False}
        row |= {"closed_by_system": False, "wanted_at": wanted() if number % 2 else None}
        return row | self._home() | self._somewhere() | stamps(1)


def wanted() -> Any:
    """Ten o'clock in China in a week's time."""
    return (now() + timedelta(days=7)).replace(hour=2, minute=0, second=0, microsecond=0)
