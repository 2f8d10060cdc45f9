"""大党委成员单位：加入、联络员、退出。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.models import CommitteeMember
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.committee_members import (
    CommitteeMemberCreate,
    CommitteeMemberLeave,
    CommitteeMemberPage,
    CommitteeMemberQuery,
    CommitteeMemberRead,
    CommitteeMemberUpdate,
)
from app.services import committee_members

router = APIRouter(prefix="/committee-members", tags=["大党委"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, sealer: Sealer, member: CommitteeMember) -> dict[str, Any]:
    tagged(response, member.version, f"/v1/committee-members/{member.id}")
    return (await committee_members.present(session, sealer, [member]))[0]


@router.get("", response_model=CommitteeMemberPage, **operation("committee-members:list", "大党委成员单位列表"))
async def committee_member_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[CommitteeMemberQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await committee_members.page(session, actor, query)
    return Page(await committee_members.present(session, sealer, found.items), found.next_cursor)


@router.post(
    "",
    **operation(
        "committee-members:create",
        "单位加入大党委",
        keyed=True,
        created=CommitteeMemberRead,
        read="committee_member_read",
    ),
)
async def committee_member_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: CommitteeMemberCreate
) -> dict[str, Any]:
    return await shown(response, session, sealer, await committee_members.create(session, actor, form))


@router.get("/{id}", response_model=CommitteeMemberRead, **operation("committee-members:read", "一个成员单位"))
async def committee_member_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    member = await committee_members.load(session, actor, id, "committee-members:read")
    return await shown(response, session, sealer, member)


@router.patch("/{id}", response_model=CommitteeMemberRead, **operation("committee-members:update", "更换联络员"))
async def committee_member_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: CommitteeMemberUpdate,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await committee_members.update(session, actor, id, version, form))


@router.post(
    "/{id}/leave",
    response_model=CommitteeMemberRead,
    **operation("committee-members:leave", "单位退出大党委；未完成的轮值由递补单位接替"),
)
async def committee_member_leave(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: CommitteeMemberLeave
) -> dict[str, Any]:
    return await shown(response, session, sealer, await committee_members.leave(session, actor, id, form))
