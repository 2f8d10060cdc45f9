"""联席会议：通知、记录、确认纪要、补充。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.domain.people import Actor
from app.models import JointMeeting
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import joint_meetings as forms
from app.schemas.joint_meetings import JointMeetingPage, JointMeetingQuery, JointMeetingRead
from app.services import joint_meetings

router = APIRouter(prefix="/joint-meetings", tags=["大党委"], route_class=HouseRoute)


async def shown(
    response: Response, session: SessionDep, actor: Actor, sealer: Sealer, meeting: JointMeeting
) -> dict[str, Any]:
    tagged(response, meeting.version, f"/v1/joint-meetings/{meeting.id}")
    return (await joint_meetings.present(session, actor, sealer, [meeting]))[0]


@router.get("", response_model=JointMeetingPage, **operation("joint-meetings:list", "联席会议列表，新的在前"))
async def joint_meeting_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[JointMeetingQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await joint_meetings.page(session, actor, query)
    return Page(await joint_meetings.present(session, actor, sealer, found.items), found.next_cursor)


@router.post(
    "",
    **operation(
        "joint-meetings:call", "通知召开联席会议", keyed=True, created=JointMeetingRead, read="joint_meeting_read"
    ),
)
async def joint_meeting_call(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.JointMeetingCall
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.call(session, actor, form))


@router.get("/{id}", response_model=JointMeetingRead, **operation("joint-meetings:read", "一次联席会议"))
async def joint_meeting_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.load(session, actor, id))


@router.post("/{id}/minute", response_model=JointMeetingRead, **step("joint-meetings:minute", "记录到会与纪要"))
async def joint_meeting_minute(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.JointMeetingMinute,
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.minute(session, actor, id, form))


@router.post("/{id}/seal", response_model=JointMeetingRead, **step("joint-meetings:seal", "确认纪要"))
async def joint_meeting_seal(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, _: forms.JointMeetingSeal
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.seal(session, actor, id))


@router.post("/{id}/cancel", response_model=JointMeetingRead, **step("joint-meetings:cancel", "取消会议"))
async def joint_meeting_cancel(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.JointMeetingCancel,
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.cancel(session, actor, id, form))


@router.post("/{id}/add", response_model=JointMeetingRead, **step("joint-meetings:add", "补充已确认的纪要"))
async def joint_meeting_add(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.JointMeetingAdd
) -> dict[str, Any]:
    return await shown(response, session, actor, sealer, await joint_meetings.add(session, actor, id, form))
