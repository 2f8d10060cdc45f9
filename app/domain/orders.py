"""The life of an order 工单, the unit of dispatch (LIFECYCLE.md, "Order").

People are offered an order, never given one (志愿服务条例 §25); units and departments are assigned.
"""

from datetime import timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import HELPERS, Relation, Role


class OrderState(StrEnum):
    OPEN = "open"
    PUBLISHED = "published"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"
    DISPUTED = "disputed"
    REPORTED = "reported"
    CLOSED = "closed"
    PLANNED = "planned"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"


class OrderAction(StrEnum):
    PUBLISH = "publish"
    OFFER = "offer"
    ASSIGN = "assign"
    TAKE = "take"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    OBJECT = "object"
    UPHOLD = "uphold"
    OVERRULE = "overrule"
    TRANSFER = "transfer"
    VACATE = "vacate"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPORT = "report"
    CONFIRM = "confirm"
    REWORK = "rework"
    EXPLAIN = "explain"
    PLAN = "plan"
    DUE = "due"
    TERMINATE = "terminate"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class Outcome(StrEnum):
    SOLVED = "solved"
    EXPLAINED = "explained"


class SuspendReason(StrEnum):
    WAITING_FOR_ASKER = "waiting_for_asker"
    WAITING_FOR_PARTS = "waiting_for_parts"
    WEATHER = "weather"
    OTHER_DEPARTMENT = "other_department"
    OTHER = "other"


class TerminateReason(StrEnum):
    ASKER_UNCOOPERATIVE = "asker_uncooperative"
    LEGAL_BAR = "legal_bar"
    DUPLICATE = "duplicate"
    OTHER = "other"


_S, _A = OrderState, OrderAction
_GRID = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN})
_SENDS_OUT = _GRID | {Relation.DISPATCHER}
"""And a level above that has taken dispatching over (``app.domain.escalations``)."""
_HUB = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
TAKE_OVER = frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
"""Who dispatches nothing unless their level has taken it over."""
SENT_OUT = frozenset({_S.OPEN, _S.PUBLISHED, _S.OFFERED})
"""States in which an order can be published, offered or assigned."""
ABOVE = frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
"""Who stands above everyone who may assign an order."""
_CONCERNED = frozenset({Relation.UNIT, Relation.ASSIGNER, Relation.PEER})
"""Who is a party to an objection, and so judges none."""
_SYSTEM = frozenset({Relation.SYSTEM})
_HOLDER = frozenset({Relation.HOLDER})
_ASKER = frozenset({Relation.ASKER})
_AFFECTED = frozenset({Relation.FOLLOWER, Relation.AFFECTED})
_UNDERWAY = frozenset(
    {_S.OPEN, _S.PUBLISHED, _S.OFFERED, _S.ACCEPTED, _S.IN_PROGRESS, _S.SUSPENDED, _S.DISPUTED, _S.PLANNED}
)

_VACATED_FROM = (_UNDERWAY - {_S.DISPUTED}) | {_S.REPORTED}

