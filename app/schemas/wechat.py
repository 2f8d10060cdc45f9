"""Signing in by WeChat, registering, and the check of a callback address."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core.types import Form, Line
from app.schemas.phone_codes import DistrictId, Ticket

WechatCode = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[0-9A-Za-z_\-]+$")]
Base64 = r"^[0-9A-Za-z+/]+={0,2}$"


class WechatSignIn(Form):
    """凭 wx.login 的 code 登录。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"district_id": 150103, "code": "0c1vJWFa1xIQNG0wv9Ha1B2C3D4vJWFk"}]}
    )

    district_id: DistrictId
    code: Annotated[WechatCode, Field(description="wx.login 得到的 code，只能用一次，五分钟内有效")]


class EncryptedPhone(Form):
    """旧版小程序由 getPhoneNumber 得到的加密数据。"""

    encrypted_data: Annotated[str, Field(min_length=1, max_length=4_096, pattern=Base64)]
    iv: Annotated[str, Field(min_length=24, max_length=24, pattern=Base64)]


class RawProfile(Form):
    """wx.getUserInfo 的 rawData 及其签名；只取其中的语言。"""

    raw_data: Annotated[str, Field(min_length=2, max_length=4_096)]
    signature: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]


class WechatRegister(Form):
    """手机号须由微信证实：phone_code 与 encrypted_phone 二者取一。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ticket": "150103.AZLzoHwecACAAAAAAAAAAQ",
                    "phone_code": "e31968a7f94cc5ee25fafc2aef2773f0",
                    "name": "其木格",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                }
            ]
        }
    )

    ticket: Ticket
    phone_code: Annotated[
        WechatCode | None, Field(description="getPhoneNumber 得到的 code，只能用一次，五分钟内有效")
    ] = None
    encrypted_phone: EncryptedPhone | None = None
    profile: RawProfile | None = None
    name: Line
    place_id: Annotated[UUID, Field(description="居住地点，须在某个社区之内")]
    notice_id: Annotated[UUID | None, Field(description="已阅读并同意的服务用途告知书；初次登记时记为本人同意")] = None

    @model_validator(mode="after")
    def _one_proof(self) -> "WechatRegister":
        if (self.phone_code is None) == (self.encrypted_phone is None):
            raise ValueError("phone_code 与 encrypted_phone 须二者取一")
        return self


class WechatCallbackQuery(BaseModel):
    """明文模式用 signature；加密模式用 msg_signature，echostr 为密文。"""

    timestamp: Annotated[str, Field(pattern="^[0-9]{1,20}$")]
    nonce: Annotated[str, Field(pattern="^[!-~]{1,128}$")]
    echostr: Annotated[str, Field(pattern="^[!-~]{1,1024}$")]
    signature: Annotated[str | None, Field(pattern="^[0-9a-f]{40}$")] = None
    msg_signature: Annotated[str | None, Field(pattern="^[0-9a-f]{40}$")] = None
