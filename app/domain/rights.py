"""Requests a person makes about their own data: access, correction, deletion, explanation (个人信息保护法)."""

from datetime import datetime
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role
from app.domain.workdays import add_working_days

ANSWER_WITHIN_WORKING_DAYS = 15
"""House rule: the law says 及时 and names no number of days."""


class RightsKind(StrEnum):
    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    EXPLANATION = "explanation"
    """Why an automatic match came out as it did."""


RIGHTS_NAMES = {
    RightsKind.ACCESS: "查阅、复制",
    RightsKind.CORRECTION: "更正",
    RightsKind.DELETION: "删除",
    RightsKind.EXPLANATION: "解释自动匹配",
}


class RightsState(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RightsAction(StrEnum):
    COMPLETE = "complete"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = RightsState, RightsAction
_SUBJECT = frozenset({Relation.SUBJECT})
_ADMINS = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_RECEIVED = frozenset({_S.RECEIVED})

RIGHTS = Lifecycle(
    "rights-request",
    "个人信息请求",
    initial=_S.RECEIVED,
    actions=RightsAction,
    state_names={_S.RECEIVED: "已收到", _S.DONE: "已办", _S.REFUSED: "不予办理", _S.WITHDRAWN: "已撤回"},
    action_names={_A.COMPLETE: "办结", _A.REFUSE: "不予办理", _A.WITHDRAW: "撤回"},
    steps=(
        Step(
            _A.COMPLETE,
            _RECEIVED,
            _S.DONE,
            _ADMINS,
            barred=_SUBJECT,
            note="更正须已在档案中更正；删除须已无未完成的工单与需求，办结即销毁密钥，不可恢复",
        ),
        Step(_A.REFUSE, _RECEIVED, _S.REFUSED, _ADMINS, barred=_SUBJECT, note="写明理由"),
        Step(_A.WITHDRAW, _RECEIVED, _S.WITHDRAWN, _SUBJECT),
    ),
)

CORRECTIONS: dict[str, frozenset[str]] = {
    "person": frozenset(
        {
            "update",
            "move",
            "merge",
            "join_household",
            "correct_household",
            "leave_household",
            "enter_certificate",
            "verify_certificate",
            "withdraw_certificate",
            "employ",
            "end_employment",
            "register_member",
            "report_in",
            "enter",
            "leave_party",
            "forget_membership",
            "volunteer",
            "leave_volunteering",
            "set_availability",
            "record_care",
            "correct_care",
            "forget_care",
            "guard",
            "unguard",
        }
    ),
    "consent": frozenset({"give", "supersede", "withdraw"}),
    "grant": frozenset({"create", "revoke"}),
    "hour": frozenset({"record", "reverse"}),
}
"""What changes what is recorded of a person, by the aggregate whose event says so: a correction is done in one of these. Asking,
reading, signing in and the keys to it correct nothing.
"""


def answer_due_at(received_at: datetime) -> datetime:
    return add_working_days(received_at, ANSWER_WITHIN_WORKING_DAYS)
