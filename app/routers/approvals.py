"""批准：挂起、挂账、终止须由另一人批准。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Approval
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.approvals import ApprovalDeny, ApprovalGrant, ApprovalPage, ApprovalQuery, ApprovalRead
from app.services import approvals, approvals_decide

router = APIRouter(prefix="/approvals", tags=["批准"], route_class=HouseRoute)


@router.get("", response_model=ApprovalPage, **operation("approvals:list", "申请列表，新的在前"))
async def approval_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ApprovalQuery, Query()]
) -> Page[Approval]:
    return await approvals.page(session, actor, query)


@router.get("/{id}", response_model=ApprovalRead, **operation("approvals:read", "一件申请"))
async def approval_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> Approval:
    approval = await approvals.load(session, actor, id)
    tagged(response, approval.version)
    return approval


@router.post("/{id}/grant", response_model=ApprovalRead, **step("approvals:grant", "批准"))
async def approval_grant(id: UUID, session: SessionDep, actor: ActorDep, form: ApprovalGrant) -> Approval:
    return await approvals_decide.grant(session, actor, id, form)


@router.post("/{id}/deny", response_model=ApprovalRead, **step("approvals:deny", "不批准"))
async def approval_deny(id: UUID, session: SessionDep, actor: ActorDep, form: ApprovalDeny) -> Approval:
    return await approvals_decide.deny(session, actor, id, form)
