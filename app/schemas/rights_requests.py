"""Requests about one's own data, and their answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Read, Words
from app.domain.rights import RightsAction, RightsKind, RightsState


class RightsRequestQuery(PageQuery):
    state: RightsState | None = None
    kind: RightsKind | None = None
    person_id: UUID | None = None
    overdue: Annotated[bool, Field(description="只看逾期未答复的")] = False


class RightsRequestSubmit(Form):
    """由本人提出，或由未满十四周岁者的监护人提出。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "correction", "words": "我的居住单元写错了，应为三单元。"}]}
    )

    kind: RightsKind
    person_id: Annotated[UUID | None, Field(description="谁的信息；不填为本人")] = None
    words: Annotated[Words | None, Field(description="更正时必填：哪里有误、应是什么；加密保存")] = None
    subject_id: Annotated[UUID | None, Field(description="解释自动匹配时必填：哪个工单")] = None


class RightsRequestComplete(Form):
    words: Annotated[Words | None, Field(description="给本人的答复；加密保存")] = None
    event_id: Annotated[
        UUID | None, Field(description="更正时：在哪个变更中更正的，须为请求之后此人档案的变更；不填则取其中最新的")
    ] = None


class RightsRequestRefuse(Form):
    words: Annotated[Words, Field(description="不予办理的理由；加密保存")]


class RightsRequestWithdraw(Form):
    """撤回。不需要理由。"""


class RightsRequestRead(Read):
    id: UUID
    person_id: UUID
    asked_by: UUID
    kind: RightsKind
    kind_name: str
    state: RightsState
    subject_id: UUID | None
    words: Annotated[str | None, Field(description="本人的话；只在读取单件时给出")]
    due_at: Annotated[datetime, Field(description="答复期限：十五个工作日（本平台规定）")]
    answer: Annotated[str | None, Field(description="给本人的答复；只在读取单件时给出")]
    outcome: Annotated[dict[str, Any] | None, Field(description="更正于哪个变更；删除了什么、依法保留了什么")]
    decided_by: UUID | None
    decided_at: datetime | None
    version: int
    created_at: datetime
    actions: Annotated[list[RightsAction], Field(description="您现在可以做的")]


class RightsRequestPage(Read):
    items: list[RightsRequestRead]
    next_cursor: str | None
