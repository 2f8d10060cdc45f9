"""A project's money against a model of it: whatever is done in whatever sequence, sums hold, and only what fits is taken."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.budgets import decide, enter, line, line_now, paper
from tests.profiles import tag_of
from tests.projects import running
from tests.worlds import World

TOTAL = 100
FEN = st.integers(1, 60)
WHICH = st.integers(0, 10_000)


class Books(RuleBasedStateMachine):
    """Two lines of a project, and what the model thinks of them."""

    world: World
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @initialize()
    def begin(self) -> None:
        self.project = self.do(running(self.world, budget_fen=TOTAL))
        self.lines = [self.do(line(self.world, self.project, amount)) for amount in (60, 30)]
        self.total, self.amounts = TOTAL, [60, 30]
        self.waiting: list[tuple[Any, int, int]] = []
        self.spent: list[tuple[Any, int, int]] = []

    def free(self, at: int) -> int:
        held = sum(fen for _, where, fen in (*self.waiting, *self.spent) if where == at)
        return self.amounts[at] - held

    def check(self, at: int) -> None:
        waits = sum(fen for _, where, fen in self.waiting if where == at)
        spent = sum(fen for _, where, fen in self.spent if where == at)
        assert self.do(line_now(self.world, self.lines[at])) == (self.amounts[at], waits, spent)
        assert sum(self.amounts) <= self.total

    @rule(at=st.integers(0, 1), fen=FEN)
    def enter(self, at: int, fen: int) -> None:
        answer = self.do(enter(self.world, self.lines[at], fen))
        assert answer.status_code == (201 if fen <= self.free(at) else 409)
        if answer.is_success:
            self.waiting.append((answer.json(), at, fen))
        self.check(at)

    @precondition(lambda self: self.waiting)
    @rule(which=WHICH, yes=st.booleans())
    def decide(self, which: int, *, yes: bool) -> None:
        one = self.waiting.pop(which % len(self.waiting))
        said = ("approve", {}) if yes else ("reject", {"reason": "票据不清"})
        assert self.do(decide(self.world, one[0], said[0], **said[1])).status_code == 200
        self.spent += [one] if yes else []
        self.check(one[1])

    @precondition(lambda self: self.spent)
    @rule(which=WHICH, yes=st.booleans())
    def take_back(self, which: int, *, yes: bool) -> None:
        one = self.spent[which % len(self.spent)]
        path = f"/v1/vouchers/{one[0]['id']}/reverse"
        back = self.do(self.world.ok("liaison", "POST", path, json=paper()))
        said = ("approve", {}) if yes else ("reject", {"reason": "不必冲销"})
        assert self.do(decide(self.world, back, said[0], **said[1])).status_code == 200
        if yes:
            self.spent.remove(one)
        self.check(one[1])

    @rule(at=st.integers(0, 1), fen=st.integers(0, 120))
    def change(self, at: int, fen: int) -> None:
        path = f"/v1/budget-lines/{self.lines[at]['id']}"
        tag = self.do(tag_of(self.world, "community", path))
        answer = self.do(self.world.call("community", "PATCH", path, json={"amount_fen": fen}, headers=tag))
        covers = self.amounts[at] - fen <= self.free(at)
        fits = sum(self.amounts) - self.amounts[at] + fen <= self.total
        assert answer.status_code == (200 if covers and fits else 409)
        if answer.is_success:
            self.amounts[at] = fen
        self.check(at)

    @rule(at=st.integers(0, 1), fen=FEN)
    def move(self, at: int, fen: int) -> None:
        form = {"to_id": self.lines[1 - at]["id"], "amount_fen": fen, "words": "调剂"}
        path = f"/v1/budget-lines/{self.lines[at]['id']}/move"
        answer = self.do(self.world.call("subdistrict", "POST", path, json=form))
        assert answer.status_code == (200 if fen <= self.free(at) else 409)
        if answer.is_success:
            self.amounts[at] -= fen
            self.amounts[1 - at] += fen
        self.check(at)
        self.check(1 - at)

    @rule(at=st.integers(0, 1), fen=st.integers(1, 5))
    def raise_total(self, at: int, fen: int) -> None:
        path = f"/v1/budget-lines/{self.lines[at]['id']}/raise"
        self.do(self.world.ok("subdistrict", "POST", path, json={"amount_fen": fen, "words": "追加"}))
        self.amounts[at] += fen
        self.total += fen
        self.check(at)


async def test_the_books_are_as_the_model_says(world: World) -> None:
    machine = type("BooksHere", (Books,), {"world": world, "loop": asyncio.get_running_loop()})
    few = settings(max_examples=5, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=few)
