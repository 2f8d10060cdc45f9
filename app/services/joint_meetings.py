"""Joint meetings 联席会议: called by the unit on duty, held, minuted, sealed by the community; then only added to."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.crypto import Sealer
from app.core.errors import Conflict, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.duty_turns import TO_COME
from app.domain.joint_work import HELD, MEETING, NOTICE_DAYS, MeetingAction, MeetingState, quorum
from app.domain.people import Actor, Parties, Relation
from app.models import DutyTurn, JointMeeting, MeetingAddition
from app.schemas.joint_meetings import (
    JointMeetingAdd,
    JointMeetingCall,
    JointMeetingCancel,
    JointMeetingMinute,
    JointMeetingQuery,
    JointMeetingRead,
)
from app.services import meeting_decisions
from app.services.access import under_path
from app.services.committee_members import units_of
from app.services.duty_replace import members_of, members_on
from app.services.duty_turns import acts_for, turns_of
from app.services.joint_meetings_attendance import attendances_of, record
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged

_DERIVED = {"attendances", "quorate", "additions", "actions"}
_FIELDS = tuple(name for name in JointMeetingRead.model_fields if name not in _DERIVED)


async def parties_of(session: AsyncSession, actor: Actor, meeting: JointMeeting) -> Parties:
    """UNIT is whoever acts for the unit on duty, also after an exchange."""
    return _parties(actor, meeting, await session.get_one(DutyTurn, (meeting.district_id, meeting.turn_id)))


def _parties(actor: Actor, meeting: JointMeeting, turn: DutyTurn) -> Parties:
    unit = {Relation.UNIT} if acts_for(actor, turn.organization_id, turn.path) else set()
    return actor.roles_at(meeting.path) | frozenset(unit)


async def present(
    session: AsyncSession, actor: Actor, sealer: Sealer, rows: Sequence[JointMeeting]
) -> list[dict[str, Any]]:
    """The fields of JointMeetingReads; names of people masked."""
    came = await attendances_of(session, [row.id for row in rows])
    everyone = [one for each in came.values() for one in each]
    names = await names_of(session, sealer, {one.person_id for one in everyone if one.person_id})
    units = await units_of(session, [one.organization_id for one in everyone])
    added, turns = await _additions(session, rows), await turns_of(session, [row.turn_id for row in rows])
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {
            "attendances": [
                {
                    "organization_id": one.organization_id,
                    "organization_name": units[one.organization_id].name,
                    "person_id": one.person_id,
                    "person_name": names[one.person_id] if one.person_id else None,
                }
                for one in came.get(row.id, [])
            ],
            "quorate": quorum(len(came.get(row.id, [])), row.members) if row.state in HELD else None,
            "additions": added.get(row.id, []),
            "actions": MEETING.offered(row.state, _parties(actor, row, turns[row.turn_id])),
        }
        for row in rows
    ]


async def _additions(session: AsyncSession, rows: Sequence[JointMeeting]) -> dict[UUID, list[MeetingAddition]]:
    sealed = [row.id for row in rows if row.state is MeetingState.SEALED]
    found: dict[UUID, list[MeetingAddition]] = {}
    these = select(MeetingAddition).where(MeetingAddition.meeting_id.in_(sealed)).order_by(MeetingAddition.id)
    for addition in await session.scalars(these):
        found.setdefault(addition.meeting_id, []).append(addition)
    return found


async def page(session: AsyncSession, actor: Actor, query: JointMeetingQuery) -> Page[JointMeeting]:
    """Meetings of the committees at the actor's places, newest first."""
    grants = access.require_anywhere(actor, "joint-meetings:list")
    rows = select(JointMeeting).where(under_path(JointMeeting, grants))
    for name in ("turn_id", "community_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(JointMeeting, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(JointMeeting.id < after)
    found = await session.scalars(rows.order_by(JointMeeting.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, meeting_id: UUID) -> JointMeeting:
    actor.checked.add("joint-meetings:read")
    found = await session.scalar(select(JointMeeting).where(JointMeeting.id == meeting_id))
    if found is None or not access.may("joint-meetings:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def turn_on_duty(session: AsyncSession, actor: Actor, turn_id: UUID, permission: str) -> DutyTurn:
    """The turn somebody convenes or lists for, locked: 403 for whoever may not, 409 once it is over."""
    access.require_anywhere(actor, "duty-turns:read")
    turn = await session.scalar(select(DutyTurn).where(DutyTurn.id == turn_id).with_for_update())
    if turn is None:
        raise NotFound("没有这个轮值")
    unit = frozenset({Relation.UNIT}) if acts_for(actor, turn.organization_id, turn.path) else frozenset()
    access.require(actor, permission, turn.path, unit)
    if turn.state not in TO_COME:
        raise Conflict("此轮值已经期满")
    return turn


async def call(session: AsyncSession, actor: Actor, form: JointMeetingCall) -> JointMeeting:
    """Call all member units, some days ahead; each unit's liaison is told."""
    turn = await turn_on_duty(session, actor, form.turn_id, "joint-meetings:call")
    if form.starts_at < now() + timedelta(days=NOTICE_DAYS):
        raise RuleBroken(f"联席会议须至少提前 {NOTICE_DAYS} 天通知", field="starts_at")
    meeting = JointMeeting(
        district_id=turn.district_id,
        id=new_id(),
        community_id=turn.community_id,
        path=turn.path,
        state=MEETING.initial,
        members=len(await members_of(session, turn.community_id)),
        decisions=[],
        **form.model_dump(),
    )
    session.add(meeting)
    data = {"starts_at": form.starts_at.isoformat()}
    publish(session, MEETING.noun, meeting, "call", actor=actor, target=meeting.state.value, data=data)
    await session.flush()
    return meeting


async def _held(
    session: AsyncSession, actor: Actor, meeting_id: UUID, action: MeetingAction
) -> tuple[JointMeeting, Parties]:
    meeting = await load(session, actor, meeting_id)
    actor.checked.add(MEETING.permission(action))
    await session.refresh(meeting, with_for_update=True)
    parties = await parties_of(session, actor, meeting)
    MEETING.decide(meeting.state, action, parties)
    return meeting, parties


async def _move(
    session: AsyncSession, meeting: JointMeeting, action: MeetingAction, parties: Parties, actor: Actor
) -> None:
    step = MEETING.decide(meeting.state, action, parties)
    source, meeting.state = meeting.state, step.target
    publish(
        session,
        MEETING.noun,
        meeting,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
    )
    await session.flush()


async def minute(session: AsyncSession, actor: Actor, meeting_id: UUID, form: JointMeetingMinute) -> JointMeeting:
    """Who came, what was said and decided. May be written anew until it is sealed."""
    meeting, parties = await _held(session, actor, meeting_id, MeetingAction.MINUTE)
    if meeting.starts_at > now():
        raise Conflict("会议尚未召开")
    members = await members_of(session, meeting.community_id)
    if any(one.organization_id not in members for one in form.decisions if one.organization_id):
        raise RuleBroken("决定事项只能由成员单位办理", field="decisions")
    day = meeting.starts_at.astimezone(CHINA).date()
    await record(session, meeting, form.attendances, await members_on(session, meeting.community_id, day))
    meeting.minutes = form.minutes
    meeting.decisions = [one.model_dump(mode="json") for one in form.decisions]
    await _move(session, meeting, MeetingAction.MINUTE, parties, actor)
    return meeting


async def seal(session: AsyncSession, actor: Actor, meeting_id: UUID) -> JointMeeting:
    """The community confirms the minutes: their digest is kept, and from now on they are only added to. Units begin
    to do what was decided.
    """
    meeting, parties = await _held(session, actor, meeting_id, MeetingAction.SEAL)
    came = (await attendances_of(session, [meeting.id])).get(meeting.id, [])
    units = sorted(str(one.organization_id) for one in came)
    whole = orjson.dumps([str(meeting.id), meeting.minutes, meeting.decisions, units])
    meeting.digest, meeting.sealed_at = hashlib.sha256(whole).hexdigest(), now()
    await _move(session, meeting, MeetingAction.SEAL, parties, actor)
    await meeting_decisions.make(session, actor, meeting)
    return meeting


async def cancel(session: AsyncSession, actor: Actor, meeting_id: UUID, form: JointMeetingCancel) -> JointMeeting:
    meeting, parties = await _held(session, actor, meeting_id, MeetingAction.CANCEL)
    meeting.cancelled_because = form.reason
    await _move(session, meeting, MeetingAction.CANCEL, parties, actor)
    return meeting


async def add(session: AsyncSession, actor: Actor, meeting_id: UUID, form: JointMeetingAdd) -> JointMeeting:
    """A late correction stands beside what was sealed, not in its place."""
    meeting = await load(session, actor, meeting_id)
    await session.refresh(meeting, with_for_update=True)
    unit = Relation.UNIT in await parties_of(session, actor, meeting)
    access.require(actor, "joint-meetings:add", meeting.path, frozenset({Relation.UNIT}) if unit else frozenset())
    if meeting.state is not MeetingState.SEALED:
        raise Conflict("纪要尚未确认，请直接修改")
    columns = {"district_id": meeting.district_id, "meeting_id": meeting.id, "added_by": actor.person_id}
    session.add(MeetingAddition(id=new_id(), words=form.words, **columns))
    publish(session, MEETING.noun, meeting, "add", actor=actor)
    await session.flush()
    return meeting
