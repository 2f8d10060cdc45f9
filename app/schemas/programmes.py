"""Programmes and working methods as they go in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Code, Form, Line, LongLine, Read
from app.domain.programmes import ProgrammeKind


class ProgrammeQuery(FileQuery):
    kind: ProgrammeKind | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属的社区")] = None
    retired: Annotated[bool, Field(description="也看已停用的")] = False


class ProgrammeCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "kind": "programme",
                    "code": "neighbours",
                    "name": "邻里守望",
                }
            ]
        }
    )

    place_id: Annotated[UUID, Field(description="社区")]
    kind: ProgrammeKind
    code: Code
    name: Line
    description: LongLine | None = None


class ProgrammeUpdate(Form):
    name: Line = "-"
    description: LongLine | None = None
    retired: Annotated[bool, Field(description="停用：新项目不能再选")] = False


class ProgrammeRead(Read):
    id: UUID
    community_id: UUID
    kind: ProgrammeKind
    code: str
    name: str
    description: str | None
    retired: bool
    version: int


class ProgrammePage(Read):
    items: list[ProgrammeRead]
    next_cursor: str | None
