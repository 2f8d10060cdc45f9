"""户：谁住在哪一户，与户主是什么关系。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.models import HouseholdMember
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import household_members as forms
from app.schemas.household_members import HouseholdMemberPage, HouseholdMemberQuery, HouseholdMemberRead
from app.services import household_members

router = APIRouter(prefix="/household-members", tags=["户"], route_class=HouseRoute)


async def shown(session: SessionDep, sealer: Sealer, response: Response, row: HouseholdMember) -> dict[str, Any]:
    tagged(response, row.version)
    return (await household_members.present(session, sealer, [row]))[0]


@router.get("", response_model=HouseholdMemberPage, **operation("household-members:list", "各户成员，新的在前"))
async def household_member_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[HouseholdMemberQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await household_members.page(session, actor, query)
    return Page(await household_members.present(session, sealer, found.items), found.next_cursor)


@router.get("/{id}", response_model=HouseholdMemberRead, **operation("household-members:read", "一位户成员"))
async def household_member_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, sealer, response, await household_members.read(session, actor, id))


@router.post(
    "",
    **operation(
        "household-members:create",
        "登记户成员",
        keyed=True,
        created=HouseholdMemberRead,
        read="household_member_read",
    ),
)
async def household_member_create(
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.HouseholdMemberCreate,
) -> dict[str, Any]:
    row = await household_members.create(session, actor, form)
    response.headers["Location"] = f"/v1/household-members/{row.id}"
    return await shown(session, sealer, response, row)


@router.patch("/{id}", response_model=HouseholdMemberRead, **operation("household-members:update", "更正"))
async def household_member_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: forms.HouseholdMemberUpdate,
) -> dict[str, Any]:
    return await shown(session, sealer, response, await household_members.update(session, actor, id, version, form))


@router.post("/{id}/end", response_model=HouseholdMemberRead, **step("household-members:end", "离开该户"))
async def household_member_end(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.HouseholdMemberEnd,
) -> dict[str, Any]:
    return await shown(session, sealer, response, await household_members.end(session, actor, id, form))
