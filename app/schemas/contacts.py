"""How a helper reaches the asker."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Form, Read


class OrderContact(Form):
    """查看联系方式。每次查看留下一条审计记录。"""


class ContactRead(Read):
    """点单人的联系方式，明文，仅供此次服务。"""

    order_id: UUID
    name: Annotated[str | None, Field(description="点单人；未满十四周岁的为其监护人")]
    phone: str | None
    address: str | None
    of_guardian: Annotated[bool, Field(description="是否为监护人的联系方式")]
    closes_at: Annotated[datetime, Field(description="何时关闭")]
