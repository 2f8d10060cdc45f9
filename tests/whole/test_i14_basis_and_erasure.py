"""I14: no sensitive processing without a basis; a deleted person is unrecoverable, and the sums still hold."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.clock import now
from app.core.crypto import SealBroken
from app.core.db import Database
from app.core.ids import new_id
from app.models import Account, Booking, CareFact, Certificate, Event, Grant, Person, Resource, RightsRequest, SignIn
from app.workers import relay
from tests.erasing import (
    TRACES,
    ask_and_be_served,
    ask_and_take_nothing,
    ask_to_be_erased,
    care_for,
    erased,
    ledger,
    left,
    offer_and_withdraw,
    record,
)
from tests.routers.test_consents import given
from tests.services.histories import broken_histories
from tests.stories.steps import submitted, taken
from tests.worlds import World


async def test_i14_no_fact_of_health_without_a_basis(world: World) -> None:
    form = {"person_id": str(world.people["resident1"]), "kind": "allergy", "text": "花生"}
    assert (await world.call("community", "POST", "/v1/care-facts", json=form)).status_code == 422
    consent = await given(world, "resident1", "health")
    await world.ok("community", "POST", "/v1/care-facts", json=form)
    await world.ok("resident1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    assert (await world.call("community", "POST", "/v1/care-facts", json=form)).status_code == 422
    facts = f"/v1/care-facts?person_id={world.people['resident1']}"
    assert (await world.ok("community", "GET", facts))["items"] == []


async def _full(world: World, app: FastAPI, owner: Database) -> Any:
    """resident1, known and served, with a certificate and everybody told."""
    await record(world, "resident1")
    await care_for(world, "resident1")
    need = await ask_and_be_served(world, "resident1")
    await offer_and_withdraw(world, "resident1")
    await ask_and_take_nothing(world, owner, "resident1")
    await relay.relay_district(app.state.database, world.district_id)
    return need


async def _certify(owner: Database, app: FastAPI, world: World, who: str) -> None:
    async with owner.transaction(world.district_id) as session:
        person = (await session.scalars(select(Person).where(Person.id == world.people[who]))).one()
        row_id = new_id()
        box = app.state.sealer.seal(
            TRACES["certificate"], world.district_id, "certificates", "number_sealed", row_id, person.secret
        )
        session.add(
            Certificate(
                district_id=world.district_id,
                id=row_id,
                person_id=person.id,
                skill="nursing",
                title="护士执业证",
                issuer="市卫健委",
                number_sealed=box,
                issued_on=now().date(),
                created_at=now(),
                updated_at=now(),
            )
        )


async def test_i14_nothing_is_left_of_an_erased_person(world: World, app: FastAPI, owner: Database) -> None:
    await _full(world, app, owner)
    await _certify(owner, app, world, "resident1")
    before = await left(owner, world.district_id)
    assert before.keys() >= {
        "title",
        "details",
        "rating",
        "offered",
        "unable",
        "laid_down",
        "not_taken",
        "not_wanted",
    }, "what is typed in clear is found, so the search can see"
    hours = await ledger(owner, world.district_id)
    answer = await erased(world, "resident1")
    assert await left(owner, world.district_id) == {}
    assert hours
    assert await ledger(owner, world.district_id) == hours
    assert await broken_histories(owner, world.district_id) == []
    outcome = answer["outcome"]
    assert outcome["deleted"].items() >= {"care_facts": 1, "certificates": 1, "needs": 2, "orders": 2}.items()
    assert all(kept["why"] for kept in outcome["kept"])
    assert (answer["words"], answer["answer"]) == (None, None), (
        "nothing sealed for them opens, the request itself included"
    )


async def test_i14_sealed_boxes_from_a_backup_do_not_open(world: World, app: FastAPI, owner: Database) -> None:
    await _full(world, app, owner)
    async with owner.transaction(world.district_id) as session:
        person = (await session.scalars(select(Person).where(Person.id == world.people["resident1"]))).one()
        fact = (await session.scalars(select(CareFact).where(CareFact.person_id == person.id))).one()
        boxes = [
            ("people", column, person.id, getattr(person, column))
            for column in ("name_sealed", "phone_sealed", "id_number_sealed", "birth_date_sealed", "address_sealed")
        ] + [("care_facts", column, fact.id, getattr(fact, column)) for column in ("kind_sealed", "text_sealed")]
        secret = person.secret
    assert all(app.state.sealer.open(box, world.district_id, t, c, row, secret) for t, c, row, box in boxes)
    await erased(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        person = (await session.scalars(select(Person).where(Person.id == world.people["resident1"]))).one()
    assert (person.secret, person.name_sealed, person.phone_index, person.id_number_index) == (None, b"", None, None)
    assert (person.path, person.grid_id, person.lon) == (world.paths["community"], None, None)
    for table, column, row, box in boxes:
        with pytest.raises(SealBroken):
            app.state.sealer.open(box, world.district_id, table, column, row, person.secret)


async def test_i14_an_erased_helpers_hours_still_sum(world: World, app: FastAPI, owner: Database) -> None:
    await _full(world, app, owner)
    hours = await ledger(owner, world.district_id)
    assert [person for person, _, _ in hours if person == world.people["member1"]]
    await erased(world, "member1")
    assert await ledger(owner, world.district_id) == hours
    shown = await world.ok("community", "GET", f"/v1/people/{world.people['member1']}")
    assert (shown["name"], shown["phone"], shown["skills"]) == ("已注销", None, [])


async def test_i14_what_they_offered_is_no_nearer_than_the_area_it_served(
    world: World, app: FastAPI, owner: Database
) -> None:
    await offer_and_withdraw(world, "resident1")
    booked = select(Booking.path).where(Booking.district_id == world.district_id)
    offered = select(Resource.path).where(Resource.district_id == world.district_id)
    async with owner.transaction(world.district_id) as session:
        assert set(await session.scalars(booked)) == {world.paths["home1"]}
    await erased(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        assert set(await session.scalars(offered)) == {world.paths["community"]}
        assert set(await session.scalars(booked)) == {world.paths["community"]}


async def test_i14_whoever_is_erased_is_out_at_once(world: World, owner: Database) -> None:
    await erased(world, "resident1")
    assert (await world.call("resident1", "GET", "/v1/me")).status_code == 401
    async with owner.transaction(world.district_id) as session:
        whose = Account.person_id == world.people["resident1"]
        account = (await session.scalars(select(Account).where(whose))).one()
        sign_in = (await session.scalars(select(SignIn).where(SignIn.account_id == account.id))).one()
        held = Grant.person_id == world.people["resident1"]
        ends = (await session.scalars(select(Grant.ends_at).where(held))).all()
    assert (account.login, account.password_hash) == (None, None)
    assert account.disabled_at is not None
    assert (sign_in.ended_by, sign_in.address, sign_in.device) == ("erased", None, None)
    assert None not in ends


async def test_i14_whoever_has_work_under_way_is_not_erased_yet(world: World) -> None:
    need = await submitted(world)
    request = await ask_to_be_erased(world, "resident1")
    path = f"/v1/rights-requests/{request['id']}/complete"
    refused = await world.call("community", "POST", path, json={})
    assert refused.status_code == 422
    assert refused.json()["open"] == [{"what": "需求", "id": need["id"]}]
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    await world.ok("community", "POST", path, json={})


async def test_i14_a_holder_and_an_officer_finish_first(world: World) -> None:
    await taken(world, "member2")
    for who, what in (("member2", "接单"), ("grid", "任职")):
        request = await ask_to_be_erased(world, who)
        answer = await world.call("community", "POST", f"/v1/rights-requests/{request['id']}/complete", json={})
        assert [row["what"] for row in answer.json()["open"]] == [what], who


async def test_i14_only_an_erased_persons_words_leave_the_history(world: World, app: FastAPI, owner: Database) -> None:
    """The one function that changes events does nothing for anybody who is not erased."""
    await _full(world, app, owner)
    await submitted(world, "resident2", details="别人的话")
    database: Database = app.state.database
    async with owner.transaction(world.district_id) as session:
        mine = select(Event).where(Event.district_id == world.district_id).order_by(Event.id)
        before = [(event.id, event.data) for event in (await session.scalars(mine)).all()]
    async with database.transaction(world.district_id) as session:
        for person in world.people.values():
            assert await session.scalar(text("SELECT forget_words(:person)"), {"person": person}) == 0
    async with owner.transaction(world.district_id) as session:
        assert [(event.id, event.data) for event in (await session.scalars(mine)).all()] == before
    await erased(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        numbers = {e.id: (e.seq, e.aggregate_id, e.actor_id) for e in (await session.scalars(mine)).all()}
    assert {event_id for event_id, _ in before} <= numbers.keys(), "events stay, each in its place"


async def test_i14_records_merged_into_theirs_go_too(world: World, owner: Database) -> None:
    await record(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        twin = (await session.scalars(select(Person).where(Person.id == world.people["nobody"]))).one()
        twin.merged_into_id = world.people["resident1"]
    await erased(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        ids = [world.people["resident1"], world.people["nobody"]]
        rows = (await session.scalars(select(Person).where(Person.id.in_(ids)))).all()
    assert [(row.secret, row.erased_at is not None) for row in rows] == [(None, True), (None, True)]


async def test_i14_other_requests_of_theirs_are_moot(world: World, owner: Database) -> None:
    open_one = await world.ok("resident1", "POST", "/v1/rights-requests", json={"kind": "access"})
    await erased(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(RightsRequest).where(RightsRequest.id == UUID(open_one["id"])))).one()
    assert (row.state, row.words_sealed) == ("withdrawn", None)
    assert row.due_at > now() + timedelta(days=1)
