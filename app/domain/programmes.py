"""Brand programmes 品牌 and working methods 工作法 of a community, and what their indicators may be computed from.

Which programmes and indicators there are is data: the community writes them. What an indicator is worth is computed from the work,
never typed in. An indicator of a programme counts the programme's own projects, with what was held for them; one of a method counts
all of the community. Joint meetings are the whole community's either way.
"""

from datetime import datetime
from enum import StrEnum

from app.core.clock import CHINA


class ProgrammeKind(StrEnum):
    PROGRAMME = "programme"
    METHOD = "method"


class Measure(StrEnum):
    PROJECTS_DELIVERED = "projects_delivered"
    PEOPLE_REACHED = "people_reached"
    NEEDS_ANSWERED = "needs_answered"
    UNITS_TAKING_PART = "units_taking_part"
    SERVICE_MINUTES = "service_minutes"
    SPENT_FEN = "spent_fen"
    ACTIVITIES_HELD = "activities_held"
    MEETINGS_HELD = "meetings_held"


PROGRAMME_KIND_NAMES = {ProgrammeKind.PROGRAMME: "品牌", ProgrammeKind.METHOD: "工作法"}
MEASURE_NAMES = {
    Measure.PROJECTS_DELIVERED: "完成的项目数",
    Measure.PEOPLE_REACHED: "受益人数",
    Measure.NEEDS_ANSWERED: "回应的需求数",
    Measure.UNITS_TAKING_PART: "参与的单位数",
    Measure.SERVICE_MINUTES: "已确认的服务分钟数",
    Measure.SPENT_FEN: "已入账的支出（分）",
    Measure.ACTIVITIES_HELD: "举办的活动数",
    Measure.MEETINGS_HELD: "召开的联席会议数",
}


def year_of(moment: datetime) -> int:
    return moment.astimezone(CHINA).year


def span_of(year: int) -> tuple[datetime, datetime]:
    """A year in China, its first moment and the first of the next."""
    return datetime(year, 1, 1, tzinfo=CHINA), datetime(year + 1, 1, 1, tzinfo=CHINA)
