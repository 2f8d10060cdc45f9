"""One's own sign-ins, device by device."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Read
from app.domain.accounts import SignInEnd, SignInMethod


class SignInQuery(PageQuery):
    open: Annotated[bool, Field(description="只看还有效的")] = True


class SignInRead(Read):
    """一次登录：从登录到退出，在一台设备上。"""

    id: UUID
    method: SignInMethod
    address: Annotated[str | None, Field(description="网络地址")]
    device: Annotated[str | None, Field(description="客户端自称")]
    started_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: SignInEnd | None
    current: Annotated[bool, Field(description="正是这次请求所用的登录")]


class SignInPage(Read):
    items: list[SignInRead]
    next_cursor: str | None


class SignInsEnded(Read):
    """结束了几次登录；其令牌从下一个请求起失效。"""

    ended: int
