"""Privacy notices: what people are told before they consent."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Line, LongWords, Moment, Read
from app.domain.consents import Purpose


class PrivacyNoticeQuery(PageQuery):
    purpose: Purpose | None = None


class PrivacyNoticeCurrentQuery(Form):
    district_id: Annotated[int, Field(ge=100_000, le=999_999, description="区划代码，六位")]
    purpose: Purpose | None = None


class PrivacyNoticePublish(Form):
    """发布一个用途的新版告知书。已发布的不能修改，只能再发新版。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "health",
                    "title": "健康与照护信息告知书",
                    "text": "为了上门照护时不误伤，我们在您单独同意后记录您的过敏与用药情况，加密保存。",
                    "kinds": ["过敏", "用药"],
                    "retention_days": 365,
                }
            ]
        }
    )

    purpose: Purpose
    title: Line
    text: LongWords
    kinds: Annotated[list[Line], Field(min_length=1, max_length=40, description="涉及哪些种类的个人信息")]
    retention_days: Annotated[int | None, Field(ge=1, le=36_500, description="保存天数；不填则依法律规定")] = None
    effective_at: Annotated[Moment | None, Field(description="何时生效；不填则立即")] = None
    renews: Annotated[bool | None, Field(description="是否须重新取得同意；不填则在增加信息种类时须重新取得")] = None


class PrivacyNoticeRead(Read):
    id: UUID
    purpose: Purpose
    number: Annotated[int, Field(description="版本号")]
    title: str
    text: str
    kinds: list[str]
    retention_days: int | None
    renews: bool
    effective_at: datetime
    published_by: UUID | None
    version: int
    created_at: datetime


class PrivacyNoticePage(Read):
    items: list[PrivacyNoticeRead]
    next_cursor: str | None


class PrivacyNoticeCurrent(Read):
    """一个区此刻有效的告知书，每个用途一份。"""

    items: list[PrivacyNoticeRead]
