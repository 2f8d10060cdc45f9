"""结对包联：单位包小区、党总支包楼栋、党支部包单元、党员包户。包户只给当地工作人员、结对党员与住户本人看。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.clock import today
from app.core.crypto import Sealer
from app.core.paging import Page
from app.models import Pairing
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.pairings import (
    PairingCreate,
    PairingFinish,
    PairingPage,
    PairingQuery,
    PairingRead,
    PairingReplace,
    ResponsibleQuery,
    ResponsibleRead,
)
from app.services import pairings

router = APIRouter(tags=["结对包联"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, sealer: Sealer, row: Pairing) -> dict[str, Any]:
    tagged(response, row.version, f"/v1/pairings/{row.id}")
    return (await pairings.present(session, sealer, [row]))[0]


@router.get("/pairings", response_model=PairingPage, **operation("pairings:list", "结对包联列表，新的在前"))
async def pairing_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[PairingQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await pairings.page(session, actor, query)
    return Page(await pairings.present(session, sealer, found.items), found.next_cursor)


@router.get("/pairings/{id}", response_model=PairingRead, **operation("pairings:read", "一项结对"))
async def pairing_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(response, session, sealer, await pairings.load(session, actor, id))


@router.post(
    "/pairings",
    **operation("pairings:create", "登记结对", keyed=True, created=PairingRead, read="pairing_read"),
)
async def pairing_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PairingCreate
) -> dict[str, Any]:
    return await shown(response, session, sealer, await pairings.create(session, actor, form))


@router.post("/pairings/{id}/end", response_model=PairingRead, **step("pairings:end", "结束结对"))
async def pairing_end(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PairingFinish
) -> dict[str, Any]:
    return await shown(response, session, sealer, await pairings.end(session, actor, id, form))


@router.post(
    "/pairings/{id}/replace",
    response_model=PairingRead,
    **step("pairings:replace", "更换结对方：原来的到前一日，新的当日开始；答复是新的一项"),
)
async def pairing_replace(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PairingReplace
) -> dict[str, Any]:
    return await shown(response, session, sealer, await pairings.replace(session, actor, id, form))


@router.get(
    "/places/{id}/responsible",
    response_model=ResponsibleRead,
    **operation("places:responsible", "某日谁对这个地点负责，由近及远"),
)
async def place_responsible(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[ResponsibleQuery, Query()]
) -> dict[str, Any]:
    rows = await pairings.responsible(session, actor, id, query.on)
    return {"place_id": id, "on": query.on or today(), "items": await pairings.present(session, sealer, rows)}
