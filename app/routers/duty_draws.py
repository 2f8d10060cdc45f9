"""轮值抽签：冻结名单、开签、公布；全过程公开，谁都可以复算。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import DutyDraw
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.duty_draws import (
    DutyDrawDiscard,
    DutyDrawFreeze,
    DutyDrawPage,
    DutyDrawPublish,
    DutyDrawQuery,
    DutyDrawRead,
    DutyDrawReveal,
)
from app.services import duty_draws

router = APIRouter(prefix="/duty-draws", tags=["大党委"], route_class=HouseRoute)


def shown(response: Response, actor: Actor, draw: DutyDraw) -> dict[str, Any]:
    tagged(response, draw.version, f"/v1/duty-draws/{draw.id}")
    return duty_draws.present(actor, draw)


@router.get("", response_model=DutyDrawPage, **operation("duty-draws:list", "轮值抽签列表，新的在前，作废的也在"))
async def duty_draw_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DutyDrawQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await duty_draws.page(session, actor, query)
    return Page([duty_draws.present(actor, draw) for draw in found.items], found.next_cursor)


@router.post(
    "",
    **operation("duty-draws:freeze", "冻结成员名单", keyed=True, created=DutyDrawRead, read="duty_draw_read"),
)
async def duty_draw_freeze(
    session: SessionDep, actor: ActorDep, response: Response, form: DutyDrawFreeze
) -> dict[str, Any]:
    return shown(response, actor, await duty_draws.freeze(session, actor, form))


@router.get("/{id}", response_model=DutyDrawRead, **operation("duty-draws:read", "一次抽签：名单、种子、顺序、结果"))
async def duty_draw_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, actor, await duty_draws.load(session, actor, id))


@router.post("/{id}/reveal", response_model=DutyDrawRead, **step("duty-draws:reveal", "开签"))
async def duty_draw_reveal(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: DutyDrawReveal
) -> dict[str, Any]:
    return shown(response, actor, await duty_draws.reveal(session, actor, id, form))


@router.post("/{id}/publish", response_model=DutyDrawRead, **step("duty-draws:publish", "公布轮值安排"))
async def duty_draw_publish(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: DutyDrawPublish
) -> dict[str, Any]:
    return shown(response, actor, await duty_draws.publish(session, actor, id))


@router.post("/{id}/discard", response_model=DutyDrawRead, **step("duty-draws:discard", "作废，写明理由"))
async def duty_draw_discard(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: DutyDrawDiscard
) -> dict[str, Any]:
    return shown(response, actor, await duty_draws.discard(session, actor, id, form))
