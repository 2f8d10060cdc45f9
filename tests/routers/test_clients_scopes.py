"""What a client system reaches: its scopes and nothing else, its own needs and nobody's names."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.db import Database
from app.core.ids import new_id
from app.core.security import Tokens
from app.domain.access import CLIENT_SCOPES, PUBLIC, TABLE
from app.domain.people import Relation, Role
from app.models import Event, IdempotencyKey, Need
from tests.routers.authority import change
from tests.routers.client_systems import System, connected
from tests.stories.steps import act, only_order, submitted
from tests.whole.document import Operation, operations_of
from tests.worlds import World, count

PERSONAL = {"asker_id", "submitted_by", "person_id", "rating_words", "result"}


def need_form(world: World, place: str = "home1", **more: Any) -> dict[str, Any]:
    form = {"title": "电梯停运", "details": "三单元电梯停了", "place_id": str(world.places[place])}
    return form | {"category": "repair.plumbing"} | more


async def sent(system: System, **more: Any) -> Any:
    return await system.ok("POST", "/v1/needs", json=need_form(system.world, **more))


def operations(world: World) -> list[Operation]:
    return list(operations_of(world.transport.app.openapi()))  # type: ignore[attr-defined]


def test_the_table_gives_clients_what_they_may_be_scoped_to_and_no_more() -> None:
    by_role = {permission for permission, parties in TABLE.items() if Role.CLIENT in parties}
    by_row = {permission for permission, parties in TABLE.items() if Relation.SENDER in parties}
    assert by_row == {"needs:read", "orders:read", "orders:clocks", "clocks:read", "clocks:trace"}
    assert by_role | by_row == CLIENT_SCOPES


async def test_every_operation_beyond_the_scopes_is_refused_before_anything_happens(
    world: World, owner: Database
) -> None:
    """All operations of the document, hot ones and the caller's own included, by a client that has every scope there is."""
    system = await connected(world)
    before = [await count(owner, world.district_id, model) for model in (Event, Need)]
    barred = [o for o in operations(world) if o.permission not in CLIENT_SCOPES | {PUBLIC}]
    assert len(barred) > 80
    assert {"order_take", "order_accept", "me_read", "need_withdraw", "client_issue"} <= {o.name for o in barred}
    for operation in barred:
        path = operation.path
        for hole in [part for part in path.split("/") if part.startswith("{")]:
            path = path.replace(hole, str(new_id()))
        answer = await system.call(operation.method, path, json={} if operation.method != "GET" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), operation.name
        assert f'scope="{operation.permission}"' in answer.headers["www-authenticate"]
    assert [await count(owner, world.district_id, model) for model in (Event, Need)] == before


async def test_each_scope_opens_its_operations_and_no_other(world: World) -> None:
    """With one scope at a time, whatever is not in it answers 403, and what is in it something else, never a fault."""
    system = await connected(world)
    reachable = [o for o in operations(world) if o.permission in CLIENT_SCOPES]
    assert {o.permission for o in reachable} == CLIENT_SCOPES, "every scope is good for something"
    row = await world.ok("system", "GET", system.path)
    for scope in sorted(CLIENT_SCOPES):
        etag = {"if-match": f'"{row["version"]}"'}
        row = await world.ok("system", "PATCH", system.path, json={"scopes": [scope]}, headers=etag)
        for operation in reachable:
            path = operation.path.replace("{id}", str(world.places["grid"]))
            form = need_form(world) if operation.method == "POST" else None
            answer = await system.call(operation.method, path, json=form)
            assert (answer.status_code == 403) == (operation.permission != scope), (scope, operation.name)
            assert answer.status_code < 500, (scope, operation.name)


async def test_a_need_it_sends_is_nobodys_and_the_community_sees_whose_system_sent_it(world: World) -> None:
    system = await connected(world)
    need = await sent(system, asker_name="苏日娜其木格")
    assert (need["source"], need["client_id"], need["client_name"]) == ("client", system.row["id"], "物业平台")
    assert (need["asker_id"], need["submitted_by"], need["asker_name"]) == (None, None, "苏****格")
    assert need["actions"] == []
    seen = await world.ok("community", "GET", f"/v1/needs/{need['id']}")
    assert (seen["client_id"], seen["client_name"]) == (system.row["id"], "物业平台")
    assert "accept" in seen["actions"]
    mine = await submitted(world)
    assert (mine["client_id"], mine["client_name"]) == (None, None)


