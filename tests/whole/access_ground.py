"""What the access matrix is tried on: a district of its own for each noun, with a row in the right state for each operation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.db import Database
from app.core.ids import new_id
from app.models import Base, Event, RateLimit, SignIn
from tests.whole.access_people import Outsider, Seats
from tests.whole.document import Operation
from tests.worlds import World

UNSEEN = ("audit_", "rate_limits", "districts")
"""What a denied call may leave: its entry in the audit trail, and that it was counted. And what no district owns."""
_TABLES = sorted(name for name in Base.metadata.tables if not name.startswith(UNSEEN))


@dataclass(frozen=True)
class Row:
    """One row to try an operation on."""

    id: UUID | str
    version: int = 1
    party: str | None = None
    """Whose it is: a person of the world for whom the operation is meant, by relation and not by role."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """More ids that its forms and paths name."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the form that say more than the least."""


@dataclass
class Ground:
    """A noun's two districts, and how to put a row there."""

    seats: Seats
    owner: Database
    app: FastAPI

    @property
    def world(self) -> World:
        return self.seats.world

    @property
    def districts(self) -> tuple[int, int]:
        return self.seats.world.district_id, self.seats.other.district_id

    @property
    def sealer(self) -> Sealer:
        sealer: Sealer = self.app.state.sealer
        return sealer

    @property
    def ids(self) -> dict[str, str]:
        """What forms may name unless the row knows better."""
        world = self.world
        return {
            "place_id": str(world.places["home1"]),
            "parent_id": str(world.places["grid"]),
            "person_id": str(world.people["member2"]),
            "organization_id": str(world.units["department"]),
            "district_id": str(world.district_id),
        }

    async def put(self, build: "Build", operation: Operation) -> Row:
        async with self.owner.transaction(self.world.district_id) as session:
            return await build(self, session, operation)

    async def digest(self) -> dict[str, str]:
        """Everything both districts hold, table by table; equal exactly when nothing was changed."""
        return await digest(self.owner, *self.districts)

    async def say_of_all(self, table: type[Base], **columns: Any) -> None:
        """Write the same into every row of a table that the rows' district has."""
        async with self.owner.transaction(self.world.district_id) as session:
            here = update(table).where(table.__table__.c.district_id == self.world.district_id)
            await session.execute(here.values(**columns))

    async def begin_anew(self) -> None:
        """Nobody has asked too often, and whoever signed themselves out has not."""
        async with self.owner.transaction(self.world.district_id) as session:
            await session.execute(delete(RateLimit).where(RateLimit.district_id.in_(self.districts)))
            over = (SignIn.ended_at.is_not(None), SignIn.id != self.world.sign_ins[Outsider.ENDED])
            here = update(SignIn).where(SignIn.district_id.in_(self.districts), *over)
            await session.execute(here.values(ended_at=None, ended_by=None))


Build = Callable[[Ground, AsyncSession, Operation], Awaitable[Row]]

_DIGEST = text(
    " UNION ALL ".join(
        f"SELECT '{name}' AS name, md5(string_agg(line, '' ORDER BY line)) AS digest"  # noqa: S608 - the models' names
        f' FROM (SELECT md5(t::text) AS line FROM "{name}" t WHERE district_id = ANY(:whose)) rows'
        for name in _TABLES
    )
)


async def digest(owner: Database, *districts: int) -> dict[str, str]:
    """Everything the districts hold, table by table, but for what a denied call may leave."""
    async with owner.transaction(districts[0]) as session:
        found = await session.execute(_DIGEST, {"whose": list(districts)})
        return {row.name: row.digest for row in found}


async def add_row(session: AsyncSession, row: Any, aggregate: str, action: str, path: str | None = None) -> None:
    """The row with its first event, so that the next is the second."""
    session.add(row)
    await session.flush()
    session.add(
        Event(
            district_id=row.district_id,
            id=new_id(),
            aggregate=aggregate,
            aggregate_id=row.id,
            seq=1,
            action=action,
            path=path or row.path,
            data={},
        )
    )
    await session.flush()
