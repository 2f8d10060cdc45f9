"""I11, I15: tokens that nobody was given, or that are good no longer, open nothing on any way in, and change nothing."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.security import Tokens
from app.domain.accounts import SignInEnd
from app.models import Account, SignIn
from tests.routers.client_systems import registered
from tests.signing_in import PASSWORD, give_password, visitor
from tests.stories.steps import accepted_need, act, only_order, submitted
from tests.whole.access_ground import digest
from tests.worlds import World

MISSING = "018f5e66-0000-7000-8000-000000000000"
AT_LENGTH: dict[str, Any] = {}
WHO = "member1"
"""Whose tokens are tampered with: one who could take and accept."""


@pytest.fixture
async def ways(world: World) -> list[tuple[str, str, Any]]:
    """Ordinary operations and the hot ones that read the actor in statements of their own; all are open to member1."""
    published, offered = [await only_order(world, await accepted_need(world)) for _ in range(2)]
    await act(world, "grid", published, "publish")
    await act(world, "grid", offered, "offer", person_id=str(world.people[WHO]))
    form = {"title": "路灯不亮", "details": "一直不亮", "place_id": str(world.places["home1"])}
    return [
        ("GET", "/v1/me", None),
        ("GET", "/v1/orders", None),
        ("GET", f"/v1/orders/{published['id']}", None),
        ("POST", "/v1/needs", form),
        ("POST", f"/v1/orders/{offered['id']}/decline", {}),
        ("POST", f"/v1/orders/{published['id']}/take", {}),
        ("POST", f"/v1/orders/{offered['id']}/accept", {}),
        ("POST", f"/v1/orders/{offered['id']}/accept", AT_LENGTH),
    ]


async def tried(world: World, ways: list[tuple[str, str, Any]], token: str) -> set[tuple[int, str]]:
    """Status and code of every way in, short ways as plain as they come."""
    answers = set()
    for method, path, form in ways:
        headers = {
            b"authorization": f"Bearer {token}".encode(),
            b"idempotency-key": str(new_id()).encode(),
            b"content-type": b"application/json",
        }
        content = None if form is None else _plain(form)
        answer = await world.client.request(method, path, headers=headers, content=content)
        answers.add((answer.status_code, "" if answer.is_success else answer.json()["code"]))
    return answers


def _plain(form: Any) -> bytes:
    """``AT_LENGTH`` is an empty form too, and not in its plainest form."""
    return b"{ }" if form is AT_LENGTH else json.dumps(form, ensure_ascii=False).encode()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signed(world: World, claims: dict[str, Any]) -> str:
    """Claims that the server itself might have signed, and never did."""
    return jwt.encode(claims, world.tokens._private, "EdDSA", headers={"kid": world.tokens.key_id})


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def unsigned(world: World) -> Iterator[tuple[str, str]]:
    """Without our signature: what anybody can make who has seen a token."""
    good = world.token(WHO)
    head, body, signature = good.split(".")
    claims, kid = claims_of(good), {"kid": world.tokens.key_id}
    public = world.tokens._public[world.tokens.key_id]
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for none in ("none", "None", "NONE", ""):
        yield f"alg {none!r}", f"{_part({'alg': none, 'typ': 'JWT', **kid})}.{body}."
        yield f"alg {none!r}, signature kept", f"{_part({'alg': none, **kid})}.{body}.{signature}"
    yield "HS256 with the public key", jwt.encode(claims, raw, "HS256", headers=kid)
    yield "HS256 with the public key as PEM", _hmac(claims, kid, pem)
    yield "another key under our id", jwt.encode(claims, _key(), "EdDSA", headers=kid)
    yield "another key in the header", jwt.encode(claims, _key(), "EdDSA", headers=kid | {"jwk": {"kty": "OKP"}})
    yield "no key id", jwt.encode(claims, _key(), "EdDSA")
    yield "a key id that is a path", jwt.encode(claims, _key(), "EdDSA", headers={"kid": "../../signing_key"})
    yield "no signature", f"{head}.{body}."
    yield "half a signature", good[:-43]
    other: dict[str, Any] = {"dis": 100_001, "sid": MISSING, "acc": MISSING, "sub": MISSING, "cli": True}
    for name, value in other.items():
        yield f"{name} changed under the signature", f"{head}.{_part(claims | {name: value})}.{signature}"


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def _hmac(claims: dict[str, Any], kid: dict[str, str], key: bytes) -> str:
    """The library refuses to sign so; an attacker's does not."""
    head, body = _part({"alg": "HS256", "typ": "JWT", **kid}), _part(claims)
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(algorithm.sign(f"{head}.{body}".encode(), key)).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def misdirected(world: World, other: World) -> Iterator[tuple[str, str]]:
    """With our signature, for something else."""
    claims = claims_of(world.token(WHO))
    past = {"exp": now() - timedelta(seconds=1), "iat": now() - timedelta(hours=1)}
    yield "expired", signed(world, claims | past)
    yield "for another service", signed(world, claims | {"aud": "elsewhere"})
    yield "for several services", signed(world, claims | {"aud": ["elsewhere", "nowhere"]})
    yield "from another issuer", signed(world, claims | {"iss": "elsewhere"})
    for name in ("exp", "iat", "sub", "dis", "acc", "sid", "aud", "iss"):
        yield f"without {name}", signed(world, {key: value for key, value in claims.items() if key != name})
    odd: dict[str, list[Any]] = {"dis": ["x", None, 2**40, -1, 1.5], "acc": ["x", 7, None], "sid": ["x", []]}
    for name, values in odd.items():
        for value in values:
            yield f"{name} = {value!r}", signed(world, claims | {name: value})
    yield "an account that is not there", signed(world, claims | {"acc": MISSING})
    yield "a sign-in that is not there", signed(world, claims | {"sid": MISSING})
    yield "another's sign-in", signed(world, claims | {"sid": str(world.sign_ins["district"])})
    yield "another's account", signed(world, claims | {"acc": str(world.accounts["district"])})
    yield "a district not one's own", signed(world, claims | {"dis": other.district_id})
    yield "a person as a client system", signed(world, claims | {"cli": True})


