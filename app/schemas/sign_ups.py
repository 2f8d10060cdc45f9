"""Sign-ups as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongLine, Read, Words
from app.domain.activities import PartKind
from app.domain.assignments import CheckMethod
from app.domain.sign_ups import Search, SignUpAction, SignUpState
from app.schemas.places import PositionForm

ScannedCode = Annotated[
    str | None,
    Field(min_length=24, max_length=40, pattern=r"^[0-9A-Za-z_.\-]+$", description="现场扫到的签到码"),
]
Position = Annotated[PositionForm | None, Field(description="本人所在位置；扫码或由组织者见证时不填")]


class SignUpQuery(FileQuery):
    activity_id: UUID | None = None
    role_id: UUID | None = None
    person_id: UUID | None = None
    state: SignUpState | None = None
    mine: Annotated[bool, Field(description="只看我和我监护的人的；没有管理角色的人始终如此")] = False


class SignUpCreate(Form):
    """报名。名额已满则按顺序候补。"""

    activity_id: UUID
    role_id: UUID
    person_id: Annotated[UUID | None, Field(description="不填则为本人；监护人为被监护人、组织者代人报名时填")] = None
    guardian_evidence: Annotated[Line | None, Field(description="工作人员代未成年人报名时，监护人签字单的编号")] = None


class SignUpAccept(Form):
    words: LongLine | None = None


class SignUpDecline(Form):
    words: LongLine | None = None


class SignUpPromote(Form):
    words: LongLine | None = None


class SignUpCheckIn(Form):
    code: ScannedCode = None
    position: Position = None


class SignUpCheckOut(Form):
    code: ScannedCode = None
    position: Position = None


class SignUpCancel(Form):
    words: LongLine | None = None


class SignUpHandOver(Form):
    """请人代替这一次；系列的固定班底仍是固定班底。"""

    person_id: Annotated[
        UUID | None,
        Field(
            description="请谁代替，须同意；志愿者可不填，由系统按派单方式逐个邀请合适的人，没有找到时 search 为 nobody"
        ),
    ] = None


class SignUpMiss(Form):
    words: LongLine | None = None


class SignUpExcuse(Form):
    words: Words


class SignUpRate(Form):
    rating: Annotated[int, Field(ge=1, le=5)]
    words: Words | None = None


class SignUpRead(Read):
    id: UUID
    activity_id: UUID
    role_id: UUID
    role_name: str
    kind: PartKind
    person_id: UUID
    name: Annotated[str, Field(description="已遮盖")]
    state: SignUpState
    starts_at: datetime
    ends_at: datetime
    position: Annotated[int | None, Field(description="候补次序，从一起")]
    clashes: Annotated[list[UUID], Field(description="时间重叠的其他报名；签到时只能在一处服务")]
    signed_up_by: Annotated[
        UUID | None, Field(description="谁报的名；空：由系统：按系列报名的固定班底，或系统请来代替的人")
    ]
    guardian_id: UUID | None
    replaces_id: Annotated[UUID | None, Field(description="代替的是哪一条报名")]
    search: Annotated[Search | None, Field(description="找人代替这一次：looking 正在邀请，nobody 没有找到")]
    answer_by: datetime | None
    confirmed_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    check_in_method: CheckMethod | None
    check_out_method: CheckMethod | None
    words: str | None
    rating: int | None
    rating_words: str | None
    version: int
    created_at: datetime
    actions: Annotated[list[SignUpAction], Field(description="您现在可以做的")]


class SignUpPage(Read):
    items: list[SignUpRead]
    next_cursor: str | None