async def test_it_asks_within_its_place_and_for_no_record(world: World, owner: Database) -> None:
    system = await connected(world, "grid")
    somebody = str(world.people["resident1"])
    for form, status in (
        (need_form(world, "sibling_grid"), 403),
        (need_form(world, "community"), 403),
        (need_form(world) | {"asker_id": somebody}, 403),
        (need_form(world) | {"asker_id": str(new_id())}, 403),
        (need_form(world) | {"place_id": str(new_id())}, 404),
    ):
        assert (await system.call("POST", "/v1/needs", json=form)).status_code == status
    assert await count(owner, world.district_id, Need) == 0


async def test_it_sees_its_own_needs_and_orders_alone(world: World, other_world: World) -> None:
    system, other = await connected(world), await connected(world, name="二")
    foreign = await connected(other_world)
    own, another, theirs = await sent(system), await sent(other), await submitted(world)
    orders = {}
    for need in (own, another, theirs):
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
        orders[need["id"]] = await only_order(world, need)
        await act(world, "grid", orders[need["id"]], "publish")
    for need in (another, theirs):
        assert (await system.call("GET", f"/v1/needs/{need['id']}")).status_code == 404
        assert (await system.call("GET", f"/v1/orders/{orders[need['id']]['id']}")).status_code == 404
    assert (await foreign.call("GET", f"/v1/needs/{own['id']}")).status_code == 404
    for params in ({}, {"mine": True}, {"place_id": str(world.places["community"])}):
        assert [n["id"] for n in (await system.ok("GET", "/v1/needs", params=params))["items"]] == [own["id"]]
    for params in ({}, {"mine": True}, {"pool": True}, {"working": True}, {"need_id": own["id"]}):
        found = (await system.ok("GET", "/v1/orders", params=params))["items"]
        assert [o["need_id"] for o in found] == [own["id"]], params
    assert (await system.ok("GET", "/v1/orders", params={"need_id": theirs["id"]}))["items"] == []
    pages: list[Any] = []
    for _ in range(2):
        await sent(system)
    cursor = None
    while cursor or not pages:
        page = await system.ok("GET", "/v1/needs", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
        pages += page["items"]
        cursor = page["next_cursor"]
    assert len(pages) == 3


async def test_nothing_of_a_person_is_passed_on(world: World, owner: Database) -> None:
    """After the whole loop the answers hold no person's id, no name but the one it sent, no words, and no door."""
    system = await connected(world)
    need = await sent(system, place="compound", asker_name="苏日娜其木格")
    at_home = {"auto_offer": False, "place_id": str(world.places["home1"])}
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json=at_home)
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    position = {"lon": 111.651, "lat": 40.82, "datum": "wgs84"}
    await act(world, "member1", order, "start", position=position)
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="张三家的电梯已修好")
    shown = [
        await system.ok("GET", f"/v1/needs/{need['id']}"),
        await system.ok("GET", f"/v1/orders/{order['id']}"),
        *(await system.ok("GET", "/v1/needs"))["items"],
        *(await system.ok("GET", "/v1/orders"))["items"],
    ]
    people, homes = {str(p) for p in world.people.values()}, {str(world.places["home1"])}
    for row in shown:
        assert not set(map(str, row.values())) & (people | homes)
        assert all(row[name] is None for name in PERSONAL & row.keys())
        assert row.get("asker_name", "苏****格") == "苏****格"
        assert row["actions"] == []
    assert shown[0]["place_id"] == str(world.places["grid"])
    assert (shown[1]["state"], shown[1]["place_id"], shown[1]["lon"]) == ("reported", None, None)
    for noun in ("needs", "orders"):
        for place in ("home1", "entrance", "compound"):
            answer = await system.call("GET", f"/v1/{noun}", params={"place_id": str(world.places[place])})
            assert (answer.status_code, answer.json()["field"]) == (422, "place_id"), "nor door by door"
    seen = await world.ok("community", "GET", f"/v1/orders/{order['id']}")
    assert seen["result"] == "张三家的电梯已修好"


