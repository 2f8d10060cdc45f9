"""The life of a series of activities 系列活动: a class every Tuesday, made ahead by the clock, with its regulars."""

from datetime import timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role


class SeriesState(StrEnum):
    PROPOSED = "proposed"
    RUNNING = "running"
    ENDED = "ended"


class SeriesAction(StrEnum):
    PUBLISH = "publish"
    CHANGE = "change"
    END = "end"


_S, _A = SeriesState, SeriesAction
_STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_RUN = _STAFF | {Relation.UNIT}
_SYSTEM = frozenset({Relation.SYSTEM})

SERIES = Lifecycle(
    "activity-series",
    "系列活动",
    plural="activity-series",
    initial=_S.PROPOSED,
    begins=frozenset({_S.RUNNING}),
    actions=SeriesAction,
    state_names={_S.PROPOSED: "待发布", _S.RUNNING: "进行中", _S.ENDED: "已结束"},
    action_names={_A.PUBLISH: "发布", _A.CHANGE: "修改以后各次", _A.END: "结束"},
    steps=(
        Step(_A.PUBLISH, frozenset({_S.PROPOSED}), _S.RUNNING, _STAFF, note="单位的系列由社区发布"),
        Step(_A.CHANGE, frozenset({_S.RUNNING}), _S.RUNNING, _RUN, note="从某日起；已报名者得到通知"),
        Step(_A.END, frozenset({_S.PROPOSED}), _S.ENDED, _RUN, note="不再安排"),
        Step(
            _A.END,
            frozenset({_S.RUNNING}),
            _S.ENDED,
            _RUN | _SYSTEM,
            note="不再安排，尚未举行的随之取消；规则已到头、各次都已总结或取消的，由系统结束",
        ),
    ),
)
AHEAD = timedelta(weeks=8)
"""House rule: how far ahead the single activities are made."""
MOST_REGULARS = 100
"""House rule: all of them are signed up for eight weeks of a daily class within one transaction, of two milliseconds each."""
