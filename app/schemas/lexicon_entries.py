"""The lexicon as it goes in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, Read
from app.domain.lexicon import HEAVIEST
from app.schemas.categories import CategoryCode

_Weight = Annotated[
    int, Field(ge=-HEAVIEST, le=HEAVIEST, description="提到它在多大程度上属于该类别；小于零表示多半不属于")
]


class LexiconEntryQuery(FileQuery):
    place_id: Annotated[UUID | None, Field(description="某社区自己的；不填则看全区的和各社区的")] = None
    category: Annotated[CategoryCode | None, Field(description="只看指向某类别的")] = None
    term: Annotated[Line | None, Field(description="只看这个词")] = None
    synonyms: Annotated[bool, Field(description="只看同义词")] = False
    retired: Annotated[bool, Field(description="也看已停用的")] = False


class LexiconEntryCreate(Form):
    """一个词语：指向一个服务类别，或与另一词语同义。社区自己的优先于全区的。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"term": "暖气片不热", "category": "property.heating", "weight": 9}]}
    )

    term: Line
    category: CategoryCode | None = None
    weight: _Weight | None = None
    synonym_of: Annotated[Line | None, Field(description="与哪个词同义")] = None
    place_id: Annotated[UUID | None, Field(description="只在某社区适用；不填则全区适用")] = None


class LexiconEntryUpdate(Form):
    weight: Annotated[int, Field(ge=-HEAVIEST, le=HEAVIEST)] = 1
    synonym_of: Line = "-"
    retired: Annotated[bool, Field(description="停用")] = False


class LexiconEntryRead(Read):
    id: UUID
    place_id: UUID
    term: str
    category: str | None
    weight: int | None
    synonym_of: str | None
    retired: bool
    version: int


class LexiconEntryPage(Read):
    items: list[LexiconEntryRead]
    next_cursor: str | None