async def test_sent_again_it_is_one_need(world: World, owner: Database) -> None:
    system, other = await connected(world), await connected(world, name="二")
    key = {"idempotency-key": str(new_id())}
    first, again = [await system.call("POST", "/v1/needs", json=need_form(world), headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    changed = await system.call("POST", "/v1/needs", json=need_form(world, title="改"), headers=key)
    assert changed.status_code == 422
    assert (await other.call("POST", "/v1/needs", json=need_form(world), headers=key)).status_code == 201
    assert await count(owner, world.district_id, Need) == 2
    async with owner.transaction(world.district_id) as session:
        kept = select(IdempotencyKey.caller_id).where(IdempotencyKey.key == key["idempotency-key"])
        assert {str(caller) for caller in await session.scalars(kept)} == {system.row["id"], other.row["id"]}
    row = await world.ok("system", "GET", system.path)
    etag = {"if-match": f'"{row["version"]}"'}
    await world.ok("system", "PATCH", system.path, json={"scopes": ["places:read"]}, headers=etag)
    assert (await system.call("POST", "/v1/needs", json=need_form(world), headers=key)).status_code == 403


async def test_merging_and_the_end_leave_it_its_own_need(world: World) -> None:
    system = await connected(world)
    need, master = await sent(system), await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/merge", json={"into_id": master["id"]})
    shown = await system.ok("GET", f"/v1/needs/{need['id']}")
    assert (shown["state"], shown["merged_into_id"]) == ("merged", master["id"])
    assert (await system.call("GET", f"/v1/needs/{master['id']}")).status_code == 404


async def test_organizations_of_its_place(world: World) -> None:
    system, elsewhere = await connected(world), await connected(world, "sibling_community", name="二")
    unit = f"/v1/organizations/{world.units['unit']}"
    assert len((await system.ok("GET", "/v1/organizations"))["items"]) == 3
    assert (await system.call("GET", unit)).status_code == 200
    assert (await elsewhere.ok("GET", "/v1/organizations"))["items"] == []
    assert (await elsewhere.call("GET", unit)).status_code == 404


async def test_tokens_that_only_look_like_a_clients(world: World, other_world: World) -> None:
    """A person's id in a client's token, a client's in a person's, another district, another secret: nobody."""
    system, other = await connected(world), await connected(world, name="二")
    client, tokens, person = system.row["id"], world.tokens, world.people["grid"]
    secret = (await world.ok("system", "GET", f"{system.path}/secrets"))["items"][0]["id"]
    others = (await world.ok("system", "GET", f"{other.path}/secrets"))["items"][0]["id"]
    made = [
        _token(tokens, world, person, person, world.sign_ins["grid"], client=True),
        _token(tokens, world, client, client, secret, client=False),
        _token(tokens, world, client, client, others, client=True),
        _token(tokens, world, client, client, client, client=True),
        _token(tokens, other_world, client, client, secret, client=True),
    ]
    for token in made:
        headers = {"authorization": f"Bearer {token}"}
        for path in ("/v1/places", "/v1/needs", "/v1/me"):
            assert (await world.client.get(path, headers=headers)).status_code == 401
    right = _token(tokens, world, client, client, secret, client=True)
    answer = await world.client.get("/v1/places", headers={"authorization": f"Bearer {right}"})
    assert answer.status_code == 200


def _token(tokens: Tokens, world: World, person: Any, account: Any, sign_in: Any, *, client: bool) -> str:
    return tokens.issue(world.district_id, person, account, sign_in, client=client)


@pytest.mark.parametrize("stray", ["people:list", "needs:withdraw", "orders:take", "self"])
async def test_a_scope_slipped_into_the_row_opens_nothing(world: World, owner: Database, stray: str) -> None:
    system = await connected(world, scopes=["places:read"])
    table = Need.metadata.tables["clients"]
    await change(owner, world, update(table).where(table.c.id == system.row["id"]).values(scopes=[stray]))
    for path in ("/v1/people", "/v1/me"):
        assert (await system.call("GET", path)).status_code == 403
    take = f"/v1/orders/{new_id()}/take"
    assert (await system.call("POST", take, json={})).status_code == 403
