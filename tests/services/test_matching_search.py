"""The search for the best resources finds what the rule finds when it looks at each of them, and says what it left out."""

import random
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.matches import MatchState
from app.domain.matching import WEIGHTS, DismissReason, Part, Scored, rank
from app.domain.matching_bounds import whole
from app.domain.needs import NeedState
from app.domain.resources import Nature, ResourceKind, ResourceState
from app.models import Need, Resource, ResourceWindow
from app.services import matching, matching_search
from tests.services.rows import put_need
from tests.services.rows_matches import put_match
from tests.services.rows_resources import put_resource
from tests.worlds import LAT, LON, World

CODES = ("repair", "repair.plumbing", "repair.electric", "repair.home", "culture", "culture.sports", "law.advice")
WORDS = ("修水管", "换龙头", "漏水", "疏通下水道", "合唱排练", "法律咨询", "上门服务", "周末也可以")
ONLY = dict.fromkeys(Part, 0)
ALL_WEIGHTS: dict[str, dict[Part, int]] = {
    "the house's own": WEIGHTS,
    "kind alone": ONLY | {Part.CATEGORY: 10},
    "words alone": ONLY | {Part.TEXT: 10},
    "distance alone": ONLY | {Part.DISTANCE: 10},
    "no distance": WEIGHTS | {Part.DISTANCE: 0},
    "duty and rating": ONLY | {Part.DUTY: 3, Part.RATING: 5, Part.FAIRNESS: 5},
}


@pytest.fixture
def served(app: FastAPI) -> Database:
    """The database as requests use it, behind row-level security."""
    found: Database = app.state.database
    return found


async def crowd(session: AsyncSession, world: World, chance: random.Random, count: int) -> None:
    """Resources of every kind, near and far, of units and people, some without a position, some open on some days."""
    for number in range(count):
        kind = chance.choice((ResourceKind.SERVICE, ResourceKind.MATERIALS, ResourceKind.VENUE))
        nature = chance.choice((Nature.EXCLUSIVE, Nature.SHARED)) if kind is ResourceKind.VENUE else Nature.SHARED
        spot = (None, None) if number % 9 == 0 else (LON + chance.uniform(-0.1, 0.1), LAT + chance.uniform(-0.1, 0.1))
        more: dict[str, Any] = {"kind": kind, "nature": nature, "lon": spot[0], "lat": spot[1]}
        more |= {"quantity": 1 if nature is Nature.EXCLUSIVE else chance.choice((1, 3, 30))}
        more |= {"name": chance.choice(WORDS), "details": "，".join(chance.sample(WORDS, 2))}
        more |= {"categories": sorted(chance.sample(CODES, chance.choice((1, 1, 2))))}
        row = await put_resource(
            session, world, ResourceState.LISTED, person="member1" if number % 4 == 0 else None, **more
        )
        if number % 5 == 0:
            window = {"weekday": chance.randint(1, 7), "from_minute": 480, "until_minute": 1_200}
            session.add(ResourceWindow(district_id=world.district_id, id=new_id(), resource_id=row.id, **window))
        if number % 11 == 0:
            dismissed: dict[str, Any] = {"dismiss_reason": DismissReason.UNSUITABLE}
            await put_match(session, world, MatchState.DISMISSED, resource=row, **dismissed)
    await session.flush()


async def put(session: AsyncSession, world: World, **columns: Any) -> Need:
    need = await put_need(session, world, NeedState.IN_SERVICE)
    for name, value in columns.items():
        setattr(need, name, value)
    await session.flush()
    return need


async def each(session: AsyncSession, need: Need, weights: dict[Part, int], most: int) -> list[Scored]:
    """The rule applied to every resource."""
    rows = (await session.scalars(select(Resource).where(Resource.state == ResourceState.LISTED))).all()
    facts = await matching.facts_of(session, await matching.asked_of(session, [need], need.community_id), rows)
    return rank((facts.pair(need, row) for row in rows), weights, most)


def shown(found: list[Scored]) -> list[tuple[Any, Any]]:
    return [(scored.resource_id, pytest.approx(scored.score, abs=2e-6)) for scored in found]


