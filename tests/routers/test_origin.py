"""Where a request comes from: told by the connection, or by a proxy that is to be believed, and by nobody else."""

import socket
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import select
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.core.db import Database
from app.models import SignIn
from app.settings import Settings
from app.workers import supervisor
from tests.responses import CheckedTransport
from tests.signing_in import PASSWORD, give_password
from tests.worlds import World


async def signed_in_from(world: World, owner: Database, trusted: str, headers: dict[str, str]) -> tuple[Any, Any]:
    """Address and device of a sign-in that comes over 10.0.0.1."""
    await give_password(owner, world, "grid")
    app: Any = world.transport.app
    transport: Any = CheckedTransport(app)
    transport.app, transport.client = ProxyHeadersMiddleware(app, trusted), ("10.0.0.1", 40_000)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", trust_env=False) as client:
        form = {"username": f"grid@{world.district_id}", "password": PASSWORD}
        assert (await client.post("/v1/token", data=form, headers=headers)).status_code == 200
    async with owner.transaction(world.district_id) as session:
        rows = select(SignIn.address, SignIn.device).where(
            SignIn.account_id == world.accounts["grid"], SignIn.id != world.sign_ins["grid"]
        )
        address, device = (await session.execute(rows)).one()
        return address, device


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        ("", "203.0.113.7", "10.0.0.1"),
        ("192.0.2.0/24", "203.0.113.7", "10.0.0.1"),
        ("10.0.0.0/8", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8", "198.51.100.1, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.0/8", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.0/8", "'; DROP TABLE sign_ins", None),
    ],
)
async def test_only_a_trusted_proxy_is_believed(
    world: World, owner: Database, trusted: str, forwarded: str, address: str | None
) -> None:
    found, _ = await signed_in_from(world, owner, trusted, {"x-forwarded-for": forwarded})
    assert found == address


async def test_what_the_client_calls_itself_is_cut(world: World, owner: Database) -> None:
    _, device = await signed_in_from(world, owner, "", {"user-agent": "a" * 500})
    assert device == "a" * 200


def test_the_server_is_told_whom_to_believe(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[uvicorn.Config] = []
    monkeypatch.setattr(supervisor.Server, "run", lambda server, **_: seen.append(server.config))
    with socket.socket() as taken:
        for proxies in ("10.0.0.0/8,192.0.2.1", ""):
            supervisor.serve(object(), taken, lambda: None, proxies=proxies)
    assert [(config.proxy_headers, config.forwarded_allow_ips) for config in seen] == [
        (True, "10.0.0.0/8,192.0.2.1"),
        (False, ""),
    ]


def test_nobody_is_told_to_believe_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANSHUN_FORWARDED_ALLOW_IPS", "*")
    with pytest.raises(ValueError, match="forwarded_allow_ips"):
        Settings()
