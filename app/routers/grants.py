"""授权：角色 × 地点 × 时间，以及由谁授予。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Grant
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.grants import GrantCreate, GrantPage, GrantQuery, GrantRead, GrantRevoke
from app.services import grants

router = APIRouter(prefix="/grants", tags=["授权"], route_class=HouseRoute)


async def shown(session: SessionDep, sealer: SealerDep, response: Response, grant: Grant) -> dict[str, Any]:
    """A grant as it is after a verb, with its version."""
    tagged(response, grant.version)
    return (await grants.present(session, sealer, [grant]))[0]


@router.get("", response_model=GrantPage, **operation("grants:list", "授权列表，新的在前"))
async def grant_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[GrantQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await grants.page(session, actor, query)
    return Page(await grants.present(session, sealer, found.items), found.next_cursor)


@router.get("/{id}", response_model=GrantRead, **operation("grants:read", "一项授权"))
async def grant_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, sealer, response, await grants.load(session, actor, id))


@router.post("", **operation("grants:create", "授予角色", keyed=True, created=GrantRead, read="grant_read"))
async def grant_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: GrantCreate
) -> dict[str, Any]:
    grant = await grants.create(session, actor, form)
    response.headers["Location"] = f"/v1/grants/{grant.id}"
    return await shown(session, sealer, response, grant)


@router.post("/{id}/revoke", response_model=GrantRead, **step("grants:revoke", "收回角色，或放下自己的角色"))
async def grant_revoke(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: GrantRevoke
) -> dict[str, Any]:
    return await shown(session, sealer, response, await grants.revoke(session, actor, sealer, id, form))
