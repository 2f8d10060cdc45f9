"""Words in what units and communities do go when their period is over, and not before; the facts around them stay."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import ARRAY, Uuid, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.activities import ActivityState
from app.domain.bookings import BookingState
from app.domain.duty_turns import TurnState
from app.domain.joint_work import ItemState, MeetingState
from app.domain.matches import MatchState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.projects import ProjectState
from app.domain.resources import ResourceState
from app.domain.retention import SPENT, Kind, period_of
from app.models import (
    Activity,
    Booking,
    ClaimItem,
    DutyTurn,
    Evaluation,
    Event,
    JointMeeting,
    Match,
    MeetingAddition,
    MeetingDecision,
    Milestone,
    Need,
    Order,
    Project,
    Resource,
)
from app.workers.retention import keep
from tests.projects import delivered, go, proposed
from tests.services.committee import put_decision, put_item, put_meeting, put_turn
from tests.services.rows_activities import put_activity
from tests.services.rows_matches import put_match
from tests.services.rows_resources import put_booking, put_resource
from tests.worlds import World

DAY = timedelta(days=1)
TRACE = "张大爷家在三楼"
Put = Callable[[AsyncSession, World], Awaitable[Any]]


async def _dismissed(session: AsyncSession, world: World) -> Any:
    return await put_match(session, world, MatchState.DISMISSED, dismiss_words=TRACE)


async def _refused(session: AsyncSession, world: World) -> Any:
    row = await put_resource(session, world, ResourceState.REFUSED, person="resident1", name=TRACE, details=TRACE)
    row.state_words = TRACE
    return row


async def _cancelled(session: AsyncSession, world: World) -> Any:
    row = await put_booking(
        session, world, await put_resource(session, world, ResourceState.LISTED), BookingState.CANCELLED
    )
    row.cancel_words = TRACE
    return row


async def _concluded(session: AsyncSession, world: World) -> Any:
    said: dict[str, Any] = {"details": TRACE, "words": TRACE, "evidence": {"photo": TRACE}}
    row = await put_activity(session, world, ActivityState.CONCLUDED, **said)
    row.report = TRACE
    return row


async def _called_off(session: AsyncSession, world: World) -> Any:
    row = await put_activity(session, world, ActivityState.CANCELLED)
    row.cancel_reason = TRACE
    return row


async def _sealed(session: AsyncSession, world: World) -> Any:
    row = await put_meeting(session, world, MeetingState.SEALED)
    row.minutes = TRACE
    row.decisions = [{"what": TRACE, "organization_id": None, "due_on": None}]
    return row


async def _reported(session: AsyncSession, world: World) -> Any:
    row = await put_turn(session, world, TurnState.REPORTED)
    row.report = TRACE
    return row


CASES: tuple[tuple[Kind, Put, type[Any], dict[str, Any]], ...] = (
    (Kind.MATCH_WORDS, _dismissed, Match, {"dismiss_words": SPENT, "dismiss_reason": "too_far"}),
    (Kind.RESOURCE_WORDS, _refused, Resource, {"name": SPENT, "details": None, "state_words": SPENT, "quantity": 20}),
    (Kind.BOOKING_WORDS, _cancelled, Booking, {"cancel_words": SPENT, "state": "cancelled"}),
    (
        Kind.ACTIVITY_WORDS,
        _concluded,
        Activity,
        {"details": None, "words": None, "evidence": None, "report": SPENT, "cancel_reason": None, "title": "书法课"},
    ),
    (Kind.ACTIVITY_WORDS, _called_off, Activity, {"cancel_reason": SPENT, "report": None}),
    (
        Kind.MEETING_WORDS,
        _sealed,
        JointMeeting,
        {
            "minutes": SPENT,
            "decisions": [{"what": SPENT, "organization_id": None, "due_on": None}],
            "digest": "ab",
            "cancelled_because": None,
        },
    ),
    (Kind.MEETING_WORDS, _reported, DutyTurn, {"report": SPENT, "state": "reported"}),
)


@pytest.mark.parametrize(("kind", "put", "model", "left"), CASES, ids=[f"{one[0]}-{one[1].__name__}" for one in CASES])
async def test_words_go_when_their_period_is_over(
    world: World, app: FastAPI, owner: Database, kind: Kind, put: Put, model: type[Any], left: dict[str, Any]
) -> None:
    async with owner.transaction(world.district_id) as session:
        row_id = (await put(session, world)).id
    assert await done_after(world, app, kind, -DAY) == 0
    assert TRACE in str(await values(owner, world, model, row_id, left))
    assert await done_after(world, app, kind, DAY) == 1
    assert await values(owner, world, model, row_id, left) == left
    assert await done_after(world, app, kind, DAY) == 0, "once"


async def done_after(world: World, app: FastAPI, kind: Kind, more: timedelta) -> int:
    """How many rows the job deals with so long after the period."""
    with time_machine.travel(now() + period_of(kind) + more, tick=True):
        return (await keep(app.state.database, app.state.sealer, world.district_id))[kind.value]


async def values(owner: Database, world: World, model: type[Any], row_id: Any, names: Any) -> dict[str, Any]:
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(model).where(model.id == row_id))).one()
        return {name: getattr(row, name) for name in names}


@pytest.mark.parametrize("state", [ResourceState.LISTED, ResourceState.PAUSED])
async def test_what_is_still_offered_keeps_its_words(
    world: World, app: FastAPI, owner: Database, state: ResourceState
) -> None:
    async with owner.transaction(world.district_id) as session:
        row_id = (await put_resource(session, world, state)).id
    assert await done_after(world, app, Kind.RESOURCE_WORDS, DAY) == 0
    assert (await values(owner, world, Resource, row_id, ["details"]))["details"]


async def test_a_units_offer_keeps_what_it_is_called(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        row_id = (await put_resource(session, world, ResourceState.WITHDRAWN)).id
    assert await done_after(world, app, Kind.RESOURCE_WORDS, DAY) == 1
    assert await values(owner, world, Resource, row_id, ["name", "state_words"]) == {
        "name": "折叠椅",
        "state_words": None,
    }


async def test_what_was_said_of_a_project_goes_in_history_too(world: World, app: FastAPI, owner: Database) -> None:
    running = await proposed(world)
    project = await delivered(world, aims=TRACE, kind="quality")
    await said_of(world, project)
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Project).where(Project.id == project["id"]))).one()
        row.state, row.evaluated_at, row.ended_at, row.words = ProjectState.ARCHIVED, now(), now(), TRACE
        session.add(_voice(world, row))
        session.add(_milestone(world, row))
    assert await done_after(world, app, Kind.PROJECT_WORDS, -DAY) == 0
    assert await done_after(world, app, Kind.PROJECT_WORDS, DAY) == 1
    names = ("title", "aims", "words", "result", "evidence", "people_reached")
    left = {
        "title": "楼道照明改造",
        "aims": SPENT,
        "words": SPENT,
        "result": SPENT,
        "evidence": None,
        "people_reached": 120,
    }
    assert await values(owner, world, Project, project["id"], names) == left
    async with owner.transaction(world.district_id) as session:
        told = (await session.scalars(select(Event.data).where(Event.aggregate_id == project["id"]))).all()
        spoken = (await session.scalars(select(Milestone.words).where(Milestone.project_id == project["id"]))).all()
        voices = (await session.scalars(select(Evaluation.words).where(Evaluation.project_id == project["id"]))).all()
    assert TRACE not in str(told)
    assert any(data.get("result") == SPENT for data in told)
    assert (spoken, voices) == ([SPENT], [None])
    assert (await values(owner, world, Project, running["id"], ["aims"]))["aims"] == running["aims"]


async def said_of(world: World, project: Any) -> None:
    """Sent back with words, and delivered anew."""
    await go(world, "community", project, "rework", words=TRACE)
    evidence = {"photo": TRACE}
    await go(world, "liaison", project, "deliver", result=TRACE, people_reached=120, evidence=evidence)


def _voice(world: World, project: Project) -> Evaluation:
    about = {"project_id": project.id, "round": 1, "person_id": world.people["resident1"], "path": project.path}
    return Evaluation(district_id=world.district_id, id=new_id(), rating=4, words=TRACE, **about)


def _milestone(world: World, project: Project) -> Milestone:
    done = {"done_at": now(), "done_by": world.people["liaison"], "words": TRACE}
    about = {"project_id": project.id, "path": project.path, "title": "灯具到货", "due_on": project.ends_on}
    return Milestone(district_id=world.district_id, id=new_id(), **about, **done)


async def test_what_was_added_to_minutes_and_came_of_decisions_goes(
    world: World, app: FastAPI, owner: Database
) -> None:
    async with owner.transaction(world.district_id) as session:
        decision = await put_decision(session, world, what=TRACE, result=TRACE, words=TRACE)
        added = {"meeting_id": decision.meeting_id, "words": TRACE, "added_by": world.people["liaison"]}
        session.add(MeetingAddition(district_id=world.district_id, id=new_id(), **added))
    assert await done_after(world, app, Kind.MEETING_WORDS, -DAY) == 0
    assert await done_after(world, app, Kind.MEETING_WORDS, DAY) == 1
    left = {"what": SPENT, "result": SPENT, "words": SPENT, "state": "open", "organization_id": world.units["unit"]}
    assert await values(owner, world, MeetingDecision, decision.id, left) == left
    async with owner.transaction(world.district_id) as session:
        mine = select(MeetingAddition.words).where(MeetingAddition.district_id == world.district_id)
        assert (await session.scalars(mine)).all() == [SPENT]


async def test_what_was_added_stays_while_the_minutes_do(world: World, app: FastAPI, owner: Database) -> None:
    """The app may take additions away only with the minutes they belong to."""
    async with owner.transaction(world.district_id) as session:
        meeting = await put_meeting(session, world, MeetingState.SEALED)
        added = {"meeting_id": meeting.id, "words": TRACE, "added_by": world.people["liaison"]}
        session.add(MeetingAddition(district_id=world.district_id, id=new_id(), **added))
    async with app.state.database.transaction(world.district_id) as session:
        from_app = await session.scalar(select(func.forget_spent_additions(literal([meeting.id], ARRAY(Uuid)))))
    assert from_app == 0
    with pytest.raises(Exception, match="permission denied"):
        async with app.state.database.transaction(world.district_id) as session:
            await session.execute(update(MeetingAddition).values(words=SPENT))


async def test_the_words_of_a_listed_need_go_with_the_needs(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        item = await put_item(session, world, ItemState.DROPPED)
        need = await session.get_one(Need, (world.district_id, item.need_id))
        need.state, need.closed_at = NeedState.WITHDRAWN, now()
        await session.execute(update(Order).where(Order.need_id == need.id).values(state=OrderState.WITHDRAWN))
        item.title = TRACE
    await done_after(world, app, Kind.NEED_WORDS, -DAY)
    assert (await values(owner, world, ClaimItem, item.id, ["title"]))["title"] == TRACE
    assert await done_after(world, app, Kind.NEED_WORDS, DAY) == 1
    assert (await values(owner, world, ClaimItem, item.id, ["title"]))["title"] == SPENT
