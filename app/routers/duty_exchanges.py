"""轮值调换：两个单位商定，社区可在公示期内不同意。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import DutyExchange
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.duty_exchanges import (
    DutyExchangeAgree,
    DutyExchangeAsk,
    DutyExchangeDecline,
    DutyExchangeObject,
    DutyExchangePage,
    DutyExchangeQuery,
    DutyExchangeRead,
    DutyExchangeWithdraw,
)
from app.services import duty_exchanges

router = APIRouter(prefix="/duty-exchanges", tags=["大党委"], route_class=HouseRoute)


def shown(response: Response, actor: Actor, exchange: DutyExchange) -> dict[str, Any]:
    tagged(response, exchange.version, f"/v1/duty-exchanges/{exchange.id}")
    return duty_exchanges.present(actor, exchange)


@router.get("", response_model=DutyExchangePage, **operation("duty-exchanges:list", "轮值调换列表，新的在前"))
async def duty_exchange_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DutyExchangeQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await duty_exchanges.page(session, actor, query)
    return Page([duty_exchanges.present(actor, exchange) for exchange in found.items], found.next_cursor)


@router.post(
    "",
    **operation("duty-exchanges:ask", "请求调换轮值", keyed=True, created=DutyExchangeRead, read="duty_exchange_read"),
)
async def duty_exchange_ask(
    session: SessionDep, actor: ActorDep, response: Response, form: DutyExchangeAsk
) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.ask(session, actor, form))


@router.get("/{id}", response_model=DutyExchangeRead, **operation("duty-exchanges:read", "一次调换"))
async def duty_exchange_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.load(session, actor, id))


@router.post("/{id}/agree", response_model=DutyExchangeRead, **step("duty-exchanges:agree", "同意调换"))
async def duty_exchange_agree(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: DutyExchangeAgree
) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.agree(session, actor, id))


@router.post("/{id}/decline", response_model=DutyExchangeRead, **step("duty-exchanges:decline", "不同意调换"))
async def duty_exchange_decline(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: DutyExchangeDecline
) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.decline(session, actor, id))


@router.post("/{id}/withdraw", response_model=DutyExchangeRead, **step("duty-exchanges:withdraw", "撤回调换请求"))
async def duty_exchange_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: DutyExchangeWithdraw
) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.withdraw(session, actor, id))


@router.post("/{id}/object", response_model=DutyExchangeRead, **step("duty-exchanges:object", "社区不同意调换"))
async def duty_exchange_object(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: DutyExchangeObject
) -> dict[str, Any]:
    return shown(response, actor, await duty_exchanges.object_(session, actor, id, form))
