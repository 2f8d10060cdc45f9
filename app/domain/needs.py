"""The life of a need 需求, from 点单 to 办结 (LIFECYCLE.md, "Need")."""

from datetime import timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role


class NeedState(StrEnum):
    SUBMITTED = "submitted"
    INFO_REQUESTED = "info_requested"
    ACCEPTED = "accepted"
    IN_SERVICE = "in_service"
    MET = "met"
    CLOSED = "closed"
    PLANNED = "planned"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class NeedAction(StrEnum):
    ASK = "ask"
    ANSWER = "answer"
    LAPSE = "lapse"
    ACCEPT = "accept"
    REFUSE = "refuse"
    APPEAL = "appeal"
    REDIRECT = "redirect"
    MERGE = "merge"
    UNMERGE = "unmerge"
    DISPATCH = "dispatch"
    MEET = "meet"
    CONFIRM = "confirm"
    EXPLAIN = "explain"
    PLAN = "plan"
    DUE = "due"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"


NIGHT_TOO = frozenset(Urgency) - {Urgency.NORMAL}
"""What people are asked for in quiet hours too."""


class Privacy(StrEnum):
    PUBLIC = "public"
    COMMUNITY = "community"
    HANDLERS = "handlers"


class NeedSource(StrEnum):
    SELF = "self"
    PROXY = "proxy"
    """代点单: a grid worker or steward asks for someone."""
    IMPORT = "import"
    CLIENT = "client"
    """Sent by a third party's system."""


class RefusalReason(StrEnum):
    NOT_COMMUNITY_WORK = "not_community_work"
    UNLAWFUL = "unlawful"
    ALREADY_SOLVED = "already_solved"
    FALSE = "false"
    NO_CONTACT = "no_contact"
    OTHER = "other"


class Channel(StrEnum):
    """The other legal channel a matter belongs to."""

    POLICE_110 = "110"
    FIRE_119 = "119"
    RESCUE_120 = "120"
    HOTLINE_12345 = "12345"
    COURT = "court"
    PETITION = "petition"
    ARBITRATION = "arbitration"
    OTHER = "other"


_S, _A = NeedState, NeedAction
_COMMUNITY = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN})
_ABOVE = frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_ASKER = frozenset({Relation.ASKER})
_AFFECTED = frozenset({Relation.FOLLOWER, Relation.AFFECTED})
_SYSTEM = frozenset({Relation.SYSTEM})

