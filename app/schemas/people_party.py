"""Party members: registered here, or reported in from their unit."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Day, Form, LongLine, Read
from app.domain.people import PartyStatus
from app.domain.profiles import PartyEntry

_UNIT = "0192f3a0-7c1e-7000-8000-000000000002"


class PersonRegisterMember(Form):
    """在册登记：组织关系在本地的党组织。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"organization_id": _UNIT, "since_on": "2019-07-01"}]})

    organization_id: Annotated[UUID, Field(description="党委、党总支或党支部")]
    since_on: Annotated[Day, Field(description="何时转入，不晚于今天")]


class PersonReportIn(Form):
    """报到：组织关系在驻区单位等处，到居住地社区报到。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"organization_id": _UNIT, "since_on": "2024-03-01"}]})

    organization_id: Annotated[UUID, Field(description="所在单位")]
    since_on: Annotated[Day, Field(description="何时报到，不晚于今天")]


class PersonEnter(Form):
    """三进：进网格、进党群服务中心、进微信群。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entry": "grid", "on": "2024-03-02"}]})

    entry: PartyEntry
    on: Annotated[Day, Field(description="哪天，不晚于今天；再次登记即更正")]


class PersonLeaveParty(Form):
    words: Annotated[LongLine | None, Field(description="转出、撤回报到等原因")] = None


class MembershipRead(Read):
    person_id: UUID
    party_status: PartyStatus
    organization_id: Annotated[UUID | None, Field(description="在册：党组织；报到：所在单位")]
    since_on: date | None
    grid_entered_on: Annotated[date | None, Field(description="进网格")]
    center_entered_on: Annotated[date | None, Field(description="进党群服务中心")]
    wechat_entered_on: Annotated[date | None, Field(description="进微信群")]
    version: Annotated[int, Field(description="此人档案的版本")]
