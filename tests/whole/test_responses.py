"""The suite's transport holds every answer against the document (tests/responses.py); this proves that it would say so."""

import copy
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.responses import BrokenPromise, CheckedTransport, Promises, promises_of
from tests.worlds import World

_NO_STORE = {"cache-control": "no-store"}
_JSON = _NO_STORE | {"content-type": "application/json"}


@pytest.fixture
def promises(app: FastAPI) -> Promises:
    return promises_of(app)


def place(**more: Any) -> dict[str, Any]:
    known = ["parent_id", "community_id", "grid_id", "lon", "lat", "boundary", "compound_kind", "property_management"]
    row: dict[str, Any] = dict.fromkeys([*known, "source", "edition_year"])
    row |= {"id": "018f5e66-0000-7000-8000-000000000000", "kind": "grid", "code": "01", "name": "网格", "path": "1/"}
    return row | {"version": 1} | more


def test_a_kept_promise_passes(promises: Promises) -> None:
    answer = httpx.Response(200, json={"items": [place()], "next_cursor": None}, headers=_JSON)
    promises.check("GET", "/v1/places", answer)


BROKEN = {
    "a status nobody wrote down": httpx.Response(418, json={}, headers=_JSON),
    "a fault": httpx.Response(500, json={}, headers=_JSON),
    "a field of another type": httpx.Response(
        200, json={"items": [place(version="1")], "next_cursor": None}, headers=_JSON
    ),
    "an id that is none": httpx.Response(200, json={"items": [place(id="1")], "next_cursor": None}, headers=_JSON),
    "a kind nobody knows": httpx.Response(
        200, json={"items": [place(kind="moon")], "next_cursor": None}, headers=_JSON
    ),
    "a missing field": httpx.Response(200, json={"items": []}, headers=_JSON),
    "another kind of content": httpx.Response(200, text="{}", headers=_NO_STORE),
    "a refusal without a code": httpx.Response(
        404, json={"title": "没有找到"}, headers=_NO_STORE | {"content-type": "application/problem+json"}
    ),
    "something a cache may keep": httpx.Response(
        200, json={"items": [], "next_cursor": None}, headers={"content-type": "application/json"}
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_found(promises: Promises, name: str) -> None:
    with pytest.raises(BrokenPromise):
        promises.check("GET", "/v1/places", BROKEN[name])


def test_a_route_outside_the_document_is_found(promises: Promises) -> None:
    with pytest.raises(BrokenPromise):
        promises.check("GET", "/v1/secrets", httpx.Response(200, json={}, headers=_JSON))
    promises.check("GET", "/v1/secrets", httpx.Response(404, json={}, headers=_JSON))


async def test_the_suite_speaks_through_it(
    transport: httpx.ASGITransport, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(transport, CheckedTransport)
    assert world.transport is transport
    await world.ok("grid", "GET", "/v1/me")
    document = copy.deepcopy(transport.promises._document)
    del document["paths"]["/v1/me"]["get"]["responses"]["200"]
    monkeypatch.setattr(transport, "promises", Promises(document))
    with pytest.raises(BrokenPromise, match="not documented"):
        await world.call("grid", "GET", "/v1/me")
