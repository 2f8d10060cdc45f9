"""District 150103 as seeded, for tests to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import MasterKey, Sealer
from app.core.db import Database
from app.domain.places import PlaceKind
from app.models import Account, Grant, Organization, Person, Place
from app.services.seeding import SeedReport, seed_district
from app.services.seeding_files import read_district
from app.services.seeding_places import SeededDistrict, lay_out
from app.settings import ROOT

CODE = 150103
SEEDS = ROOT / "seeds"
SEALER = Sealer(MasterKey(b"0123456789abcdef0123456789abcdef"))


async def seed(
    owner: Database, code: int = CODE, *, root: Path = SEEDS, demo: str | None = "hash"
) -> tuple[SeedReport, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    async with owner.transaction(code) as session:
        report = await seed_district(
            session,
            code,
            sealer=SEALER,
            demo_password_hash=demo,
            root=root,
            progress=lambda *step: told.append(step),
        )
    return report, told


@dataclass(frozen=True)
class Seeded:
    """What stands in the database, and what it was made from."""

    places: dict[Any, Place]
    organizations: Sequence[Organization]
    people: Sequence[Person]
    grants: Sequence[Grant]
    accounts: Sequence[Account]
    plan: SeededDistrict

    def of_kind(self, kind: PlaceKind) -> list[Place]:
        return [place for place in self.places.values() if place.kind is kind]

    @property
    def community(self) -> Place:
        return next(place for place in self.of_kind(PlaceKind.COMMUNITY) if place.code == "150103006009")


async def rows_of(session: AsyncSession, model: Any, code: int = CODE) -> Sequence[Any]:
    """The owner may be a superuser, whom no policy binds: the district is asked for by name."""
    return (await session.scalars(select(model).where(model.district_id == code))).all()


async def look(owner: Database) -> Seeded:
    """Seed the district, unless that was done, and read all of it."""
    await seed(owner)
    async with owner.transaction(CODE) as session:
        return Seeded(
            {place.id: place for place in await rows_of(session, Place)},
            await rows_of(session, Organization),
            await rows_of(session, Person),
            await rows_of(session, Grant),
            await rows_of(session, Account),
            lay_out(read_district(SEEDS, str(CODE))),
        )
