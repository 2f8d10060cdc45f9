"""A project's money: budget lines with their source, and vouchers 凭证, entered by one and approved by another."""

from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role
from app.domain.projects import ABOVE, ProjectState


class FundSource(StrEnum):
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    UNIT = "unit"
    """A unit pays; which one stands with the line, and counts as its contribution."""
    CHARITY = "charity"
    OTHER = "other"


class VoucherKind(StrEnum):
    SPEND = "spend"
    REVERSE = "reverse"
    """Takes back an approved one, which stays as it is."""


class VoucherState(StrEnum):
    ENTERED = "entered"
    APPROVED = "approved"
    REJECTED = "rejected"


class VoucherAction(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


SOURCE_NAMES = {
    FundSource.SUBDISTRICT: "街道资金",
    FundSource.COMMUNITY: "社区资金",
    FundSource.UNIT: "单位出资",
    FundSource.CHARITY: "慈善捐赠",
    FundSource.OTHER: "其他",
}
VOUCHER_KIND_NAMES = {VoucherKind.SPEND: "支出", VoucherKind.REVERSE: "冲销"}

_S, _A = VoucherState, VoucherAction
_DECIDERS = frozenset({Role.COMMUNITY_ADMIN}) | ABOVE
_ENTERER = frozenset({Relation.PROPOSER})

VOUCHER = Lifecycle(
    "voucher",
    "凭证",
    initial=_S.ENTERED,
    actions=VoucherAction,
    state_names={_S.ENTERED: "待审核", _S.APPROVED: "已入账", _S.REJECTED: "已退回"},
    action_names={_A.APPROVE: "审核入账", _A.REJECT: "退回"},
    steps=(
        Step(
            _A.APPROVE,
            frozenset({_S.ENTERED}),
            _S.APPROVED,
            _DECIDERS,
            barred=_ENTERER,
            note="由录入人以外的人审核；录入时已占用预算，从不超支",
        ),
        Step(_A.REJECT, frozenset({_S.ENTERED}), _S.REJECTED, _DECIDERS, barred=_ENTERER, note="写明理由；释放占用"),
    ),
)

SPENDING = frozenset({ProjectState.RUNNING, ProjectState.DELIVERED, ProjectState.EVALUATED})
"""States of a project in which vouchers are entered."""
MOVE, RAISE = "move", "raise"
"""What is asked of one level up about money once a project is listed."""
