"""工单：一个动作一个地址。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.routers.deps import (
    ActorDep,
    DatabaseDep,
    HotKeyDep,
    SealerDep,
    SessionDep,
    get_actor,
    get_database,
    operation,
    plain_query,
    plain_step,
    step,
    tagged,
)
from app.routers.route import HouseRoute, as_response, client_address, policy_of, short_way
from app.schemas import orders as forms
from app.schemas.objections import ObjectionList
from app.schemas.orders import OrderBesideRead, OrderPage, OrderQuery, OrderRead, OrderTermsRead, RankingRead
from app.services import (
    orders,
    orders_accept,
    orders_answers,
    orders_beside,
    orders_dispatch,
    orders_insurance,
    orders_objections,
    orders_pause,
    orders_rank,
    orders_read,
    orders_work,
)
from app.services.idempotency import Answer, Key
from app.services.orders_case import OrderCase

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


def shown(response: Response, case: OrderCase) -> dict[str, Any]:
    """An order as it is after a verb, with its version."""
    tagged(response, case.order.version)
    return orders_read.present_case(case)


async def _take(request: Request, order_id: UUID, key: Key) -> Response:
    database, identity = get_database(request), request.state.identity
    policy, address = policy_of(request), client_address(request)
    answer, request.state.actor = await orders_accept.take(database, identity, policy, order_id, key, address)
    request.state.noted = True
    return as_response(answer)


async def _accept(request: Request, order_id: UUID, key: Key) -> Response:
    database, identity = get_database(request), request.state.identity
    policy, address = policy_of(request), client_address(request)
    answer, request.state.actor = await orders_accept.accept(database, identity, policy, order_id, key, address)
    request.state.noted = True
    return as_response(answer)


async def _plain_take(request: Request) -> Response | None:
    asked = await plain_step(request)
    return await _take(request, *asked) if asked else None


async def _plain_accept(request: Request) -> Response | None:
    asked = await plain_step(request)
    return await _accept(request, *asked) if asked else None


async def _plain_list(request: Request) -> Response | None:
    query = plain_query(request, OrderQuery)
    return await order_list(get_database(request), await get_actor(request), query) if query else None


@router.post(
    "/{id}/take",
    response_model=OrderRead,
    **operation("orders:take", "抢单：先到先得", hot=True),
)
@short_way(_plain_take)
async def order_take(id: UUID, request: Request, key: HotKeyDep, _: forms.OrderTake) -> Response:
    return await _take(request, id, key)


@router.post(
    "/{id}/accept",
    response_model=OrderRead,
    **operation("orders:accept", "接单：答应邀请", hot=True),
)
@short_way(_plain_accept)
async def order_accept(id: UUID, request: Request, key: HotKeyDep, _: forms.OrderAccept) -> Response:
    return await _accept(request, id, key)


@router.get("", response_model=OrderPage, **operation("orders:list", "工单列表，新的在前"))
@short_way(_plain_list)
async def order_list(database: DatabaseDep, actor: ActorDep, query: Annotated[OrderQuery, Query()]) -> Response:
    return as_response(Answer(200, {}, await orders_read.page(database, actor, query)))


@router.get("/{id}", response_model=OrderRead, **operation("orders:read", "一个工单"))
async def order_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    order = await orders_read.read(session, actor, id)
    tagged(response, order["version"])
    return order


@router.get("/{id}/terms", response_model=OrderTermsRead, **operation("orders:read", "工单的办理条件与所附材料"))
async def order_terms(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await orders_read.terms(session, actor, id)


@router.get("/{id}/beside", response_model=OrderBesideRead, **operation("orders:read", "工单旁的各类事项各有多少"))
async def order_beside(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await orders_beside.read(session, actor, id)


@router.get(
    "/{id}/objections", response_model=ObjectionList, **operation("orders:objections", "单位对此工单的异议与裁决")
)
async def order_objections(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await orders_objections.listed(session, actor, id)


@router.get("/{id}/candidates", response_model=RankingRead, **operation("orders:rank", "接下来会邀请谁，为什么"))
async def order_rank(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await orders_rank.ranked(session, actor, id, sealer)


@router.post(
    "",
    **operation("orders:open", "为已入库的需求再开一个工单", keyed=True, created=OrderRead, read="order_read"),
)
async def order_open(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderCreate
) -> dict[str, Any]:
    case = await orders.open_order(session, actor, form)
    tagged(response, case.order.version, f"/v1/orders/{case.order.id}")
    return orders_read.present_case(case)


@router.post("/{id}/publish", response_model=OrderRead, **step("orders:publish", "发布抢单"))
async def order_publish(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderPublish
) -> dict[str, Any]:
    return shown(response, await orders_dispatch.publish(session, actor, id, form))


@router.post("/{id}/insure", response_model=OrderRead, **step("orders:insure", "登记志愿者的人身意外险"))
async def order_insure(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderInsure
) -> dict[str, Any]:
    return shown(response, await orders_insurance.insure(session, actor, id, form))


@router.post("/{id}/offer", response_model=OrderRead, **step("orders:offer", "派单：邀请最合适的人，或指名邀请"))
async def order_offer(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderOffer
) -> dict[str, Any]:
    return shown(response, await orders_dispatch.offer(session, actor, id, form))


@router.post("/{id}/assign", response_model=OrderRead, **step("orders:assign", "指派单位或职能部门"))
async def order_assign(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderAssign
) -> dict[str, Any]:
    return shown(response, await orders_dispatch.assign(session, actor, id, form))


@router.post("/{id}/decline", response_model=OrderRead, **step("orders:decline", "婉拒邀请"))
async def order_decline(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderDecline
) -> dict[str, Any]:
    return shown(response, await orders_answers.decline(session, actor, id, form))


@router.post("/{id}/object", response_model=OrderRead, **step("orders:object", "单位提出异议"))
async def order_object(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderObject
) -> dict[str, Any]:
    return shown(response, await orders_objections.object_to(session, actor, id, form))


@router.post("/{id}/uphold", response_model=OrderRead, **step("orders:uphold", "异议成立"))
async def order_uphold(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderUphold
) -> dict[str, Any]:
    return shown(response, await orders_objections.uphold(session, actor, id, form))


@router.post("/{id}/overrule", response_model=OrderRead, **step("orders:overrule", "异议不成立"))
async def order_overrule(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderOverrule
) -> dict[str, Any]:
    return shown(response, await orders_objections.overrule(session, actor, id, form))


@router.post("/{id}/transfer", response_model=OrderRead, **step("orders:transfer", "转交他人"))
async def order_transfer(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderTransfer
) -> dict[str, Any]:
    return shown(response, await orders_work.transfer(session, actor, id, form))


@router.post("/{id}/start", response_model=OrderRead, **step("orders:start", "开始服务（签到）"))
async def order_start(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderStart
) -> dict[str, Any]:
    return shown(response, await orders_work.start(session, actor, id, form))


@router.post("/{id}/suspend", response_model=OrderRead, **step("orders:suspend", "申请挂起"))
async def order_suspend(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderSuspend
) -> dict[str, Any]:
    return shown(response, await orders_pause.suspend(session, actor, id, form))


@router.post("/{id}/resume", response_model=OrderRead, **step("orders:resume", "恢复办理"))
async def order_resume(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderResume
) -> dict[str, Any]:
    return shown(response, await orders_pause.resume(session, actor, id, form))


@router.post("/{id}/report", response_model=OrderRead, **step("orders:report", "报告完成"))
async def order_report(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderReport
) -> dict[str, Any]:
    return shown(response, await orders_work.report(session, actor, id, form))


@router.post("/{id}/confirm", response_model=OrderRead, **step("orders:confirm", "评单"))
async def order_confirm(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderConfirm
) -> dict[str, Any]:
    return shown(response, await orders_work.confirm(session, actor, id, form))


@router.post("/{id}/rework", response_model=OrderRead, **step("orders:rework", "要求返工"))
async def order_rework(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderRework
) -> dict[str, Any]:
    return shown(response, await orders_work.rework(session, actor, id, form))


@router.post("/{id}/explain", response_model=OrderRead, **step("orders:explain", "解释办结"))
async def order_explain(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderExplain
) -> dict[str, Any]:
    return shown(response, await orders_work.explain(session, actor, id, form))


@router.post("/{id}/plan", response_model=OrderRead, **step("orders:plan", "申请挂账"))
async def order_plan(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderPlan
) -> dict[str, Any]:
    return shown(response, await orders_pause.plan(session, actor, id, form))


@router.post("/{id}/due", response_model=OrderRead, **step("orders:due", "到期销账"))
async def order_due(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderDue
) -> dict[str, Any]:
    return shown(response, await orders_pause.due(session, actor, id, form))


@router.post("/{id}/terminate", response_model=OrderRead, **step("orders:terminate", "申请终止"))
async def order_terminate(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderTerminate
) -> dict[str, Any]:
    return shown(response, await orders_pause.terminate(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=OrderRead, **step("orders:withdraw", "撤回"))
async def order_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderWithdraw
) -> dict[str, Any]:
    return shown(response, await orders_work.withdraw(session, actor, id, form))


@router.post("/{id}/reopen", response_model=OrderRead, **step("orders:reopen", "重新办理"))
async def order_reopen(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.OrderReopen
) -> dict[str, Any]:
    return shown(response, await orders_work.reopen(session, actor, id, form))