ORDER = Lifecycle(
    "order",
    "工单",
    initial=_S.OPEN,
    actions=OrderAction,
    state_names={
        _S.OPEN: "待派",
        _S.PUBLISHED: "可抢",
        _S.OFFERED: "待接",
        _S.ACCEPTED: "已接",
        _S.IN_PROGRESS: "办理中",
        _S.SUSPENDED: "挂起",
        _S.DISPUTED: "异议",
        _S.REPORTED: "待评",
        _S.CLOSED: "办结",
        _S.PLANNED: "挂账",
        _S.TERMINATED: "终止",
        _S.WITHDRAWN: "撤回",
    },
    action_names={
        _A.PUBLISH: "发布抢单",
        _A.OFFER: "派单邀请",
        _A.ASSIGN: "指派单位",
        _A.TAKE: "抢单",
        _A.ACCEPT: "接单",
        _A.DECLINE: "婉拒",
        _A.EXPIRE: "邀请过期",
        _A.OBJECT: "提出异议",
        _A.UPHOLD: "异议成立",
        _A.OVERRULE: "异议不成立",
        _A.TRANSFER: "转交",
        _A.VACATE: "承办人退出",
        _A.START: "开始服务",
        _A.SUSPEND: "挂起",
        _A.RESUME: "恢复办理",
        _A.REPORT: "报告完成",
        _A.CONFIRM: "评单确认",
        _A.REWORK: "要求返工",
        _A.EXPLAIN: "解释办结",
        _A.PLAN: "挂账",
        _A.DUE: "到期销账",
        _A.TERMINATE: "终止",
        _A.WITHDRAW: "撤回",
        _A.REOPEN: "重新办理",
    },
    steps=(
        Step(
            _A.PUBLISH,
            frozenset({_S.OPEN, _S.OFFERED}),
            _S.PUBLISHED,
            _SENDS_OUT | _SYSTEM,
            note="写明谁可以抢、需要几人；还在考虑的邀请随之收回",
        ),
        Step(
            _A.OFFER,
            frozenset({_S.OPEN, _S.PUBLISHED, _S.OFFERED}),
            _S.OFFERED,
            _SENDS_OUT | _SYSTEM,
            note="邀请而非命令（志愿服务条例第二十五条）；有答复期限；一个名额可同时邀请几位，先答应的接下",
        ),
        Step(
            _A.ASSIGN,
            frozenset({_S.OPEN, _S.PUBLISHED, _S.OFFERED}),
            _S.ACCEPTED,
            _SENDS_OUT | _SYSTEM,
            note="仅限单位与职能部门；还在考虑的邀请随之收回",
        ),
        Step(
            _A.TAKE,
            frozenset({_S.PUBLISHED}),
            _S.ACCEPTED,
            HELPERS,
            also=frozenset({_S.PUBLISHED}),
            note="本人符合条件且未超在办上限；先到先得；需要多人时满员才转为已接",
        ),
        Step(
            _A.ACCEPT,
            frozenset({_S.OFFERED}),
            _S.ACCEPTED,
            frozenset({Relation.ASKED}),
            also=frozenset({_S.OFFERED, _S.OPEN}),
            note="每个名额只有一人接单",
        ),
        Step(
            _A.DECLINE,
            frozenset({_S.OFFERED}),
            _S.OPEN,
            frozenset({Relation.ASKED}),
            also=frozenset({_S.OFFERED}),
            note="可不说明理由，不影响评价；本单不再邀请此人",
        ),
        Step(
            _A.EXPIRE,
            frozenset({_S.OFFERED}),
            _S.OPEN,
            _SYSTEM,
            also=frozenset({_S.OFFERED}),
            note="同婉拒，转下一人",
        ),
        Step(
            _A.OBJECT,
            frozenset({_S.OFFERED, _S.ACCEPTED}),
            _S.DISPUTED,
            frozenset({Relation.UNIT}),
            note="一次，指派后一个工作日内；选定理由类别并引用职责依据",
        ),
        Step(
            _A.UPHOLD,
            frozenset({_S.DISPUTED}),
            _S.OPEN,
            ABOVE,
            barred=_CONCERNED,
            note="由派单人与异议单位的共同上级裁决，写明理由并告知双方；此后再指派该单位须上级同意",
        ),
        Step(
            _A.OVERRULE,
            frozenset({_S.DISPUTED}),
            _S.ACCEPTED,
            ABOVE,
            barred=_CONCERNED,
            note="由派单人与异议单位的共同上级裁决，写明理由并告知双方；此后不得再退回",
        ),
        Step(_A.TRANSFER, frozenset({_S.ACCEPTED}), _S.OFFERED, _HOLDER | _GRID, note="接手人须同意；计时不停"),
        Step(
            _A.VACATE,
            _VACATED_FROM,
            _S.OPEN,
            _SYSTEM,
            also=_VACATED_FROM - {_S.ACCEPTED},
            note="有人取消或未到场，名额空出，另请他人；其余承办人继续",
        ),
        Step(_A.START, frozenset({_S.ACCEPTED}), _S.IN_PROGRESS, _HOLDER, note="类别要求时须签到"),
        Step(
            _A.SUSPEND,
            frozenset({_S.IN_PROGRESS}),
            _S.SUSPENDED,
            _HOLDER,
            approval=_HUB,
            note="写明原因类别；办理时限暂停；最长三十天",
        ),
        Step(_A.RESUME, frozenset({_S.SUSPENDED}), _S.IN_PROGRESS, _HOLDER | _HUB | _SYSTEM),
        Step(
            _A.REPORT,
            frozenset({_S.IN_PROGRESS}),
            _S.REPORTED,
            _HOLDER,
            note="结果与佐证；各承办人已签退，联办各方已完成",
        ),
        Step(
            _A.CONFIRM,
            frozenset({_S.REPORTED}),
            _S.CLOSED,
            _ASKER | _SYSTEM,
            barred=_HOLDER,
            note="评分一至五；逾期由系统确认并注明",
        ),
        Step(
            _A.REWORK,
            frozenset({_S.REPORTED}),
            _S.IN_PROGRESS,
            _ASKER | _HUB,
            barred=_HOLDER,
            note="写明理由；轮次加一",
        ),
        Step(
            _A.EXPLAIN,
            frozenset({_S.REPORTED}),
            _S.CLOSED,
            _HUB,
            barred=_HOLDER,
            note="承办、协办、被反映的人不得审核；写明依据；告知点单人",
        ),
        Step(
            _A.PLAN,
            frozenset({_S.IN_PROGRESS}),
            _S.PLANNED,
            _HOLDER,
            approval=ABOVE,
            note="写明困难、措施、日期；上一级批准",
        ),
        Step(_A.DUE, frozenset({_S.PLANNED}), _S.IN_PROGRESS, _HOLDER | _HUB | _SYSTEM, note="到期或条件成熟"),
        Step(
            _A.TERMINATE,
            _UNDERWAY,
            _S.TERMINATED,
            _HOLDER | _GRID,
            approval=_HUB,
            note="点单人不配合或法律障碍；书面说明",
        ),
        Step(_A.WITHDRAW, _UNDERWAY, _S.WITHDRAWN, _ASKER, note="释放已接单人员并告知"),
        Step(
            _A.REOPEN,
            frozenset({_S.CLOSED}),
            _S.OPEN,
            _ASKER | _AFFECTED | {Relation.REVISER} | _HUB,
            note="期限内；轮次加一；公开给邻里的，住在此处的居民也可提出；回访认为未解决的随即重新办理",
        ),
    ),
)