def misshapen() -> Iterator[tuple[str, str]]:
    yield from {
        "no token": "",
        "one part": "abc",
        "five parts": "a.b.c.d.e",
        "very long": "a" * 60_000,
        "not base64": "🏮.🏮.🏮",
        "null": "null",
        "empty parts": "..",
    }.items()


async def test_i11_forged_tokens_open_nothing(
    world: World, other_world: World, owner: Database, ways: list[tuple[str, str, Any]]
) -> None:
    before = await digest(owner, world.district_id, other_world.district_id)
    tokens = dict([*unsigned(world), *misdirected(world, other_world), *misshapen()])
    refused = {(401, "unauthenticated")}
    opened = {name: found for name, token in tokens.items() if (found := await tried(world, ways, token)) != refused}
    assert opened == {}
    assert len(tokens) > 40
    assert await digest(owner, world.district_id, other_world.district_id) == before
    assert (await tried(world, ways[-2:-1], world.token(WHO))) == {(200, "")}, "the ways are open to the right token"


async def test_a_refusal_says_how_to_sign_in(world: World) -> None:
    answer = await world.client.get("/v1/me", headers={"authorization": "Bearer abc"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("scheme", ["", "Basic {}", "Token {}", "{}", "Bearer", "Bearer: {}"])
async def test_other_schemes_open_nothing(world: World, scheme: str) -> None:
    header = scheme.format(world.token("district")).encode()
    answer = await world.client.get("/v1/me", headers={b"authorization": header})
    assert answer.status_code == 401


async def _end_sign_in(owner: Database, world: World) -> None:
    async with owner.transaction(world.district_id) as session:
        row = update(SignIn).where(SignIn.id == world.sign_ins[WHO])
        await session.execute(row.values(ended_at=now(), ended_by=SignInEnd.SIGNED_OUT))


async def _disable(owner: Database, world: World) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Account).where(Account.id == world.accounts[WHO]).values(disabled_at=now()))


@pytest.mark.parametrize("end", [_end_sign_in, _disable], ids=["signed out", "disabled"])
async def test_i11_a_token_ends_with_its_sign_in_and_its_account(
    world: World, owner: Database, ways: list[tuple[str, str, Any]], end: Any
) -> None:
    """On the next request, whichever way it takes; the token itself is as good as new."""
    token = world.token(WHO)
    assert await tried(world, ways[:3], token) == {(200, "")}
    await end(owner, world)
    before = await digest(owner, world.district_id)
    assert await tried(world, ways, token) == {(401, "unauthenticated")}
    assert await digest(owner, world.district_id) == before


@pytest.fixture
def rings(app: FastAPI) -> Iterator[Callable[[Tokens], None]]:
    """Puts another ring of signing keys into the app, for the length of a test."""
    before = app.state.tokens
    yield lambda tokens: setattr(app.state, "tokens", tokens)
    app.state.tokens = before


