"""People and signing in. Names and phones go out masked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Line, Read
from app.domain.catalogue import Skill
from app.domain.people import PartyStatus, Role

Phone = Annotated[str, Field(pattern=r"^1[3-9][0-9]{9}$", description="大陆手机号，十一位")]
Skills = Annotated[list[Skill], Field(max_length=20)]
Languages = Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]], Field(max_length=10)]


class PersonQuery(PageQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    role: Role | None = None
    party_status: PartyStatus | None = None
    skill: Skill | None = None
    organization_id: UUID | None = None


class PersonCreate(Form):
    """建档。角色须由授权另行给出；新建的人在所在社区为居民。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "其木格",
                    "phone": "19900001234",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "skills": ["nursing"],
                    "languages": ["zh", "mn"],
                }
            ]
        }
    )

    name: Line
    phone: Phone | None = None
    place_id: Annotated[UUID, Field(description="居住地点")]
    organization_id: UUID | None = None
    party_status: PartyStatus = PartyStatus.NONE
    skills: Skills = []
    languages: Languages = []


class PersonUpdate(Form):
    name: Line = "-"
    phone: Phone | None = None
    organization_id: UUID | None = None
    party_status: PartyStatus = PartyStatus.NONE
    skills: Skills = []
    languages: Languages = []


class PersonRead(Read):
    id: UUID
    name: Annotated[str, Field(description="已脱敏")]
    phone: Annotated[str | None, Field(description="已脱敏")]
    place_id: UUID
    community_id: UUID | None
    grid_id: UUID | None
    organization_id: UUID | None
    party_status: PartyStatus
    skills: list[str]
    languages: list[str]
    version: int
    created_at: datetime


class PersonPage(Read):
    items: list[PersonRead]
    next_cursor: str | None


class GrantRead(Read):
    role: Role
    role_name: str
    place_id: UUID
    place_kind: str
    path: str


class MeRead(Read):
    """我是谁、在哪里有什么角色。"""

    person: PersonRead
    district_id: int
    grants: list[GrantRead]


class TokenRead(Read):
    access_token: str
    token_type: str
    expires_in: Annotated[int, Field(description="秒")]
