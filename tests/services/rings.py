"""Key rings before, while and after a key is changed, and people sealed with them."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import now
from app.core.crypto import Cipher, MasterKey, Sealer, new_secret
from app.core.db import Database
from app.core.ids import new_id
from app.core.keys import field_keys
from app.models import Person
from app.services import people_seal
from app.settings import Settings
from app.workers import keys
from app.workers.keys import rotate_districts
from tests.worlds import World

PHONE = "199%08d"


def untold(*_: object) -> None:
    """Nobody watches the bars."""


class Rings:
    """The suite's own key, and rings before, while and after it is changed."""

    def __init__(self, settings: Settings) -> None:
        (self.key,) = field_keys(settings)
        self.newer = MasterKey(b"n" * 32, 2, Cipher.SM4)
        self.old = Sealer(self.key)
        self.learnt = Sealer(self.key, self.newer)
        self.turned = Sealer(self.newer, self.key)
        self.new = Sealer(self.newer)


async def turn(app: FastAPI, world: World, sealer: Sealer) -> keys.RotationReport:
    return await rotate_districts(app.state.database, sealer, [world.district_id], untold)


def resident(world: World, **columns: Any) -> Person:
    return Person(
        district_id=world.district_id,
        id=new_id(),
        secret=new_secret(),
        place_id=world.places["home1"],
        path=world.paths["home1"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        version=1,
        created_at=now(),
        updated_at=now(),
        **columns,
    )


def filled(world: World, sealer: Sealer, number: int) -> Person:
    person = resident(world)
    people_seal.put(sealer, person, "name", f"测试{number}")
    people_seal.put(sealer, person, "phone", PHONE % number)
    people_seal.put(sealer, person, "address", f"{number}号院")
    return person


async def settle(owner: Database, world: World, people: list[Person]) -> None:
    async with owner.transaction(world.district_id) as session:
        session.add_all(people)


async def people_of(owner: Database, world: World) -> list[Person]:
    async with owner.transaction(world.district_id) as session:
        return list(await session.scalars(select(Person).where(Person.district_id == world.district_id)))
