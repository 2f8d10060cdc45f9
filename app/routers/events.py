"""变更流与通知。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.models import Notice
from app.routers.deps import ActorDep, SessionDep, operation, step
from app.routers.route import HouseRoute
from app.schemas.events import EventPage, EventQuery, NoticeMark, NoticePage, NoticeQuery, NoticeRead
from app.services import events

router = APIRouter(tags=["事件"], route_class=HouseRoute)


@router.get("/events", response_model=EventPage, **operation("events:list", "变更流：按发生次序，可一直轮询"))
async def event_list(
    session: SessionDep, actor: ActorDep, query: Annotated[EventQuery, Query()]
) -> Page[dict[str, Any]]:
    return await events.page(session, actor, query)


@router.get("/notices", response_model=NoticePage, **operation("notices:list", "我的通知，新的在前"))
async def notice_list(session: SessionDep, actor: ActorDep, query: Annotated[NoticeQuery, Query()]) -> Page[Notice]:
    return await events.notices(session, actor, query)


@router.post("/notices/{id}/mark", response_model=NoticeRead, **step("notices:mark", "标为已读"))
async def notice_mark(id: UUID, session: SessionDep, actor: ActorDep, _: NoticeMark) -> Notice:
    return await events.mark_read(session, actor, id)
