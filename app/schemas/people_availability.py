"""When somebody is free, as it goes in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Day, Form, Read
from app.domain.availability import DAY, DayException, Window

Weekday = Annotated[int, Field(ge=1, le=7, description="1 为星期一")]
FromMinute = Annotated[int, Field(ge=0, le=DAY - 1, description="当天第几分钟起（北京时间）")]
UntilMinute = Annotated[int, Field(ge=1, le=DAY, description="当天第几分钟止；1440 为二十四时")]


class WindowForm(Form):
    weekday: Weekday
    from_minute: FromMinute
    until_minute: UntilMinute

    def plain(self) -> Window:
        return Window(self.weekday, self.from_minute, self.until_minute)


class ExceptionForm(Form):
    on: Day
    free: Annotated[bool, Field(description="这天此时段有空，或没空；不论平日如何")]
    from_minute: FromMinute = 0
    until_minute: UntilMinute = DAY

    def plain(self) -> DayException:
        return DayException(self.on, self.free, self.from_minute, self.until_minute)


class PersonSetAvailability(Form):
    """整周与例外一并替换；时段不能重叠。没有任何平日时段即表示随时可以询问。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "windows": [{"weekday": 6, "from_minute": 540, "until_minute": 720}],
                    "exceptions": [{"on": "2026-10-03", "free": False}],
                }
            ]
        }
    )

    windows: Annotated[list[WindowForm], Field(max_length=70)]
    exceptions: Annotated[list[ExceptionForm], Field(max_length=200)] = []


class WindowRead(Read):
    weekday: int
    from_minute: int
    until_minute: int


class ExceptionRead(Read):
    on: date
    free: bool
    from_minute: int
    until_minute: int


class AvailabilityRead(Read):
    person_id: UUID
    windows: list[WindowRead]
    exceptions: list[ExceptionRead]
    version: Annotated[int, Field(description="此人档案的版本")]
