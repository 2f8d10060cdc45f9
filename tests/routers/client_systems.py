"""Client systems for tests: registered, with a secret, and their calls."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from app.core.ids import new_id
from app.domain.access import CLIENT_SCOPES
from tests.worlds import World

EVERYTHING = sorted(CLIENT_SCOPES)


@dataclass
class System:
    """A registered client with its newest secret and a token."""

    world: World
    row: Any
    secret: str = ""
    token: str = ""

    @property
    def path(self) -> str:
        return f"/v1/clients/{self.row['id']}"

    @property
    def name(self) -> str:
        return str(self.row["client_id"])

    async def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["idempotency-key"] = str(new_id())
        headers |= arguments.pop("headers", {})
        return await self.world.client.request(method, path, headers=headers, **arguments)

    async def ok(self, method: str, path: str, **arguments: Any) -> Any:
        answer = await self.call(method, path, **arguments)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def ask(self, **fields: str) -> httpx.Response:
        """POST /v1/token with the credentials in the form."""
        form = {"grant_type": "client_credentials", "client_id": self.name, "client_secret": self.secret} | fields
        return await self.world.client.post("/v1/token", data=form)

    async def ask_by_header(self, credentials: str | None = None, **fields: str) -> httpx.Response:
        """The same with HTTP Basic."""
        plain = f"{quote(self.name, safe='')}:{quote(self.secret, safe='')}" if credentials is None else credentials
        headers = {"authorization": f"Basic {base64.b64encode(plain.encode()).decode()}"}
        form = {"grant_type": "client_credentials"} | fields
        return await self.world.client.post("/v1/token", data=form, headers=headers)

    async def issue(self, **form: Any) -> Any:
        issued = await self.world.ok("system", "POST", f"{self.path}/secrets", json=form)
        self.secret = issued["client_secret"]
        return issued

    async def sign_in(self, **fields: str) -> Any:
        answer = await self.ask(**fields)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return answer.json()


def registration(world: World, place: str = "community", scopes: list[str] | None = None, **more: Any) -> Any:
    """The form of a registration; all scopes unless some are named."""
    wanted = EVERYTHING if scopes is None else scopes
    return {"name": "物业平台", "place_id": str(world.places[place]), "scopes": wanted} | more


async def registered(world: World, place: str = "community", scopes: list[str] | None = None, **more: Any) -> System:
    row = await world.ok("system", "POST", "/v1/clients", json=registration(world, place, scopes, **more))
    return System(world, row)


async def connected(world: World, place: str = "community", scopes: list[str] | None = None, **more: Any) -> System:
    """A client that is signed in."""
    system = await registered(world, place, scopes, **more)
    await system.issue()
    await system.sign_in()
    return system
