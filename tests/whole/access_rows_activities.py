"""The rows the access matrix tries operations on: activities and sign-ups."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.activities import ACTIVITY, ActivityState, PartKind
from app.domain.activity_series import SERIES, SeriesState
from app.domain.lifecycle import Lifecycle
from app.domain.sign_ups import SIGN_UP, SignUpState
from tests.services.rows_activities import put_activity, put_member, put_role, put_series, put_sign_up
from tests.stories.steps import AT_HOME
from tests.whole.access_ground import Ground, Row
from tests.whole.document import Operation

_DOORSTEP = frozenset({"check-in", "check-out", "promote", "miss", "rate", "excuse"})
_HOLDERS = frozenset({"cancel", "hand-over", "accept", "decline", "rate"})


def _source(lifecycle: Lifecycle[Any, Any], operation: Operation, otherwise: Any) -> Any:
    """A state the operation's action leads out of."""
    word = operation.path.rpartition("/")[2].replace("-", "_")
    steps = [step for step in lifecycle.steps if step.action == word and step.by_people]
    return next((state for step in steps for state in lifecycle.states if state in step.sources), otherwise)


async def activity(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the liaison's unit, with a part that has places left."""
    held = operation.name == "activity_show_code"
    state = ActivityState.HELD if held else _source(ACTIVITY, operation, ActivityState.OPEN)
    row = await put_activity(session, ground.world, state)
    row.terms = row.terms | {"insured": operation.name == "activity_insure"}
    await put_role(session, row)
    times = {"starts_at": _in_hours(240), "ends_at": _in_hours(242)}
    named = {"id": str(row.id), "place_id": str(ground.world.places["compound"]), "category": "culture"}
    form = times | {"category": "culture"} if operation.method == "POST" and operation.path == "/v1/activities" else {}
    return Row(row.id, party="liaison", ids=named, form=form | _policy(operation))


async def sign_up(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """resident1's, in an activity of the liaison's unit: to come, or under way where it is done at the door."""
    word = operation.path.rpartition("/")[2]
    starts_at = now() - timedelta(minutes=5) if word in _DOORSTEP else now() + timedelta(days=3)
    state = ActivityState.HELD if word in _DOORSTEP else ActivityState.OPEN
    parent = await put_activity(session, ground.world, state, starts_at=starts_at)
    role = await put_role(session, parent, PartKind.PARTICIPANT)
    ids = {"activity_id": str(parent.id), "role_id": str(role.id), "person_id": str(ground.world.people["member2"])}
    if operation.name in {"sign_up_create", "sign_up_list"}:
        del ids["person_id"]
    if operation.name == "sign_up_create":
        return Row(parent.id, party="resident1", ids=ids)
    row = await put_sign_up(
        session, ground.world, role, "resident1", _source(SIGN_UP, operation, SignUpState.CONFIRMED)
    )
    party = "resident1" if word in _HOLDERS or operation.method == "GET" else "liaison"
    return Row(
        row.id, party=party, ids=ids, form={"position": AT_HOME} if word == "check-in" and party == "resident1" else {}
    )


async def series(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the liaison's unit; resident1 is one of its regulars where they are to leave."""
    state = _source(SERIES, operation, SeriesState.RUNNING)
    row = await put_series(session, ground.world, state)
    row.category = "repair.electric" if _policy(operation) else row.category
    if operation.name == "activity_series_leave":
        await put_member(session, ground.world, row, "resident1")
    ids = {"id": str(row.id), "place_id": str(ground.world.places["compound"])}
    form: dict[str, Any] = {"role_name": "学员", "from_on": _in_hours(48)[:10]}
    if operation.method == "POST" and operation.path == "/v1/activity-series":
        form = {"category": "culture", "starts_on": _in_hours(48)[:10]}
    named = {name: value for name, value in form.items() if operation.name in _NAMED.get(name, ())}
    own = operation.name in {"activity_series_join", "activity_series_leave"}
    return Row(row.id, party="resident1" if own else "liaison", ids=ids, form=named | _policy(operation))


def _policy(operation: Operation) -> dict[str, str]:
    """One that is good for whatever is to come."""
    return {"insured_until": "2099-12-31"} if operation.path.endswith("/insure") else {}


_NAMED = {
    "role_name": ("activity_series_join",),
    "from_on": ("activity_series_change",),
    "category": ("activity_series_create",),
    "starts_on": ("activity_series_create",),
}


def _in_hours(hours: int) -> str:
    return (now() + timedelta(hours=hours)).isoformat()
