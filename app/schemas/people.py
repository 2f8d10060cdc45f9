"""People and signing in. What identifies them goes out masked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Day, Form, Line, LongLine, Read
from app.domain.catalogue import Skill
from app.domain.orders import MOST_UNFINISHED
from app.domain.people import PartyStatus, Role
from app.domain.phones import CONTACT, MOBILE, plain
from app.domain.profiles import HouseholdRelation, Sex
from app.schemas.grants import MyGrantRead

Phone = Annotated[str, Field(pattern=MOBILE, description="大陆手机号，十一位")]
ContactPhone = Annotated[
    str,
    Field(pattern=CONTACT, description="大陆手机号，或带区号的固定电话，如 0471-3961234"),
    AfterValidator(plain),
]
IdNumber = Annotated[
    str,
    Field(pattern=r"^(?:[0-9]{15}|[0-9]{17}[0-9Xx])$", description="公民身份号码，十八位（GB 11643）；十五位旧号不收"),
]
Skills = Annotated[list[Skill], Field(max_length=20)]
Languages = Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]], Field(max_length=10)]
Radius = Annotated[int, Field(ge=100, le=100_000, description="愿意前往的距离，米；空为本社区之内")]
LoadLimit = Annotated[int, Field(ge=1, le=MOST_UNFINISHED, description="最多同时承办几单；空为本系统的上限")]
BirthDate = Annotated[Day, Field(description="出生日期；有身份证件号码时以号码为准，不一致则拒绝")]
Address = Annotated[LongLine, Field(description="住址的文字说明，加密保存")]


class PersonQuery(PageQuery):
    """已并入他人档案的不在其中。"""

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
                    "birth_date": "1958-03-07",
                    "sex": "female",
                    "skills": ["nursing"],
                    "languages": ["zh", "mn"],
                }
            ]
        }
    )

    name: Line
    phone: ContactPhone | None = None
    id_number: IdNumber | None = None
    birth_date: BirthDate | None = None
    sex: Sex | None = None
    address: Address | None = None
    place_id: Annotated[UUID, Field(description="居住地点")]
    organization_id: UUID | None = None
    skills: Skills = []
    languages: Languages = []
    service_radius_m: Radius | None = None
    load_limit: LoadLimit | None = None


class PersonUpdate(Form):
    """更正；没有送来的字段不变。搬家用“搬家”，党员身份用“在册登记”“报到”。"""

    name: Line = "-"
    phone: ContactPhone | None = None
    id_number: IdNumber | None = None
    birth_date: BirthDate | None = None
    sex: Sex | None = None
    address: Address | None = None
    organization_id: UUID | None = None
    skills: Skills = []
    languages: Languages = []
    service_radius_m: Radius | None = None
    load_limit: LoadLimit | None = None


class MeUpdate(Form):
    """本人补充自己的资料。姓名、电话和已登记的身份证件号码请社区更正。"""

    id_number: IdNumber | None = None
    birth_date: BirthDate | None = None
    sex: Sex | None = None
    address: Address | None = None
    skills: Skills = []
    languages: Languages = []
    service_radius_m: Radius | None = None
    load_limit: LoadLimit | None = None


class PersonFind(Form):
    """按电话或身份证件号码查找，二者恰给其一。用 POST，号码因此不进网址。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "19900001234"}]})

    phone: ContactPhone | None = None
    id_number: IdNumber | None = None


class PersonMove(Form):
    """搬家：离开原来的一户，住进新的地点；居民身份随到新的社区。"""

    place_id: Annotated[UUID, Field(description="新的居住地点，须在某个社区之内")]
    on: Annotated[Day, Field(description="哪天搬的，不晚于今天")]
    relation: Annotated[
        HouseholdRelation | None, Field(description="与新户户主的关系；新地点是一户时必填，否则不填")
    ] = None


class PersonRead(Read):
    id: UUID
    name: Annotated[str, Field(description="已脱敏")]
    phone: Annotated[str | None, Field(description="已脱敏")]
    id_number: Annotated[str | None, Field(description="已脱敏")]
    birth_date: Annotated[str | None, Field(description="已脱敏")]
    sex: Sex | None
    minor: Annotated[bool, Field(description="未满十四周岁")]
    address: Annotated[str | None, Field(description="已脱敏")]
    place_id: Annotated[UUID, Field(description="居住地点；不能查看住址的人、列表中的未成年人，只给到网格")]
    community_id: UUID | None
    grid_id: UUID | None
    organization_id: UUID | None
    party_status: PartyStatus
    skills: Annotated[list[str], Field(description="自述；有证书佐证的见“证书”")]
    languages: list[str]
    service_radius_m: int | None
    load_limit: int | None
    merged_into_id: Annotated[UUID | None, Field(description="已并入哪份档案；此后只读那一份")]
    version: int
    created_at: datetime


class PersonPage(Read):
    items: list[PersonRead]
    next_cursor: str | None


class MeRead(Read):
    """我是谁、在哪里有什么角色。"""

    person: PersonRead
    district_id: int
    grants: list[MyGrantRead]
