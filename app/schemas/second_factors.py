"""The authenticator as a second factor: its secret, shown once, and the codes that stand in for it."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from app.core.types import Form, Read
from app.schemas.tokens import Code, Password


class SecondFactorRead(Read):
    """是否已绑定身份验证器，还有几个备用码。"""

    confirmed_at: datetime | None
    recovery_codes_left: int


class SecondFactorSecretRead(Read):
    """密钥，只在此时显示。uri 供生成二维码，由身份验证器扫描。"""

    secret: Annotated[str, Field(description="Base32，手工输入用")]
    uri: Annotated[str, Field(description="otpauth://totp/…")]


class RecoveryCodesRead(Read):
    """备用码，只在此时显示，每个可代替动态口令一次。新的一出，旧的全部作废。"""

    recovery_codes: list[str]


class SecondFactorStart(Form):
    """绑定身份验证器须再次输入密码，令牌被盗者不能抢先绑定。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "青城的风吹过八月的草原上"}]})

    password: Password


class SecondFactorConfirm(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "287082"}]})

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", description="身份验证器上的六位动态口令")]


class SecondFactorProof(Form):
    """密码、动态口令、备用码，给其中一个即可。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "287082"}]})

    password: Password | None = None
    code: Code | None = None
