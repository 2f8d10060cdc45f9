"""督办：上级对未办结工单的督办，写明事由与期限；须由承办方或派单方答复，由督办人解除。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import Supervision
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.supervisions import (
    SupervisionAnswer,
    SupervisionLift,
    SupervisionPage,
    SupervisionQuery,
    SupervisionRead,
    SupervisionReturn,
    SupervisionSet,
)
from app.services import supervisions

router = APIRouter(prefix="/supervisions", tags=["工单"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, actor: Actor, row: Supervision) -> dict[str, Any]:
    tagged(response, row.version, f"/v1/supervisions/{row.id}")
    (found,) = await supervisions.present(session, actor, [row])
    return found


@router.get("", response_model=SupervisionPage, **operation("supervisions:list", "督办列表，新的在前"))
async def supervision_list(
    session: SessionDep, actor: ActorDep, query: Annotated[SupervisionQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await supervisions.page(session, actor, query)
    return Page(await supervisions.present(session, actor, found.items), found.next_cursor)


@router.post(
    "",
    **operation("supervisions:set", "督办一个工单", keyed=True, created=SupervisionRead, read="supervision_read"),
)
async def supervision_set(
    session: SessionDep, actor: ActorDep, response: Response, form: SupervisionSet
) -> dict[str, Any]:
    return await shown(response, session, actor, await supervisions.set_(session, actor, form))


@router.get("/{id}", response_model=SupervisionRead, **operation("supervisions:read", "一次督办"))
async def supervision_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(response, session, actor, await supervisions.load(session, actor, id))


@router.post("/{id}/answer", response_model=SupervisionRead, **step("supervisions:answer", "答复督办"))
async def supervision_answer(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: SupervisionAnswer
) -> dict[str, Any]:
    return await shown(response, session, actor, await supervisions.answer(session, actor, id, form))


@router.post("/{id}/return", response_model=SupervisionRead, **step("supervisions:return", "退回再办，另给期限"))
async def supervision_return(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: SupervisionReturn
) -> dict[str, Any]:
    return await shown(response, session, actor, await supervisions.return_(session, actor, id, form))


@router.post("/{id}/lift", response_model=SupervisionRead, **step("supervisions:lift", "解除督办"))
async def supervision_lift(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: SupervisionLift
) -> dict[str, Any]:
    return await shown(response, session, actor, await supervisions.lift(session, actor, id, form))
