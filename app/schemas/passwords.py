"""Changing one's own password."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from app.core.types import Form, Read
from app.schemas.tokens import Password


class PasswordChange(Form):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old": "青城的风吹过八月的草原上", "new": "草原上的骏马跑过了那山岗"}]}
    )

    old: Password
    new: Password


class PasswordRead(Read):
    """本人密码的情况，不含密码。"""

    set_at: datetime | None
    expires_at: Annotated[datetime | None, Field(description="空为不到期")]
