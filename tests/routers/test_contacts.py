"""The asker's contact: for whoever accepted, for the visit, and for nobody else, before or after."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.profiles import GuardianRelation
from app.models import Assignment, AuditEntry, Guardianship, Need, Person
from app.services import people_seal
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, submitted, taken
from tests.worlds import World

NAME, PHONE, ADDRESS = "苏日娜", "19900001234", "光明路十二号院三号楼"


async def give(app: FastAPI, owner: Database, world: World, who: str, **fields: str) -> None:
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == world.people[who]))).one()
        for field, value in fields.items():
            people_seal.put(app.state.sealer, found, field, value)  # type: ignore[arg-type]


@pytest.fixture
async def asker(app: FastAPI, owner: Database, world: World) -> None:
    """resident1, who asks in every step, with a contact on record."""
    await give(app, owner, world, "resident1", name=NAME, phone=PHONE, address=ADDRESS)


async def contact(world: World, who: str | None, order: Any) -> Any:
    return await world.call(who, "POST", f"/v1/orders/{order['id']}/contact", json={})


async def shut(world: World, who: str, order: Any) -> tuple[int, str | None]:
    answer = await contact(world, who, order)
    assert not answer.is_success
    assert all(value not in answer.text for value in (NAME, PHONE, ADDRESS))
    return answer.status_code, answer.json().get("reason")


async def mine(world: World, who: str = "member1") -> Any:
    return (await world.ok(who, "GET", "/v1/assignments", params={"mine": True}))["items"][0]


@pytest.mark.usefixtures("asker")
async def test_it_opens_to_whoever_took_the_order_and_closes_with_the_report(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    assert await shut(world, "member1", order) == (403, None), "seen in the pool, not taken"
    await act(world, "member1", order, "take")
    answer = await contact(world, "member1", order)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    shown = answer.json()
    assert {k: shown[k] for k in ("name", "phone", "address", "of_guardian")} == {
        "name": NAME,
        "phone": PHONE,
        "address": ADDRESS,
        "of_guardian": False,
    }
    before = shown["closes_at"]
    assert await shut(world, "member2", order) == (404, None)
    await act(world, "member1", order, "start", position=AT_HOME)
    assert (await contact(world, "member1", order)).json()["closes_at"] < before, "open as long as anybody serves"
    await world.ok("member1", "POST", f"/v1/assignments/{(await mine(world))['id']}/check-out", json={})
    assert (await contact(world, "member1", order)).status_code == 200
    await act(world, "member1", order, "report", result="已修好")
    assert await shut(world, "member1", order) == (403, "ended")
    await act(world, "resident1", order, "confirm", rating=5)
    assert await shut(world, "member1", order) == (403, "ended")


@pytest.mark.usefixtures("asker")
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("resident1", 403),
        ("grid", 403),
        ("community", 403),
        ("district", 403),
        ("auditor", 403),
        ("member2", 404),
        ("volunteer1", 404),
        ("resident2", 404),
        ("sibling_grid", 404),
        ("liaison", 404),
        ("system", 404),
        (None, 401),
    ],
)
async def test_nobody_else_gets_it(world: World, who: str | None, status: int) -> None:
    order = await taken(world)
    answer = await contact(world, who, order)
    assert answer.status_code == status
    assert PHONE not in answer.text


@pytest.mark.usefixtures("asker")
async def test_whoever_is_asked_gets_it_on_saying_yes(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    assert await shut(world, "member1", order) == (403, "not_accepted")
    await act(world, "member1", order, "accept")
    assert (await contact(world, "member1", order)).status_code == 200


@pytest.mark.usefixtures("asker")
async def test_it_closes_at_once_for_whoever_cancels(world: World) -> None:
    order = await taken(world)
    await world.ok("member1", "POST", f"/v1/assignments/{(await mine(world))['id']}/cancel", json={"words": "临时有事"})
    assert await shut(world, "member1", order) == (403, "ended")
    await act(world, "grid", order, "publish")
    await act(world, "member2", order, "take")
    assert (await contact(world, "member2", order)).status_code == 200
    assert await shut(world, "member1", order) == (403, "ended")


@pytest.mark.usefixtures("asker")
async def test_it_closes_when_the_asker_withdraws(world: World) -> None:
    order = await taken(world)
    await act(world, "resident1", order, "withdraw", words="不需要了")
    assert await shut(world, "member1", order) == (403, "ended")


@pytest.mark.usefixtures("asker")
async def test_of_a_visit_next_week_it_opens_the_day_before(world: World) -> None:
    wanted = now() + timedelta(days=7)
    need = await submitted(world, wanted_at=wanted.isoformat())
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    answer = await contact(world, "member1", order)
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_yet")
    assert answer.json()["opens_at"] == (wanted - timedelta(days=1)).isoformat()


@pytest.mark.usefixtures("asker")
async def test_it_closes_a_day_after_checking_out(owner: Database, world: World) -> None:
    order = await taken(world)
    await act(world, "member1", order, "start", position=AT_HOME)
    slot = await mine(world)
    await world.ok("member1", "POST", f"/v1/assignments/{slot['id']}/check-out", json={})
    async with owner.transaction(world.district_id) as session:
        past = now() - timedelta(hours=25)
        statement = update(Assignment).where(Assignment.id == slot["id"])
        await session.execute(statement.values(checked_in_at=past - timedelta(hours=1), checked_out_at=past))
    assert await shut(world, "member1", order) == (403, "over")


@pytest.mark.usefixtures("asker")
async def test_a_unit_reaches_the_asker_through_those_who_act_for_it(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))
    assert (await contact(world, "department", order)).json()["phone"] == PHONE
    assert await shut(world, "liaison", order) == (404, None)


async def test_an_asker_without_a_record_is_called_by_name_alone(world: World) -> None:
    need = await submitted(world, "grid", asker_name="其木格")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    shown = (await contact(world, "member1", order)).json()
    assert (shown["name"], shown["phone"], shown["address"]) == ("其木格", None, None)


@pytest.mark.usefixtures("asker")
async def test_of_a_minor_the_guardians_contact_opens(app: FastAPI, owner: Database, world: World) -> None:
    order = await taken(world)
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Person).where(Person.id == world.people["resident1"]).values(minor=True))
    nobody = (await contact(world, "member1", order)).json()
    assert (nobody["name"], nobody["phone"], nobody["of_guardian"]) == (None, None, True)
    await give(app, owner, world, "resident2", name="乌云", phone="19900005678")
    async with owner.transaction(world.district_id) as session:
        session.add(
            Guardianship(
                district_id=world.district_id,
                id=new_id(),
                minor_id=world.people["resident1"],
                guardian_id=world.people["resident2"],
                relation=GuardianRelation.PARENT,
                evidence="户口簿",
                verified_by=world.people["grid"],
            )
        )
    shown = (await contact(world, "member1", order)).json()
    assert (shown["name"], shown["phone"], shown["of_guardian"]) == ("乌云", "19900005678", True)
    await _told_to_both(owner, world)


async def _told_to_both(owner: Database, world: World) -> None:
    """One entry, about the guardian who was shown; the minor finds it too, and each what was theirs."""
    minor, guardian = world.people["resident1"], world.people["resident2"]
    async with owner.transaction(world.district_id) as session:
        query = select(AuditEntry).where(AuditEntry.operation == "order_contact").order_by(AuditEntry.id)
        before, entry = await session.scalars(query.where(AuditEntry.district_id == world.district_id))
    assert (before.person_id, before.minor_id, before.opened) == (minor, None, ["address"]), "no guardian yet"
    assert (entry.person_id, entry.minor_id, entry.opened) == (guardian, minor, ["name", "phone", "minor.address"])
    seen = {
        whom: (await world.ok("audit", "GET", f"/v1/people/{whom}/sightings"))["items"] for whom in (minor, guardian)
    }
    assert [(item["operation"], item["opened"]) for item in seen[guardian]] == [
        ("order_contact", ["name", "phone", "minor.address"])
    ]
    assert [(item["operation"], item["opened"]) for item in seen[minor]] == [
        ("order_contact", ["guardian.name", "guardian.phone", "address"]),
        ("order_contact", ["address"]),
    ]
    for whom, many in ((minor, 2), (guardian, 1)):
        listed = (await world.ok("audit", "GET", "/v1/audit", params={"person_id": str(whom)}))["items"]
        assert [item["operation"] for item in listed].count("order_contact") == many
    export = await world.ok("resident2", "GET", f"/v1/people/{minor}/export")
    own = await world.ok("resident2", "GET", "/v1/me/export")
    for found, many in ((export, 2), (own, 1)):
        rows = next(section["rows"] for section in found["sections"] if section["name"] == "seen_by")
        shown = [row for row in rows if row["operation"] == "order_contact"]
        assert (len(shown), shown[0]["person_id"], shown[0]["minor_id"]) == (many, str(guardian), str(minor))


@pytest.mark.usefixtures("asker")
async def test_somebody_erased_is_not_reached(owner: Database, world: World) -> None:
    order = await taken(world)
    async with owner.transaction(world.district_id) as session:
        found = (await session.scalars(select(Person).where(Person.id == world.people["resident1"]))).one()
        people_seal.shred(found)
        found.erased_at = now()
    assert (await contact(world, "member1", order)).status_code == 410


@pytest.mark.usefixtures("asker")
async def test_i12_each_opening_leaves_one_entry_about_the_asker(owner: Database, world: World) -> None:
    order = await taken(world)
    await contact(world, "member1", order)
    await contact(world, "member2", order)
    async with owner.transaction(world.district_id) as session:
        query = select(AuditEntry).where(AuditEntry.operation == "order_contact").order_by(AuditEntry.id)
        found = list(await session.scalars(query.where(AuditEntry.district_id == world.district_id)))
    opened, denied = found
    assert (opened.outcome, opened.actor_id, opened.person_id) == (
        "done",
        world.people["member1"],
        world.people["resident1"],
    )
    assert (opened.opened, opened.purpose, str(opened.subject_id)) == (
        ["name", "phone", "address"],
        "visit",
        order["id"],
    )
    assert (denied.outcome, denied.actor_id, denied.opened) == ("denied", world.people["member2"], [])


@pytest.mark.usefixtures("asker")
async def test_i13_no_other_answer_to_a_helper_tells_it(owner: Database, world: World) -> None:
    """Not the order, the assignment, the need, the candidates, notices or events: names are masked, nothing else is there."""
    order = await taken(world)
    async with owner.transaction(world.district_id) as session:
        need_id = await session.scalar(select(Need.id).where(Need.district_id == world.district_id))
    seen = []
    for who in ("member1", "member2", "grid", "community", "auditor", "resident1", "liaison"):
        for path in (
            f"/v1/orders/{order['id']}",
            f"/v1/needs/{need_id}",
            "/v1/orders",
            "/v1/needs",
            "/v1/assignments",
            f"/v1/orders/{order['id']}/candidates",
            "/v1/notices",
            "/v1/events",
            "/v1/people",
            "/v1/me",
        ):
            answer = await world.call(who, "GET", path)
            seen.append(answer.status_code)
            assert all(value not in answer.text for value in (NAME, PHONE, ADDRESS, PHONE[-6:])), (who, path)
    assert seen.count(200) > 30
