"""Places of an activity: taken, given up, and passed on to whoever has waited longest, in one transaction.

The activity is locked by the caller, so that its places are counted one after the other; the database refuses one too many.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.activities import UPCOMING, ActivityState, promotes
from app.domain.people import Actor, Parties
from app.domain.sign_ups import ACTIVE, SIGN_UP, Search, SignUpAction, SignUpState
from app.models import Activity, ActivityRole, SignUp
from app.services.activities_case import SYSTEM, ActivityCase, uncovered
from app.services.outbox import publish


def begin(
    session: AsyncSession,
    activity: Activity,
    role: ActivityRole,
    state: SignUpState,
    actor: Actor | None,
    *,
    noted: bool = True,
    **columns: Any,
) -> SignUp:
    """A new sign-up in its first state, with its event; it takes a place, or a number on the waiting list."""
    row = SignUp(
        district_id=activity.district_id,
        id=new_id(),
        activity_id=activity.id,
        role_id=role.id,
        path=activity.path,
        state=state,
        signed_up_by=actor.person_id if actor else None,
        **columns,
    )
    if state is SignUpState.CONFIRMED:
        role.taken += 1
        row.confirmed_at = now()
    elif state is SignUpState.WAITING:
        role.last_waiting += 1
        row.waiting_number = role.last_waiting
    session.add(row)
    data = {"person_id": str(row.person_id), "activity_id": str(activity.id)}
    publish(session, SIGN_UP.noun, row, "create", actor=actor, target=state.value, data=data, noted=noted)
    return row


def move(
    session: AsyncSession,
    role: ActivityRole,
    row: SignUp,
    action: SignUpAction,
    actor: Actor | None,
    *,
    parties: Parties = SYSTEM,
    target: SignUpState | None = None,
    noted: bool = True,
    **data: Any,
) -> None:
    """Take a step of the lifecycle, with its event; a place that is taken or given up by it is counted."""
    step = SIGN_UP.decide(row.state, action, parties)
    source, row.state = row.state, target or step.target
    role.taken += (row.state in ACTIVE) - (source in ACTIVE)
    if row.state is SignUpState.CONFIRMED and source is not SignUpState.CONFIRMED:
        row.confirmed_at = now()
    row.search = row.search if row.state is SignUpState.CONFIRMED else None
    row.search_at = row.search_at if row.search is Search.LOOKING else None
    row.check_out_by = row.check_out_by if row.state is SignUpState.CHECKED_IN else None
    about = {"person_id": str(row.person_id), "activity_id": str(row.activity_id)}
    publish(
        session,
        SIGN_UP.noun,
        row,
        action.value,
        actor=actor,
        source=source.value,
        target=row.state.value,
        data=about | data,
        noted=noted,
    )


async def fill(session: AsyncSession, case: ActivityCase, actor: Actor | None) -> None:
    """Whoever has waited longest moves up into each free place, as long as they can still plan to come; helpers once insured."""
    if case.activity.state not in UPCOMING or not promotes(case.activity.starts_at, now()):
        return
    await session.flush()
    for role in [role for role in case.roles if uncovered(case.activity, role) is None]:
        for row in await _next(session, role, role.places - role.taken):
            move(session, role, row, SignUpAction.PROMOTE, actor)
    await session.flush()


async def _next(session: AsyncSession, role: ActivityRole, places: int) -> list[SignUp]:
    waiting = select(SignUp).where(SignUp.role_id == role.id, SignUp.state == SignUpState.WAITING)
    ordered = waiting.order_by(SignUp.waiting_number).limit(max(places, 0))
    return list(await session.scalars(ordered.execution_options(populate_existing=True)))


async def somebody_waits(session: AsyncSession, role: ActivityRole) -> bool:
    waiting = select(SignUp.id).where(SignUp.role_id == role.id, SignUp.state == SignUpState.WAITING)
    return await session.scalar(waiting.limit(1)) is not None


async def release_all(session: AsyncSession, case: ActivityCase, actor: Actor | None) -> None:
    """Nobody has to come any more: who holds a place, waits, or is asked to stand in is let go."""
    steps = frozenset({SignUpState.INVITED, SignUpState.WAITING, SignUpState.CONFIRMED})
    rows = select(SignUp).where(SignUp.activity_id == case.activity.id, SignUp.state.in_(steps)).order_by(SignUp.id)
    cancelled = case.activity.state is ActivityState.CANCELLED
    for row in (await session.scalars(rows.execution_options(populate_existing=True))).all():
        move(session, case.role(row.role_id), row, SignUpAction.RELEASE, actor, cancelled=cancelled)
    await session.flush()
