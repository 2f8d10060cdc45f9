"""本人的密码。"""

from typing import Any

from fastapi import APIRouter

from app.domain.access import SELF
from app.routers.deps import ActorDep, DeskDep, PolicyDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.passwords import PasswordChange, PasswordRead
from app.services import passwords

router = APIRouter(tags=["登录"], route_class=HouseRoute)


@router.post("/me/password", response_model=PasswordRead, **operation(SELF, "更换密码，其他登录随之结束"))
async def me_change_password(
    session: SessionDep, desk: DeskDep, actor: ActorDep, policy: PolicyDep, form: PasswordChange
) -> dict[str, Any]:
    return await passwords.change(session, desk, actor, policy, form)
