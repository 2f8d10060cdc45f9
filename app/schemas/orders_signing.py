"""Signing for an order, and noting the first contact with the asker."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from app.core.types import Form, Moment


class ContactWay(StrEnum):
    PHONE = "phone"
    VISIT = "visit"
    MESSAGE = "message"


class OrderSign(Form):
    """签收：本单位已收到指派。"""


class OrderFirstContact(Form):
    """首次联系点单人。只记何时、以何种方式；联系了什么不记。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"way": "phone"}]})

    way: Annotated[ContactWay, Field(description="电话、上门、短信或微信")]
    at: Annotated[Moment | None, Field(description="何时联系的，须在接单之后；不填为现在")] = None
