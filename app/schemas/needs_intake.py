"""What is shown when a need comes in: which kind of service it may be, and which needs look alike."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine, Number, Read, Words
from app.domain.needs import NeedState


class NeedSuggest(Form):
    """点单前看看可能属于哪一类、附近是否已有人提过。只是建议，不作记录，也不替您决定。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "楼道灯不亮",
                    "details": "三楼到四楼的声控灯坏了，老人上下楼看不见",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                }
            ]
        }
    )

    title: LongLine
    details: Words | None = None
    place_id: Annotated[UUID, Field(description="服务地点")]


class CategorySuggestion(Read):
    code: str
    name: str
    score: Annotated[int, Field(description="在全部线索中所占的百分比")]
    reasons: Annotated[list[str], Field(description="为什么：文字中的哪些线索")]


class LikenessRead(Read):
    """各项由 0 至 1：用词占 50%，地点占 25%，类别占 15%，时间占 10%。"""

    text: Number
    place: Number
    category: Number
    time: Number


class NearNeed(Read):
    """一件相似的需求。别人的需求只在其愿意公开或对本社区公开时可见，不含姓名和门牌。"""

    need_id: Annotated[UUID | None, Field(description="您看得到全文的才有")]
    title: Annotated[str, Field(description="别人的需求隐去门牌、号码和姓名")]
    state: NeedState
    category: str | None
    place_name: Annotated[str | None, Field(description="所在网格")]
    asked_at: datetime
    score: Number
    parts: LikenessRead
    reasons: list[str]


class NeedSuggestions(Read):
    categories: Annotated[list[CategorySuggestion], Field(description="最可能的三类，仅供参考")]
    near: Annotated[list[NearNeed], Field(description="近期附近相似的需求")]


class CategorySuggestions(Read):
    categories: list[CategorySuggestion]


class NearNeeds(Read):
    items: list[NearNeed]


class NeedDismissDuplicate(Form):
    """认定两件需求不是同一件事，之后不再提示。"""

    other_id: Annotated[UUID, Field(description="与哪一件不是同一件事")]


class NeedRestoreDuplicate(Form):
    """撤销“不是同一件事”的认定，之后照常提示。"""

    other_id: Annotated[UUID, Field(description="与哪一件的认定")]


class NearNeedsQuery(Form):
    dismissed: Annotated[bool, Field(description="只看已认定不是同一件事的")] = False
