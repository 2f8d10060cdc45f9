"""A correction is done when the person's own record was changed after they asked, and only then."""

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import Database
from app.models import Event
from tests.profiles import served
from tests.routers.test_consents import given
from tests.routers.test_rights import asked, step
from tests.stories.steps import submitted
from tests.worlds import World


async def events(world: World, owner: Database, aggregate: str, row_id: Any) -> list[Event]:
    async with owner.transaction(world.district_id) as session:
        mine = (Event.aggregate == aggregate, Event.aggregate_id == row_id)
        return list(await session.scalars(select(Event).where(*mine).order_by(Event.seq)))


async def update(world: World, who: str) -> None:
    path = f"/v1/people/{world.people[who]}"
    tag = {"if-match": (await world.call("community", "GET", path)).headers["etag"]}
    await world.ok("community", "PATCH", path, json={"languages": ["zh", "mn"]}, headers=tag)


async def complete(world: World, request: Any, event: Event | None = None) -> int:
    form = {"event_id": str(event.id)} if event else {}
    answer = await step(world, "community", request, "complete", **form)
    return int(answer.status_code)


async def test_another_persons_change_corrects_nothing(world: World, owner: Database) -> None:
    request = await asked(world)
    await update(world, "resident2")
    need = await submitted(world, "resident2")
    for aggregate, row_id in (("person", world.people["resident2"]), ("need", need["id"])):
        event = (await events(world, owner, aggregate, row_id))[-1]
        assert await complete(world, request, event) == 422, aggregate


async def test_what_they_ask_or_sign_in_with_corrects_nothing(world: World, owner: Database) -> None:
    request = await asked(world)
    need = await submitted(world)
    await world.ok("system", "POST", f"/v1/accounts/{world.accounts['resident1']}/disable", json={"reason": "停用"})
    shut = (await events(world, owner, "person", world.people["resident1"]))[-1]
    own = (await events(world, owner, "need", need["id"]))[-1]
    itself = (await events(world, owner, "rights-request", request["id"]))[-1]
    for event in (None, shut, own, itself):
        assert await complete(world, request, event) == 422, event and event.action


async def test_what_was_changed_before_they_asked_corrects_nothing(world: World, owner: Database) -> None:
    await update(world, "resident1")
    before = (await events(world, owner, "person", world.people["resident1"]))[-1]
    request = await asked(world)
    assert await complete(world, request, before) == 422
    assert await complete(world, request) == 422


@pytest.mark.parametrize("named", [True, False])
async def test_their_record_was_changed(world: World, owner: Database, named: bool) -> None:
    request = await asked(world)
    await update(world, "resident1")
    event = (await events(world, owner, "person", world.people["resident1"]))[-1]
    answer = await step(world, "community", request, "complete", **({"event_id": str(event.id)} if named else {}))
    assert answer.json()["outcome"] == {"event_id": str(event.id), "aggregate": "person", "seq": event.seq}


async def test_a_row_of_theirs_was_changed(world: World, owner: Database) -> None:
    request = await asked(world)
    consent = await given(world, "grid", "health", person_id=str(world.people["resident1"]), evidence="签字表")
    event = (await events(world, owner, "consent", consent["id"]))[-1]
    assert await complete(world, request) == 422, "of a consent it is said which"
    assert await complete(world, request, event) == 200


async def test_their_hours_were_put_right(world: World, owner: Database) -> None:
    entry = await served(world, "member1", 60)
    request = await asked(world, "member1", kind="correction", words="那天做了两小时")
    await world.ok("community", "POST", f"/v1/hours/{entry['id']}/reverse", json={"reason": "少记一小时"})
    confirmed, reversed_ = (await events(world, owner, "hour", entry["id"]))[-2:]
    assert await complete(world, request, confirmed) == 422
    assert await complete(world, request, reversed_) == 200
