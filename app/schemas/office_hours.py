"""Office hours as they go in and out."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from app.core.types import Day, Form, Read
from app.schemas.people_availability import WindowForm, WindowRead

_EXAMPLE: list[JsonValue] = [
    {"weekday": day, "from_minute": begin, "until_minute": end}
    for day in range(1, 8)
    for begin, end in ((540, 720), (900, 1080))
]


class OfficeHoursSet(Form):
    """本区自某日起的办公时间。已过去的不再改动；在办的时限按新的办公时间重新计算。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_from": "2027-05-06", "windows": _EXAMPLE}]})

    valid_from: Annotated[Day, Field(description="自哪天起，须在今天之后")]
    windows: Annotated[
        list[WindowForm],
        Field(min_length=1, max_length=70, description="每周的办公时段；星期六、星期日的只用于调休上班的日子"),
    ]


class ScheduleRead(Read):
    valid_from: Annotated[date | None, Field(description="自哪天起；空为本系统规定，本区设定之前")]
    windows: list[WindowRead]


class OfficeHoursRead(Read):
    schedules: Annotated[list[ScheduleRead], Field(description="历次设定，按日期先后；最后一项为最新的")]
    version: Annotated[int, Field(description="0 为本区未作设定")]
