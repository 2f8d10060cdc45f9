"""What people could get at who know the rules well: each of these was once possible."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.domain.limits import Limit
from app.models import Assignment, Need
from app.services import accounts_manage, erasure, people_identity
from tests.erasing import ask_to_be_erased
from tests.profiles import merge, merged, person, served, tag_of, wish_for_correction
from tests.routers.authority import give
from tests.routers.test_substitutions import DAY, arrange
from tests.signing_in import entries, give_password, visitor
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import World


async def test_nobody_exports_on_a_request_they_wrote_down_themselves(world: World) -> None:
    someone = str(world.people["resident1"])
    request = await world.ok("district", "POST", "/v1/rights-requests", json={"person_id": someone, "kind": "access"})
    answer = await world.call("district", "GET", f"/v1/people/{someone}/export", params={"request_id": request["id"]})
    assert answer.status_code == 403, answer.status_code
    await world.ok("community", "GET", f"/v1/people/{someone}/export", params={"request_id": request["id"]})


async def test_a_minor_does_not_come_of_age_by_saying_so(world: World, owner: Database) -> None:
    path = f"/v1/people/{world.people['resident1']}"
    await world.ok(
        "community", "PATCH", path, json={"birth_date": "2020-05-01"}, headers=await tag_of(world, "resident1", path)
    )
    mine = await world.ok("resident1", "GET", "/v1/me")
    assert mine["person"]["minor"] is True
    tag = {"if-match": f'"{mine["person"]["version"]}"'}
    answer = await world.call("resident1", "PATCH", "/v1/me", json={"birth_date": "1990-05-01"}, headers=tag)
    assert answer.status_code == 422, answer.text
    assert (await world.ok("resident1", "GET", "/v1/me"))["person"]["minor"] is True


async def test_no_need_in_the_name_of_somebody_erased_or_merged(world: World) -> None:
    old = await person(world, name="旧档")
    await merge(world, old["id"], world.people["resident2"])
    form = {"title": "修灯", "details": "楼道灯", "place_id": str(world.places["home1"]), "asker_id": old["id"]}
    assert (await world.call("community", "POST", "/v1/needs", json=form)).status_code in {404, 409, 410}


async def test_no_account_for_a_record_that_lives_on_in_another(world: World) -> None:
    old = await person(world, name="旧档")
    await merge(world, old["id"], world.people["resident2"])
    form = {"person_id": old["id"], "login": "oldone"}
    assert (await world.call("system", "POST", "/v1/accounts", json=form)).status_code in {404, 409}


async def test_no_request_about_a_record_that_lives_on_in_another(world: World) -> None:
    old = await person(world, name="旧档")
    await merge(world, old["id"], world.people["resident2"])
    form = {"person_id": old["id"], "kind": "deletion"}
    assert (await world.call("grid", "POST", "/v1/rights-requests", json=form)).status_code == 409


@pytest.mark.parametrize("action", ["take", "accept"])
async def test_an_erasure_in_the_middle_of_taking_leaves_nothing_behind(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    request = await ask_to_be_erased(world, "member1")
    checked, free = asyncio.Event(), erasure.must_be_free

    async def and_then_some_time(*arguments: Any) -> None:
        await free(*arguments)
        checked.set()
        await asyncio.sleep(0.5)

    monkeypatch.setattr(erasure, "must_be_free", and_then_some_time)
    path = f"/v1/rights-requests/{request['id']}/complete"
    erasing = asyncio.create_task(world.call("community", "POST", path, json={"words": "已删除"}))
    await checked.wait()
    if action == "take":
        other = await world.call("member1", "POST", f"/v1/orders/{order['id']}/take", json={})
    else:
        form = {"title": "修灯", "details": "楼道灯", "place_id": str(world.places["home1"])}
        other = await world.call("member1", "POST", "/v1/needs", json=form)
    answer = await erasing
    assert (answer.status_code, other.status_code) == (200, 401), other.text
    async with owner.transaction(world.district_id) as session:
        mine = (Assignment.district_id == world.district_id, Assignment.person_id == world.people["member1"])
        assert (await session.scalars(select(Assignment).where(*mine))).all() == []
        asked = (Need.district_id == world.district_id, Need.asker_id == world.people["member1"])
        assert (await session.scalars(select(Need).where(*asked))).all() == []


async def test_what_a_merged_record_did_is_part_of_the_export(world: World) -> None:
    await served(world, "member1", 60)
    await merged(world, "member1", "member2")
    found = await world.ok("member2", "GET", "/v1/me/export")
    rows = {section["name"]: section["rows"] for section in found["sections"]}
    assert [row["minutes"] for row in rows["hour_entries"]] == [60, 60]
    assert found["totals"] == {"recorded_minutes": 0, "confirmed_minutes": 60}


async def test_who_saw_a_merged_record_saw_the_person(world: World) -> None:
    form = {"fields": ["phone"], "purpose": "visit", "why": "上门核实"}
    await world.ok("grid", "POST", f"/v1/people/{world.people['member1']}/unmask", json=form)
    await merged(world, "member1", "member2")
    for who, path in (("member2", "/v1/me/sightings"), ("audit", f"/v1/people/{world.people['member2']}/sightings")):
        seen = (await world.ok(who, "GET", path))["items"]
        assert [item["operation"] for item in seen] == ["person_unmask"], path


async def test_merging_and_shutting_the_account_at_once_wait_for_each_other_in_one_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on = asyncio.Event(), accounts_manage._changed

    async def later(*arguments: Any) -> None:
        held.set()
        await asyncio.sleep(0.5)
        await go_on(*arguments)

    monkeypatch.setattr(accounts_manage, "_changed", later)
    path = f"/v1/accounts/{world.accounts['member1']}/disable"
    shutting = asyncio.create_task(world.call("system", "POST", path, json={"reason": "离职"}))
    await held.wait()
    merging = await merge(world, world.people["member1"], world.people["member2"])
    assert ((await shutting).status_code, merging.status_code) == (200, 200), merging.text


async def test_who_is_recorded_out_of_sight_is_not_found_out_by_recording(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_identity, "PERSON_FIND", Limit("person_find", 2, timedelta(hours=1)))
    await person(world, phone="19900000077")
    form = {"name": "甲", "place_id": str(world.places["sibling_entrance"]), "phone": "19900000077"}
    statuses = [(await world.call("sibling_grid", "POST", "/v1/people", json=form)).status_code for _ in range(3)]
    assert statuses == [409, 409, 429]
    assert (
        await world.call("grid", "POST", "/v1/people", json=form | {"place_id": str(world.places["home2"])})
    ).json()["person_id"]


async def test_nobody_fills_the_trail_with_one_old_refresh_token(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    token = (await there.signed_in("grid"))["refresh_token"]
    statuses = [(await there.refresh(token)).status_code for _ in range(14)]
    assert statuses == [200] + [401] * 10 + [429] * 3
    assert len(await entries(owner, world.district_id)) == 12


async def test_whom_somebody_acts_for_is_changed_by_who_could_give_the_role(world: World) -> None:
    path = f"/v1/people/{world.people['department']}"
    form = {"organization_id": str(world.units["unit"])}
    for who, status in (("community", 403), ("subdistrict", 200)):
        answer = await world.call(who, "PATCH", path, json=form, headers=await tag_of(world, who, path))
        assert answer.status_code == status, who


async def test_whom_somebody_will_act_for_is_too(world: World) -> None:
    """A role that has yet to begin is no gap in time."""
    await give(world, "subdistrict", "nobody", "department_staff", "community", starts_at=now() + DAY)
    path = f"/v1/people/{world.people['nobody']}"
    form = {"organization_id": str(world.units["department"])}
    for who, status in (("community", 403), ("subdistrict", 200)):
        answer = await world.call(who, "PATCH", path, json=form, headers=await tag_of(world, who, path))
        assert answer.status_code == status, who


async def phone_of(world: World, whose: str, who: str, phone: str | None = "19900007777") -> tuple[int, str]:
    path = f"/v1/people/{world.people[whose]}"
    answer = await world.call(who, "PATCH", path, json={"phone": phone}, headers=await tag_of(world, who, path))
    return answer.status_code, answer.json().get("detail", "")


@pytest.mark.parametrize(
    ("whose", "refused", "allowed"),
    [
        ("resident1", (), "grid"),
        ("grid", ("grid",), "community"),
        ("liaison", ("grid",), "community"),
        ("community", ("grid", "community"), "subdistrict"),
        ("department", ("grid", "community"), "subdistrict"),
        ("subdistrict", ("grid", "community", "subdistrict"), "district"),
        ("district", ("grid", "community", "subdistrict", "district"), None),
        ("auditor", ("grid", "community", "subdistrict", "district"), None),
    ],
)
async def test_the_phone_of_staff_is_changed_by_who_could_give_their_roles(
    world: World, whose: str, refused: tuple[str, ...], allowed: str | None
) -> None:
    await wish_for_correction(world, whose)
    for who in refused:
        status, words = await phone_of(world, whose, who)
        assert status == 403, who
        assert "手机号须由能授予该角色的人变更" in words, who
        assert (await phone_of(world, whose, who, None))[0] == 200, "as it was is no change"
    if allowed:
        assert (await phone_of(world, whose, allowed))[0] == 200


async def test_every_role_counts_also_planned_and_lent(world: World) -> None:
    await wish_for_correction(world, "grid")
    await give(world, "district", "resident2", "subdistrict_admin", "subdistrict", starts_at=now() + DAY)
    await wish_for_correction(world, "resident2")
    assert (await phone_of(world, "resident2", "grid"))[0] == 403
    assert (await phone_of(world, "resident2", "district"))[0] == 200
    await arrange(world, "community", "grid")
    assert (await phone_of(world, "grid", "community", "19900008888"))[0] == 403
    assert (await phone_of(world, "grid", "subdistrict", "19900008888"))[0] == 200


async def test_a_substitute_changes_no_phone_of_staff(world: World) -> None:
    """What is lent gives no roles."""
    await give(world, "community", "nobody", "grid_worker", "grid")
    await wish_for_correction(world, "nobody")
    await arrange(world, "community", "grid")
    assert (await phone_of(world, "nobody", "grid"))[0] == 403
