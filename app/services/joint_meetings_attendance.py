"""Which units came to a joint meeting, and in whose person."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken
from app.core.ids import new_id
from app.models import JointMeeting, MeetingAttendance, Person
from app.schemas.joint_meetings import AttendanceForm


async def attendances_of(session: AsyncSession, meetings: Sequence[UUID]) -> dict[UUID, list[MeetingAttendance]]:
    rows = select(MeetingAttendance).where(MeetingAttendance.meeting_id.in_(meetings)).order_by(MeetingAttendance.id)
    found: dict[UUID, list[MeetingAttendance]] = {}
    for row in await session.scalars(rows):
        found.setdefault(row.meeting_id, []).append(row)
    return found


async def record(
    session: AsyncSession, meeting: JointMeeting, came: Sequence[AttendanceForm], members: set[UUID]
) -> None:
    """Write who came in place of what was written before. 422 for who is no member, twice there, or of another unit."""
    units = [one.organization_id for one in came]
    if len(set(units)) != len(units):
        raise RuleBroken("到会单位有重复", field="attendances")
    if set(units) - members:
        raise RuleBroken("到会的须是成员单位", field="attendances")
    people = {one.person_id: one.organization_id for one in came if one.person_id is not None}
    rows = await session.execute(select(Person.id, Person.organization_id).where(Person.id.in_(people)))
    if {row.id: row.organization_id for row in rows} != people:
        raise RuleBroken("到会的人须是该单位的人", field="attendances")
    await session.execute(delete(MeetingAttendance).where(MeetingAttendance.meeting_id == meeting.id))
    columns = {"district_id": meeting.district_id, "meeting_id": meeting.id}
    session.add_all([MeetingAttendance(id=new_id(), **columns, **one.model_dump()) for one in came])
    await session.flush()
