"""Checking in to an activity and out of it: by the code shown there, by position, or witnessed by the organizer.

Helpers serve, by the same windows and the same ledger as on orders (I4, I5); of participants only the attendance is kept.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, RuleBroken
from app.core.geo import to_wgs84
from app.core.handles import code_of, turn_of
from app.domain.activities import FORGOTTEN, ActivityState, PartKind
from app.domain.assignments import CheckMethod
from app.domain.hours import LONGEST_SERVICE
from app.domain.people import Actor
from app.domain.sign_ups import SIGN_UP, SignUpAction
from app.models import Activity, SignUp
from app.schemas.sign_ups import SignUpCheckIn, SignUpCheckOut
from app.services.activities_case import load as load_activity
from app.services.activities_case import must_be_covered, must_organize
from app.services.due import must_be_due
from app.services.fences import must_be_within
from app.services.hours_record import record_service
from app.services.service_windows import begin_window, drop_window, end_window
from app.services.sign_ups_case import SignUpCase, load
from app.services.sign_ups_places import move

_PURPOSE = "activity_check_in"
TURN_SECONDS = 60
"""House rule: the code on the organizer's screen changes every minute, and each is good for its own and the next."""


async def code(session: AsyncSession, actor: Actor, sealer: Sealer, activity_id: UUID) -> dict[str, Any]:
    """What the organizer shows to be scanned now."""
    case = await load_activity(session, actor, activity_id, "activities:show_code", lock=False)
    must_organize(case, actor, "activities:show_code")
    if case.activity.state is not ActivityState.HELD:
        raise Conflict("活动不在进行中，没有签到码")
    turn = _turn_at(now())
    shown = code_of(sealer, actor.district_id, activity_id, _PURPOSE, turn)
    return {"code": shown, "expires_at": datetime.fromtimestamp((turn + 2) * TURN_SECONDS, UTC)}


def _turn_at(moment: datetime) -> int:
    return int(moment.timestamp()) // TURN_SECONDS


async def check_in(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: SignUpCheckIn
) -> SignUp:
    """Come in. A helper serves from now on, and nowhere else."""
    case = await load(session, actor, sign_up_id, "sign-ups:check_in")
    SIGN_UP.decide(case.row.state, SignUpAction.CHECK_IN, case.parties)
    _must_be_on(case.of.activity)
    must_be_covered(case.of.activity, case.role)
    row, moment = case.row, now()
    method = await _method(session, sealer, case, form)
    if case.role.kind is PartKind.HELPER:
        await begin_window(session, row, moment)
    row.checked_in_at, row.checked_out_at = moment, None
    row.check_in_method, row.check_out_method = method, None
    row.check_out_by = case.of.activity.ends_at + FORGOTTEN
    move(session, case.role, row, SignUpAction.CHECK_IN, actor, parties=case.parties, method=method.value)
    await session.flush()
    return row


def _must_be_on(activity: Activity) -> None:
    if activity.state is not ActivityState.HELD:
        raise Conflict("活动不在进行中，不能签到")
    if now() >= activity.ends_at:
        raise Conflict("活动已到结束时间，不能签到")


async def _method(
    session: AsyncSession, sealer: Sealer, case: SignUpCase, form: SignUpCheckIn | SignUpCheckOut
) -> CheckMethod:
    """How it is shown that they are there. Nobody witnesses themselves."""
    if form.code is not None:
        _must_be_fresh(sealer, case.of.activity, form.code)
        return CheckMethod.QR
    if form.position is not None:
        if not case.own:
            raise RuleBroken("位置须由本人提供", field="position")
        spot = to_wgs84(form.position.lon, form.position.lat, form.position.datum)
        await must_be_within(session, case.of.activity, spot)
        return CheckMethod.POSITION
    if case.own:
        raise RuleBroken("请扫签到码，或提供位置；不能为自己见证", field="code")
    return CheckMethod.ORGANIZER


def _must_be_fresh(sealer: Sealer, activity: Activity, scanned: str) -> None:
    turn, current = turn_of(sealer, activity.district_id, activity.id, _PURPOSE, scanned), _turn_at(now())
    if turn is None:
        raise RuleBroken("签到码不正确", field="code")
    if turn not in {current, current - 1}:
        raise RuleBroken("签到码已过期，请重新扫码", field="code")


async def check_out(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: SignUpCheckOut
) -> SignUp:
    """Go. A helper's minutes are recorded, once."""
    case = await load(session, actor, sign_up_id, "sign-ups:check_out")
    SIGN_UP.decide(case.row.state, SignUpAction.CHECK_OUT, case.parties)
    method = await _method(session, sealer, case, form)
    row = case.row
    plausible = row.checked_in_at is not None and now() - row.checked_in_at <= LONGEST_SERVICE
    await _end(session, case, actor, method, recorded=plausible)
    return row


async def close_forgotten(session: AsyncSession, sign_up_id: UUID) -> None:
    """Nobody knows when they left: no minutes, and the true time is entered with evidence."""
    case = await load(session, None, sign_up_id, "sign-ups:read")
    SIGN_UP.decide(case.row.state, SignUpAction.CHECK_OUT, case.parties)
    must_be_due(None, case.row.check_out_by)
    await _end(session, case, None, None, recorded=False)


async def _end(
    session: AsyncSession, case: SignUpCase, actor: Actor | None, method: CheckMethod | None, *, recorded: bool
) -> None:
    row, moment, helps = case.row, now(), case.role.kind is PartKind.HELPER
    row.checked_out_at, row.check_out_method = moment, method
    if helps and recorded:
        await end_window(session, row, moment)
        record_service(session, case.of.activity, row, actor)
    elif helps:
        await drop_window(session, row)
    told: dict[str, Any] = {"recorded": recorded} if helps else {}
    move(session, case.role, row, SignUpAction.CHECK_OUT, actor, parties=case.parties, **told)
    await session.flush()
