"""A batch of dispatch and the choice for one order go by the same facts and rules: who may have an order, and at what cost."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now, today
from app.core.db import Database
from app.core.ids import new_id
from app.domain.activities import ActivityState
from app.domain.catalogue import Handler, terms_of
from app.domain.dispatch import obstacle, price
from app.domain.dispatch_batch import decide
from app.domain.dispatch_batches import room
from app.domain.dispatch_cost import WEIGHTS, told
from app.domain.pairings import PairingEnd, PairingLevel
from app.domain.sign_ups import SignUpState
from app.models import (
    Assignment,
    AvailabilityException,
    AvailabilityWindow,
    Certificate,
    Consent,
    DispatchWeights,
    Need,
    NeedRespondent,
    Order,
    Organization,
    Pairing,
    Person,
)
from app.services import dispatch_batches_facts, dispatch_weights
from app.services.dispatch_batches_orders import Look
from app.services.dispatch_facts import candidates
from app.workers.dispatch_solving import driver
from tests.services.rows_activities import put_activity, put_role, put_sign_up
from tests.stories.steps import accepted_need, only_order
from tests.worlds import HELPERS, World, columns_of, put_rows

ORDERS = 60
_SKILLS = ["plumbing", "nursing"]
_PLACES = [f"home{number}" for number in range(1, 8)] + ["grid", "building", "sibling_entrance"]


class Made:
    """Orders of every sort beside one that was opened in the usual way, and a past, papers, promises and ties of the helpers."""

    def __init__(self, world: World, need: Need, order: Order, seed: int) -> None:
        self.world, self.need, self.order = world, columns_of(need), columns_of(order)
        self.chance = random.Random(seed)
        self.key = {"district_id": world.district_id}
        self.helpers = [world.people[who] for who in HELPERS]
        self.open: list[UUID] = []

    async def fill(self, session: AsyncSession) -> None:
        for _ in range(ORDERS):
            self.open.append(await self._order(session, "open", people_wanted=2))
        for who in self.helpers:
            await self._person(session, who)
            await self._past(session, who)
        await self._ties(session)
        await session.flush()

    def _moment(self) -> datetime:
        day = now().astimezone(CHINA).replace(hour=8, minute=0, second=0, microsecond=0)
        return day + timedelta(days=self.chance.randint(1, 3), minutes=30 * self.chance.randrange(20))

    def _terms(self) -> dict[str, Any]:
        chance = self.chance
        skills = chance.choice([[], [], ["plumbing"], ["plumbing"], _SKILLS])
        terms = dict(self.order["terms"]) | {"skills": skills, "certified": bool(skills) and chance.random() < 0.3}
        terms |= {"insured": chance.random() < 0.2, "service_minutes": chance.choice([None, 30, 150])}
        return terms | {"handlers": chance.choice([[Handler.UNITS.value], *[[one.value for one in Handler]] * 9])}

    async def _order(self, session: AsyncSession, state: str, **more: Any) -> UUID:
        chance, world = self.chance, self.world
        where = chance.choice(_PLACES)
        place = {"place_id": world.places[where], "path": world.paths[where]}
        spot = (
            {"lon": 111.65 + chance.random() / 50, "lat": 40.82}
            if chance.random() < 0.9
            else {"lon": None, "lat": None}
        )
        wanted = self._moment() if chance.random() < 0.6 else None
        kind = {"category": chance.choice(["repair.plumbing", "repair.home", "elder.visit"]), "wanted_at": wanted}
        asker = chance.choice(["resident1", "resident2", "member2"])
        people = {"asker_id": world.people[asker], "submitted_by": world.people[chance.choice([asker, "volunteer2"])]}
        need = self.need | people | place | spot | kind | {"id": new_id(), "state": "accepted"}
        order = self.order | place | spot | kind | {"id": new_id(), "need_id": need["id"], "state": state} | more
        order |= {"terms": self._terms(), "insured_until": None}
        if chance.random() < 0.5:
            day = today() + timedelta(days=chance.randint(0, 4))
            order |= {"insurer": "人保", "policy_number": "1", "insured_until": day}
        await put_rows(session, Need, [need])
        await put_rows(session, Order, [order])
        return UUID(str(order["id"]))

    async def _person(self, session: AsyncSession, who: UUID) -> None:
        chance = self.chance
        wish = {"load_limit": chance.choice([None, 2, 3]), "service_radius_m": chance.choice([None, None, 1_000])}
        skills = chance.choice([["plumbing"], _SKILLS, _SKILLS])
        unit = chance.choice([None, self.world.units["society"], self.world.units["department"]])
        await session.execute(
            update(Person).where(Person.id == who).values(skills=skills, organization_id=unit, **wish)
        )
        for skill in chance.sample(skills, chance.randint(0, len(skills))):
            paper = {"person_id": who, "skill": skill, "title": "证书", "issuer": "协会", "verified_at": now()}
            paper |= {"verified_by": self.world.people["grid"], "issued_on": today() - timedelta(days=9), "version": 1}
            until = chance.choice([None, today() + timedelta(days=2)])
            session.add(Certificate(**self.key, id=new_id(), expires_on=until, **paper))
        if chance.random() < 0.7:
            for weekday in range(1, 8):
                window = {
                    "person_id": who,
                    "weekday": weekday,
                    "from_minute": 480,
                    "until_minute": chance.choice([720, 1_100]),
                }
                session.add(AvailabilityWindow(**self.key, id=new_id(), **window))
        if chance.random() < 0.5:
            day = {"person_id": who, "on": today() + timedelta(days=2), "free": chance.random() < 0.5}
            session.add(AvailabilityException(**self.key, id=new_id(), from_minute=0, until_minute=1_440, **day))

    async def _past(self, session: AsyncSession, who: UUID) -> None:
        """Done long and not so long ago, liked and not; in hand; asked for; refused."""
        ended = {"outcome": "solved", "closed_at": now(), "people_accepted": 1}
        for _ in range(6):
            rating = self.chance.choice([None, 1, 2, 3, 5])
            for_asker = self.chance.random() < 0.2
            order = await self._order(session, "closed", rating=rating, rated_for_asker=for_asker, **ended)
            state = self.chance.choice(["verified", "verified", "checked_out"])
            await self._assignment(session, order, who, state, self.chance.choice([3, 100, 800]), accepted_at=now())
        if self.chance.random() < 0.6:
            order = await self._order(session, "accepted", people_accepted=1)
            await self._assignment(session, order, who, "accepted", 800, accepted_at=now(), load_slot=1)
        for order in self.chance.sample(self.open, 8):
            state = self.chance.choice(["declined", "expired", "invited", "cancelled_early"])
            await self._assignment(session, order, who, state, self.chance.choice([1, 30]), answer_by=now())
            if state == "invited":
                break

    async def _assignment(
        self, session: AsyncSession, order: UUID, who: UUID, state: str, days: int, **more: Any
    ) -> None:
        row = self.key | {
            "id": new_id(),
            "order_id": order,
            "path": self.world.paths["home1"],
            "slot": 1,
            "person_id": who,
        }
        row |= {"state": state, "version": 1, "created_at": now() - timedelta(days=days), "updated_at": now()}
        await put_rows(session, Assignment, [row | more])

    async def _ties(self, session: AsyncSession) -> None:
        world, people = self.world, self.world.people
        above = update(Organization).where(Organization.id == world.units["society"])
        await session.execute(above.values(parent_id=world.units["unit"]))
        self._pairing(session, PairingLevel.WORK_UNIT, "compound", organization_id=world.units["unit"])
        self._pairing(session, PairingLevel.BRANCH, "entrance", organization_id=world.units["department"])
        self._pairing(session, PairingLevel.MEMBER, "home2", person_id=people["member3"], starts=2)
        self._pairing(session, PairingLevel.MEMBER, "home3", person_id=people["member1"], ends=1)
        needs = list(await session.scalars(select(Order.need_id).where(Order.id.in_(self.open[:6]))))
        for number, need in enumerate(needs):
            party = {"person_id": people["member1"]} if number % 2 else {"organization_id": world.units["society"]}
            cleared = {"cleared_at": now(), "cleared_by": people["grid"]} if number == 5 else {}
            session.add(
                NeedRespondent(**self.key, id=new_id(), need_id=need, named_by=people["grid"], **party, **cleared)
            )
        refusal: dict[str, Any] = dict.fromkeys(("person_id", "giver_id", "withdrawn_by"), people["volunteer1"]) | {
            "purpose": "matching",
            "basis": "statutory_duty",
            "given_by": "person",
            "separate": True,
            "withdrawn_at": now(),
        }
        session.add(Consent(**self.key, id=new_id(), version=1, path=world.paths["home5"], **refusal))
        for category, load in ((None, 350), ("repair", 10)):
            weights = told(WEIGHTS) | {"load": load, "pairing": 1_500}
            row = {"category": category, "edition": 1, "weights": weights, "set_by": people["district"]}
            session.add(DispatchWeights(**self.key, id=new_id(), path=world.paths["district"], version=1, **row))
        activity = await put_activity(session, world, ActivityState.OPEN, starts_at=self._moment())
        await put_sign_up(session, world, await put_role(session, activity), "member2", SignUpState.CONFIRMED)

    def _pairing(
        self,
        session: AsyncSession,
        level: PairingLevel,
        place: str,
        *,
        starts: int = -9,
        ends: int | None = None,
        **party: Any,
    ) -> None:
        row = Pairing(**self.key, id=new_id(), level=level, path=self.world.paths[place], version=1, **party)
        row.place_id, row.starts_on = self.world.places[place], today() + timedelta(days=starts)
        row.ends_on = None if ends is None else today() + timedelta(days=ends)
        row.end_reason = None if ends is None else PairingEnd.TERM
        session.add(row)


async def one_by_one(session: AsyncSession, made: Made) -> dict[tuple[UUID, UUID], int]:
    """What each feasible pair costs, in centimetres, by the rule of one order."""
    found = {}
    for order_id in made.open:
        order = await session.get_one(Order, (made.world.district_id, order_id))
        need = await session.get_one(Need, (made.world.district_id, order.need_id))
        terms, weights = terms_of(order.terms), (await dispatch_weights.current(session, order.category)).weights
        for one in await candidates(session, order, need):
            free = room(one.load_limit, one.unfinished, one.pending) > 0
            if Handler.HELPERS in terms.handlers and obstacle(one, terms) is None and free:
                found[order_id, one.person_id] = round(price(one, weights).cost * 100)
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_a_batch_goes_by_the_rules_of_one_order(world: World, app: FastAPI, owner: Database, seed: int) -> None:
    first = await only_order(world, await accepted_need(world))
    async with owner.transaction(world.district_id) as session:
        order = await session.get_one(Order, (world.district_id, UUID(first["id"])))
        made = Made(world, await session.get_one(Need, (world.district_id, order.need_id)), order, seed)
        await made.fill(session)
        await session.execute(update(Order).where(Order.id == order.id).values(state="withdrawn"))
    async with app.state.database.transaction(world.district_id) as session:
        expected = await one_by_one(session, made)
        look = Look(world.district_id, world.paths["district"], now())
        seen = await dispatch_batches_facts.read(session, await driver(session), look)
    found = decide(seen.batch, seen.weights).found
    pairs = zip(found.order.tolist(), found.party.tolist(), found.cost.tolist(), strict=True)
    got = {(seen.order_id(o), seen.batch.parties.ids[p]): cost for o, p, cost in pairs}
    assert got.keys() == expected.keys()
    assert {pair: (got[pair], cost) for pair, cost in expected.items() if abs(got[pair] - cost) > 1} == {}
    assert len(expected) > 20
    assert len(set(expected.values())) > 10
