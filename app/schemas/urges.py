"""Urges 催单 as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Read, Words
from app.domain.urges import UrgedAs


class UrgeQuery(FileQuery):
    order_id: Annotated[UUID | None, Field(description="只看某一工单的")] = None


class UrgeCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"order_id": "0192f3a0-7c1e-7000-8000-000000000001", "words": "水一直在漏，请尽快安排"}]
        }
    )

    order_id: UUID
    words: Annotated[Words | None, Field(description="可不写；承办人可见")] = None


class UrgeRead(Read):
    id: UUID
    order_id: UUID
    round: Annotated[int, Field(description="工单的第几轮")]
    number: Annotated[int, Field(description="本轮第几次催办")]
    urged_as: UrgedAs
    person_id: Annotated[UUID | None, Field(description="谁催的；只给本人与管理人员，不给承办人")]
    words: str | None
    counted_on: Annotated[date, Field(description="算在哪一个工作日；每人每个工作日一次")]
    created_at: datetime
    version: int


class UrgePage(Read):
    items: list[UrgeRead]
    next_cursor: str | None
