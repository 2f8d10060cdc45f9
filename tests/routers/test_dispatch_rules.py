"""Rules of dispatch over HTTP: who makes them, what makes sense, and that each version is kept."""

from typing import Any

import pytest

from tests.worlds import World

WAVES = {"way": "waves", "people": 3, "every_minutes": 20, "minutes": 120}
POOL = {"way": "pool", "cap": 2, "minutes": 60}
UNITS = {"way": "assign", "organization_kind": "partner_unit"}


async def made(world: World, *steps: dict[str, Any], **more: Any) -> Any:
    form = {"category": "repair.plumbing", "steps": list(steps)} | more
    return await world.ok("district", "POST", "/v1/dispatch-rules", json=form)


async def test_a_rule_is_made_changed_and_retired_and_every_version_is_kept(world: World) -> None:
    rule = await made(world, WAVES, POOL, UNITS, quiet_since="21:30", quiet_until="07:00")
    assert (rule["number"], rule["quiet_since"], rule["quiet_until"]) == (1, "21:30", "07:00")
    assert [step["way"] for step in rule["steps"]] == ["waves", "pool", "assign"]
    path = f"/v1/dispatch-rules/{rule['id']}"
    again = await world.call(
        "district", "POST", "/v1/dispatch-rules", json={"category": "repair.plumbing", "steps": [POOL]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    await made(world, POOL, category=None)
    await made(world, POOL, urgency="urgent")
    changed = await world.call("district", "PATCH", path, json={"steps": [POOL]}, headers={"if-match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["number"], changed.json()["quiet_since"]) == (2, "21:30")
    stale = await world.call("district", "PATCH", path, json={"steps": [POOL]}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    kept = (await world.ok("community", "GET", f"{path}/versions"))["items"]
    assert [(version["number"], len(version["steps"])) for version in kept] == [(2, 1), (1, 3)]
    assert (await world.ok("district", "POST", f"{path}/retire", json={}))["retired_at"] is not None
    assert (await world.call("district", "POST", f"{path}/retire", json={})).status_code == 409
    listed = await world.ok("grid", "GET", "/v1/dispatch-rules", params={"category": "repair.plumbing"})
    assert [item["urgency"] for item in listed["items"]] == ["urgent"]
    await made(world, UNITS)


@pytest.mark.parametrize("who", ["community", "subdistrict", "auditor", "member1"])
async def test_only_the_district_makes_rules(world: World, who: str) -> None:
    answer = await world.call(who, "POST", "/v1/dispatch-rules", json={"steps": [POOL]})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"category": "no.such"}, "category"),
        ({"steps": [{"way": "by_hand"}, POOL]}, "steps.0.minutes"),
        (
            {"steps": [{"way": "rotation", "organization_id": "0192f3a0-7c1e-7000-8000-000000000007"}]},
            "steps.0.organization_id",
        ),
        ({"steps": [{"way": "pool", "people": 3}]}, "steps.0.people"),
        ({"quiet_since": "22:00"}, "quiet_until"),
        ({"quiet_since": "08:00", "quiet_until": "23:00"}, "quiet_until"),
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, more: dict[str, Any], field: str) -> None:
    answer = await world.call("district", "POST", "/v1/dispatch-rules", json={"steps": [POOL]} | more)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_another_districts_rule_is_not_there(world: World, other_world: World) -> None:
    rule = await made(world, POOL)
    answer = await other_world.call("district", "GET", f"/v1/dispatch-rules/{rule['id']}")
    assert answer.status_code == 404
