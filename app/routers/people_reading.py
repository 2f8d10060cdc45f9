"""查阅未满十四周岁者的档案须经批准。"""

from uuid import UUID

from fastapi import APIRouter, Response

from app.models import Approval
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.approvals import ApprovalRead
from app.schemas.people_reading import PersonRequestReading
from app.services import people_reading

router = APIRouter(prefix="/people", tags=["个人信息"], route_class=HouseRoute)


@router.post(
    "/{id}/request-reading",
    **operation(
        "people:request_reading",
        "申请查阅未满十四周岁者的档案",
        keyed=True,
        created=ApprovalRead,
        read="approval_read",
    ),
)
async def person_request_reading(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PersonRequestReading
) -> Approval:
    approval = await people_reading.request(session, actor, sealer, id, form)
    tagged(response, approval.version, f"/v1/approvals/{approval.id}")
    return approval
