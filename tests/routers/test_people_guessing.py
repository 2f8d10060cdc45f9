"""What is sealed of a person is not found out by trying, and a child is not made an adult by one correction."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import Database
from app.domain.limits import PERSON_FIND
from app.models import AuditEntry
from tests.profiles import id_number, person
from tests.worlds import World

NUMBER = id_number()
BORN, PHONE = "1958-03-07", "19912340001"


async def correct(world: World, shown: dict[str, Any], who: str = "grid", **fields: Any) -> Any:
    tag = {"if-match": f'"{shown["version"]}"'}
    return await world.call(who, "PATCH", f"/v1/people/{shown['id']}", json=fields, headers=tag)


async def entries(owner: Database, world: World, about: str, operation: str) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.district_id == world.district_id, AuditEntry.operation == operation)
    async with owner.transaction(world.district_id) as session:
        return list(await session.scalars(query.where(AuditEntry.person_id == UUID(about)).order_by(AuditEntry.id)))


@pytest.mark.parametrize("number", [NUMBER, id_number(sequence=103)], ids=["right", "wrong"])
async def test_guesses_written_into_a_record_count_like_look_ups(world: World, number: str) -> None:
    await person(world, "community", id_number=NUMBER)
    dummy, form = await person(world), {"id_number": number, "birth_date": BORN, "sex": "male"}
    for _ in range(PERSON_FIND.burst + 1):
        answer = await correct(world, dummy, **form)
        if answer.status_code == 429:
            break
        dummy = answer.json() if answer.is_success else dummy
    assert answer.status_code == 429, "whether it is somebody's, one's own or nobody's"
    assert int(answer.headers["retry-after"]) > 0
    assert (await world.call("grid", "POST", "/v1/people/find", json={"phone": PHONE})).status_code == 429
    form = {"name": "甲", "place_id": str(world.places["home2"]), "id_number": NUMBER}
    assert (await world.call("grid", "POST", "/v1/people", json=form)).status_code == 429


@pytest.mark.parametrize(("field", "value"), [("phone", PHONE), ("id_number", NUMBER)])
async def test_i12_a_hit_leaves_an_entry_about_whose_number_it_is(
    world: World, owner: Database, field: str, value: str
) -> None:
    holder = await person(world, "community", **{field: value})
    dummy = await person(world)
    assert (await correct(world, dummy, **{field: value})).status_code == 409
    (entry,) = await entries(owner, world, holder["id"], "person_update")
    assert (entry.outcome, entry.status, entry.actor_id) == ("denied", 409, world.people["grid"])
    assert (str(entry.subject_id), entry.opened) == (dummy["id"], [])
    form = {"name": "甲", "place_id": str(world.places["sibling_entrance"]), field: value}
    assert (await world.call("sibling_grid", "POST", "/v1/people", json=form)).status_code == 409
    denied = [e for e in await entries(owner, world, holder["id"], "person_create") if e.outcome == "denied"]
    assert [e.actor_id for e in denied] == [world.people["sibling_grid"]]


async def test_ones_own_number_tells_whose_it_is_to_the_trail_alone(world: World, owner: Database) -> None:
    holder = await person(world, "sibling_grid", id_number=NUMBER, place_id=str(world.places["sibling_entrance"]))
    answer = await world.call("resident1", "PATCH", "/v1/me", json={"id_number": NUMBER}, headers={"if-match": '"1"'})
    assert (answer.status_code, "person_id" in answer.json()) == (409, False)
    (entry,) = await entries(owner, world, holder["id"], "me_update")
    assert entry.actor_id == world.people["resident1"]


async def test_a_birth_date_is_not_tried_against_the_number(world: World) -> None:
    shown = await person(world, id_number=NUMBER)
    answers = [await correct(world, shown, birth_date=guess) for guess in (BORN, "1958-03-08", None)]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert answers[0].content == answers[1].content == answers[2].content
    both = await correct(world, shown, id_number=id_number("1959-03-07"), birth_date="1959-03-07")
    assert (both.status_code, both.json()["birth_date"]) == (200, "1959-**-**")


async def test_a_number_is_not_tried_against_the_birth_date(world: World) -> None:
    shown = await person(world, birth_date=BORN)
    answers = [await correct(world, shown, id_number=id_number(born)) for born in (BORN, "1959-03-07")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].content == answers[1].content
    both = await correct(world, shown, id_number=NUMBER, birth_date=BORN)
    assert (both.status_code, both.json()["sex"]) == (200, "male")
    contradiction = await correct(world, both.json(), id_number=NUMBER, birth_date="1958-03-08")
    assert contradiction.status_code == 422, "what is sent must agree with itself"


async def test_birth_dates_written_over_others_count(world: World) -> None:
    """Records of the same name and birth date are shown as duplicates: each is a guess."""
    dummy = await person(world, birth_date=BORN)
    for number in range(PERSON_FIND.burst):
        dummy = (await correct(world, dummy, birth_date=f"1958-{number % 12 + 1:02d}-{number % 28 + 1:02d}")).json()
    assert (await correct(world, dummy, birth_date=BORN)).status_code == 429


@pytest.mark.parametrize("fields", [{"birth_date": None}, {"birth_date": None, "id_number": None}])
async def test_a_childs_birth_date_is_not_taken_away(world: World, fields: dict[str, Any]) -> None:
    child = await person(world, birth_date="2020-05-01")
    assert (await correct(world, child, **fields)).status_code == 422
    assert (await correct(world, child, "community", **fields)).status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"birth_date": "1990-05-01"},
        {"id_number": NUMBER, "birth_date": BORN},
        {"id_number": NUMBER, "birth_date": None},
    ],
)
async def test_one_member_of_staff_makes_no_adult_of_a_child(world: World, fields: dict[str, Any]) -> None:
    child = await person(world, birth_date="2020-05-01", phone=PHONE)
    answer = await correct(world, child, **fields)
    assert answer.status_code == 403
    form = {"fields": ["phone"], "purpose": "visit", "why": "上门走访，了解情况"}
    assert (await world.call("grid", "POST", f"/v1/people/{child['id']}/unmask", json=form)).status_code == 403


async def test_two_of_them_correct_what_was_wrong(world: World) -> None:
    child = await person(world, birth_date="2020-05-01")
    form = {"person_id": child["id"], "kind": "correction", "words": "出生日期有误"}
    await world.ok("grid", "POST", "/v1/rights-requests", json=form)
    assert (await correct(world, child, birth_date="1990-05-01")).status_code == 403, "it was they who wrote it down"
    answer = await correct(world, child, "community", birth_date="1990-05-01")
    assert (answer.status_code, answer.json()["minor"]) == (200, False)


async def test_an_approval_to_read_lets_one_correct_it(world: World) -> None:
    child = await person(world, birth_date="2020-05-01")
    path = f"/v1/people/{child['id']}/request-reading"
    approval = await world.ok("grid", "POST", path, json={"why": "核对出生证明，更正出生日期"})
    await world.ok("community", "POST", f"/v1/approvals/{approval['id']}/grant", json={})
    answer = await correct(world, child, birth_date="1990-05-01")
    assert (answer.status_code, answer.json()["minor"]) == (200, False)


async def test_a_phone_somebody_signs_in_with_is_not_tried_either(world: World) -> None:
    """Their own number is let through and another one is not: each try counts."""
    shown = await world.ok("grid", "GET", f"/v1/people/{world.people['resident1']}")
    statuses = [(await correct(world, shown, phone=PHONE)).status_code for _ in range(PERSON_FIND.burst + 1)]
    assert (set(statuses[:-1]), statuses[-1]) == ({403}, 429)
