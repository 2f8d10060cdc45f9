"""Residents judge a project: once each, in its window, without a name; and what the community then owes them."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import time_machine
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.domain.evaluations import EVALUATION_WINDOW
from app.models import Evaluation, Person
from app.workers import clocks
from tests.projects import deliver, delivered, go, running, seen, try_to
from tests.stories.steps import accepted_need
from tests.worlds import World, count

VOICES = {"resident1": 5, "resident2": 4, "member1": 5, "volunteer1": 3, "volunteer2": 5}


async def give(world: World, who: str, project: Any, rating: int = 5, **more: Any) -> httpx.Response:
    form = {"project_id": project["id"], "rating": rating} | more
    return await world.call(who, "POST", "/v1/evaluations", json=form)


async def result(world: World, who: str, project: Any) -> Any:
    return await world.ok(who, "GET", f"/v1/projects/{project['id']}/evaluation")


async def later(app: FastAPI, world: World, passed: timedelta) -> None:
    """The clocks tick as they will then."""
    with time_machine.travel(now() + passed, tick=True):
        await clocks.tick(app.state.database, world.district_id)


async def judged(world: World, app: FastAPI, project: Any, voices: dict[str, int]) -> Any:
    for who, rating in voices.items():
        assert (await give(world, who, project, rating, words=f"话{rating}")).status_code == 201, who
    await later(app, world, EVALUATION_WINDOW)
    return await seen(world, "community", project)


async def test_residents_judge_once_and_staff_see_sums(world: World, app: FastAPI) -> None:
    project = await delivered(world)
    mine = (await give(world, "resident1", project, 4, words="楼道亮了")).json()
    assert (await give(world, "resident1", project)).json()["code"] == "duplicate"
    assert (await world.ok("resident1", "GET", f"/v1/evaluations/{mine['id']}"))["rating"] == 4
    assert (await world.call("community", "GET", f"/v1/evaluations/{mine['id']}")).status_code == 404
    open_still = await result(world, "community", project)
    assert (open_still["count"], open_still["average"], open_still["words"]) == (1, None, []), "somebody may still come"
    await later(app, world, EVALUATION_WINDOW - timedelta(hours=1))
    assert (await seen(world, "community", project))["state"] == "delivered"
    voices = {who: rating for who, rating in VOICES.items() if who != "resident1"}
    assert (await judged(world, app, project, voices))["state"] == "evaluated"
    found = await result(world, "community", project)
    assert (found["count"], found["average"], found["too_few"], found["too_low"]) == (5, 4.2, False, False)
    assert found["words"] == ["楼道亮了", "话3", "话4", "话5", "话5"]
    assert str(world.people["resident1"]) not in str(found)
    told = await result(world, "resident2", project)
    assert (told["average"], told["words"]) == (4.2, []), "sums for everybody, words for those who decide"
    assert (await go(world, "community", project, "archive"))["state"] == "archived"


async def test_who_may_judge(world: World) -> None:
    project = await delivered(world)
    assert (await give(world, "liaison", project)).status_code == 403, "the unit that did it"
    assert (await give(world, "sibling_community", project)).status_code == 404
    assert (await give(world, "auditor", project)).status_code == 403
    away = await delivered(world, place_id=str(world.places["grid"]))
    assert (await give(world, "resident1", away)).status_code == 201, "the grid is theirs too"
    far = await world.call("nobody", "POST", "/v1/evaluations", json={"project_id": project["id"], "rating": 1})
    assert far.status_code == 404


async def test_whoever_asked_judges_also_from_elsewhere(world: World, owner: Database) -> None:
    need = await accepted_need(world)
    venue = {"kind": "venue", "code": "v1", "name": "文化站", "parent_id": str(world.places["community"])}
    place = await world.ok("community", "POST", "/v1/places", json=venue)
    project = await delivered(world, need_ids=[need["id"]], place_id=place["id"])
    assert (await give(world, "resident2", project)).status_code == 403, "lives elsewhere in the community"
    assert (await give(world, "resident1", project)).status_code == 201, "asked for it"


async def test_nobody_judges_before_delivery_or_after_the_window(world: World, app: FastAPI) -> None:
    project = await running(world)
    assert (await give(world, "resident1", project)).status_code == 409
    await deliver(world, project)
    with time_machine.travel(now() + EVALUATION_WINDOW, tick=True):
        token = {"authorization": f"Bearer {world.token('resident1')}"}
        late = {"project_id": project["id"], "rating": 5}
        answer = await world.call("resident1", "POST", "/v1/evaluations", json=late, headers=token)
    assert answer.status_code == 409


async def test_a_voice_counts_once_whoever_races(world: World, owner: Database) -> None:
    project = await delivered(world)
    answers = await asyncio.gather(*(give(world, "resident1", project) for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 11}
    assert await count(owner, world.district_id, Evaluation) == 1


async def test_too_few_or_too_low_and_the_community_says_what_follows(world: World, app: FastAPI) -> None:
    project = await delivered(world)
    assert (await judged(world, app, project, {"resident1": 1}))["state"] == "evaluated"
    answer = await try_to(world, "community", project, "archive")
    assert (answer.status_code, answer.json()["field"]) == (422, "words")
    found = await result(world, "community", project)
    assert (found["count"], found["too_few"], found["too_low"]) == (1, True, False)
    assert (found["average"], found["ratings"], found["words"]) == (None, {}, []), (
        "one voice is no sum, nor is that it was low"
    )
    again = await go(world, "community", project, "rework", words="逐户回访")
    assert (again["state"], again["round"], again["evaluated_at"]) == ("running", 2, None)
    await deliver(world, project)
    assert (await give(world, "resident1", project, 3)).status_code == 201, "each round is judged anew"
    await later(app, world, EVALUATION_WINDOW)
    archived = await go(world, "community", project, "archive", words="每季走访")
    assert (archived["state"], archived["words"]) == ("archived", "每季走访")


async def test_that_many_were_not_content_is_told(world: World, app: FastAPI) -> None:
    project = await delivered(world)
    await judged(world, app, project, dict.fromkeys(VOICES, 2))
    found = await result(world, "resident1", project)
    assert (found["average"], found["too_few"], found["too_low"]) == (2.0, False, True)


async def test_nobody_of_a_unit_in_it_judges_it(world: World, owner: Database) -> None:
    """Also who does not act for it: resident2 works there."""
    async with owner.transaction(world.district_id) as session:
        theirs = update(Person).where(Person.id == world.people["resident2"], Person.district_id == world.district_id)
        await session.execute(theirs.values(organization_id=world.units["society"]))
    project = await delivered(world)
    assert (await give(world, "resident2", project)).status_code == 403, "the society supports it"
    assert (await give(world, "resident1", project)).status_code == 201


async def test_an_evaluated_need_is_free_again(world: World, app: FastAPI) -> None:
    need = await accepted_need(world)
    await delivered(world, need_ids=[need["id"]])
    await later(app, world, EVALUATION_WINDOW)
    second = await world.ok("community", "GET", "/v1/projects", params={"need_id": need["id"]})
    assert [item["state"] for item in second["items"]] == ["evaluated"]
