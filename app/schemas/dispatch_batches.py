"""Batches of dispatch as they go in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, Read
from app.domain.dispatch_batches import BatchMode, ChoiceResult
from app.domain.match_batches import BatchState


class DispatchBatchStart(Form):
    """为一个地点所有待派工单一并选人，使整体代价最小。

    apply 向选中的人发出邀请（邀请而非命令，可婉拒）；propose 只出方案，不通知任何人。
    """

    place_id: Annotated[UUID, Field(description="社区、街道或区")]
    mode: Annotated[BatchMode, Field(description="apply 直接邀请，propose 只出方案")] = BatchMode.APPLY
    every_way: Annotated[
        bool, Field(description="是否连同人工、轮流、指派、抢单方式的待派工单一并派；否则只派分批邀请与未设方式的工单")
    ] = False


class DispatchBatchRead(Read):
    """一次整批派单。轮询至 state 为 done 或 failed；方案与被抢先的工单见 /v1/dispatch-batches/{id}/choices。"""

    id: UUID
    place_id: UUID
    state: BatchState
    mode: BatchMode
    every_way: bool
    weights: Annotated[
        dict[str, int] | None,
        Field(description="本区的各项权重：折合的米数，distance 为路程的百分比；各类服务另设的见各邀请的理由"),
    ]
    orders: Annotated[int | None, Field(description="待派工单，中断后重来的含已邀请的；尚未开始时为空")]
    people: Annotated[int | None, Field(description="可邀请的人")]
    places: Annotated[int | None, Field(description="待派工单的空缺名额")]
    chosen: Annotated[int | None, Field(description="最优方案填补的名额")]
    invited_orders: Annotated[int, Field(description="已发出邀请的工单")]
    invited: Annotated[int, Field(description="已发出的邀请")]
    overtaken: Annotated[int, Field(description="其间有变动而未邀请、或只邀请了部分人选的工单")]
    cost_cm: Annotated[
        int | None, Field(description="最优方案的总代价，折合路程，厘米；含未填名额，中断后重来的不含已邀请的")
    ]
    message: Annotated[str | None, Field(description="失败的原因")]
    requested_by: UUID | None
    created_at: datetime
    finished_at: datetime | None
    version: int


class DispatchBatchPage(Read):
    items: list[DispatchBatchRead]
    next_cursor: str | None


class DispatchBatchQuery(PageQuery):
    state: BatchState | None = None


class DispatchChoiceRead(Read):
    """一张工单的方案：每个名额选谁、代价各项、其后的人选；因人选本身有变动而未邀请的另有 obstacle，与单张派单的理由同义。"""

    id: UUID
    batch_id: UUID
    order_id: UUID
    result: ChoiceResult
    choices: list[dict[str, Any]]
    created_at: datetime


class DispatchChoicePage(Read):
    items: list[DispatchChoiceRead]
    next_cursor: str | None


class DispatchChoiceQuery(PageQuery):
    result: ChoiceResult | None = None
