"""报到：被召集的部门签到、联系、到场、处置，或提出管辖争议；双方互评。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.whistle_calls import (
    WhistleCallAct,
    WhistleCallContact,
    WhistleCallDispute,
    WhistleCallOverrule,
    WhistleCallPage,
    WhistleCallQuery,
    WhistleCallRate,
    WhistleCallRateBack,
    WhistleCallRead,
    WhistleCallReport,
    WhistleCallSign,
    WhistleCallUphold,
)
from app.services import whistle_calls, whistle_calls_steps
from app.services.whistles_case import CallCase

router = APIRouter(prefix="/whistle-calls", tags=["吹哨报到"], route_class=HouseRoute)


async def shown(session: SessionDep, response: Response, case: CallCase) -> dict[str, Any]:
    tagged(response, case.call.version, f"/v1/whistle-calls/{case.call.id}")
    return await whistle_calls.present(session, case)


@router.get("", response_model=WhistleCallPage, **operation("whistle-calls:list", "报到单列表，新的在前"))
async def whistle_call_list(
    session: SessionDep, actor: ActorDep, query: Annotated[WhistleCallQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await whistle_calls.page(session, actor, query)
    return Page(await whistle_calls.shown(session, found.items), found.next_cursor)


@router.get("/{id}", response_model=WhistleCallRead, **operation("whistle-calls:read", "一张报到单"))
async def whistle_call_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls.read(session, actor, id))


@router.post("/{id}/sign", response_model=WhistleCallRead, **step("whistle-calls:sign", "签到"))
async def whistle_call_sign(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallSign
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.sign(session, actor, id, form))


@router.post("/{id}/dispute", response_model=WhistleCallRead, **step("whistle-calls:dispute", "提出管辖争议"))
async def whistle_call_dispute(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallDispute
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.dispute(session, actor, id, form))


@router.post("/{id}/uphold", response_model=WhistleCallRead, **step("whistle-calls:uphold", "裁定争议成立"))
async def whistle_call_uphold(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallUphold
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.uphold(session, actor, id, form))


@router.post("/{id}/overrule", response_model=WhistleCallRead, **step("whistle-calls:overrule", "裁定争议不成立"))
async def whistle_call_overrule(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallOverrule
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.overrule(session, actor, id, form))


@router.post("/{id}/contact", response_model=WhistleCallRead, **step("whistle-calls:contact", "联系吹哨方"))
async def whistle_call_contact(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallContact
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.contact(session, actor, id, form))


@router.post("/{id}/report", response_model=WhistleCallRead, **step("whistle-calls:report", "现场报到"))
async def whistle_call_report(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallReport
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.report(session, actor, id, form))


@router.post("/{id}/act", response_model=WhistleCallRead, **step("whistle-calls:act", "处置，报告结果"))
async def whistle_call_act(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallAct
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.act(session, actor, id, form))


@router.post("/{id}/rate", response_model=WhistleCallRead, **step("whistle-calls:rate", "评价部门"))
async def whistle_call_rate(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallRate
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.rate(session, actor, id, form))


@router.post("/{id}/rate-back", response_model=WhistleCallRead, **step("whistle-calls:rate_back", "评价吹哨"))
async def whistle_call_rate_back(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCallRateBack
) -> dict[str, Any]:
    return await shown(session, response, await whistle_calls_steps.rate_back(session, actor, id, form))
