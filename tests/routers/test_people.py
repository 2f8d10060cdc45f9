"""A person's record: what is sealed, masked, checked, corrected and found."""

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import Database
from app.core.ids import new_id
from app.domain.limits import PERSON_FIND
from app.models import Person
from tests.profiles import id_number, person, tag_of
from tests.worlds import World

NUMBER = id_number()
FULL: dict[str, Any] = {
    "name": "苏日娜其木格",
    "phone": "19912340001",
    "id_number": NUMBER,
    "address": "通道南街二十一号楼三单元",
    "skills": ["nursing"],
    "languages": ["mn"],
    "service_radius_m": 800,
    "load_limit": 2,
}


async def row_of(owner: Database, world: World, person_id: str) -> Person:
    async with owner.transaction(world.district_id) as session:
        return (
            await session.scalars(select(Person).where(Person.district_id == world.district_id, Person.id == person_id))
        ).one()


async def test_what_identifies_is_masked_and_derived(world: World, owner: Database) -> None:
    shown = await person(world, **FULL)
    assert (shown["sex"], shown["minor"]) == ("male", False)
    assert (shown["service_radius_m"], shown["load_limit"]) == (800, 2)
    assert shown["birth_date"] == "1958-**-**"
    assert shown["id_number"][1:-1] == "*" * 16
    for secret in (FULL["name"], FULL["phone"], NUMBER, "1958-03-07", FULL["address"]):
        assert secret not in str(shown)
    row = await row_of(owner, world, shown["id"])
    sealed = [row.name_sealed, row.phone_sealed, row.id_number_sealed, row.birth_date_sealed, row.address_sealed]
    assert all(sealed)
    assert not any(value.encode() in (box or b"") for box in sealed for value in (NUMBER, "1958-03-07"))
    assert row.name_birth_index is not None


