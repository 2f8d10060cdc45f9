"""I15: keys, versions, cursors and paths nobody is given, each refused with its own word."""

import pytest

from tests.stories.steps import submitted
from tests.worlds import World

MISSING = "018f5e66-0000-7000-8000-000000000000"


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
