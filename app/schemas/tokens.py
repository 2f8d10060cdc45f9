"""Getting a token: the OAuth2 form, the proofs that may still be owed, and the tokens themselves."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from app.core.types import Form, Read

Password = Annotated[str, Field(min_length=1, max_length=256, description="密码，任意字符")]
Secret = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[!-~]+$")]
"""Opaque, in visible ASCII: handles, refresh tokens, secrets of clients."""
Code = Annotated[
    str,
    Field(
        pattern=r"^(?:[0-9]{6}|[A-Za-z2-7]{4}(?:-?[A-Za-z2-7]{4}){3})$",
        description="身份验证器上的六位动态口令，或一个备用码",
        examples=["287082", "ABCD-EFGH-2345-WXYZ"],
    ),
]


class GrantType(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a way to ask for a token
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the same
    CLIENT_CREDENTIALS = "client_credentials"


_NEEDED = {
    GrantType.PASSWORD: ("username", "password"),
    GrantType.REFRESH_TOKEN: ("refresh_token",),
    GrantType.CLIENT_CREDENTIALS: (),
}


class TokenForm(Form):
    """OAuth2 令牌端点的表单（RFC 6749 §4.3、§4.4、§6）。不认识的字段不理会（§3.2）。"""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"examples": [{"username": "grid1@150103", "password": "sanshun-demo"}]},
    )

    grant_type: GrantType = GrantType.PASSWORD
    username: Annotated[str | None, Field(max_length=256, description="用户名@区划代码，如 grid1@150103")] = None
    password: Password | None = None
    refresh_token: Secret | None = None
    device: Annotated[
        str | None,
        Field(
            max_length=256,
            description="此设备上次凭密码登录时所得的 device；带上它，他人输错密码便不会使您在此设备上须等待。不认得的不理会",
        ),
    ] = None
    client_id: Annotated[str | None, Field(max_length=256)] = None
    client_secret: Annotated[str | None, Field(max_length=256)] = None
    scope: Annotated[str | None, Field(max_length=2_000)] = None

    @model_validator(mode="after")
    def has_what_its_grant_needs(self) -> "TokenForm":
        if any(getattr(self, name) is None for name in _NEEDED[self.grant_type]):
            raise ValueError("缺少此授权方式所需的字段")
        return self


class TokenRead(Read):
    """访问令牌短时有效；刷新令牌每个只能用一次，用后换新。刷新令牌被第二次使用，整个登录即告作废。"""

    access_token: str
    token_type: str
    expires_in: Annotated[int, Field(description="秒")]
    refresh_token: Annotated[str | None, Field(description="接入系统没有刷新令牌")]
    refresh_expires_in: Annotated[int | None, Field(description="秒")]
    scope: Annotated[str | None, Field(description="接入系统：此令牌的权限范围，以空格分隔（RFC 6749 §5.1）")]
    device: Annotated[
        str | None,
        Field(
            description="仅凭密码登录时给出，九十天内有效。请存在设备上（退出后也留着），下次登录时放进表单；"
            "它不能代替密码，只使此设备上的输错次数单独计算"
        ),
    ]


class _Owed(Form):
    challenge: Annotated[Secret, Field(description="上一步答复中的 challenge，十分钟内有效")]


_CHALLENGE: dict[str, Any] = {"challenge": "150103.AZrK0d1kfNqA6w3n2c1vJw8m0qk1xq0sU6wq2nQvV1Q"}


class TokenSecondFactor(_Owed):
    """动态口令或备用码。绑定身份验证器时，用它的第一个口令确认。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHALLENGE | {"code": "287082"}]})

    code: Code


class TokenSetup(_Owed):
    """取得一个新的密钥，扫进身份验证器。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHALLENGE]})


class TokenNewPassword(_Owed):
    """密码到期，或由管理员重置之后，自己设一个新的。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHALLENGE | {"password": "青城的风吹过八月的草原上"}]})

    password: Password
