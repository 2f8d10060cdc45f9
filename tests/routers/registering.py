"""The steps of signing in by WeChat, for tests."""

from typing import Any

import httpx

from tests.routers.conftest import Mobile

PHONE = "19900007001"
OPENID = "oTest-0123456789_abcdefghijk"


async def ticket(mobile: Mobile, openid: str = OPENID) -> str:
    """Of somebody WeChat knows and we do not."""
    answer = await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code=mobile.wechat.login(openid))
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_required"), answer.text
    assert answer.json()["expires_in"] == 600
    return str(answer.json()["ticket"])


async def register(mobile: Mobile, **changed: Any) -> httpx.Response:
    form = {
        "ticket": changed.pop("ticket", None) or await ticket(mobile, changed.pop("openid", OPENID)),
        "name": "其木格",
        "place_id": str(mobile.world.places["home1"]),
    }
    if "encrypted_phone" not in changed:
        form["phone_code"] = mobile.wechat.press_phone_button(changed.pop("phone", PHONE))
    return await mobile.post("/v1/wechat/register", **(form | changed))


async def signed_in(mobile: Mobile, openid: str = OPENID) -> httpx.Response:
    return await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code=mobile.wechat.login(openid))


async def person_of(mobile: Mobile, tokens: Any) -> Any:
    return (await mobile.me(tokens))["person"]
