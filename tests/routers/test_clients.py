"""Client systems: registration, secrets and tokens (RFC 6749 §4.4), and that taking away works on the next request."""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.audit import Caller, Outcome
from app.domain.limits import CLIENT_HERE
from app.models import AuditEntry, Client, ClientSecret, Event
from tests.routers.authority import change
from tests.routers.client_systems import EVERYTHING, System, connected, registered, registration
from tests.worlds import World, count


async def test_registering_reading_and_listing(world: World) -> None:
    system = await registered(world, organization_id=str(world.units["unit"]))
    assert system.row["scopes"] == EVERYTHING
    assert system.name == f"{system.row['id']}@{world.district_id}"
    assert await world.ok("system", "GET", system.path) == system.row
    await registered(world, "grid", ["places:read"], name="第二个")
    assert len((await world.ok("system", "GET", "/v1/clients"))["items"]) == 2
    first = await world.ok("system", "GET", "/v1/clients", params={"limit": 1})
    rest = await world.ok("system", "GET", "/v1/clients", params={"limit": 1, "cursor": first["next_cursor"]})
    assert {item["id"] for item in first["items"] + rest["items"]} >= {system.row["id"]}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"scopes": []}, 422),
        ({"scopes": ["people:read"]}, 422),
        ({"scopes": ["needs:withdraw"]}, 422),
        ({"scopes": ["self"]}, 422),
        ({"place": "home1"}, 422),
        ({"place": "compound"}, 422),
        ({"place_id": str(new_id())}, 404),
        ({"organization_id": str(new_id())}, 404),
        ({"name": ""}, 422),
    ],
)
async def test_what_cannot_be_registered(world: World, owner: Database, wrong: dict[str, Any], status: int) -> None:
    form = registration(world, wrong.pop("place", "community")) | wrong
    assert (await world.call("system", "POST", "/v1/clients", json=form)).status_code == status
    assert await count(owner, world.district_id, Client) == 0


async def test_only_the_system_administrator_sees_them(world: World, other_world: World) -> None:
    system = await connected(world)
    secret = (await world.ok("system", "GET", f"{system.path}/secrets"))["items"][0]["id"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", system.path, None),
        ("GET", f"{system.path}/secrets", None),
        ("POST", f"{system.path}/secrets", {}),
        ("POST", f"{system.path}/secrets/{secret}/revoke", {}),
        ("POST", f"{system.path}/disable", {"reason": "试"}),
        ("POST", f"{system.path}/enable", {}),
        ("PATCH", system.path, {"name": "改"}),
    ]
    for method, path, form in calls:
        for who in ("district", "security", "audit", "auditor", "community"):
            answer = await world.call(who, method, path, json=form, headers={"if-match": '"1"'})
            assert answer.status_code == 404, (who, method, path)
        foreign = await other_world.call("system", method, path, json=form, headers={"if-match": '"1"'})
        assert foreign.status_code == 404, path
    for who in ("district", "security"):
        assert (await world.call(who, "GET", "/v1/clients")).status_code == 403
        assert (await world.call(who, "POST", "/v1/clients", json=registration(world))).status_code == 403
    assert (await world.ok("system", "GET", system.path))["version"] == 2, "registered, a secret issued, nothing else"
    assert (await system.ask()).status_code == 200


async def test_a_name_is_taken_once(world: World) -> None:
    await registered(world)
    answer = await world.call("system", "POST", "/v1/clients", json=registration(world))
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


async def test_a_token_for_a_secret(world: World) -> None:
    system = await registered(world)
    issued = await system.issue(days=30)
    lasts = datetime.fromisoformat(issued["expires_at"]) - datetime.fromisoformat(issued["created_at"])
    assert lasts == timedelta(days=30)
    assert system.secret.startswith("sanshun_cs_")
    assert len(system.secret) == len("sanshun_cs_") + 43
    for answer in (await system.ask(), await system.ask_by_header()):
        body = answer.json()
        assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 900)
        assert (body["refresh_token"], body["refresh_expires_in"]) == (None, None)
        assert body["scope"] == " ".join(EVERYTHING)
    await system.sign_in()
    assert await system.ok("GET", f"/v1/places/{world.places['grid']}")