ENDED = frozenset({_S.CLOSED, _S.TERMINATED, _S.WITHDRAWN})
"""States in which nothing is being done."""
WORKED_ON = frozenset(_S) - ENDED
GIVEN_UP = ENDED - {_S.CLOSED}
"""States in which it ended without being done; a closed one was done if it was solved."""

CONFIRM_WINDOW = timedelta(days=7)
"""House rule: a reported order nobody rated is confirmed by the system after this long, and marked so."""
OBJECT_WORKING_DAYS = 1
"""House rule: a unit says "not ours" within so many working days of being assigned, at the same time of day."""
LONGEST_SUSPENSION = timedelta(days=30)
"""House rule: a suspension ends by itself after this long."""
OFFER_MINUTES = 60
"""House rule: how long a person asked may think before the next is asked, unless the order says otherwise."""
RETRY_OFFER_AFTER = timedelta(minutes=10)
"""House rule: when nobody feasible is left to ask, the system looks again after this long."""
MOST_UNFINISHED = 5
"""House rule: how many unfinished orders one helper may hold."""
MOST_PLACES = 20
"""How many people one order may ask for."""


def after_acceptance(filled: int, wanted: int, state: OrderState, still_invited: int) -> OrderState:
    """The state once one more person has said yes: accepted when every place is filled, open when nobody else is asked."""
    if filled >= wanted:
        return _S.ACCEPTED
    return _S.OPEN if state is _S.OFFERED and not still_invited else state


def after_refusal(still_invited: int) -> OrderState:
    """The state once a person said no or stayed silent: others may still be thinking."""
    return _S.OFFERED if still_invited else _S.OPEN
