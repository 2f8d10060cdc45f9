"""The lifecycles of the duty rotation: a draw 抽签, a turn 轮值, an exchange of turns 调换. By the China day, not by the hour."""

from datetime import date, timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation, Role
from app.domain.workdays import is_working_day

ANSWER_DAYS = 5
"""Working days the unit that is asked has to answer. House rule."""
OBJECTION_DAYS = 3
"""Working days the community has to object to an exchange both units want. House rule."""
REPORT_DAYS = 10
"""Working days after a turn to report. House rule."""

_ADMINS: Parties = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
_UNIT: Parties = frozenset({Relation.UNIT})


class DrawState(StrEnum):
    FROZEN = "frozen"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class DrawAction(StrEnum):
    REVEAL = "reveal"
    PUBLISH = "publish"
    DISCARD = "discard"


OPEN_DRAWS = frozenset({DrawState.FROZEN, DrawState.PROPOSED})
DRAW = Lifecycle(
    "duty-draw",
    "轮值抽签",
    initial=DrawState.FROZEN,
    actions=DrawAction,
    state_names={
        DrawState.FROZEN: "名单已冻结",
        DrawState.PROPOSED: "已抽签",
        DrawState.PUBLISHED: "已公布",
        DrawState.DISCARDED: "已作废",
    },
    action_names={DrawAction.REVEAL: "开签", DrawAction.PUBLISH: "公布", DrawAction.DISCARD: "作废"},
    steps=(
        Step(
            DrawAction.REVEAL,
            frozenset({DrawState.FROZEN}),
            DrawState.PROPOSED,
            _ADMINS,
            note="公开来源公布之日或之后；随机数与公开来源合成种子，谁都可以复算",
        ),
        Step(
            DrawAction.PUBLISH,
            frozenset({DrawState.PROPOSED}),
            DrawState.PUBLISHED,
            _ADMINS,
            note="每年一次，不可更改；抽中的单位须仍是成员",
        ),
        Step(DrawAction.DISCARD, OPEN_DRAWS, DrawState.DISCARDED, _ADMINS, note="写明理由，作废的抽签同样公开"),
    ),
)


class TurnState(StrEnum):
    PLANNED = "planned"
    ON_DUTY = "on_duty"
    ENDED = "ended"
    REPORTED = "reported"
    CLOSED = "closed"


class TurnAction(StrEnum):
    BEGIN = "begin"
    END = "end"
    REPORT = "report"
    CLOSE = "close"


TO_COME = frozenset({TurnState.PLANNED, TurnState.ON_DUTY})
"""What falls to another unit when its own leaves."""
TURN = Lifecycle(
    "duty-turn",
    "轮值",
    initial=TurnState.PLANNED,
    actions=TurnAction,
    state_names={
        TurnState.PLANNED: "待轮值",
        TurnState.ON_DUTY: "轮值中",
        TurnState.ENDED: "期满待报告",
        TurnState.REPORTED: "已报告",
        TurnState.CLOSED: "已办结",
    },
    action_names={
        TurnAction.BEGIN: "开始",
        TurnAction.END: "期满",
        TurnAction.REPORT: "报告",
        TurnAction.CLOSE: "办结",
    },
    steps=(
        Step(TurnAction.BEGIN, frozenset({TurnState.PLANNED}), TurnState.ON_DUTY, _SYSTEM, note="首日零时（北京时间）"),
        Step(TurnAction.END, frozenset({TurnState.ON_DUTY}), TurnState.ENDED, _SYSTEM, note="末日之后"),
        Step(
            TurnAction.REPORT,
            frozenset({TurnState.ENDED}),
            TurnState.REPORTED,
            _UNIT,
            note=f"期满后 {REPORT_DAYS} 个工作日内；所做工作由系统汇总，单位补充文字",
        ),
        Step(TurnAction.CLOSE, frozenset({TurnState.REPORTED}), TurnState.CLOSED, _ADMINS),
    ),
)


class ExchangeState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    LAPSED = "lapsed"


class ExchangeAction(StrEnum):
    AGREE = "agree"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    OBJECT = "object"
    COMPLETE = "complete"
    LAPSE = "lapse"


OPEN_EXCHANGES = frozenset({ExchangeState.ASKED, ExchangeState.AGREED})
_ASKED = frozenset({ExchangeState.ASKED})
_OTHER: Parties = frozenset({Relation.ASKED})
EXCHANGE = Lifecycle(
    "duty-exchange",
    "轮值调换",
    initial=ExchangeState.ASKED,
    actions=ExchangeAction,
    state_names={
        ExchangeState.ASKED: "待对方答复",
        ExchangeState.AGREED: "对方同意，公示中",
        ExchangeState.DONE: "已调换",
        ExchangeState.DECLINED: "对方未同意",
        ExchangeState.WITHDRAWN: "已撤回",
        ExchangeState.OBJECTED: "社区未同意",
        ExchangeState.LAPSED: "已失效",
    },
    action_names={
        ExchangeAction.AGREE: "同意",
        ExchangeAction.DECLINE: "不同意",
        ExchangeAction.WITHDRAW: "撤回",
        ExchangeAction.OBJECT: "社区不同意",
        ExchangeAction.COMPLETE: "调换",
        ExchangeAction.LAPSE: "失效",
    },
    steps=(
        Step(
            ExchangeAction.AGREE,
            _ASKED,
            ExchangeState.AGREED,
            _OTHER,
            note=f"{ANSWER_DAYS} 个工作日内；此后社区可在 {OBJECTION_DAYS} 个工作日内提出不同意",
        ),
        Step(ExchangeAction.DECLINE, _ASKED, ExchangeState.DECLINED, _OTHER),
        Step(ExchangeAction.WITHDRAW, OPEN_EXCHANGES, ExchangeState.WITHDRAWN, _UNIT),
        Step(
            ExchangeAction.OBJECT,
            frozenset({ExchangeState.AGREED}),
            ExchangeState.OBJECTED,
            _ADMINS,
            note="写明理由",
        ),
        Step(
            ExchangeAction.COMPLETE,
            frozenset({ExchangeState.AGREED}),
            ExchangeState.DONE,
            _SYSTEM,
            note="公示期满无异议，两个轮值同时互换",
        ),
        Step(
            ExchangeAction.LAPSE,
            OPEN_EXCHANGES,
            ExchangeState.LAPSED,
            _SYSTEM,
            note="逾期未答复，或其中一个单位已退出",
        ),
    ),
)


def working_days_after(day: date, days: int) -> date:
    """The day ``days`` working days after this one, which does not count."""
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def last_day_to_object(agreed: date) -> date:
    return working_days_after(agreed, OBJECTION_DAYS)
