"""报名：报名、候补、请人代替、签到签退、评价。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.domain.people import Actor
from app.models import SignUp
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import sign_ups as forms
from app.schemas.sign_ups import SignUpPage, SignUpRead
from app.services import sign_ups, sign_ups_check, sign_ups_steps, sign_ups_substitutes

router = APIRouter(prefix="/sign-ups", tags=["活动报名"], route_class=HouseRoute)


async def shown(
    session: SessionDep, actor: Actor, sealer: Sealer, response: Response, row: SignUp, location: str | None = None
) -> dict[str, Any]:
    tagged(response, row.version, location)
    return (await sign_ups.present(session, sealer, actor, [row]))[0]


@router.get("", response_model=SignUpPage, **operation("sign-ups:list", "报名列表，新的在前；组织者的签到名册"))
async def sign_up_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[forms.SignUpQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await sign_ups.page(session, actor, query)
    return Page(await sign_ups.present(session, sealer, actor, found.items), found.next_cursor)


@router.post("", **operation("sign-ups:create", "报名", keyed=True, created=SignUpRead, read="sign_up_read"))
async def sign_up_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpCreate
) -> dict[str, Any]:
    row = await sign_ups.create(session, actor, sealer, form)
    return await shown(session, actor, sealer, response, row, f"/v1/sign-ups/{row.id}")


@router.get("/{id}", response_model=SignUpRead, **operation("sign-ups:read", "一条报名"))
async def sign_up_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups.read(session, actor, id))


@router.post("/{id}/accept", response_model=SignUpRead, **step("sign-ups:accept", "同意代替一次"))
async def sign_up_accept(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpAccept
) -> dict[str, Any]:
    return await shown(
        session, actor, sealer, response, await sign_ups_substitutes.accept(session, actor, sealer, id, form)
    )


@router.post("/{id}/decline", response_model=SignUpRead, **step("sign-ups:decline", "婉拒代替"))
async def sign_up_decline(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpDecline
) -> dict[str, Any]:
    return await shown(
        session, actor, sealer, response, await sign_ups_substitutes.decline(session, actor, sealer, id, form)
    )


@router.post("/{id}/promote", response_model=SignUpRead, **step("sign-ups:promote", "现场递补"))
async def sign_up_promote(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpPromote
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups_steps.promote(session, actor, id, form))


@router.post("/{id}/check-in", response_model=SignUpRead, **step("sign-ups:check_in", "签到"))
async def sign_up_check_in(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpCheckIn
) -> dict[str, Any]:
    return await shown(
        session, actor, sealer, response, await sign_ups_check.check_in(session, actor, sealer, id, form)
    )


@router.post("/{id}/check-out", response_model=SignUpRead, **step("sign-ups:check_out", "签退，记录志愿者的时长"))
async def sign_up_check_out(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpCheckOut
) -> dict[str, Any]:
    return await shown(
        session, actor, sealer, response, await sign_ups_check.check_out(session, actor, sealer, id, form)
    )


@router.post("/{id}/cancel", response_model=SignUpRead, **step("sign-ups:cancel", "取消报名"))
async def sign_up_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpCancel
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups_steps.cancel(session, actor, id, form))


@router.post("/{id}/hand-over", response_model=SignUpRead, **step("sign-ups:hand_over", "请人代替一次"))
async def sign_up_hand_over(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpHandOver
) -> dict[str, Any]:
    return await shown(
        session, actor, sealer, response, await sign_ups_substitutes.hand_over(session, actor, sealer, id, form)
    )


@router.post("/{id}/miss", response_model=SignUpRead, **step("sign-ups:miss", "登记未到场"))
async def sign_up_miss(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpMiss
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups_steps.miss(session, actor, id, form))


@router.post("/{id}/excuse", response_model=SignUpRead, **step("sign-ups:excuse", "认可理由"))
async def sign_up_excuse(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpExcuse
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups_steps.excuse(session, actor, id, form))


@router.post("/{id}/rate", response_model=SignUpRead, **step("sign-ups:rate", "评价"))
async def sign_up_rate(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.SignUpRate
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await sign_ups_steps.rate(session, actor, id, form))
