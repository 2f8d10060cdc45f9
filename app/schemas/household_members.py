"""Who lives in which household, as it goes in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Day, Form, Read
from app.domain.profiles import HouseholdRelation


class HouseholdMemberQuery(PageQuery):
    place_id: Annotated[UUID | None, Field(description="某一户，或某地点之内的各户")] = None
    person_id: UUID | None = None
    current: Annotated[bool | None, Field(description="只看现在住着的，或只看已离开的")] = None


class HouseholdMemberCreate(Form):
    """把已住在某一户的人登记为该户成员；搬来的人用“搬家”。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f3a0-7c1e-7000-8000-000000000003",
                    "relation": "head",
                    "since_on": "2020-05-01",
                }
            ]
        }
    )

    person_id: UUID
    relation: Annotated[HouseholdRelation, Field(description="与户主的关系；一户一位户主")]
    since_on: Annotated[Day, Field(description="何时住入，不晚于今天")]


class HouseholdMemberUpdate(Form):
    """更正关系或住入日期，例如换户主。"""

    relation: HouseholdRelation = HouseholdRelation.OTHER
    since_on: Day = date(2000, 1, 1)


class HouseholdMemberEnd(Form):
    until_on: Annotated[Day, Field(description="何时离开，不晚于今天")]


class HouseholdMemberRead(Read):
    id: UUID
    place_id: UUID
    person_id: UUID
    person_name: Annotated[str, Field(description="已脱敏")]
    relation: HouseholdRelation
    since_on: date
    until_on: date | None
    version: int


class HouseholdMemberPage(Read):
    items: list[HouseholdMemberRead]
    next_cursor: str | None