async def test_i11_a_key_taken_from_the_ring_opens_nothing(
    world: World, ways: list[tuple[str, str, Any]], rings: Callable[[Tokens], None]
) -> None:
    """A ring of two takes tokens of either; without the old one its tokens are unknown, and new ones are as good."""
    old, new, lifetime = _new_key(), _new_key(), timedelta(minutes=5)
    both, alone = Tokens([new, old], lifetime), Tokens([new], lifetime)
    token = _issued(Tokens([old], lifetime), world)
    rings(both)
    assert await tried(world, ways[:3], token) == {(200, "")}
    assert jwt.get_unverified_header(_issued(both, world))["kid"] == alone.key_id
    rings(alone)
    assert await tried(world, ways, token) == {(401, "unauthenticated")}
    assert await tried(world, ways[:3], _issued(alone, world)) == {(200, "")}


def _issued(tokens: Tokens, world: World) -> str:
    return tokens.issue(world.district_id, world.people[WHO], world.accounts[WHO], world.sign_ins[WHO])


async def test_another_districts_token_sees_what_is_not_there(
    world: World, other_world: World, owner: Database, ways: list[tuple[str, str, Any]]
) -> None:
    """404, to the byte the same as for a row that never was (I10); nothing moves."""
    need = await submitted(world)
    before = await digest(owner, world.district_id, other_world.district_id)
    for who in ("district", "resident1", WHO, "auditor", "system"):
        for method, path, form in [*(way for way in ways if "/orders/" in way[1] and way[2] in (None, {})), *_of(need)]:
            row_id = path.split("/")[3]
            there = await other_world.call(who, method, path, json=form)
            never = await other_world.call(who, method, path.replace(row_id, MISSING), json=form)
            assert (there.status_code, there.content, dict(there.headers)) == (
                404,
                never.content,
                dict(never.headers),
            ), f"{who} {path}"
    assert (await other_world.ok(WHO, "GET", "/v1/orders"))["items"] == []
    assert await digest(owner, world.district_id, other_world.district_id) == before


async def _opaque(world: World, owner: Database) -> dict[str, str]:
    """What signing in hands out besides access tokens; none of it is one."""
    await give_password(owner, world, WHO)
    await give_password(owner, world, "grid", password_temporary=True)
    door = visitor(world)
    signed_in = await door.signed_in(WHO)
    system = await registered(world)
    await system.issue()
    return {
        "a refresh token": signed_in["refresh_token"],
        "a challenge": await door.owed("grid", "new_password_required"),
        "the secret of a client system": system.secret,
        "the name of a client system": system.name,
        "a sign-in's id": str(world.sign_ins[WHO]),
        "a password": PASSWORD,
    }


async def test_i11_what_is_no_access_token_opens_nothing(
    world: World, owner: Database, ways: list[tuple[str, str, Any]]
) -> None:
    tokens = await _opaque(world, owner)
    before = await digest(owner, world.district_id)
    refused = {(401, "unauthenticated")}
    opened = {name: found for name, token in tokens.items() if (found := await tried(world, ways, token)) != refused}
    assert opened == {}
    assert await digest(owner, world.district_id) == before


async def test_i11_a_client_system_is_no_person(
    world: World, owner: Database, ways: list[tuple[str, str, Any]]
) -> None:
    """With every scope there is it neither takes nor accepts, has no record of its own, and sees no order of others."""
    system = await registered(world)
    await system.issue()
    await system.sign_in()
    before = await digest(owner, world.district_id)
    listed, sent = [way for way in ways if way[1] == "/v1/orders"], [way for way in ways if way[1] == "/v1/needs"]
    others = [way for way in ways if way not in (*listed, *sent)]
    assert {status for status, _ in await tried(world, others, system.token)} == {403, 404}
    assert await tried(world, listed, system.token) == {(200, "")}
    assert (await system.ok("GET", "/v1/orders"))["items"] == []
    assert await digest(owner, world.district_id) == before


async def test_i11_a_client_system_ends_with_its_secret(world: World, ways: list[tuple[str, str, Any]]) -> None:
    system = await registered(world)
    issued = await system.issue()
    await system.sign_in()
    assert await tried(world, ways[1:2], system.token) == {(200, "")}
    await world.ok("system", "POST", f"{system.path}/secrets/{issued['id']}/revoke", json={})
    assert await tried(world, ways, system.token) == {(401, "unauthenticated")}


def _of(need: Any) -> list[tuple[str, str, Any]]:
    path = f"/v1/needs/{need['id']}"
    return [("GET", path, None), ("POST", f"{path}/withdraw", {})]
