"""Budget lines as they go in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, Read, Words
from app.domain.budgets import FundSource
from app.schemas.projects import Fen

SomeFen = Annotated[int, Field(ge=1, le=100_000_000_000, description="金额，分")]


class BudgetLineQuery(FileQuery):
    project_id: UUID | None = None
    source: FundSource | None = None
    organization_id: Annotated[UUID | None, Field(description="出资单位")] = None


class BudgetLineCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "project_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "purpose": "灯具与安装",
                    "source": "subdistrict",
                    "amount_fen": 900000,
                }
            ]
        }
    )

    project_id: UUID
    purpose: Line
    source: FundSource
    organization_id: Annotated[UUID | None, Field(description="单位出资时必填")] = None
    amount_fen: SomeFen


class BudgetLineUpdate(Form):
    purpose: Line = "-"
    amount_fen: Annotated[Fen, Field(description="不得少于已支出与待审核之和，也不得使合计超过预算总额")] = 0


class BudgetLineMove(Form):
    to_id: Annotated[UUID, Field(description="转入同一项目的哪一条")]
    amount_fen: SomeFen
    words: Annotated[Words, Field(description="理由")]


class BudgetLineRaise(Form):
    amount_fen: SomeFen
    words: Annotated[Words, Field(description="理由")]


class BudgetLineRead(Read):
    id: UUID
    project_id: UUID
    purpose: str
    source: FundSource
    organization_id: UUID | None
    amount_fen: int
    reserved_fen: Annotated[int, Field(description="待审核凭证占用")]
    spent_fen: int
    version: int


class BudgetLinePage(Read):
    items: list[BudgetLineRead]
    next_cursor: str | None