def asks(chance: random.Random, number: int) -> dict[str, Any]:
    """One of many needs: some without a position, without a kind, or at a time."""
    spot = {"lon": None, "lat": None} if number == 3 else {"lon": LON + chance.uniform(-0.05, 0.05), "lat": LAT}
    wanted = now() + timedelta(days=chance.randint(1, 7), hours=2) if number % 2 else None
    asked = {"title": chance.choice(WORDS), "details": chance.choice(WORDS), "wanted_at": wanted, "people_concerned": 2}
    return spot | asked | {"category": None if number == 5 else chance.choice(CODES)}


async def test_the_search_finds_what_the_rule_finds(
    world: World, owner: Database, served: Database, monkeypatch: Any
) -> None:
    monkeypatch.setattr(matching_search, "_FIRST", 3)
    chance = random.Random(41)
    async with owner.transaction(world.district_id) as session:
        await crowd(session, world, chance, 150)
        ids = [(await put(session, world, **asks(chance, number))).id for number in range(12)]
    async with served.transaction(world.district_id) as session:
        for number, need_id in enumerate(ids):
            need = (await session.scalars(select(Need).where(Need.id == need_id))).one()
            for name, weights in ALL_WEIGHTS.items():
                for most in (1, 20):
                    found = await matching_search.best_for(session, need, weights, most)
                    expected = shown(await each(session, need, weights, most))
                    assert [(s.resource_id, s.score) for s in found.ranked] == expected, (name, number, most)
                    assert [pair.resource_id for pair in found.pairs] == [s.resource_id for s in found.ranked]
                    assert not found.more


async def test_what_cannot_matter_is_not_looked_at(world: World, owner: Database, served: Database) -> None:
    """A good match next door, and others of the branch out of reach."""
    async with owner.transaction(world.district_id) as session:
        for number in range(60):
            near: dict[str, Any] = (
                {"lon": LON, "lat": LAT} if number < 5 else {"lon": LON + 0.05 + number / 1000, "lat": LAT}
            )
            kind = ["repair.plumbing"] if number < 5 else ["repair.electric"]
            await put_resource(
                session, world, ResourceState.LISTED, categories=kind, name="修水管", details=None, **near
            )
        asked = {"title": "水管", "details": "修水管", "lon": LON, "lat": LAT, "category": "repair.plumbing"}
        need = await put(session, world, **asked)
    async with served.transaction(world.district_id) as session:
        found = await matching_search.best_for(session, need, dict(WEIGHTS), 5)
        assert (len(found.ranked), found.looked) == (5, 5)


async def test_it_says_when_there_were_more(world: World, owner: Database, served: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(matching_search, "LOOKED_AT_MOST", 4)
    async with owner.transaction(world.district_id) as session:
        for _ in range(6):
            await put_resource(session, world, ResourceState.LISTED)
        need = await put(session, world)
    async with served.transaction(world.district_id) as session:
        found = await matching_search.best_for(session, need, dict(WEIGHTS), 20)
        assert (len(found.ranked), found.looked, found.more) == (4, 4, True)


async def test_words_that_changed_are_heard(world: World, owner: Database, served: Database) -> None:
    """Grams are kept by version."""
    async with owner.transaction(world.district_id) as session:
        other: dict[str, Any] = {"name": "合唱", "details": None, "categories": ["law.advice"]}
        row = await put_resource(session, world, ResourceState.LISTED, **other)
        need = await put(session, world, title="漏水", details="漏水", category="repair.home")
    async with served.transaction(world.district_id) as session:
        assert (await matching_search.best_for(session, need, dict(WEIGHTS), 5)).ranked == []
        change = update(Resource).where(Resource.id == row.id).values(name="治漏水", version=Resource.version + 1)
        await session.execute(change)
        assert len((await matching_search.best_for(session, need, dict(WEIGHTS), 5)).ranked) == 1


@pytest.mark.parametrize("code", CODES)
async def test_the_index_has_the_words_of_the_rule(owner: Database, code: str) -> None:
    async with owner.transaction(990_001) as session:
        found = await session.scalar(text("SELECT resource_kinds(7, ARRAY[:code])"), {"code": code})
        assert set(found) == {f"7:{code}", f"7:{whole(code)}"}
