"""What the audit trail shows, and to whom somebody's data was shown."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Code, Moment, Read
from app.domain.audit import Caller, Outcome

_OPERATION = Annotated[
    Code, Field(description="操作的 operationId；系统自行所为则为 对象.动作", examples=["person_update"])
]


class AuditQuery(PageQuery):
    actor_id: Annotated[UUID | None, Field(description="谁做的：人员或接入系统")] = None
    person_id: Annotated[UUID | None, Field(description="关于谁的数据，含为其出示的监护人信息")] = None
    subject_id: Annotated[UUID | None, Field(description="关于哪一条记录")] = None
    operation: _OPERATION | None = None
    outcome: Outcome | None = None
    from_at: Annotated[Moment | None, Field(description="自此时起（含）")] = None
    until_at: Annotated[Moment | None, Field(description="至此时止（不含）")] = None


class AuditRead(Read):
    """一次调用：谁、何时、何地、做了什么、为何、结果如何。position 为审计链中的位次，稍后才有。"""

    id: UUID
    at: datetime
    caller: Caller
    actor_id: UUID | None
    sign_in_id: UUID | None
    address: Annotated[str | None, Field(description="网络地址", examples=["192.0.2.7"])]
    operation: _OPERATION
    outcome: Outcome
    status: Annotated[int | None, Field(description="答复的 HTTP 状态", examples=[200])]
    subject_id: UUID | None
    person_id: UUID | None
    minor_id: Annotated[UUID | None, Field(description="所示为监护人的信息时，其所监护的未成年人")]
    opened: Annotated[
        list[str], Field(description="以明文显示的敏感字段；minor. 开头的是未成年人自己的", examples=[["phone"]])
    ]
    purpose: str | None
    why: str | None
    data: dict[str, Any]
    position: int | None


class AuditPage(Read):
    items: list[AuditRead]
    next_cursor: str | None


class SightingQuery(PageQuery):
    pass


class SightingRead(Read):
    """一次查看：谁在何时以何目的看了此人的哪些明文。"""

    id: UUID
    at: datetime
    caller: Caller
    name: Annotated[str | None, Field(description="查看者姓名（脱敏）；接入系统则为其名称", examples=["王*华"])]
    roles: Annotated[list[str], Field(description="查看者当时的角色", examples=[["网格员"]])]
    organization: Annotated[str | None, Field(description="查看者所属单位")]
    operation: _OPERATION
    opened: Annotated[
        list[str],
        Field(
            description="看到的明文字段；minor. 开头的是其所监护的未成年人的，guardian. 开头的是其监护人的",
            examples=[["phone"]],
        ),
    ]
    purpose: str | None


class SightingPage(Read):
    items: list[SightingRead]
    next_cursor: str | None
