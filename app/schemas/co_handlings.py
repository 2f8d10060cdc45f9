"""Co-handlings as they go in and out."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, LongWords, Read, Words
from app.domain.co_handlings import CoHandlingAction, CoHandlingState


class CoHandlingQuery(PageQuery):
    order_id: UUID | None = None
    state: CoHandlingState | None = None
    mine: Annotated[bool, Field(description="只看请我或我单位协办的；没有管理角色的人只看这些和自己牵头的")] = False


class CoHandlingInvite(Form):
    """请一人或一个单位协办；个人是邀请，可婉拒；派单人交给单位的即须办理。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "organization_id": "0192f3a0-7c1e-7000-8000-000000000002",
                    "part": "关闭楼栋总阀，配合更换立管",
                }
            ]
        }
    )

    order_id: UUID
    person_id: Annotated[UUID | None, Field(description="请哪位志愿者或党员；与单位二选一")] = None
    organization_id: Annotated[UUID | None, Field(description="请哪个单位或职能部门")] = None
    part: Annotated[Words, Field(description="协办的部分；请勿写个人信息")]
    again: Annotated[bool, Field(description="再次邀请曾婉拒的人，须由社区管理员以上决定")] = False

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        if (self.person_id is None) == (self.organization_id is None):
            raise ValueError("person_id 与 organization_id 须填且只填一个")
        return self


class CoHandlingAccept(Form):
    """同意协办。"""


class CoHandlingDecline(Form):
    words: Annotated[LongLine | None, Field(description="可不填；不影响评价")] = None


class CoHandlingLeave(Form):
    words: Annotated[LongLine | None, Field(description="可不填；不影响评价")] = None


class CoHandlingComplete(Form):
    result: Annotated[LongWords, Field(description="做了什么、结果如何")]


class CoHandlingCancel(Form):
    words: Annotated[LongLine | None, Field(description="告知协办方的理由")] = None


class CoHandlingRead(Read):
    id: UUID
    order_id: UUID
    person_id: UUID | None
    organization_id: UUID | None
    state: CoHandlingState
    part: Annotated[str, Field(description="协办的部分")]
    invited_by: UUID
    words: str | None
    result: str | None
    done_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    actions: Annotated[list[CoHandlingAction], Field(description="您现在可以做的")]


class CoHandlingPage(Read):
    items: list[CoHandlingRead]
    next_cursor: str | None
