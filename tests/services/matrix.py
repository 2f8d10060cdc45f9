"""State × action × party: each cell is one request, and what the table says must come of it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.errors import Forbidden, WrongState
from app.domain.approvals import ApprovalState
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Party, Relation, Role
from app.models import Approval
from tests.services.histories import broken_histories
from tests.worlds import World

Put = Callable[[AsyncSession], Awaitable[Any]]
"""Makes a fresh row in the state of the matrix."""


@dataclass(frozen=True)
class Seat:
    """A person of the world with everything they are to the row: roles at its place, relations to it."""

    who: str
    parties: Parties


def seat(who: str, *parties: Party) -> Seat:
    return Seat(who, frozenset(parties))


STAFF = (
    seat("grid", Role.GRID_WORKER),
    seat("community", Role.COMMUNITY_ADMIN),
    seat("subdistrict", Role.SUBDISTRICT_ADMIN),
    seat("district", Role.DISTRICT_ADMIN),
    seat("auditor", Role.AUDITOR),
    seat("department", Role.DEPARTMENT_STAFF),
    seat("manager", Role.SOCIAL_ORG_MANAGER),
    seat("sibling_grid"),
    seat("sibling_community"),
    seat("nobody"),
)
"""People who are nothing to the row but what their roles make them."""


@dataclass
class Matrix:
    """One state of one lifecycle with everyone who may try."""

    world: World
    owner: Database
    lifecycle: Lifecycle[Any, Any]
    state: Any
    visible: Callable[[Parties], bool]
    """Whether the row shows itself to these parties in this state."""
    forms: dict[Any, dict[str, Any]]
    business: Callable[[Any, Seat], int | None] = lambda _action, _seat: None
    """Refusals that the table does not know: the status where one stands against it, None where nothing does."""

    def expected(self, action: Any, seat: Seat) -> int:
        if not self.visible(seat.parties) and not self.lifecycle.who(action) & seat.parties:
            return 404
        try:
            self.lifecycle.decide(self.state, action, seat.parties)
        except Forbidden:
            return 403
        except WrongState:
            return 409
        return self.business(action, seat) or 200

    async def walk(self, put: Put, seats: Iterable[Seat]) -> int:
        """Try every action from every seat; returns how many moved the row. Refusals share one row, moves have their own.

        Whoever the row is hidden from is told so before the action counts for anything: they try one in three, in turn.
        """
        shared, moves = await self._put(put), 0
        wrong = []
        for number, seat in enumerate(seats):
            for turn, action in enumerate(self.lifecycle.routed(), number):
                expected = self.expected(action, seat)
                if expected == 404 and turn % 3:
                    continue
                row = await self._put(put) if expected == 200 else shared
                answer = await self._try(row, action, seat)
                if answer.status_code != expected:
                    wrong.append(
                        (seat.who, action.value, f"expected {expected}", answer.status_code, answer.text[:200])
                    )
                elif expected == 200:
                    await self._check_move(row, action, seat)
                    moves += 1
        assert not wrong, "\n".join(map(str, wrong))
        assert await self._now(shared) == (self.state, 1), "a refused call changes nothing (I11)"
        assert await broken_histories(self.owner, self.world.district_id) == []
        return moves

    async def _put(self, put: Put) -> Any:
        async with self.owner.transaction(self.world.district_id) as session:
            return await put(session)

    async def _try(self, row: Any, action: Any, seat: Seat) -> Any:
        path = f"/v1/{self.lifecycle.nouns}/{row.id}/{action.value.replace('_', '-')}"
        return await self.world.call(seat.who, "POST", path, json=self.forms.get(action, {}))

    async def _now(self, row: Any) -> tuple[Any, int]:
        model = type(row)
        async with self.owner.transaction(self.world.district_id) as session:
            found = (await session.execute(select(model.state, model.version).where(model.id == row.id))).one()
        return found.state, found.version

    async def _check_move(self, row: Any, action: Any, seat: Seat) -> None:
        """The row is where the step leads, one event further; or, where another must approve, still where it was."""
        step = self.lifecycle.decide(self.state, action, seat.parties)
        state, version = await self._now(row)
        if _needs_another(step, seat.parties):
            assert (state, version) == (self.state, 1), (seat.who, action)
            assert await self._pending(row) == [action.value]
        else:
            assert state in step.targets, (seat.who, action, state)
            assert version >= 2, (seat.who, action)
            assert await self._pending(row) == []

    async def _pending(self, row: Any) -> list[str]:
        query = select(Approval.action).where(Approval.subject_id == row.id, Approval.state == ApprovalState.PENDING)
        async with self.owner.transaction(self.world.district_id) as session:
            return list(await session.scalars(query))


def _needs_another(step: Step[Any, Any], parties: Parties) -> bool:
    """Whether the step only leaves a request: nobody approves their own work, and some may approve nothing."""
    return bool(step.approval) and (not step.approval & parties or Relation.HOLDER in parties)
