"""``sanshun keys`` as it is typed, on a database and a data folder of its own."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.core.database_url import plain
from app.core.db import Database
from app.core.keys import field_keys
from app.main import create_app
from app.settings import Settings
from tests.services.typed import Ended, sanshun
from tests.worlds import World, build_world


class Installation:
    """A migrated database with a small district in it, and the keys it was made with."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings = settings
        self.world = world

    @property
    def ring(self) -> list[int]:
        return [key.number for key in field_keys(self.settings)]

    async def sanshun(self, *words: str, **environment: str) -> Ended:
        """With its lines in one, as bars break them."""
        code, said, wrong = await sanshun(self.settings, *words, **environment)
        return code, " ".join(said.split()), wrong


@pytest.fixture
async def installation(database_url: str, settings: Settings, tmp_path: Path) -> AsyncIterator[Installation]:
    server, _, there = database_url.rpartition("/")
    name = f"keys_{there}"
    connection = await asyncpg.connect(plain(database_url))
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE sanshun STRATEGY file_copy')
    own = settings.model_copy(update={"database_url": f"{server}/{name}", "data_dir": tmp_path})
    app = create_app(own)
    owner = Database(str(own.database_url), role=None, pool_size=1)
    yield Installation(own, await build_world(app, owner, httpx.ASGITransport(app), 150_103))
    await owner.close()
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def test_a_key_is_made_used_and_the_old_one_taken_away(installation: Installation) -> None:
    people = len(installation.world.people)
    assert await installation.sanshun("keys", "new", "--cipher", "sm4-gcm") == (
        0,
        "Key 2 is the first of the ring now. Restart the server, then run 'sanshun keys rotate'.",
        "",
    )
    assert installation.ring == [2, 1]
    code, out, errors = await installation.sanshun("keys", "retire", "1")
    assert (code, out) == (1, "")
    assert errors == (
        f"sanshun: Key 1 is still needed in district 150103: {people} of people. Run 'sanshun keys rotate' first.\n"
    )
    code, out, errors = await installation.sanshun("keys", "rotate")
    assert (code, errors) == (0, "")
    assert out.endswith(f"sealed with key 2: people {people}")
    assert f"{people}/{people}" in out, "the bar is full"
    again = await installation.sanshun("keys", "rotate")
    assert again == (0, "sealed with key 2: everything was already", "")
    assert await installation.sanshun("keys", "retire", "1") == (0, "Key 1 is gone. Restart the server.", "")
    assert installation.ring == [2]
    assert (await installation.sanshun("keys", "retire", "2"))[0] == 1
    assert (await installation.sanshun("keys", "retire", "9"))[2] == "sanshun: There is no key 9: the ring has 2.\n"


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ("2:sm4-gcm:{0},1:aes-256-gcm:{0}", "another key under this number"),
        ("2:sm4-gcm:{0}", "not in SANSHUN_FIELD_KEY"),
    ],
)
async def test_a_wrong_key_is_one_sentence(installation: Installation, ring: str, words: str) -> None:
    wrong = base64.b64encode(b"x" * 32).decode()
    code, _, errors = await installation.sanshun("keys", "rotate", SANSHUN_FIELD_KEY=ring.format(wrong))
    assert code == 1
    assert errors.startswith("sanshun: people.name_sealed of row ")
    assert words in errors
    assert errors.count("\n") == 1
    assert wrong not in errors


async def test_a_server_that_does_not_know_the_key_stops_the_change(installation: Installation) -> None:
    await installation.sanshun("keys", "new")
    url, role = str(installation.settings.database_url), installation.settings.app_role
    server = Database(url, role, pool_size=1, keys=[1])
    async with server.transaction(150_103) as session:
        assert not (await session.connection()).closed
        code, _, errors = await installation.sanshun("keys", "rotate")
    await server.close()
    assert (code, errors) == (
        1,
        "sanshun: A running server does not know key 2 yet: restart it, then run this again.\n",
    )
    server = Database(url, role, pool_size=1, keys=[1, 2])
    async with server.transaction(150_103) as session:
        assert not (await session.connection()).closed
        code, _, errors = await installation.sanshun("keys", "retire", "1")
    await server.close()
    assert (code, "does not seal with key 2 yet" in errors) == (1, True)


async def test_in_production_the_new_entry_is_printed_and_nothing_kept(installation: Installation) -> None:
    given = base64.b64encode(b"g" * 32).decode()
    production = {"SANSHUN_ENVIRONMENT": "production", "SANSHUN_FIELD_KEY": given, "SANSHUN_FIELD_CIPHER": "sm4-gcm"}
    before = (installation.settings.data_dir / "field_key").read_bytes()
    code, out, errors = await installation.sanshun("keys", "new", **production)
    assert (code, errors) == (0, "")
    number, cipher, key = out.split(":")
    assert (number, cipher, len(base64.b64decode(key))) == ("2", "sm4-gcm", 32)
    assert given not in out
    assert (installation.settings.data_dir / "field_key").read_bytes() == before
