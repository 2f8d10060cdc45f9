"""Signing in over HTTP, as clients do, from addresses and at times of one's choice."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import argon2
import httpx
import pytest
from sqlalchemy import func, select, update

from app.core import passwords, totp
from app.core.clock import now
from app.core.db import Database
from app.core.passwords import hash_password
from app.models import Account, AuditEntry, SignIn
from tests.responses import CheckedTransport
from tests.worlds import World

PASSWORD = "青城的风吹过八月的草原上"
"""Fits the default profile."""
STRONG = "Horse-4-Grass"
"""Fits both profiles."""
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODYS = CHEAP.hash("no account has this password")


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Passwords that cost nothing to check; ``tests/domain/test_passwords.py`` looks at what the product's cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        patch.setattr(passwords, "_NOBODY", _NOBODYS)
        yield


@dataclass
class Visitor:
    """Somebody at an address, without a token or with one."""

    client: httpx.AsyncClient
    district_id: int

    async def form(self, **fields: str) -> httpx.Response:
        return await self.client.post("/v1/token", data=fields)

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return await self.form(username=f"{login}@{self.district_id}", password=password)

    async def signed_in(self, login: str, password: str = PASSWORD) -> dict[str, Any]:
        answer = await self.sign_in(login, password)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refresh(self, token: str) -> httpx.Response:
        return await self.form(grant_type="refresh_token", refresh_token=token)

    async def owed(self, login: str, code: str, password: str = PASSWORD) -> str:
        """The challenge of a password that fits, and is not enough."""
        answer = await self.sign_in(login, password)
        assert (answer.status_code, answer.json()["code"]) == (401, code), answer.text
        return str(answer.json()["challenge"])

    async def prove(self, proof: str, **form: str) -> httpx.Response:
        return await self.client.post(f"/v1/token/{proof}", json=form)

    async def call(self, token: str, method: str, path: str, **arguments: Any) -> httpx.Response:
        return await self.client.request(method, path, headers={"authorization": f"Bearer {token}"}, **arguments)


def visitor(world: World, address: str = "203.0.113.7") -> Visitor:
    app: Any = world.transport.app
    transport = CheckedTransport(app)
    transport.client = (address, 40_000)
    client = httpx.AsyncClient(
        transport=transport, base_url="http://test", trust_env=False, headers={"user-agent": "Qingcheng/1.0"}
    )
    return Visitor(client, world.district_id)


async def give_password(owner: Database, world: World, who: str, password: str = PASSWORD, **columns: Any) -> None:
    values = {"password_hash": await hash_password(password), "password_set_at": now()} | columns
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Account).where(Account.id == world.accounts[who]).values(**values))


async def account_of(owner: Database, world: World, who: str) -> Account:
    async with owner.transaction(world.district_id) as session:
        return (await session.scalars(select(Account).where(Account.id == world.accounts[who]))).one()


async def entries(owner: Database, district_id: int) -> list[AuditEntry]:
    """What the audit trail says, the oldest first."""
    async with owner.transaction(district_id) as session:
        rows = select(AuditEntry).where(AuditEntry.district_id == district_id).order_by(AuditEntry.id)
        return list((await session.scalars(rows)).all())


async def open_sign_ins(owner: Database, world: World, who: str) -> int:
    """Not counting the one the test world comes with."""
    async with owner.transaction(world.district_id) as session:
        rows = select(func.count()).where(
            SignIn.account_id == world.accounts[who], SignIn.ended_at.is_(None), SignIn.id != world.sign_ins[who]
        )
        return int(await session.scalar(rows) or 0)


def code(secret: str, moment: datetime, ahead: int = 0) -> str:
    """What an authenticator shows, given its secret in Base32."""
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return totp.code_at(raw, totp.step_at(moment) + ahead)


def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that are hashed and compared from now on, as they come."""
    found: list[str] = []
    work = passwords._fits

    def noting(stored: str | None, password: str) -> bool:
        found.append(password)
        return work(stored, password)

    monkeypatch.setattr(passwords, "_fits", noting)
    return found
