"""Places of an activity hold whoever races, and the waiting list is a strict order (I3 for places)."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.domain.people import Role
from app.models import Account, ActivityRole, Grant, Person, SignIn, SignUp
from tests.activities import PARTICIPANTS, do, opened, signed_up, try_sign_up
from tests.services.histories import broken_histories
from tests.worlds import World, account_row, columns_of, grant_row, person_row, sign_in_row

CROWD, PLACES = 64, 5


async def crowd(world: World, owner: Database, app: FastAPI) -> list[str]:
    names = [f"guest{number}" for number in range(CROWD)]
    people = [person_row(world, app.state.sealer, who, "home1", None) for who in names]
    accounts = [account_row(world, who) for who in names]
    sign_ins = [sign_in_row(world, who) for who in names]
    grants = [grant_row(world, who, Role.RESIDENT, "community") for who in names]
    async with owner.transaction(world.district_id) as session:
        for model, rows in ((Person, people), (Account, accounts), (SignIn, sign_ins), (Grant, grants)):
            await session.execute(insert(model), [columns_of(row) for row in rows])
    return names


async def test_the_last_places_go_to_as_many_as_fit(world: World, owner: Database, app: FastAPI) -> None:
    names = await crowd(world, owner, app)
    activity = await opened(world, roles=[PARTICIPANTS | {"places": PLACES}])
    answers = await asyncio.gather(*(try_sign_up(world, who, activity) for who in names))
    assert {answer.status_code for answer in answers} == {201}
    states = [answer.json()["state"] for answer in answers]
    assert (states.count("confirmed"), states.count("waiting")) == (PLACES, CROWD - PLACES)
    rows = {answer.json()["id"]: who for answer, who in zip(answers, names, strict=True)}
    assert await waiting(world, owner) == list(range(1, CROWD - PLACES + 1))

    holders = [(rows[a.json()["id"]], a.json()) for a in answers if a.json()["state"] == "confirmed"]
    await asyncio.gather(*(do(world, who, row, "cancel") for who, row in holders))
    async with owner.transaction(world.district_id) as session:
        moved = select(SignUp.waiting_number).where(SignUp.state == "confirmed").order_by(SignUp.waiting_number)
        here = SignUp.district_id == world.district_id
        assert list(await session.scalars(moved.where(here))) == list(range(1, PLACES + 1)), "those who waited longest"
        taken = select(ActivityRole.taken).where(ActivityRole.district_id == world.district_id)
        assert list(await session.scalars(taken)) == [PLACES]
    assert await broken_histories(owner, world.district_id) == []


async def waiting(world: World, owner: Database) -> list[int]:
    async with owner.transaction(world.district_id) as session:
        rows = select(SignUp.waiting_number).where(SignUp.district_id == world.district_id, SignUp.state == "waiting")
        return sorted(number for number in await session.scalars(rows) if number is not None)


async def test_one_person_races_themselves(world: World) -> None:
    activity = await opened(world)
    answers = await asyncio.gather(*(try_sign_up(world, "resident1", activity) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15


async def test_the_database_refuses_one_too_many(world: World, owner: Database) -> None:
    """Whatever the code forgets: more taken than there are, and the same person twice."""
    activity = await opened(world)
    await signed_up(world, "resident1", activity)
    over = "UPDATE activity_roles SET taken = places + 1 WHERE district_id = :district"
    twice = (
        "INSERT INTO sign_ups SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM sign_ups s WHERE district_id = :district"
    )
    for statement, by in ((over, "ck_activity_roles_taken"), (twice, "uq_sign_ups_standing")):
        with pytest.raises(IntegrityError, match=by):
            async with owner.transaction(world.district_id) as session:
                await session.execute(text(statement), {"district": world.district_id})
