"""Sign-ups and the waiting list held against a plain model, step by step, over HTTP."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import Database
from tests.activities import PARTICIPANTS, again, do, opened, read, try_sign_up
from tests.routers.test_activities import change
from tests.services.histories import broken_histories
from tests.worlds import World

PEOPLE = ("resident1", "resident2", "member1", "member2", "member3", "volunteer1", "volunteer2")
VERBS = ("sign_up", "sign_up", "cancel", "hand_over", "accept", "decline", "resize")
Move = tuple[str, str, str, int]
"""What is done, by whom, with whom, and how many places there are to be."""
MOVES: st.SearchStrategy[Move] = st.tuples(
    st.sampled_from(VERBS), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(1, 4)
)


@dataclass
class Model:
    """What should be: who has a place, who waits in which order, and who is asked to stand in for whom."""

    places: int
    holding: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)

    def sign_up(self, who: str) -> int:
        if who in self.holding or who in self.waiting or who in self.asked.values():
            return 409
        free = len(self.holding) < self.places and not self.waiting
        (self.holding if free else self.waiting).append(who)
        return 201

    def cancel(self, who: str) -> int:
        if who in self.holding:
            self.holding.remove(who)
            self.asked.pop(who, None)
            self.fill()
            return 200
        if who in self.waiting:
            self.waiting.remove(who)
            return 200
        return 409

    def hand_over(self, who: str, other: str) -> int:
        if who not in self.holding:
            return 409
        if who == other:
            return 422
        if who in self.asked:
            return 409
        if other in self.holding or other in self.waiting or other in self.asked.values():
            return 422
        self.asked[who] = other
        return 200

    def answer(self, other: str, *, yes: bool) -> int:
        who = next((giver for giver, asked in self.asked.items() if asked == other), None)
        if who is None:
            return 409
        del self.asked[who]
        if yes:
            self.holding[self.holding.index(who)] = other
        return 200

    def resize(self, places: int) -> None:
        self.places = max(places, len(self.holding), 1)
        self.fill()

    def fill(self) -> None:
        while self.waiting and len(self.holding) < self.places:
            self.holding.append(self.waiting.pop(0))


class Run:
    """One activity, and the newest sign-up of each person."""

    def __init__(self, world: World, activity: Any) -> None:
        self.world, self.activity = world, activity
        self.model = Model(2)

    async def newest(self, who: str) -> Any:
        params = {"activity_id": self.activity["id"], "mine": True, "limit": 1}
        found = (await self.world.ok(who, "GET", "/v1/sign-ups", params=params))["items"]
        return found[0] if found else None

    async def step(self, verb: str, who: str, other: str, places: int) -> None:
        if verb == "sign_up":
            answer = await try_sign_up(self.world, who, self.activity)
            assert answer.status_code == self.model.sign_up(who), answer.text
        elif verb == "resize":
            self.model.resize(places)
            role = PARTICIPANTS | {"id": self.activity["roles"][0]["id"], "places": self.model.places}
            await change(self.world, "community", self.activity, roles=[role])
        elif (mine := await self.newest(who)) is not None:
            await self.own_step(who, other, verb, mine)

    async def own_step(self, who: str, other: str, verb: str, mine: Any) -> None:
        form = {"person_id": str(self.world.people[other])} if verb == "hand_over" else {}
        path = f"/v1/sign-ups/{mine['id']}/{verb.replace('_', '-')}"
        answer = await self.world.call(who, "POST", path, json=form)
        expected = {
            "cancel": lambda: self.model.cancel(who),
            "hand_over": lambda: self.model.hand_over(who, other),
            "accept": lambda: self.model.answer(who, yes=True),
            "decline": lambda: self.model.answer(who, yes=False),
        }[verb]()
        assert answer.status_code == expected, (verb, who, other, answer.text)

    async def check(self) -> None:
        """Every person stands where the model says, those who wait in its order."""
        params = {"activity_id": self.activity["id"], "limit": 100}
        held: list[str] = []
        order: dict[int, str] = {}
        names = {str(person): who for who, person in self.world.people.items()}
        for state in ("confirmed", "waiting"):
            page = await self.world.ok("community", "GET", "/v1/sign-ups", params=params | {"state": state})
            for item in page["items"]:
                if state == "confirmed":
                    held.append(names[item["person_id"]])
                else:
                    order[item["position"]] = names[item["person_id"]]
        assert sorted(held) == sorted(self.model.holding)
        assert [order[position] for position in sorted(order)] == self.model.waiting
        role = (await read(self.world, self.activity))["roles"][0]
        assert (role["places"], role["taken"], role["waiting"]) == (self.model.places, len(held), len(order))


@given(moves=st.lists(MOVES, min_size=10, max_size=50))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_people_do_in_whatever_order(world: World, owner: Database, moves: list[Move]) -> None:
    """Each example has an activity of its own in the one district."""
    run = Run(world, await opened(world, roles=[PARTICIPANTS]))
    for move in moves:
        await run.step(*move)
        await run.check()
    assert await broken_histories(owner, world.district_id) == []


async def test_the_model_is_held_to_something(world: World) -> None:
    """A sign-up the model does not know of is found."""
    activity = await opened(world, roles=[PARTICIPANTS])
    run = Run(world, activity)
    row = (await try_sign_up(world, "resident1", activity)).json()
    with pytest.raises(AssertionError):
        await run.check()
    await do(world, "resident1", row, "cancel")
    assert (await again(world, row))["state"] == "cancelled_early"
    await run.check()