async def test_a_small_x_and_a_hyphen_are_the_same_numbers(world: World) -> None:
    number = next(n for n in (id_number(sequence=s) for s in range(1, 60)) if n.endswith("X"))
    first = await person(world, id_number=number.lower(), phone="0471-3961234")
    for form in ({"id_number": number}, {"phone": "04713961234"}):
        assert (await world.ok("grid", "POST", "/v1/people/find", json=form))["id"] == first["id"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id_number": "150103580307101"}, "十五位"),
        ({"id_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "请核对"),
        ({"id_number": NUMBER, "birth_date": "1958-03-08"}, "出生日期"),
        ({"id_number": NUMBER, "sex": "female"}, "性别"),
        ({"birth_date": "2999-01-01"}, "出生日期"),
        ({"birth_date": "1700-01-01"}, "出生日期"),
    ],
)
async def test_contradictions_are_refused(world: World, fields: dict[str, Any], words: str) -> None:
    form = {"name": "甲乙", "place_id": str(world.places["home2"])} | fields
    answer = await world.call("grid", "POST", "/v1/people", json=form)
    assert (answer.status_code, answer.json()["code"]) == (422, "rule_broken")
    assert words in answer.json()["detail"]
    assert not any(str(value) in answer.text for value in fields.values() if str(value) != "female")


async def test_agreeing_with_the_number_is_no_contradiction(world: World) -> None:
    shown = await person(world, id_number=NUMBER, birth_date="1958-03-07", sex="male")
    assert shown["birth_date"] == "1958-**-**"


async def test_changing_a_minor_opens_no_more_than_a_list(world: World) -> None:
    child = await person(world, birth_date="2020-05-01", sex="female", phone="19912340002")
    path = f"/v1/people/{child['id']}"
    assert (await world.call("grid", "GET", path)).status_code == 403
    tag = {"if-match": f'"{child["version"]}"'}
    changed = await world.ok("grid", "PATCH", path, json={"languages": ["zh"]}, headers=tag)
    assert (changed["minor"], changed["phone"], changed["birth_date"], changed["sex"]) == (True, None, None, None)


@pytest.mark.parametrize("day", [0, 19580307, "1958-3-7", "1958-03-07T00:00:00", "19580307", "-5383756800", True])
async def test_a_day_is_written_one_way(world: World, day: Any) -> None:
    form = {"name": "甲乙", "place_id": str(world.places["home2"]), "birth_date": day}
    answer = await world.call("grid", "POST", "/v1/people", json=form)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_child_is_a_minor(world: World) -> None:
    child = await person(world, birth_date="2020-05-01", sex="female")
    assert child["minor"] is True
    path, tag = f"/v1/people/{child['id']}", {"if-match": f'"{child["version"]}"'}
    changed = await world.ok("grid", "PATCH", path, json={"birth_date": "2020-06-01"}, headers=tag)
    assert changed["minor"] is True
    answer = await world.call(
        "grid", "PATCH", path, json={"birth_date": "1990-05-01"}, headers={"if-match": f'"{changed["version"]}"'}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("field", ["phone", "id_number", "address", "skills", "languages", "service_radius_m", "sex"])
async def test_what_is_not_sent_stays(world: World, owner: Database, field: str) -> None:
    before = await person(world, **FULL)
    tag = {"if-match": f'"{before["version"]}"'}
    other = {"load_limit": 3} if field != "load_limit" else {"name": "改名"}
    after = await world.ok("grid", "PATCH", f"/v1/people/{before['id']}", json=other, headers=tag)
    assert after[field] == before[field]
    assert after["load_limit"] == 3
    row = await row_of(owner, world, before["id"])
    assert all([row.phone_index, row.id_number_index, row.birth_date_sealed, row.name_birth_index])


async def test_a_number_can_be_taken_away_and_its_facts_stay(world: World) -> None:
    before = await person(world, **FULL)
    path, tag = f"/v1/people/{before['id']}", {"if-match": f'"{before["version"]}"'}
    after = await world.ok("grid", "PATCH", path, json={"id_number": None, "phone": None}, headers=tag)
    assert (after["id_number"], after["phone"], after["birth_date"]) == (None, None, "1958-**-**")
    again = await person(world, phone=FULL["phone"], id_number=NUMBER)
    assert again["id"] != before["id"]


async def test_a_stale_version_changes_nothing(world: World) -> None:
    before = await person(world)
    path = f"/v1/people/{before['id']}"
    answer = await world.call("grid", "PATCH", path, json={"name": "改"}, headers={"if-match": '"9"'})
    assert answer.status_code == 412
    assert (await world.ok("grid", "GET", path))["version"] == before["version"]


async def test_party_membership_is_not_written_by_hand(world: World) -> None:
    form = {"name": "甲", "place_id": str(world.places["home2"]), "party_status": "registered"}
    assert (await world.call("grid", "POST", "/v1/people", json=form)).status_code == 422


@pytest.mark.parametrize("field", ["phone", "id_number"])
async def test_a_taken_number_says_whose_it_is_to_whoever_may_know(world: World, field: str) -> None:
    first = await person(world, **FULL)
    form = {"name": "另建", "place_id": str(world.places["home2"]), field: FULL[field]}
    seen = await world.call("grid", "POST", "/v1/people", json=form)
    assert (seen.status_code, seen.json()["code"], seen.json()["person_id"]) == (409, "duplicate", first["id"])
    hidden = await world.call(
        "sibling_community", "POST", "/v1/people", json=form | {"place_id": str(world.places["sibling_entrance"])}
    )
    assert (hidden.status_code, hidden.json()["code"]) == (409, "duplicate")
    assert "person_id" not in hidden.json()
    second = await person(world)
    tag = {"if-match": f'"{second["version"]}"'}
    path = f"/v1/people/{second['id']}"
    patched = await world.call("grid", "PATCH", path, json={field: FULL[field]}, headers=tag)
    assert (patched.status_code, patched.json()["person_id"]) == (409, first["id"])
    assert FULL[field] not in seen.text + hidden.text + patched.text


async def test_the_same_number_again_is_no_duplicate_of_oneself(world: World) -> None:
    before = await person(world, **FULL)
    tag = {"if-match": f'"{before["version"]}"'}
    form = {"phone": FULL["phone"], "id_number": NUMBER, "birth_date": "1958-03-07"}
    after = await world.ok("grid", "PATCH", f"/v1/people/{before['id']}", json=form, headers=tag)
    assert after["phone"] == before["phone"]


async def test_finding_answers_masked_and_in_scope(world: World, other_world: World) -> None:
    first = await person(world, **FULL)
    for form in ({"phone": FULL["phone"]}, {"id_number": NUMBER}):
        found = await world.ok("grid", "POST", "/v1/people/find", json=form)
        assert found == first
        for who, where in (("sibling_grid", world), ("grid", other_world)):
            answer = await where.call(who, "POST", "/v1/people/find", json=form)
            assert answer.status_code == 404
        for who in ("resident1", "volunteer1", "auditor", "nobody"):
            assert (await world.call(who, "POST", "/v1/people/find", json=form)).status_code == 403
    unknown = await world.call("grid", "POST", "/v1/people/find", json={"phone": "19912349999"})
    assert unknown.status_code == 404
    for wrong in ({}, {"phone": FULL["phone"], "id_number": NUMBER}, {"id_number": "150103580307101"}):
        assert (await world.call("grid", "POST", "/v1/people/find", json=wrong)).status_code == 422


async def test_finding_too_often_waits(world: World) -> None:
    answers = [
        await world.call("grid", "POST", "/v1/people/find", json={"phone": f"199123{number:05d}"})
        for number in range(PERSON_FIND.burst + 1)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {404}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    other = await world.call("community", "POST", "/v1/people/find", json={"phone": "19912300001"})
    assert other.status_code == 404, "another's limit is their own"


async def test_one_completes_ones_own_record(world: World) -> None:
    tag = await tag_of(world, "resident1", "/v1/me")
    form = {"id_number": NUMBER, "address": "通道南街二十一号楼", "skills": ["law"], "load_limit": 1}
    me = await world.ok("resident1", "PATCH", "/v1/me", json=form, headers=tag)
    assert (me["person"]["sex"], me["person"]["skills"], me["person"]["load_limit"]) == ("male", ["law"], 1)
    again = {"if-match": f'"{me["person"]["version"]}"'}
    answer = await world.call("resident1", "PATCH", "/v1/me", json={"id_number": id_number(sequence=7)}, headers=again)
    assert (answer.status_code, answer.json()["field"]) == (422, "id_number")
    assert (await world.call("resident1", "PATCH", "/v1/me", json={"sex": "female"}, headers=again)).status_code == 422
    assert (await world.call("resident1", "PATCH", "/v1/me", json={}, headers=tag)).status_code == 412
    assert (await world.call("resident1", "PATCH", "/v1/me", json={"name": "换"}, headers=again)).status_code == 422


async def test_one_reads_ones_own_record_and_nobody_elses(world: World) -> None:
    own = await world.ok("resident1", "GET", f"/v1/people/{world.people['resident1']}")
    assert own["id"] == str(world.people["resident1"])
    for other in (world.people["resident2"], new_id()):
        assert (await world.call("resident1", "GET", f"/v1/people/{other}")).status_code == 404
    assert (await world.call("resident1", "GET", "/v1/people")).status_code == 403
