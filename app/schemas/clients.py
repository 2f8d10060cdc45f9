"""Client systems: third parties' systems, what they may do, and the secrets they sign in with."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Line, LongLine, Read
from app.domain.access import CLIENT_SCOPES
from app.domain.clients import LONGEST_DAYS, USUAL_DAYS

_SOME_ID = "0192f3a0-7c1e-7000-8000-000000000001"


def _known(value: str) -> str:
    if value not in CLIENT_SCOPES:
        raise ValueError("没有这项权限，或接入系统不能有")
    return value


def _sorted(values: list[str]) -> list[str]:
    return sorted(set(values))


Scope = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(CLIENT_SCOPES)})]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, max_length=20, description="权限范围；需求与工单只限该系统自己提交的"),
    AfterValidator(_sorted),
]


class ClientQuery(PageQuery):
    disabled: Annotated[bool | None, Field(description="是否已停用")] = None


class ClientCreate(Form):
    """登记一个接入系统。随后另行签发密钥。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "物业服务平台",
                    "place_id": _SOME_ID,
                    "scopes": ["needs:submit", "needs:read", "places:read"],
                }
            ]
        }
    )

    name: Line
    place_id: Annotated[UUID, Field(description="接入范围：该地点及其下属；区、街道、社区或网格")]
    organization_id: Annotated[UUID | None, Field(description="由哪个单位运行")] = None
    scopes: Scopes


class ClientUpdate(Form):
    name: Line = "-"
    organization_id: UUID | None = None
    scopes: Scopes = ["places:read"]


class ClientDisable(Form):
    """停用，下一个请求起生效。"""

    reason: LongLine


class ClientEnable(Form):
    pass


class ClientRead(Read):
    id: UUID
    client_id: Annotated[str, Field(description="取得令牌时的 client_id")]
    name: str
    place_id: UUID
    place_kind: str
    organization_id: UUID | None
    scopes: list[str]
    disabled_at: datetime | None
    created_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class ClientPage(Read):
    items: list[ClientRead]
    next_cursor: str | None


class ClientIssue(Form):
    """签发一个密钥。同时有效的至多两个，供轮换。"""

    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, description="有效天数")] = USUAL_DAYS


class ClientSecretRevoke(Form):
    pass


class ClientSecretRead(Read):
    id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    in_force: bool


class ClientIssuedRead(ClientSecretRead):
    """新签发的密钥。只在此时给出，之后无法再取得。"""

    client_id: str
    client_secret: str


class ClientSecretsRead(Read):
    items: Annotated[list[ClientSecretRead], Field(description="新的在前；至多最近一百个")]
