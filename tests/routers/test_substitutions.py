"""Standing in for somebody who is away: what is lent, to whom, for how long, and what it does not allow."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.models import Event, Grant, Person, Substitution
from app.workers import relay
from tests.routers.authority import HOUR, change, give, own_grant, revoke
from tests.stories.steps import submitted
from tests.worlds import World, count

DAY = timedelta(days=1)


def plan(world: World, substitute: str, absent: str | None = None, **more: Any) -> dict[str, Any]:
    spans = {"ends_at": now() + DAY} | more
    shown = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in spans.items()}
    people = {"substitute_id": str(world.people[substitute])}
    return {"reason": "外出培训"} | people | ({"absent_id": str(world.people[absent])} if absent else {}) | shown


async def arrange(world: World, who: str, substitute: str, absent: str | None = None, **more: Any) -> Any:
    return await world.ok(who, "POST", "/v1/substitutions", json=plan(world, substitute, absent, **more))


async def refused(world: World, who: str, substitute: str, absent: str | None = None, **more: Any) -> tuple[int, str]:
    answer = await world.call(who, "POST", "/v1/substitutions", json=plan(world, substitute, absent, **more))
    assert not answer.is_success, answer.text
    return answer.status_code, answer.json()["code"]


async def end(world: World, who: str, row: Any, status: int = 200) -> Any:
    answer = await world.call(who, "POST", f"/v1/substitutions/{row['id']}/end", json={})
    assert answer.status_code == status, answer.text
    return answer.json()


async def stands_in(world: World, who: str) -> dict[str, str | None]:
    """Each role with whom it is held for."""
    held = (await world.ok(who, "GET", "/v1/me"))["grants"]
    return {g["role"]: g["stands_in_for"] and g["stands_in_for"]["person_id"] for g in held}


async def test_the_substitute_holds_what_the_absent_holds(world: World) -> None:
    need = await submitted(world)
    asking = f"/v1/needs/{need['id']}/refuse"
    form = {"reason": "other", "words": "不属社区"}
    made = await arrange(world, "community", "grid")
    assert [g["role"] for g in made["grants"]] == ["community_admin"]
    assert (made["absent_name"][:2], made["substitute_name"][:2]) == ("测*", "测*")
    assert await stands_in(world, "grid") == {
        "grid_worker": None,
        "community_admin": str(world.people["community"]),
    }
    assert await stands_in(world, "community") == {"community_admin": None}
    imports = await world.call("grid", "GET", "/v1/imports")
    assert imports.status_code == 200, "a community administrator's, not a grid worker's"
    ended = await end(world, "community", made)
    assert ended["ended_at"] is not None
    assert (await world.call("grid", "GET", "/v1/imports")).status_code == 403
    assert await stands_in(world, "grid") == {"grid_worker": None}
    assert (await world.call("grid", "POST", asking, json=form)).status_code == 200, "their own role is left"


@pytest.mark.parametrize("who", ["community", "grid", "subdistrict", "district", "security"])
async def test_who_ends_it_early(world: World, who: str) -> None:
    made = await arrange(world, "community", "grid")
    await end(world, who, made)
    await end(world, who, made, 409)


async def test_who_does_not_end_it(world: World) -> None:
    made = await arrange(world, "community", "grid")
    for who, status in (("auditor", 403), ("sibling_community", 404), ("resident1", 404), ("system", 404)):
        await end(world, who, made, status)
    assert "community_admin" in await stands_in(world, "grid")


@pytest.mark.parametrize(
    ("who", "substitute", "absent", "status"),
    [
        ("grid", "community", None, 201),
        ("community", "subdistrict", None, 201),
        ("subdistrict", "community", None, 201),
        ("subdistrict", "sibling_community", None, 201),
        ("subdistrict", "grid", "community", 201),
        ("security", "grid", "community", 201),
        ("security", "district", "auditor", 201),
        ("community", "sibling_community", None, 404),
        ("grid", "sibling_grid", None, 404),
        ("grid", "volunteer1", None, 404),
        ("grid", "nobody", None, 404),
        ("community", "security", None, 404),
        ("community", "community", None, 422),
        ("subdistrict", "subdistrict", "community", 403),
        ("security", "security", "community", 403),
        ("grid", "district", "community", 403),
        ("community", "grid", "subdistrict", 403),
        ("community", "grid", "sibling_grid", 403),
        ("auditor", "district", None, 403),
        ("resident1", "grid", None, 403),
        ("system", "grid", "community", 403),
        ("district", "community", "resident1", 403),
        ("security", "district", "system", 403),
        ("department", "liaison", None, 422),
    ],
)
async def test_who_arranges_for_whom(
    world: World, owner: Database, who: str, substitute: str, absent: str | None, status: int
) -> None:
    """The world's people all live in one community, so none is out of a community administrator's sight."""
    answer = await world.call(who, "POST", "/v1/substitutions", json=plan(world, substitute, absent))
    assert answer.status_code == status, answer.text
    assert await count(owner, world.district_id, Substitution) == (status == 201)


async def test_strangers_and_outsiders_look_the_same(world: World, other_world: World) -> None:
    wanted = plan(world, "volunteer1")
    answers = []
    for substitute in (world.people["volunteer1"], other_world.people["grid"], new_id()):
        form = wanted | {"substitute_id": str(substitute)}
        answers.append(await world.call("grid", "POST", "/v1/substitutions", json=form))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    form = plan(world, "grid") | {"absent_id": str(other_world.people["community"])}
    assert (await world.call("district", "POST", "/v1/substitutions", json=form)).status_code == 404


async def test_units_are_spoken_for_by_their_own(world: World, owner: Database) -> None:
    assert await refused(world, "liaison", "manager") == (422, "rule_broken")
    unit = update(Person).where(Person.id == world.people["manager"])
    await change(owner, world, unit.values(organization_id=world.units["unit"]))
    made = await arrange(world, "liaison", "manager")
    assert [g["role"] for g in made["grants"]] == ["unit_liaison"]


async def test_relations_and_helping_are_not_lent(world: World) -> None:
    await give(world, "community", "grid", "volunteer", "community")
    await give(world, "community", "grid", "resident", "community")
    need = await submitted(world, "grid")
    made = await arrange(world, "grid", "community")
    assert [g["role"] for g in made["grants"]] == ["grid_worker"]
    shown = await world.ok("community", "GET", f"/v1/needs/{need['id']}")
    assert "withdraw" not in shown["actions"], "whose need it is stays the absent person's own"


async def test_it_lasts_no_longer_than_the_role(world: World, owner: Database) -> None:
    until = now() + 2 * HOUR
    own = Grant.person_id == world.people["community"]
    await change(owner, world, update(Grant).where(own).values(ends_at=until))
    made = await arrange(world, "community", "grid")
    (lent,) = made["grants"]
    assert datetime.fromisoformat(lent["ends_at"]) == until < datetime.fromisoformat(made["ends_at"])
    await end(world, "community", made)
    assert (await refused(world, "community", "grid", starts_at=until + HOUR))[0] == 422, "nothing to lend by then"


async def test_times_make_sense(world: World) -> None:
    moment = now()
    spans: list[dict[str, Any]] = [
        {"starts_at": moment - HOUR},
        {"starts_at": moment + DAY, "ends_at": moment + DAY},
        {"ends_at": moment - HOUR},
        {"ends_at": moment + 181 * DAY},
    ]
    for span in spans:
        assert await refused(world, "community", "grid", **span) == (422, "rule_broken"), span


async def test_one_who_arranges_for_others_stays_within_their_own_time(world: World, owner: Database) -> None:
    own = Grant.person_id == world.people["subdistrict"]
    await change(owner, world, update(Grant).where(own).values(ends_at=now() + HOUR))
    assert await refused(world, "subdistrict", "grid", "community") == (422, "rule_broken")
    assert (await arrange(world, "subdistrict", "grid", "community", ends_at=now() + HOUR / 2))["grants"]


async def test_what_is_planned_for_later_is_not_held_yet(world: World) -> None:
    made = await arrange(world, "community", "grid", starts_at=now() + HOUR)
    assert "community_admin" not in await stands_in(world, "grid")
    assert (await world.ok("grid", "GET", "/v1/substitutions", params={"in_force": True}))["items"] == []
    ended = await end(world, "grid", made)
    (lent,) = ended["grants"]
    assert lent["ends_at"] == lent["starts_at"]
    assert (await arrange(world, "community", "grid", starts_at=now() + HOUR))["grants"], "the time is free again"


async def test_a_lent_role_is_not_lent_on_and_gives_none(world: World) -> None:
    await arrange(world, "community", "grid")
    colleague = await give(world, "subdistrict", "nobody", "grid_worker", "grid")
    assert await refused(world, "grid", "nobody") == (409, "conflict"), "whoever stands in is not away"
    form = {"person_id": str(world.people["member1"]), "role": "grid_worker", "place_id": str(world.places["grid"])}
    assert (await world.call("grid", "POST", "/v1/grants", json=form)).status_code == 403
    await revoke(world, "grid", colleague)


async def test_overlaps_and_circles(world: World) -> None:
    first = await arrange(world, "community", "grid", starts_at=now() + DAY, ends_at=now() + 3 * DAY)
    overlap: dict[str, Any] = {"starts_at": now() + 2 * DAY, "ends_at": now() + 4 * DAY}
    assert await refused(world, "community", "subdistrict", **overlap) == (409, "conflict")
    assert await refused(world, "grid", "community", **overlap) == (409, "conflict"), "a circle of two"
    assert await refused(world, "grid", "subdistrict", **overlap) == (409, "conflict"), "a chain"
    assert await refused(world, "subdistrict", "community", **overlap) == (409, "conflict"), "to one who is away"
    after: dict[str, Any] = {"starts_at": first["ends_at"], "ends_at": now() + 4 * DAY}
    assert (await arrange(world, "grid", "community", **after))["grants"], "one after the other is fine"


async def test_of_many_at_once_one_is_arranged(world: World, owner: Database) -> None:
    forms = [plan(world, "grid"), plan(world, "subdistrict")] * 8
    circle = [world.call("community", "POST", "/v1/substitutions", json=form) for form in forms]
    circle += [world.call("grid", "POST", "/v1/substitutions", json=plan(world, "community")) for _ in range(8)]
    answers = await asyncio.gather(*circle)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 23
    assert await count(owner, world.district_id, Substitution) == 1
    assert await count(owner, world.district_id, Grant, Grant.lent_by.is_not(None)) == 1


async def test_the_database_refuses_overlaps_and_oneself(world: World, owner: Database) -> None:
    first = await arrange(world, "community", "grid")
    async with owner.transaction(world.district_id) as session:
        row = await session.scalar(select(Substitution).where(Substitution.absent_id == world.people["community"]))
        assert row is not None
        session.expunge(row)
    values = {c.key: getattr(row, c.key) for c in Substitution.__table__.columns} | {"id": new_id()}
    again = insert(Substitution)
    with pytest.raises(DBAPIError, match="ex_substitutions_once"):
        await change(owner, world, again.values(values))
    for wrong in ({"substitute_id": row.absent_id}, {"arranged_by": row.substitute_id}):
        with pytest.raises(DBAPIError, match=r"two_people|not_to_oneself"):
            await change(owner, world, again.values(values | wrong))
    await end(world, "community", first)
    await change(owner, world, again.values(values | {"starts_at": now() + HOUR}))


async def test_when_the_role_is_taken_away_so_is_what_was_lent_from_it(
    world: World, owner: Database, app: FastAPI
) -> None:
    original = await own_grant(world, "community")
    made = await arrange(world, "community", "grid")
    await revoke(world, "subdistrict", original)
    assert await stands_in(world, "grid") == {"grid_worker": None}
    async with owner.transaction(world.district_id) as session:
        mine = (Grant.district_id == world.district_id, Grant.role == "community_admin", Grant.revoked_at.is_not(None))
        ended = (await session.scalars(select(Grant.ends_at).where(*mine))).all()
    assert len(ended) == 2
    assert len(set(ended)) == 1, "at one moment"
    await end(world, "grid", made)
    await relay.relay_district(app.state.database, world.district_id)
    told = {who: sorted(n["text"] for n in (await world.ok(who, "GET", "/v1/notices"))["items"]) for who in ("grid",)}
    assert told["grid"] == sorted(
        ["有一次代理安排与您有关，请查看起止时间与角色", "您代理的“社区管理员”角色已结束：原授权已收回"]
    )


async def test_the_lent_role_alone_may_be_taken_away(world: World) -> None:
    made = await arrange(world, "community", "grid")
    lent = {"id": made["grants"][0]["id"]}
    await revoke(world, "grid", lent, 409)
    await revoke(world, "community", lent, 403)
    await revoke(world, "subdistrict", lent)
    assert await stands_in(world, "grid") == {"grid_worker": None}
    assert await stands_in(world, "community") == {"community_admin": None}


async def test_who_sees_it(world: World) -> None:
    made = await arrange(world, "community", "grid")
    path = f"/v1/substitutions/{made['id']}"
    for who in ("community", "grid", "subdistrict", "district", "auditor", "security"):
        assert await world.ok(who, "GET", path) == made
        assert [i["id"] for i in (await world.ok(who, "GET", "/v1/substitutions"))["items"]] == [made["id"]]
    for who in ("sibling_community", "sibling_grid", "department"):
        assert (await world.call(who, "GET", path)).status_code == 404
        assert (await world.ok(who, "GET", "/v1/substitutions"))["items"] == []
    for params, found in (
        ({"person_id": str(world.people["grid"])}, 1),
        ({"person_id": str(world.people["district"])}, 0),
        ({"place_id": str(world.places["community"])}, 1),
        ({"place_id": str(world.places["grid"])}, 0),
        ({"in_force": True}, 1),
        ({"in_force": False}, 0),
    ):
        assert len((await world.ok("security", "GET", "/v1/substitutions", params=params))["items"]) == found, params


async def test_both_are_told_and_the_reason_stays_out_of_the_events(
    world: World, owner: Database, app: FastAPI
) -> None:
    made = await arrange(world, "subdistrict", "grid", "community", reason="住院")
    await end(world, "subdistrict", made)
    async with owner.transaction(world.district_id) as session:
        events = (
            await session.scalars(select(Event).where(Event.district_id == world.district_id).order_by(Event.id))
        ).all()
    assert [(e.aggregate, e.action, e.seq) for e in events] == [
        ("substitution", "create", 1),
        ("grant", "lend", 1),
        ("substitution", "end", 2),
        ("grant", "return", 2),
    ]
    assert "住院" not in str([e.data for e in events])
    await relay.relay_district(app.state.database, world.district_id)
    for who in ("community", "grid"):
        assert len((await world.ok(who, "GET", "/v1/notices"))["items"]) == 2, who
    assert (await world.ok("subdistrict", "GET", "/v1/notices"))["items"] == []
