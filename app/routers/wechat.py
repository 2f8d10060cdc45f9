"""小程序登录与登记；微信消息推送地址的校验。"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse

from app.core.wechat import WechatClient
from app.domain.access import PUBLIC
from app.routers.deps import DeskDep, operation
from app.routers.route import HouseRoute
from app.schemas.tokens import TokenRead
from app.schemas.wechat import WechatCallbackQuery, WechatRegister, WechatSignIn
from app.services import wechat

router = APIRouter(tags=["登录"], route_class=HouseRoute)


async def get_wechat(request: Request) -> WechatClient | None:
    client: WechatClient | None = request.app.state.wechat
    return client


WechatDep = Annotated[Any, Depends(get_wechat)]


@router.post("/wechat/sign-in", response_model=TokenRead, **operation(PUBLIC, "微信小程序登录"))
async def wechat_sign_in(desk: DeskDep, client: WechatDep, form: WechatSignIn) -> dict[str, Any]:
    return await wechat.sign_in(desk, client, form)


@router.post("/wechat/register", response_model=TokenRead, **operation(PUBLIC, "微信用户登记为居民，或绑定已有档案"))
async def wechat_register(desk: DeskDep, client: WechatDep, form: WechatRegister) -> dict[str, Any]:
    return await wechat.register(desk, client, form)


@router.get(
    "/wechat/callback",
    response_class=PlainTextResponse,
    **operation(PUBLIC, "微信校验消息推送地址：签名正确则原样答复"),
)
async def wechat_callback(request: Request, query: Annotated[WechatCallbackQuery, Query()]) -> PlainTextResponse:
    answer = wechat.callback(request.app.state.settings, query)
    return PlainTextResponse(answer, headers={"x-content-type-options": "nosniff"})
