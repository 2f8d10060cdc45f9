"""手机验证码登录与登记。"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from app.domain.access import PUBLIC
from app.routers.deps import DeskDep, operation
from app.routers.route import HouseRoute
from app.schemas.phone_codes import PhoneCodeRegister, PhoneCodeSend, PhoneCodeSent, PhoneCodeSignIn
from app.schemas.tokens import TokenRead
from app.services import phone_codes
from app.services.code_senders import CodeSender

router = APIRouter(tags=["登录"], route_class=HouseRoute)


async def get_sender(request: Request) -> CodeSender | None:
    sender: CodeSender | None = request.app.state.code_sender
    return sender


SenderDep = Annotated[Any, Depends(get_sender)]


@router.post(
    "/phone-codes",
    response_model=PhoneCodeSent,
    status_code=202,
    **operation(PUBLIC, "发送验证码：对任何号码的答复都一样"),
)
async def phone_code_send(desk: DeskDep, sender: SenderDep, form: PhoneCodeSend) -> dict[str, Any]:
    return await phone_codes.send(desk, sender, form)


@router.post("/phone-codes/sign-in", response_model=TokenRead, **operation(PUBLIC, "凭验证码登录"))
async def phone_code_sign_in(desk: DeskDep, form: PhoneCodeSignIn) -> dict[str, Any]:
    return await phone_codes.sign_in(desk, form)


@router.post("/phone-codes/register", response_model=TokenRead, **operation(PUBLIC, "凭已验证的手机号登记为居民"))
async def phone_code_register(desk: DeskDep, form: PhoneCodeRegister) -> dict[str, Any]:
    return await phone_codes.register(desk, form)
