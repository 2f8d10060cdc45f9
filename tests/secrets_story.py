"""The two hundred made-up people on their way through the product: recorded, read, corrected, refused, asked for, imported.

What is told about is told to a running server process over HTTP. Every answer is looked through, but for those that an authorised
caller asked to see in clear.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from sqlalchemy import delete

from app.core.db import Database
from app.core.ids import new_id
from app.models import RateLimit
from tests.secrets_people import MARKS, Secret, secrets
from tests.secrets_search import Find, Search
from tests.services.message_files import csv_file, message
from tests.worlds import World

_AT_ONCE = 6
SOME, FEW = 20, 8
"""Of how many people each step is told that is no different for the others."""
_LISTS = ("people", "needs", "orders", "events", "notices", "imports", "approvals", "certificates", "audit", "accounts")
Item = TypeVar("Item")


@dataclass
class Story:
    world: World
    client: httpx.AsyncClient
    owner: Database
    ids: dict[Secret, str] = field(default_factory=dict)
    notice: str = ""
    """What people are told of health before they agree."""
    answers: Counter[str] = field(default_factory=Counter)
    """How often which status came of which step."""
    leaks: list[Find] = field(default_factory=list)
    """Marks in answers that nobody had asked to see in clear."""
    _search: Search = field(default_factory=lambda: Search(MARKS))

    async def call(
        self, step: str, who: str | None, method: str, path: str, *, in_clear: bool = False, **more: Any
    ) -> httpx.Response:
        """One request; ``in_clear`` where the caller may see what it asks for."""
        headers: dict[str, Any] = {"authorization": f"Bearer {self.world.token(who)}"} if who else {}
        headers |= {"idempotency-key": str(new_id())} if method == "POST" else {}
        headers |= more.pop("headers", {})
        answer = await self.client.request(method, path, headers=headers, **more)
        self.answers[f"{step} {answer.status_code}"] += 1
        if not (in_clear and answer.is_success):
            told = answer.content + repr(dict(answer.headers)).encode()
            self.leaks += self._search.raw(f"{step}: {method} {answer.status_code}", told)
        return answer

    async def each(self, what: Iterable[Item], do: Callable[[Item], Awaitable[Any]]) -> None:
        """Some at a time."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(item: Item) -> None:
            async with gate:
                await self._begin_anew()
                await do(item)

        await asyncio.gather(*(one(item) for item in what))

    async def _begin_anew(self) -> None:
        """Nobody has looked anything up: a few people do here what many do in a month."""
        async with self.owner.transaction(self.world.district_id) as session:
            await session.execute(delete(RateLimit).where(RateLimit.district_id == self.world.district_id))

    async def tell(self) -> None:
        notices = {"district_id": self.world.district_id, "purpose": "health"}
        current = await self.call("notice", None, "GET", "/v1/privacy-notices/current", params=notices)
        self.notice = current.json()["items"][0]["id"]
        await self.each(secrets(), self._record)
        assert len(self.ids) == len(secrets()), self.answers
        await self.each(secrets(), self._read_and_correct)
        await self.each(secrets()[:SOME], self._find)
        await self.each(secrets()[:SOME], self._refuse)
        await self.each(secrets()[:FEW], self._name_in_addresses)
        await self.each(secrets()[:FEW], self._sign_in)
        await self.each(secrets()[:SOME], self._open)
        await self.each(secrets(), self._ask)
        await self._import()
        await self.list_all()

    async def _record(self, secret: Secret) -> None:
        answer = await self.call("record", "grid", "POST", "/v1/people", json=self.record_of(secret))
        if answer.is_success:
            self.ids[secret] = answer.json()["id"]

    def record_of(self, secret: Secret) -> dict[str, Any]:
        fields = ("name", "phone", "id_number", "birth_date", "address")
        return {name: getattr(secret, name) for name in fields} | {"place_id": str(self.world.places["home1"])}

    async def _read_and_correct(self, secret: Secret) -> None:
        path = f"/v1/people/{self.ids[secret]}"
        read = await self.call("read", "community", "GET", path)
        assert "*" in read.json()["name"], "masked, not missing"
        change = {"address": f"{secret.address}二单元", "name": secret.name, "phone": secret.phone}
        headers = {"if-match": read.headers["etag"]}
        await self.call("correct", "grid", "PATCH", path, json=change, headers=headers)

    async def _find(self, secret: Secret) -> None:
        find = {"phone": secret.phone} if int(secret.phone[-1]) % 2 else {"id_number": secret.id_number}
        await self.call("find", "grid", "POST", "/v1/people/find", json=find)

    async def _refuse(self, secret: Secret) -> None:
        """Twice, wrong, too late, not theirs, no JSON: refusals tell what is wrong and not what was said."""
        whole, path = self.record_of(secret), f"/v1/people/{self.ids[secret]}"
        await self.call("again", "grid", "POST", "/v1/people", json=whole)
        for wrong in (
            {"phone": f"{secret.phone}0"},
            {"phone": None, "id_number": _miswritten(secret.id_number)},
            {"birth_date": f"{secret.birth_date}日"},
            {"name": f"{secret.name}\x07"},
            {"address": secret.address * 100},
            {secret.name: secret.phone},
        ):
            await self.call("invalid", "grid", "POST", "/v1/people", json=whole | wrong)
        await self.call("stale", "grid", "PATCH", path, json={"name": secret.name}, headers={"if-match": '"99"'})
        await self.call(
            "hidden", "sibling_grid", "PATCH", path, json={"name": secret.name}, headers={"if-match": '"1"'}
        )
        await self.call("denied", "auditor", "PATCH", path, json={"name": secret.name}, headers={"if-match": '"1"'})
        broken = f'{{"name": "{secret.name}", "phone": {secret.phone},'.encode()
        headers = {"content-type": "application/json"}
        await self.call("no JSON", "grid", "POST", "/v1/people", content=broken, headers=headers)

    async def _open(self, secret: Secret) -> None:
        """What stands behind a consent, recorded sealed; then in clear for whoever may ask for it."""
        person_id = self.ids[secret]
        agreed = {"person_id": person_id, "purpose": "health", "notice_id": self.notice, "evidence": "签字表 7"}
        await self.call("agree", "community", "POST", "/v1/consents", json=agreed)
        fact = {"person_id": person_id, "kind": "illness", "text": secret.illness}
        noted = await self.call("care", "community", "POST", "/v1/care-facts", json=fact)
        paper = {"person_id": person_id, "skill": "nursing", "title": "护士执业证", "issuer": "卫健委"}
        paper |= {"number": secret.paper, "issued_on": "2020-06-01"}
        await self.call("certify", "grid", "POST", "/v1/certificates", json=paper)
        why = {"purpose": "visit", "why": "上门走访，须提前联系"}
        shown = await self.call(
            "unmask", "community", "POST", f"/v1/people/{person_id}/unmask", in_clear=True,
            json=why | {"fields": ["name", "phone", "address"]},
        )  # fmt: skip
        assert secret.phone in shown.text, shown.text
        path = f"/v1/care-facts/{noted.json()['id']}"
        await self.call("care read", "community", "GET", path)
        opened = await self.call("care unmask", "community", "POST", f"{path}/unmask", in_clear=True, json=why)
        assert secret.illness in opened.text, opened.text

    async def _name_in_addresses(self, secret: Secret) -> None:
        """Clients that put what is sensitive where it does not belong."""
        for value in (secret.name, secret.phone, secret.id_number, secret.address):
            await self.call("in a path", "grid", "GET", f"/v1/people/{value}")
            await self.call("in a query", "grid", "GET", "/v1/people", params={"place_id": value, value: value})
            await self.call(
                "in a key", "grid", "POST", "/v1/needs", headers={"idempotency-key": value.encode()}, json={}
            )
            await self.call("in a token", None, "GET", "/v1/me", headers={"authorization": b"Bearer " + value.encode()})

    async def _sign_in(self, secret: Secret) -> None:
        district = self.world.district_id
        for username in (f"{secret.phone}@{district}", secret.phone, secret.name, f"{secret.id_number}@{district}"):
            form = {"username": username, "password": secret.name, "grant_type": "password"}
            await self.call("sign in", None, "POST", "/v1/token", data=form)

    async def _ask(self, secret: Secret) -> None:
        """Half by record, half by name alone; what they ask for is theirs to tell, and holds nothing sensitive."""
        asker = {"asker_id": self.ids[secret]} if int(secret.phone[-1]) % 2 else {"asker_name": secret.name}
        form = {"title": "灯不亮", "details": "楼道", "place_id": str(self.world.places["home1"])} | asker
        answer = await self.call("ask", "grid", "POST", "/v1/needs", json=form)
        if answer.is_success and int(secret.phone[-1]) < 2:
            path = f"/v1/needs/{answer.json()['id']}/accept"
            await self.call("accept", "community", "POST", path, json={"category": "repair.plumbing"})

    async def _import(self) -> None:
        rows = [message(number, asker=secret.name) for number, secret in enumerate(secrets(), 1)]
        rows += [message(900 + number, asker=secret.name, title="") for number, secret in enumerate(secrets()[:20])]
        code = f"{self.world.district_id}001001"
        more: dict[str, Any] = {"data": {"community_code": code}, "files": {"file": ("留言.csv", csv_file(rows))}}
        await self.call("import", "community", "POST", "/v1/imports", **more)

    async def break_on(self, faults: Iterable[str]) -> None:
        """Unmasking that breaks once everything has been opened, each time another way."""
        fields = ["name", "phone", "id_number", "birth_date", "address"]
        for fault, secret in zip(faults, secrets(), strict=False):
            form = {"fields": fields, "purpose": "verification", "why": fault}
            path = f"/v1/people/{self.ids[secret]}/unmask"
            headers = {"connection": "close"}  # which the server does anyway, after an answer that tells of a fault
            await self.call(f"fault {fault}", "community", "POST", path, json=form, headers=headers)

    async def list_all(self) -> None:
        """Every list that a reader has: what comes of a change is told there."""
        for who in ("community", "auditor", "audit", "system", "security", "resident1", "member1"):
            for noun in _LISTS:
                await self.call("list", who, "GET", f"/v1/{noun}", params={"limit": 100})


def _miswritten(number: str) -> str:
    """With a check digit that does not fit."""
    return f"{number[:-1]}{'1' if number[-1] == '0' else '0'}"