async def test_one_answer_for_all_that_does_not_fit(world: World, owner: Database) -> None:
    system, other, ended = (
        await connected(world),
        await registered(world, name="二"),
        await registered(world, name="三"),
    )
    await other.issue()
    await ended.issue()
    await world.ok("system", "POST", f"{ended.path}/disable", json={"reason": "合同到期"})
    expired = await registered(world, name="四")
    await expired.issue()
    when = {"created_at": now() - timedelta(days=2), "expires_at": now() - timedelta(days=1)}
    of_expired = ClientSecret.client_id == expired.row["id"]
    await change(owner, world, update(ClientSecret).where(of_expired).values(**when))
    somebody = f"{new_id()}@{world.district_id}"
    answers = [
        await system.ask(client_secret="sanshun_cs_wrong"),
        await system.ask(client_secret=other.secret),
        await system.ask(client_id=somebody),
        await system.ask(client_id=f"{system.row['id']}@999999"),
        await system.ask(client_id="grid@" + str(world.district_id)),
        await system.ask(client_id="", client_secret=""),
        await world.client.post("/v1/token", data={"grant_type": "client_credentials"}),
        await ended.ask(),
        await expired.ask(),
        await system.ask_by_header("no colon"),
        await system.ask_by_header(f"{system.name}:"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "invalid_client"
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    assert (await system.ask()).status_code == 200


async def test_broken_headers_are_refused_like_wrong_secrets(world: World) -> None:
    for header in ("Basic", "Basic !!!", "Basic /w==", "Bearer x"):
        answer = await world.client.post(
            "/v1/token", data={"grant_type": "client_credentials"}, headers={"authorization": header}
        )
        assert answer.status_code == 401, header
    system = await registered(world)
    await system.issue()
    twice = await system.ask_by_header(client_secret=system.secret)
    assert twice.status_code == 400


async def test_a_token_for_part_of_the_scopes(world: World) -> None:
    system = await registered(world, scopes=["places:read", "places:list", "needs:submit"])
    await system.issue()
    got = await system.sign_in(scope="places:list")
    assert got["scope"] == "places:list"
    assert (await system.call("GET", "/v1/places")).status_code == 200
    answer = await system.call("GET", f"/v1/places/{world.places['grid']}")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="places:read"'
    for scope in ("orders:list", "places:list orders:list", "people:read", " ", ""):
        refused = await system.ask(scope=scope)
        expected = 200 if scope == "" else 400
        assert refused.status_code == expected, repr(scope)
        assert expected == 200 or refused.json()["code"] == "invalid_scope"


async def test_secrets_are_changed_while_both_work(world: World) -> None:
    system = await registered(world)
    old = await system.issue()
    first = system.secret
    new = await system.issue()
    assert first != system.secret
    assert (await system.ask()).status_code == (await system.ask(client_secret=first)).status_code == 200
    third = await world.call("system", "POST", f"{system.path}/secrets", json={})
    assert (third.status_code, third.json()["code"]) == (409, "conflict")
    revoke = f"{system.path}/secrets/{old['id']}/revoke"
    assert (await world.ok("system", "POST", revoke, json={}))["in_force"] is False
    assert (await world.call("system", "POST", revoke, json={})).status_code == 409
    assert (await system.ask(client_secret=first)).status_code == 401
    assert (await system.ask()).status_code == 200
    listed = (await world.ok("system", "GET", f"{system.path}/secrets"))["items"]
    assert [(row["id"], row["in_force"]) for row in listed] == [(new["id"], True), (old["id"], False)]
    assert all(set(row) == {"id", "created_at", "expires_at", "revoked_at", "in_force"} for row in listed)


async def test_a_secret_of_another_client_is_not_revoked_from_here(world: World) -> None:
    one, other = await registered(world), await registered(world, name="二")
    secret = await other.issue()
    answer = await world.call("system", "POST", f"{one.path}/secrets/{secret['id']}/revoke", json={})
    assert answer.status_code == 404
    assert (await other.ask()).status_code == 200


async def test_of_many_secrets_at_once_two_are_issued(world: World) -> None:
    system = await registered(world)
    calls = (world.call("system", "POST", f"{system.path}/secrets", json={}) for _ in range(8))
    assert sorted(answer.status_code for answer in await asyncio.gather(*calls)) == [200] * 2 + [409] * 6


@pytest.mark.parametrize("days", [0, 366, -1])
async def test_a_secret_lasts_a_year_at_most(world: World, days: int) -> None:
    system = await registered(world)
    assert (await world.call("system", "POST", f"{system.path}/secrets", json={"days": days})).status_code == 422


async def test_the_secret_is_shown_once_and_kept_nowhere(world: World, owner: Database) -> None:
    """Not under the idempotency key that came with the request, not in events, not in the audit trail; only its hash."""
    system = await registered(world)
    key = {"idempotency-key": str(new_id())}
    path = f"{system.path}/secrets"
    first, again = [
        (await world.call("system", "POST", path, json={}, headers=key)).json()["client_secret"] for _ in range(2)
    ]
    assert first != again, "sent again it is another secret, not the kept answer"
    async with owner.transaction(world.district_id) as session:
        mine = ClientSecret.district_id == world.district_id
        kept = set(await session.scalars(select(ClientSecret.digest).where(mine)))
        assert kept == {hashlib.sha256(secret.encode()).digest() for secret in (first, again)}
        for table in ("idempotency_keys", "events", "audit_entries", "clients", "client_secrets"):
            columns = "convert_from(body, 'UTF8')" if table == "idempotency_keys" else "t::text"
            query = f"SELECT {columns} FROM {table} t WHERE district_id = :d"  # noqa: S608 - names of our own
            rows = await session.execute(text(query), {"d": world.district_id})
            assert not any(secret[11:] in row for (row,) in rows for secret in (first, again)), table


@pytest.mark.parametrize("way", ["disable", "revoke", "expire"])
async def test_taking_away_works_on_the_next_request(world: World, owner: Database, way: str) -> None:
    system = await connected(world)
    assert (await system.call("GET", "/v1/places")).status_code == 200
    if way == "disable":
        await world.ok("system", "POST", f"{system.path}/disable", json={"reason": "合同到期"})
    elif way == "revoke":
        (row,) = (await world.ok("system", "GET", f"{system.path}/secrets"))["items"]
        await world.ok("system", "POST", f"{system.path}/secrets/{row['id']}/revoke", json={})
    else:
        of_client = ClientSecret.client_id == system.row["id"]
        when = {"created_at": now() - timedelta(days=2), "expires_at": now()}
        await change(owner, world, update(ClientSecret).where(of_client).values(**when))
    for path in ("/v1/places", "/v1/me", "/v1/needs"):
        assert (await system.call("GET", path)).status_code == 401
    order = f"/v1/orders/{new_id()}/take"
    assert (await system.call("POST", order, json={})).status_code == 401


async def test_disabled_and_enabled_again(world: World) -> None:
    system = await connected(world)
    await world.ok("system", "POST", f"{system.path}/disable", json={"reason": "停"})
    again = await world.call("system", "POST", f"{system.path}/disable", json={"reason": "停"})
    assert again.status_code == 409
    assert len((await world.ok("system", "GET", "/v1/clients", params={"disabled": True}))["items"]) == 1
    assert (await world.ok("system", "POST", f"{system.path}/enable", json={}))["disabled_at"] is None
    assert (await world.call("system", "POST", f"{system.path}/enable", json={})).status_code == 409
    assert (await system.call("GET", "/v1/places")).status_code == 200
    assert (await world.ok("system", "GET", "/v1/clients", params={"disabled": True}))["items"] == []


async def test_changed_scopes_count_from_the_next_request_on(world: World) -> None:
    system = await connected(world, scopes=["places:read", "places:list"])
    row = await world.ok("system", "GET", system.path)
    form: dict[str, Any] = {"scopes": ["places:list", "needs:list", "needs:list"]}
    stale = await world.call("system", "PATCH", system.path, json=form, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    etag = {"if-match": f'"{row["version"]}"'}
    changed = await world.ok("system", "PATCH", system.path, json=form, headers=etag)
    assert (changed["scopes"], changed["name"]) == (["needs:list", "places:list"], system.row["name"])
    assert (await system.call("GET", f"/v1/places/{world.places['grid']}")).status_code == 403
    assert (await system.call("GET", "/v1/needs")).status_code == 200
    wrong = await world.call("system", "PATCH", system.path, json={"scopes": ["hours:list"]}, headers=etag)
    assert wrong.status_code == 422


async def test_one_event_a_change_and_one_entry_an_attempt(world: World, owner: Database) -> None:
    system = await connected(world)
    await system.ask(client_secret="sanshun_cs_wrong")
    await system.ask(scope="people:read")
    await world.ok("system", "POST", f"{system.path}/disable", json={"reason": "合同到期"})
    async with owner.transaction(world.district_id) as session:
        mine = select(Event).where(Event.district_id == world.district_id).order_by(Event.id)
        events = [(e.aggregate, e.action, e.seq) for e in await session.scalars(mine)]
        tried = select(AuditEntry).where(
            AuditEntry.district_id == world.district_id, AuditEntry.operation == "token_issue"
        )
        entries = [
            (str(e.subject_id), e.caller, e.outcome, e.status)
            for e in await session.scalars(tried.order_by(AuditEntry.id))
        ]
    assert events == [("client", "create", 1), ("client", "issue", 2), ("client", "disable", 3)]
    client = system.row["id"]
    assert entries == [
        (client, Caller.CLIENT, Outcome.DONE, 200),
        (client, Caller.ANONYMOUS, Outcome.DENIED, 401),
        (client, Caller.ANONYMOUS, Outcome.DENIED, 400),
    ]


async def test_wrong_secrets_are_limited_and_lock_out_nobody_elsewhere(world: World, app: FastAPI) -> None:
    system, other = await connected(world), await connected(world, name="二")
    wrong = [await system.ask(client_secret="sanshun_cs_wrong") for _ in range(CLIENT_HERE.burst)]
    assert {answer.status_code for answer in wrong} == {401}
    limited = await system.ask()
    assert (limited.status_code, limited.json()["code"]) == (429, "too_many_requests")
    assert int(limited.headers["retry-after"]) > 0
    assert (await other.ask()).status_code == 200, "another client behind the same address"
    elsewhere = System(world, system.row, system.secret)
    transport = type(world.transport)(app)
    transport.client = ("203.0.113.9", 1)
    async with type(world.client)(transport=transport, base_url="http://test", trust_env=False) as far:
        form = {"grant_type": "client_credentials", "client_id": elsewhere.name, "client_secret": elsewhere.secret}
        assert (await far.post("/v1/token", data=form)).status_code == 200, "the same client from its own address"
    assert (await system.call("GET", "/v1/places")).status_code == 200, "tokens that are out still work"


async def test_right_secrets_are_not_limited(world: World) -> None:
    system = await connected(world)
    for _ in range(CLIENT_HERE.burst + 2):
        assert (await system.ask()).status_code == 200
