"""I15: tokens, keys, versions, cursors and paths nobody is given, each refused with its own word."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.security import Tokens
from app.models import Account
from tests.stories.steps import submitted
from tests.worlds import World

MISSING = "018f5e66-0000-7000-8000-000000000000"


async def me(world: World, authorization: str) -> int:
    answer = await world.client.get("/v1/me", headers={b"authorization": authorization.encode()})
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthenticated"
    return answer.status_code


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(world: World) -> dict[str, str]:
    """Tokens that look right and are not; all name a person who is there."""
    tokens: Tokens = world.tokens
    good = world.token("district")
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    public = tokens._public[tokens.key_id].public_bytes(Encoding.Raw, PublicFormat.Raw)
    kid = {"kid": tokens.key_id}
    stale = claims | {"exp": now() - timedelta(seconds=1), "iat": now() - timedelta(hours=1)}

    def sign(told: dict[str, Any]) -> str:
        return jwt.encode(told, tokens._private, "EdDSA", headers=kid)

    return {
        "alg none": f"{_part({'alg': 'none', 'typ': 'JWT', **kid})}.{body}.",
        "alg none, signature kept": f"{_part({'alg': 'none', **kid})}.{body}.{signature}",
        "signed with the public key": jwt.encode(claims, public, "HS256", headers=kid),
        "other claims under the signature": f"{head}.{_part(claims | {'dis': 100_001})}.{signature}",
        "another key": Tokens([_other_key()], timedelta(minutes=5)).issue(
            world.district_id, new_id(), new_id(), new_id()
        ),
        "no signature": f"{head}.{body}.",
        "expired": sign(stale),
        "for another service": sign(claims | {"aud": "elsewhere"}),
        "from another issuer": sign(claims | {"iss": "elsewhere"}),
        "without an end": sign({name: value for name, value in claims.items() if name != "exp"}),
        "a district that is no number": sign(claims | {"dis": "x"}),
        "a person that is no id": sign(claims | {"acc": "x"}),
        "an account that is not there": sign(claims | {"acc": MISSING}),
        "no token": "",
        "one part": "abc",
        "five parts": "a.b.c.d.e",
        "very long": "a" * 100_000,
        "not base64": "🏮.🏮.🏮",
    }


def _other_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


async def test_forged_tokens_open_nothing(world: World) -> None:
    assert await me(world, f"Bearer {world.token('district')}") == 200
    opened = {name for name, token in forged(world).items() if await me(world, f"Bearer {token}") != 401}
    assert opened == set()


@pytest.mark.parametrize("scheme", ["", "Basic {}", "Token {}", "{}", "Bearer", "Bearer: {}"])
async def test_other_schemes_open_nothing(world: World, scheme: str) -> None:
    assert await me(world, scheme.format(world.token("district"))) == 401


async def test_a_token_of_a_closed_account_opens_nothing(world: World, owner: Database) -> None:
    authorization = f"Bearer {world.token('grid')}"
    assert await me(world, authorization) == 200
    async with owner.transaction(world.district_id) as session:
        account = world.accounts["grid"]
        await session.execute(update(Account).where(Account.id == account).values(disabled_at=now()))
    assert await me(world, authorization) == 401


async def test_another_districts_token_sees_what_is_not_there(world: World, other_world: World) -> None:
    """404, to the byte the same as for a row that never was (I10)."""
    need = await submitted(world)
    for who in ("district", "resident1", "auditor"):
        seen = await other_world.call(who, "GET", f"/v1/needs/{need['id']}")
        never = await other_world.call(who, "GET", f"/v1/needs/{MISSING}")
        assert (seen.status_code, seen.content, dict(seen.headers)) == (404, never.content, dict(never.headers))
        moved = await other_world.call(who, "POST", f"/v1/needs/{need['id']}/withdraw", json={})
        assert (moved.status_code, moved.content) == (404, never.content)
    assert (await world.ok("resident1", "GET", f"/v1/needs/{need['id']}"))["version"] == 1


async def test_a_district_claimed_but_not_ones_own_opens_nothing(world: World, other_world: World) -> None:
    """A valid signature over a district the account does not belong to: rows are looked for where they are not."""
    token = world.tokens.issue(
        other_world.district_id, world.people["district"], world.accounts["district"], world.sign_ins["district"]
    )
    assert await me(world, f"Bearer {token}") == 401


KEYS = ["", " ", "a b", "a" * 65, "键", "a\tb"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("path", ["/v1/needs", f"/v1/orders/{MISSING}/take", f"/v1/orders/{MISSING}/decline"])
async def test_keys_that_are_none_are_refused(world: World, path: str, key: str) -> None:
    answer = await world.call("member1", "POST", path, json={}, headers={"idempotency-key": key.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), answer.text


ITEMS = {
    "needs": ("resident1", {"title": "改"}),
    "places": ("community", {"name": "改"}),
    "people": ("grid", {"skills": []}),
    "organizations": ("community", {"name": "改"}),
}


async def _item(world: World, noun: str) -> str:
    own = {"places": world.places["home2"], "people": world.people["member1"], "organizations": world.units["unit"]}
    return str(own[noun] if noun in own else (await submitted(world))["id"])


@pytest.mark.parametrize("noun", ITEMS)
async def test_changes_tell_which_version_they_saw(world: World, noun: str) -> None:
    who, form = ITEMS[noun]
    path = f"/v1/{noun}/{await _item(world, noun)}"
    etag = (await world.call(who, "GET", path)).headers["etag"]

    async def change(if_match: str | None) -> tuple[int, str | None]:
        headers = {} if if_match is None else {"if-match": if_match.encode()}
        answer = await world.call(who, "PATCH", path, json=form, headers=headers)
        return answer.status_code, None if answer.is_success else answer.json()["code"]

    assert await change(None) == (428, "precondition_required")
    for garbage in ("", "*", "abc", "1.0", '"1", "2"', "-1", "9" * 19, '"x"', "\u0661"):
        assert await change(garbage) == (400, "bad_request"), garbage
    assert await change('"999"') == (412, "stale_version")
    assert await change(etag) == (200, None)
    assert await change(etag) == (412, "stale_version"), "the version has moved on"
    fresh = (await world.call(who, "GET", path)).headers["etag"]
    assert await change(f"W/{fresh}") == (200, None), "on its way through a proxy an ETag may become weak"


LISTS = [
    "orders", "needs", "assignments", "hours", "events", "notices", "places", "people", "organizations", "approvals",
    "imports",
]  # fmt: skip
QUERIES = [
    {"cursor": ""},
    {"cursor": "x"},
    {"cursor": "!!"},
    {"cursor": "AAAA"},
    {"cursor": "A" * 64},
    {"cursor": "A" * 65},
    {"cursor": "____"},
    {"cursor": "游标"},
    {"cursor": "\x00"},
    {"limit": "0"},
    {"limit": "101"},
    {"limit": "-1"},
    {"limit": "ten"},
    {"limit": "1e2"},
    {"limit": "9" * 30},
    {"offset": "20"},
    {"sort": "id; DROP TABLE needs"},
    {"district_id": "150103"},
]


@pytest.mark.parametrize("noun", LISTS)
async def test_lists_refuse_what_they_were_not_given(world: World, noun: str) -> None:
    for query in QUERIES:
        answer = await world.call("district", "GET", f"/v1/{noun}", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), f"{query} {answer.text}"


@pytest.mark.parametrize("part", ["1", "x", "%00", "%2e%2e", "null", "018f5e66", MISSING + "0", "{id}", "%F0%9F%8F%AE"])
async def test_paths_that_name_nothing(world: World, part: str) -> None:
    for noun in ("needs", "orders", "people", "hours"):
        answer = await world.call("district", "GET", f"/v1/{noun}/{part}")
        assert answer.status_code in {404, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/needs/", "//v1/needs", "/v1/Needs", "/v2/needs", "/.env", "/%00"])
async def test_paths_that_are_none(world: World, path: str) -> None:
    answer = await world.call("district", "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
