"""The app as it is set up for a mini-program: WeChat and a gateway for codes stand beside it, on loopback."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import delete, select

from app.core.clock import now
from app.core.db import Database
from app.core.wechat import WechatClient
from app.main import create_app
from app.models import AuditEntry, RateLimit
from app.services.code_senders import GatewaySender
from app.settings import Settings
from tests.fakes import gateway, wechat
from tests.fakes.gateway import FakeGateway
from tests.fakes.wechat import FakeWechat
from tests.responses import CheckedTransport
from tests.worlds import World

IMPATIENT = 2.0
"""Seconds until a call elsewhere is given up."""


@dataclass
class Stands:
    """The app, and what stands beside it."""

    app: FastAPI
    transport: httpx.ASGITransport
    wechat: FakeWechat
    gateway: FakeGateway
    addresses: tuple[str, str]


@dataclass
class Mobile:
    """A district seen from people's phones."""

    world: World
    owner: Database
    stands: Stands

    @property
    def district_id(self) -> int:
        return self.world.district_id

    @property
    def wechat(self) -> FakeWechat:
        return self.stands.wechat

    @property
    def gateway(self) -> FakeGateway:
        return self.stands.gateway

    async def post(self, path: str, **form: Any) -> httpx.Response:
        return await self.world.client.post(path, json=form)

    async def as_bearer(self, tokens: Any, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {tokens['access_token']}"} | more.pop("headers", {})
        return await self.world.client.request(method, path, headers=headers, **more)

    async def me(self, tokens: Any) -> Any:
        answer = await self.as_bearer(tokens, "GET", "/v1/me")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def forget_limits(self) -> None:
        async with self.owner.transaction(self.district_id) as session:
            await session.execute(delete(RateLimit).where(RateLimit.district_id == self.district_id))

    async def rows(self, model: Any, *conditions: Any) -> list[Any]:
        async with self.owner.transaction(self.district_id) as session:
            query = select(model).where(model.district_id == self.district_id, *conditions).order_by(model.id)
            return list((await session.scalars(query)).all())

    async def trail(self) -> list[tuple[str, str, int | None]]:
        """Operation, outcome and status of each audit entry of signing in, oldest first."""
        return [(entry.operation, entry.outcome.value, entry.status) for entry in await self.rows(AuditEntry)]


@pytest.fixture
def moment() -> Iterator[Any]:
    """A clock that stands until it is moved: codes are good once, so that each use is a step of its own."""
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def mlps3(app: FastAPI) -> Iterator[None]:
    settings = app.state.settings
    app.state.settings = settings.model_copy(update={"password_profile": "mlps3"})
    yield
    app.state.settings = settings


@pytest.fixture(scope="session")
async def stands(settings: Settings) -> AsyncIterator[Stands]:
    fake_wechat, fake_gateway = FakeWechat(), FakeGateway()
    async with fake_wechat.served() as base, fake_gateway.served() as url:
        given = {
            "wechat_appid": wechat.APPID,
            "wechat_secret": wechat.SECRET,
            "wechat_base_url": base,
            "wechat_callback_token": "made-up-token-of-the-callback",
            "wechat_callback_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
            "code_sender": "http",
            "code_sender_url": url,
            "code_sender_secret": gateway.SECRET,
        }
        app = create_app(Settings(**(settings.model_dump() | given)))
        async with app.router.lifespan_context(app):
            yield Stands(app, CheckedTransport(app), fake_wechat, fake_gateway, (base, url))


@pytest.fixture
async def mobile(world: World, owner: Database, stands: Stands) -> AsyncIterator[Mobile]:
    base, url = stands.addresses
    stands.wechat.__init__()  # type: ignore[misc]  # a WeChat that remembers nothing
    stands.gateway.__init__()  # type: ignore[misc]
    clients = (
        WechatClient(wechat.APPID, wechat.SECRET, base, seconds=IMPATIENT),
        GatewaySender(url, gateway.SECRET, seconds=IMPATIENT),
    )
    stands.app.state.wechat, stands.app.state.code_sender = clients
    yield Mobile(replace(world, transport=stands.transport), owner, stands)
    for client in clients:
        await client.close()
