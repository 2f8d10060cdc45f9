"""The yearly draw over HTTP: nothing can be steered, everything can be recomputed, and what is final stays."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.db import Database
from tests.routers.rotating import DECEMBER, drawn, freezing, published, renew, seat_units, travel, turns_of
from tests.worlds import World

DRAWS = "/v1/duty-draws"


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_anybody_can_recompute_it(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    await seat_units(app, owner, world, 9)
    frozen = await world.ok("community", "POST", DRAWS, json=freezing(world))
    assert (frozen["state"], frozen["nonce"], frozen["seed"], frozen["turns"]) == ("frozen", None, None, [])
    assert [one["lot"] for one in frozen["entrants"]] == [None] * 9
    path = f"{DRAWS}/{frozen['id']}"
    early = await world.call("community", "POST", f"{path}/reveal", json={"word": "07"})
    assert early.status_code == 409, "the source has not spoken"
    december.move_to(DECEMBER.replace(day=11))
    await world.ok("community", "POST", f"{path}/reveal", json={"word": "03 08+07"})
    seen = await world.ok("resident1", "GET", path)
    assert seen["commitment"] == frozen["commitment"] == sha(seen["nonce"])
    assert seen["seed"] == sha(f"{seen['nonce']}:{seen['word']}")
    lots = {one["organization_id"]: one["lot"] for one in seen["entrants"]}
    assert lots == {unit: sha(f"{seen['seed']}:{unit}") for unit in lots}
    order = [turn["organization_id"] for turn in seen["turns"]] + seen["reserve"]
    assert order == sorted(lots, key=lots.__getitem__), "all joined alike, so the lots decide"
    assert seen["relaxed"] == []
    assert await turns_of(world) == [], "nothing is planned before it is published"


async def test_what_is_published_is_final(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    await seat_units(app, owner, world, 7)
    draw = await drawn(december, world)
    done = await world.ok("community", "POST", f"{DRAWS}/{draw['id']}/publish", json={})
    turns = await turns_of(world)
    assert [(t["number"], t["organization_id"]) for t in turns] == [
        (t["number"], t["organization_id"]) for t in done["turns"]
    ]
    assert [(t["starts_on"], t["ends_on"]) for t in turns][::5] == [
        ("2027-01-01", "2027-02-28"),
        ("2027-11-01", "2027-12-31"),
    ]
    discard = await world.call("community", "POST", f"{DRAWS}/{draw['id']}/discard", json={"reason": "不合意"})
    again = await world.call("community", "POST", DRAWS, json=freezing(world, source_on="2026-12-20"))
    assert (discard.status_code, again.status_code) == (409, 409)


async def test_what_is_given_up_stays_to_be_seen(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    await seat_units(app, owner, world, 7)
    draw = await drawn(december, world)
    assert (await world.call("community", "POST", f"{DRAWS}/{draw['id']}/discard", json={})).status_code == 422
    await world.ok("community", "POST", f"{DRAWS}/{draw['id']}/discard", json={"reason": "公开内容录错"})
    second = await drawn(december, world, source_on="2026-12-12")
    assert second["commitment"] != draw["commitment"]
    found = (await world.ok("resident1", "GET", DRAWS, params={"year": 2027}))["items"]
    assert [(one["state"], one["discarded_because"]) for one in found] == [
        ("proposed", None),
        ("discarded", "公开内容录错"),
    ]
    assert found[1]["turns"] == draw["turns"]


async def test_who_is_exempt_stands_in_the_list(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    await seat_units(app, owner, world, 7)
    out = {"organization_id": str(world.units["unit3"]), "reason": "本年度搬迁"}
    draw = await drawn(december, world, exempt=[out])
    shown = {one["organization_id"]: one["exempt"] for one in draw["entrants"]}
    assert shown[out["organization_id"]] == "本年度搬迁"
    assert out["organization_id"] not in [turn["organization_id"] for turn in draw["turns"]] + draw["reserve"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"source_on": "2026-12-10"}, 422),
        ({"source_on": "2027-03-01"}, 422),
        ({"year": 2028}, 409),
        ({"year": 2029}, 422),
        ({"year": 2026}, 422),
        ({"community_id": "grid"}, 404),
        ({"exempt": [{"organization_id": "sibling", "reason": "不是成员"}]}, 422),
        ({"exempt": [{"organization_id": "unit", "reason": "搬迁"}]}, 422),
    ],
)
async def test_what_makes_no_draw_is_refused(
    world: World, app: FastAPI, owner: Database, more: dict[str, Any], status: int
) -> None:
    await seat_units(app, owner, world, 1)
    form = freezing(world) | more
    if form["community_id"] == "grid":
        form["community_id"] = str(world.places["grid"])
    for one in form.get("exempt", []):
        one["organization_id"] = str(world.units.get(one["organization_id"], world.units["department"]))
    answer = await world.call("community", "POST", DRAWS, json=form)
    assert answer.status_code == status, answer.text


async def test_the_next_year_waits_for_this_one(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    """Who has a turn this year decides who has one in the next."""
    await seat_units(app, owner, world, 1)
    december.move_to(DECEMBER.replace(year=2027, month=1))
    form = freezing(world, year=2028, source_on="2027-02-01")
    await renew(owner, world, DECEMBER.replace(year=2028))
    assert (await world.call("community", "POST", DRAWS, json=form)).status_code == 409


async def test_what_units_did_counts_in_the_next_draw(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    await seat_units(app, owner, world, 13)
    turns = await published(december, world)
    await travel(december, app, owner, world, date(2027, 12, 1))
    draw = await world.ok("community", "POST", DRAWS, json=freezing(world, year=2028, source_on="2027-12-02"))
    listed = {one["organization_id"]: (one["last_year"], one["turns"]) for one in draw["entrants"]}
    held = {turn["organization_id"] for turn in turns}
    assert {unit for unit, said in listed.items() if said == (2027, 1)} == held
    december.move_to(DECEMBER.replace(year=2027))
    await renew(owner, world, DECEMBER.replace(year=2028))
    found = await world.ok("community", "POST", f"{DRAWS}/{draw['id']}/reveal", json={"word": "07"})
    assert not held & {turn["organization_id"] for turn in found["turns"]}
    assert found["relaxed"] == []
