"""Accounts of staff, as the system administrator sees them: who may sign in, and nothing else about the person."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read

Login = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9_.\-]{2,40}$", description="小写字母、数字、下划线、点、连字符；登录时写作 用户名@区划代码"
    ),
]


class AccountQuery(PageQuery):
    person_id: UUID | None = None
    login: Annotated[str | None, Field(max_length=40, pattern=r"^[a-z0-9_.\-]+$", description="以此开头")] = None
    disabled: Annotated[bool | None, Field(description="只看停用的，或只看启用的")] = None


class AccountCreate(Form):
    """开户。已凭微信或手机登录的人，用户名加在其原有账号上。密码另行重置取得：此答复可按 Idempotency-Key 重发，不能含有密码。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person_id": "0192f3a0-7c1e-7000-8000-000000000001", "login": "grid13"}]}
    )

    person_id: UUID
    login: Login


class _WithReason(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "已调离本社区"}]})

    reason: Annotated[LongLine, Field(description="为何如此，记入审计")]


class AccountDisable(_WithReason):
    """停用。此人的各种登录方式一并停用，下一个请求起即不能再用。"""


class AccountEnable(_WithReason):
    """重新启用，此人的各种登录方式一并恢复；已结束的登录不恢复。"""


class AccountResetPassword(_WithReason):
    """重置密码。临时密码只在答复中出现一次，三天内有效，首次登录即须更换。"""


class AccountResetSecondFactor(_WithReason):
    """解除身份验证器与备用码。同一账号的密码与身份验证器不能由同一人先后重置。"""


class AccountRead(Read):
    id: UUID
    person_id: UUID
    person_name: Annotated[str, Field(description="已脱敏")]
    login: Annotated[str | None, Field(description="空：经微信或手机登录")]
    password_set_at: datetime | None
    password_temporary: Annotated[bool, Field(description="由管理员设定，首次登录须更换")]
    second_factor: Annotated[bool, Field(description="已绑定身份验证器")]
    disabled_at: datetime | None
    demo: bool
    version: int
    created_at: datetime


class AccountPage(Read):
    items: list[AccountRead]
    next_cursor: str | None


class AccountPasswordRead(Read):
    """临时密码，只此一次：请当面或以密封方式交给本人。"""

    login: str
    password: str
    expires_at: datetime
