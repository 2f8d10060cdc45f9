"""Asking to read a minor's record."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine


class PersonRequestReading(Form):
    """申请查阅未满十四周岁者的档案。由另一位管理员批准后，二十四小时内可查阅。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"why": "核实入学补助材料"}]})

    why: Annotated[LongLine, Field(description="为何查阅；不写任何敏感内容")]
