"""Volunteers: the eight fields of 民政部令第67号 §5."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine, Read
from app.domain.catalogue import Skill
from app.domain.consents import GivenBy
from app.domain.profiles import Sex
from app.schemas.people import Skills

Categories = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(min_length=1, max_length=30, description="服务类别：目录中的代码"),
]


class PersonVolunteer(Form):
    """登记为志愿者：本人登记，或经本人同意由组织录入（令第67号第六条）。其余各项取自档案，缺什么在拒绝中列明。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"categories": ["elder.visit"], "skills": ["nursing"]}]})

    categories: Categories
    skills: Annotated[
        Skills | None, Field(description="专业技能；空列表表示没有，不送则取档案中的，档案中没有则视为未填")
    ] = None
    consent_id: Annotated[UUID | None, Field(description="由组织或监护人录入时，本人（监护人）的同意")] = None


class PersonLeaveVolunteering(Form):
    words: LongLine | None = None


class VolunteerRead(Read):
    """令第67号第五条的八项，脱敏。"""

    person_id: UUID
    name: Annotated[str, Field(description="姓名，已脱敏")]
    sex: Annotated[Sex | None, Field(description="性别")]
    birth_date: Annotated[str | None, Field(description="出生日期，已脱敏")]
    id_number: Annotated[str | None, Field(description="身份证件号码，已脱敏")]
    living_area: Annotated[str, Field(description="居住区域：社区或上级地点的名称")]
    phone: Annotated[str | None, Field(description="联系方式，已脱敏")]
    skills: Annotated[list[str], Field(description="专业技能，自述")]
    categories: Annotated[list[str], Field(description="服务类别")]
    certified_skills: Annotated[list[Skill], Field(description="今天有有效证书佐证的技能")]
    entered_by: GivenBy
    consent_id: UUID | None
    registered_at: datetime
    left_at: Annotated[datetime | None, Field(description="何时退出；记录保留")]
    version: Annotated[int, Field(description="此人档案的版本")]
