"""Activities and sign-ups put straight into a state, as the owner, with their first event: where a matrix begins."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.ids import new_id
from app.domain.activities import ActivityState, Audience, PartKind
from app.domain.activity_series import SeriesState
from app.domain.catalogue import Terms
from app.domain.sign_ups import ACTIVE, SignUpState
from app.models import Activity, ActivityRole, ActivitySeries, Event, OutboxRow, SeriesMember, SignUp
from tests.worlds import LAT, LON, World

TERMS = Terms(volunteering=True)


async def put_activity(
    session: AsyncSession, world: World, state: ActivityState, *, starts_at: datetime | None = None, **more: Any
) -> Activity:
    """An activity of the liaison's unit for the community, at the compound; about to begin, unless another time is said."""
    begins = starts_at or now() + timedelta(minutes=10)
    activity = Activity(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        title="书法课",
        category="culture",
        terms=TERMS.as_json(),
        audience=Audience.COMMUNITY,
        organization_id=world.units["unit"],
        responsible_id=world.people["member3"],
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        sign_up_until=begins,
        cancel_reason="大雨" if state is ActivityState.CANCELLED else None,
        report="很好" if state is ActivityState.CONCLUDED else None,
        concluded_at=now() if state is ActivityState.CONCLUDED else None,
        place_id=world.places["compound"],
        path=world.paths["compound"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        lon=LON + 0.001,
        lat=LAT,
        **more,
    )
    await _add(session, world, activity, "activity")
    return activity


async def put_role(
    session: AsyncSession, activity: Activity, kind: PartKind = PartKind.PARTICIPANT, places: int = 5
) -> ActivityRole:
    role = ActivityRole(
        district_id=activity.district_id,
        id=new_id(),
        activity_id=activity.id,
        path=activity.path,
        position=1,
        name=kind.value,
        kind=kind,
        places=places,
        taken=0,
        last_waiting=0,
    )
    session.add(role)
    await session.flush()
    return role


async def put_sign_up(
    session: AsyncSession, world: World, role: ActivityRole, who: str, state: SignUpState, **more: Any
) -> SignUp:
    """Of this person; one who is asked to stand in replaces resident2, who holds a place."""
    moment = now()
    if state is SignUpState.INVITED:
        asked_by = await put_sign_up(session, world, role, "resident2", SignUpState.CONFIRMED)
        more |= {"replaces_id": asked_by.id, "answer_by": moment + timedelta(minutes=5)}
    role.last_waiting += 1
    row = SignUp(
        district_id=world.district_id,
        id=new_id(),
        activity_id=role.activity_id,
        role_id=role.id,
        path=role.path,
        person_id=world.people[who],
        state=state,
        waiting_number=role.last_waiting,
        confirmed_at=moment if state in ACTIVE else None,
        checked_in_at=moment - timedelta(hours=1) if state in {"checked_in", "checked_out"} else None,
        checked_out_at=moment if state is SignUpState.CHECKED_OUT else None,
        check_out_by=moment + timedelta(hours=4) if state is SignUpState.CHECKED_IN else None,
        **more,
    )
    role.taken += state in ACTIVE
    about = {"person_id": str(row.person_id), "activity_id": str(row.activity_id)}
    await _add(session, world, row, "sign-up", about)
    return row


async def put_series(session: AsyncSession, world: World, state: SeriesState) -> ActivitySeries:
    """A weekly class of the liaison's unit at the compound, from tomorrow on."""
    row = ActivitySeries(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        title="书法班",
        category="culture",
        audience=Audience.COMMUNITY,
        organization_id=world.units["unit"],
        responsible_id=world.people["member3"],
        rule="FREQ=WEEKLY",
        starts_on=now().astimezone(CHINA).date() + timedelta(days=1),
        start_minute=540,
        minutes=90,
        skip_holidays=False,
        without=[],
        besides=[],
        roles=[{"name": "学员", "kind": "participant", "places": 2}],
        place_id=world.places["compound"],
        path=world.paths["compound"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
    )
    await _add(session, world, row, "activity-series")
    return row


async def put_member(session: AsyncSession, world: World, series: ActivitySeries, who: str) -> None:
    member = SeriesMember(
        district_id=world.district_id,
        id=new_id(),
        series_id=series.id,
        path=series.path,
        person_id=world.people[who],
        role_name="学员",
        number=1,
        joined_at=now(),
    )
    session.add(member)
    await session.flush()


async def _add(
    session: AsyncSession, world: World, row: Any, aggregate: str, data: dict[str, str] | None = None
) -> None:
    """The row with event 1, so that its history is whole from the start."""
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=row.state.value,
        path=row.path,
        data=data or {},
    )
    session.add_all([row, event])
    await session.flush()
    session.add(OutboxRow(district_id=world.district_id, id=event.id))
    await session.flush()
