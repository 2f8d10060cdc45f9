"""需求：点单、受理与之后的每一步。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import needs as forms
from app.schemas.categories import DutyOverride
from app.schemas.needs import NeedPage, NeedQuery, NeedRead
from app.services import needs, needs_plan, needs_recategorise, needs_triage
from app.services.needs_case import NeedCase

router = APIRouter(prefix="/needs", tags=["需求"], route_class=HouseRoute)


async def shown(session: SessionDep, sealer: Sealer, response: Response, case: NeedCase) -> dict[str, Any]:
    """A need as it is after a verb, with its version."""
    tagged(response, case.need.version)
    return (await needs.present(session, sealer, [case]))[0]


@router.post("", **operation("needs:submit", "点单", keyed=True, created=NeedRead, read="need_read"))
async def need_submit(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedSubmit
) -> dict[str, Any]:
    case = await needs.submit(session, actor, sealer, form)
    response.headers["Location"] = f"/v1/needs/{case.need.id}"
    return await shown(session, sealer, response, case)


@router.get("", response_model=NeedPage, **operation("needs:list", "需求列表，新的在前"))
async def need_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[NeedQuery, Query()]
) -> Page[dict[str, Any]]:
    cases = await needs.page(session, actor, query)
    return Page(await needs.present(session, sealer, list(cases.items)), cases.next_cursor)


@router.get("/{id}", response_model=NeedRead, **operation("needs:read", "一件需求"))
async def need_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.read(session, actor, id))


@router.patch("/{id}", response_model=NeedRead, **operation("needs:update", "受理前修改"))
async def need_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: forms.NeedUpdate,
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.update(session, actor, id, version, form))


@router.post("/{id}/ask", response_model=NeedRead, **step("needs:ask", "要求点单人补充"))
async def need_ask(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedAsk
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.ask(session, actor, id, form))


@router.post("/{id}/answer", response_model=NeedRead, **step("needs:answer", "补充说明"))
async def need_answer(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedAnswer
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.answer(session, actor, id, form))


@router.post("/{id}/accept", response_model=NeedRead, **step("needs:accept", "受理入库，并开出首个工单"))
async def need_accept(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedAccept
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.accept(session, actor, id, form))


@router.post(
    "/{id}/override-duty",
    response_model=NeedRead,
    **step("needs:override_duty", "同意部门职责事项由社区办理，具名并写明理由"),
)
async def need_override_duty(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: DutyOverride
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.override_duty(session, actor, id, form))


@router.post("/{id}/refuse", response_model=NeedRead, **step("needs:refuse", "不予受理"))
async def need_refuse(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedRefuse
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.refuse(session, actor, id, form))


@router.post("/{id}/appeal", response_model=NeedRead, **step("needs:appeal", "申诉"))
async def need_appeal(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedAppeal
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.appeal(session, actor, id, form))


@router.post("/{id}/recategorise", response_model=NeedRead, **step("needs:recategorise", "变更类别"))
async def need_recategorise(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedRecategorise
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_recategorise.recategorise(session, actor, id, form))


@router.post("/{id}/redirect", response_model=NeedRead, **step("needs:redirect", "转介法定渠道"))
async def need_redirect(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedRedirect
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.redirect(session, actor, id, form))


@router.post("/{id}/merge", response_model=NeedRead, **step("needs:merge", "并单"))
async def need_merge(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedMerge
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.merge(session, actor, id, form))


@router.post("/{id}/unmerge", response_model=NeedRead, **step("needs:unmerge", "撤销并单"))
async def need_unmerge(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedUnmerge
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.unmerge(session, actor, id, form))


@router.post("/{id}/confirm", response_model=NeedRead, **step("needs:confirm", "确认办结"))
async def need_confirm(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedConfirm
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.confirm(session, actor, id, form))


@router.post("/{id}/explain", response_model=NeedRead, **step("needs:explain", "解释办结"))
async def need_explain(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedExplain
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_triage.explain(session, actor, id, form))


@router.post("/{id}/plan", response_model=NeedRead, **step("needs:plan", "申请挂账"))
async def need_plan(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedPlan
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_plan.plan(session, actor, id, form))


@router.post("/{id}/due", response_model=NeedRead, **step("needs:due", "到期销账"))
async def need_due(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedDue
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs_plan.due(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=NeedRead, **step("needs:withdraw", "撤回"))
async def need_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedWithdraw
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.withdraw(session, actor, id, form))


@router.post("/{id}/reopen", response_model=NeedRead, **step("needs:reopen", "重新办理"))
async def need_reopen(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.NeedReopen
) -> dict[str, Any]:
    return await shown(session, sealer, response, await needs.reopen(session, actor, id, form))
