"""One-time codes sent to a phone, and registering with one."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, Line, Read
from app.schemas.people import Phone

DistrictId = Annotated[int, Field(ge=100_000, le=999_999, strict=True, description="区的六位区划代码")]
Ticket = Annotated[
    str,
    Field(
        min_length=1, max_length=120, pattern=r"^[0-9A-Za-z_.\-]+$", description="registration_required 答复中的 ticket"
    ),
]
OneTimeCode = Annotated[str, Field(pattern="^[0-9]{6}$", description="短信中的六位数字")]


class PhoneCodeSend(Form):
    """请求验证码。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"district_id": 150103, "phone": "19900001234"}]})

    district_id: DistrictId
    phone: Phone


class PhoneCodeSignIn(Form):
    """凭验证码登录。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"challenge": "150103.AZLzoHwecACAAAAAAAAAAQ", "phone": "19900001234", "code": "482913"}]
        }
    )

    challenge: Annotated[Ticket, Field(description="请求验证码时的答复中的 challenge：只有请求者能试")]
    phone: Phone
    code: OneTimeCode


class PhoneCodeRegister(Form):
    """没有微信的居民：凭已验证的手机号登记。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ticket": "150103.AZLzoHwecACAAAAAAAAAAQ",
                    "name": "其木格",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                }
            ]
        }
    )

    ticket: Ticket
    name: Line
    place_id: Annotated[UUID, Field(description="居住地点，须在某个社区之内")]
    notice_id: Annotated[UUID | None, Field(description="已阅读并同意的服务用途告知书；初次登记时记为本人同意")] = None


class PhoneCodeSent(Read):
    """对任何号码都一样，不透露号码是否已登记。"""

    challenge: Annotated[str, Field(description="登录时与验证码一同送来")]
    expires_in: Annotated[int, Field(description="验证码有效秒数")]