NEED = Lifecycle(
    "need",
    "需求",
    initial=_S.SUBMITTED,
    actions=NeedAction,
    state_names={
        _S.SUBMITTED: "待审核",
        _S.INFO_REQUESTED: "待补充",
        _S.ACCEPTED: "已入库",
        _S.IN_SERVICE: "服务中",
        _S.MET: "已满足",
        _S.CLOSED: "已办结",
        _S.PLANNED: "挂账",
        _S.REFUSED: "不予受理",
        _S.REDIRECTED: "已转介",
        _S.MERGED: "已并单",
        _S.WITHDRAWN: "已撤回",
    },
    action_names={
        _A.ASK: "要求补充",
        _A.ANSWER: "补充说明",
        _A.LAPSE: "逾期未补充办结",
        _A.ACCEPT: "受理入库",
        _A.REFUSE: "不予受理",
        _A.APPEAL: "申诉",
        _A.REDIRECT: "转介",
        _A.MERGE: "并单",
        _A.UNMERGE: "撤销并单",
        _A.DISPATCH: "开始服务",
        _A.MEET: "全部办结",
        _A.CONFIRM: "确认办结",
        _A.EXPLAIN: "解释办结",
        _A.PLAN: "挂账",
        _A.DUE: "到期销账",
        _A.WITHDRAW: "撤回",
        _A.REOPEN: "重新办理",
    },
    steps=(
        Step(
            _A.ASK,
            frozenset({_S.SUBMITTED}),
            _S.INFO_REQUESTED,
            _COMMUNITY,
            note="写明需要补充什么；等待期间不计时",
        ),
        Step(
            _A.ANSWER,
            frozenset({_S.INFO_REQUESTED}),
            _S.SUBMITTED,
            _ASKER | _COMMUNITY,
            note="点单人补充；导入或代点的，社区电话问明后代为补充",
        ),
        Step(_A.LAPSE, frozenset({_S.INFO_REQUESTED}), _S.CLOSED, _SYSTEM, note="逾期未补充，告知点单人"),
        Step(
            _A.ACCEPT,
            frozenset({_S.SUBMITTED}),
            _S.ACCEPTED,
            _COMMUNITY,
            note="按目录确定类别、地点、时限，并开出首个工单",
        ),
        Step(_A.REFUSE, frozenset({_S.SUBMITTED}), _S.REFUSED, _COMMUNITY, note="写明理由；点单人可申诉一次"),
        Step(_A.APPEAL, frozenset({_S.REFUSED}), _S.SUBMITTED, _ASKER, note="仅一次"),
        Step(_A.REDIRECT, frozenset({_S.SUBMITTED}), _S.REDIRECTED, _COMMUNITY, note="写明应走的法定渠道"),
        Step(
            _A.MERGE,
            frozenset({_S.SUBMITTED, _S.ACCEPTED}),
            _S.MERGED,
            _COMMUNITY,
            note="写明并入哪一件；每位点单人继续收到进展",
        ),
        Step(
            _A.UNMERGE,
            frozenset({_S.MERGED}),
            _S.SUBMITTED,
            _COMMUNITY,
            also=frozenset({_S.ACCEPTED}),
            note="回到并单前的状态",
        ),
        Step(_A.DISPATCH, frozenset({_S.ACCEPTED}), _S.IN_SERVICE, _SYSTEM, note="首个工单派出"),
        Step(_A.MEET, frozenset({_S.IN_SERVICE}), _S.MET, _SYSTEM, note="全部工单办结且已解决"),
        Step(_A.CONFIRM, frozenset({_S.MET}), _S.CLOSED, _ASKER | _SYSTEM, note="逾期由系统确认并注明"),
        Step(
            _A.EXPLAIN,
            frozenset({_S.IN_SERVICE}),
            _S.CLOSED,
            _COMMUNITY,
            note="没有在办工单；写明依据并告知点单人",
        ),
        Step(
            _A.PLAN,
            frozenset({_S.ACCEPTED, _S.IN_SERVICE}),
            _S.PLANNED,
            _COMMUNITY,
            approval=_ABOVE,
            note="写明困难、措施、日期；上一级批准；告知点单人",
        ),
        Step(
            _A.DUE,
            frozenset({_S.PLANNED}),
            _S.ACCEPTED,
            _COMMUNITY | _SYSTEM,
            also=frozenset({_S.IN_SERVICE}),
            note="到期或条件成熟；回到挂账前的状态",
        ),
        Step(
            _A.WITHDRAW,
            frozenset({_S.SUBMITTED, _S.INFO_REQUESTED, _S.ACCEPTED, _S.IN_SERVICE, _S.PLANNED}),
            _S.WITHDRAWN,
            _ASKER,
            note="释放已接单人员并告知",
        ),
        Step(
            _A.REOPEN,
            frozenset({_S.MET, _S.CLOSED}),
            _S.ACCEPTED,
            _ASKER | _AFFECTED | _SYSTEM | {Role.COMMUNITY_ADMIN} | _ABOVE,
            also=frozenset({_S.SUBMITTED}),
            note="期限内；轮次加一；未受理过的回到待审核；公开给邻里的，住在此处的居民也可提出",
        ),
    ),
)

IN_STORE = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE})
"""In the library, and still to be met."""
ENDED = frozenset({_S.CLOSED, _S.REFUSED, _S.REDIRECTED, _S.MERGED, _S.WITHDRAWN})
"""States in which nothing is being done."""
UNSERVED = ENDED - {NeedState.CLOSED}
"""States in which it ended without being served; a closed one was served if it was met."""


ANSWER_WINDOW = timedelta(days=7)
"""House rule: a question to the asker unanswered this long closes the need."""
CONFIRM_WINDOW = timedelta(days=7)
"""House rule: a met need is closed by the system after this long, and marked so."""
REOPEN_WINDOW = timedelta(days=30)
"""House rule: how long after its end a need or an order may be taken up again."""
