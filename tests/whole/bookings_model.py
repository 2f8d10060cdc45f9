"""A model of bookings, walked at random against the real verbs: what the model says fits is held, and nothing else."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.db import Database
from app.core.errors import Conflict
from app.core.ids import new_id
from app.domain.bookings import Purpose
from app.domain.people import Actor, Grant, Role
from app.domain.resources import Nature, ResourceState
from app.models import Booking, Resource
from app.schemas.bookings import BookingCancel, BookingConfirm, BookingFulfill, BookingRelease
from app.schemas.resources import ResourceSetWindows, ResourceUpdate
from app.services import bookings, resources
from app.services.bookings import Wish
from app.services.bookings_use import Use
from tests.services.rows_resources import put_resource
from tests.worlds import World

HOURS, QUANTITY = 24, 6
LIVE = {"held", "confirmed"}
_NATURES = st.sampled_from(list(Nature))
_NUMBERS = st.integers(0, 40)


@dataclass
class Known:
    """A booking as the model knows it: hours of a day, or none for stock."""

    id: UUID
    nature: Nature
    start: int
    end: int
    quantity: int
    state: str = "held"


def _tomorrow() -> datetime:
    return now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass
class Ground:
    """Where the model walks: a district, and the database as the application sees it."""

    world: World
    app: Database
    owner: Database
    runner: asyncio.Runner
    day: datetime = field(default_factory=_tomorrow)

    def run(self, work: Callable[[AsyncSession], Coroutine[Any, Any, Any]], *, owner: bool = False) -> Any:
        async def whole() -> Any:
            async with (self.owner if owner else self.app).transaction(self.world.district_id) as session:
                return await work(session)

        return self.runner.run(whole())

    @property
    def actor(self) -> Actor:
        world = self.world
        grant = Grant(Role.COMMUNITY_ADMIN, world.places["community"], world.paths["community"], "community")
        return Actor(world.district_id, world.people["community"], world.accounts["community"], None, (grant,))


class BookingModel(RuleBasedStateMachine):
    """Bookings of three resources, one of each nature, over the hours of one day."""

    ground: Ground

    @initialize()
    def begin(self) -> None:
        async def put(session: AsyncSession) -> dict[Nature, UUID]:
            world, found = self.ground.world, {}
            for nature in Nature:
                quantity = 1 if nature is Nature.EXCLUSIVE else QUANTITY
                row = await put_resource(
                    session, world, ResourceState.LISTED, kind="service", nature=nature, quantity=quantity
                )
                found[nature] = row.id
            return found

        self.resources: dict[Nature, UUID] = self.ground.run(put, owner=True)
        self.quantity = {nature: 1 if nature is Nature.EXCLUSIVE else QUANTITY for nature in Nature}
        self.open = (0, HOURS)
        self.known: list[Known] = []

    def _taken(self, nature: Nature, start: int, end: int) -> int:
        takes = LIVE | {"fulfilled"}
        mine = [k for k in self.known if k.nature is nature and k.state in takes]
        if nature is Nature.STOCK:
            return sum(k.quantity for k in mine)
        return max((sum(k.quantity for k in mine if k.start <= hour < k.end) for hour in range(start, end)), default=0)

    def _fits(self, nature: Nature, start: int, end: int, quantity: int) -> bool:
        closed = nature is Nature.SHARED and (start < self.open[0] or end > self.open[1])
        return not closed and self._taken(nature, start, end) + quantity <= self.quantity[nature]

    def _try(self, work: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return self.ground.run(work)
        except Conflict:
            return None

    @rule(nature=_NATURES, start=st.integers(0, HOURS - 1), hours=st.integers(1, 8), quantity=st.integers(1, 4))
    def hold(self, nature: Nature, start: int, hours: int, quantity: int) -> None:
        end = min(HOURS, start + hours)
        quantity = 1 if nature is Nature.EXCLUSIVE else quantity
        world, day = self.ground.world, self.ground.day
        use = Use(Purpose.NEED, new_id(), world.places["home1"], world.paths["home1"])
        timed = nature is not Nature.STOCK
        span = (day + timedelta(hours=start), day + timedelta(hours=end)) if timed else (None, None)
        wish = Wish(self.resources[nature], quantity, *span)
        found = self._try(lambda session: bookings.take(session, self.ground.actor, use, wish))
        assert (found is not None) == self._fits(nature, start, end, quantity)
        if found is not None:
            self.known.append(Known(found.booking.id, nature, start, end, quantity))

    def _pick(self, number: int) -> Known | None:
        return self.known[number % len(self.known)] if self.known else None

    @rule(number=_NUMBERS)
    def confirm(self, number: int) -> None:
        self._step(number, bookings.confirm, BookingConfirm(), {"held"}, "confirmed")

    @rule(number=_NUMBERS)
    def release(self, number: int) -> None:
        self._step(number, bookings.release, BookingRelease(), LIVE, "released")

    @rule(number=_NUMBERS)
    def cancel(self, number: int) -> None:
        self._step(number, bookings.cancel, BookingCancel(words="不便"), LIVE, "cancelled")

    @rule(number=_NUMBERS)
    def fulfill(self, number: int) -> None:
        """Of stock it is gone for good; what is used over a time has not begun yet."""
        if (known := self._pick(number)) is None:
            return
        form = BookingFulfill()
        done = self._try(lambda session: bookings.fulfill(session, self.ground.actor, known.id, form))
        assert (done is not None) == (known.state == "confirmed" and known.nature is Nature.STOCK)
        known.state = "fulfilled" if done is not None else known.state

    def _step(self, number: int, verb: Any, form: Any, sources: set[str], target: str) -> None:
        if (known := self._pick(number)) is None:
            return
        done = self._try(lambda session: verb(session, self.ground.actor, known.id, form))
        assert (done is not None) == (known.state in sources)
        known.state = target if done is not None else known.state

    @rule(number=_NUMBERS, due=st.booleans())
    def expire(self, number: int, due: bool) -> None:
        """The clock comes by, before or after the hold's time is over."""
        if (known := self._pick(number)) is None:
            return

        async def late(session: AsyncSession) -> bool:
            if due and known.state == "held":
                await session.execute(update(Booking).where(Booking.id == known.id).values(expires_at=now()))
            await bookings.expire(session, known.id)
            return True

        done = self._try(late)
        assert bool(done) == (due and known.state == "held")
        known.state = "expired" if done else known.state

    @rule(nature=st.sampled_from([Nature.SHARED, Nature.STOCK]), quantity=st.integers(1, 2 * QUANTITY))
    def change_quantity(self, nature: Nature, quantity: int) -> None:
        async def change(session: AsyncSession) -> Any:
            version = await session.scalar(select(Resource.version).where(Resource.id == self.resources[nature]))
            form = ResourceUpdate(quantity=quantity)
            return await resources.update(session, self.ground.actor, self.resources[nature], version or 0, form)

        done = self._try(change)
        assert (done is not None) == (self._taken(nature, 0, HOURS) <= quantity)
        self.quantity[nature] = quantity if done is not None else self.quantity[nature]

    @rule(start=st.integers(0, 10), hours=st.integers(6, HOURS))
    def change_windows(self, start: int, hours: int) -> None:
        """The shared resource is open every day from one hour to another."""
        end = min(HOURS, start + hours)
        week = [{"weekday": d, "from_minute": start * 60, "until_minute": end * 60} for d in range(1, 8)]

        async def change(session: AsyncSession) -> Any:
            resource_id = self.resources[Nature.SHARED]
            version = await session.scalar(select(Resource.version).where(Resource.id == resource_id))
            form = ResourceSetWindows.model_validate({"windows": week})
            return await resources.set_windows(session, self.ground.actor, resource_id, version or 0, form)

        done = self._try(change)
        live = [k for k in self.known if k.nature is Nature.SHARED and k.state in LIVE]
        assert (done is not None) == all(start <= k.start and k.end <= end for k in live)
        self.open = (start, end) if done is not None else self.open

    @invariant()
    def the_database_holds_what_the_model_knows(self) -> None:
        if not hasattr(self, "known"):
            return

        async def look(session: AsyncSession) -> tuple[dict[UUID, str], int]:
            rows = await session.execute(
                select(Booking.id, Booking.state).where(Booking.resource_id.in_(self.resources.values()))
            )
            stock = select(Resource.reserved).where(Resource.id == self.resources[Nature.STOCK])
            return {row.id: row.state.value for row in rows}, (await session.scalars(stock)).one()

        states, reserved = self.ground.run(look)
        assert states == {k.id: k.state for k in self.known}
        assert reserved == self._taken(Nature.STOCK, 0, HOURS) <= self.quantity[Nature.STOCK]
        for nature in Nature:
            assert self._taken(nature, 0, HOURS) <= self.quantity[nature]


def run_model(ground: Ground, examples: int, steps: int) -> None:
    machine = type("BookingModelHere", (BookingModel,), {"ground": ground})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=slow, database=None
        ),
    )
