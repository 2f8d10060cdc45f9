"""认领清单：列入需求、确认认领、撤下。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import ClaimItem
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.claim_items import (
    ClaimItemConfirm,
    ClaimItemCreate,
    ClaimItemDrop,
    ClaimItemPage,
    ClaimItemQuery,
    ClaimItemRead,
)
from app.services import claim_items

router = APIRouter(prefix="/claim-items", tags=["大党委"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, actor: Actor, item: ClaimItem) -> dict[str, Any]:
    tagged(response, item.version, f"/v1/claim-items/{item.id}")
    return (await claim_items.present(session, actor, [item]))[0]


@router.get("", response_model=ClaimItemPage, **operation("claim-items:list", "认领清单，新的在前"))
async def claim_item_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ClaimItemQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await claim_items.page(session, actor, query)
    return Page(await claim_items.present(session, actor, found.items), found.next_cursor)


@router.post(
    "", **operation("claim-items:create", "列入认领清单", keyed=True, created=ClaimItemRead, read="claim_item_read")
)
async def claim_item_create(
    session: SessionDep, actor: ActorDep, response: Response, form: ClaimItemCreate
) -> dict[str, Any]:
    return await shown(response, session, actor, await claim_items.create(session, actor, form))


@router.get("/{id}", response_model=ClaimItemRead, **operation("claim-items:read", "一个认领事项"))
async def claim_item_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(response, session, actor, await claim_items.load(session, actor, id))


@router.post("/{id}/confirm", response_model=ClaimItemRead, **step("claim-items:confirm", "确认认领并指派工单"))
async def claim_item_confirm(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: ClaimItemConfirm
) -> dict[str, Any]:
    return await shown(response, session, actor, await claim_items.confirm(session, actor, id))


@router.post("/{id}/drop", response_model=ClaimItemRead, **step("claim-items:drop", "撤下事项"))
async def claim_item_drop(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: ClaimItemDrop
) -> dict[str, Any]:
    return await shown(response, session, actor, await claim_items.drop(session, actor, id))
