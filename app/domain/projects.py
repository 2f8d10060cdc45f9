"""The life of a project 共建项目: proposed, listed, claimed by member units, done, judged by residents (DOMAIN.md, "project")."""

from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import UNIT_ROLES, Relation, Role


class ProjectState(StrEnum):
    PROPOSED = "proposed"
    RETURNED = "returned"
    LISTED = "listed"
    CLAIMED = "claimed"
    RUNNING = "running"
    DELIVERED = "delivered"
    EVALUATED = "evaluated"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class ProjectAction(StrEnum):
    RETURN = "return"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    PUBLISH = "publish"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    START = "start"
    DELIVER = "deliver"
    REWORK = "rework"
    EVALUATE = "evaluate"
    ARCHIVE = "archive"
    CANCEL = "cancel"


class ProjectKind(StrEnum):
    MICRO = "micro"
    """民生微实事: always with a budget, which one level up approves."""
    PRACTICAL = "practical"
    QUALITY = "quality"
    ELDER_CARE = "elder_care"
    CULTURE = "culture"
    SAFETY = "safety"
    ENVIRONMENT = "environment"
    OTHER = "other"


class Link(StrEnum):
    """The eight links 八联 of the joint committee's work."""

    PARTY_BUILDING = "party_building"
    THEORY = "theory"
    RESOURCES = "resources"
    SERVICES = "services"
    SECURITY = "security"
    CHARITY = "charity"
    CULTURE = "culture"
    SANITATION = "sanitation"


class Part(StrEnum):
    """What a unit is in a project."""

    LEAD = "lead"
    SUPPORT = "support"


class CancelReason(StrEnum):
    WITHDRAWN = "withdrawn"
    """By whoever proposed it, before it was listed."""
    NOT_NEEDED = "not_needed"
    NO_UNIT = "no_unit"
    NO_MONEY = "no_money"
    DUPLICATE = "duplicate"
    UNLAWFUL = "unlawful"
    OTHER = "other"


KIND_NAMES = {
    ProjectKind.MICRO: "民生微实事",
    ProjectKind.PRACTICAL: "我为群众办实事",
    ProjectKind.QUALITY: "精品服务项目",
    ProjectKind.ELDER_CARE: "养老服务",
    ProjectKind.CULTURE: "文化活动",
    ProjectKind.SAFETY: "平安建设",
    ProjectKind.ENVIRONMENT: "环境整治",
    ProjectKind.OTHER: "其他",
}
LINK_NAMES = {
    Link.PARTY_BUILDING: "党建联带",
    Link.THEORY: "理论联学",
    Link.RESOURCES: "资源联用",
    Link.SERVICES: "服务联做",
    Link.SECURITY: "治安联防",
    Link.CHARITY: "公益联办",
    Link.CULTURE: "文化联谊",
    Link.SANITATION: "卫生联搞",
}
PART_NAMES = {Part.LEAD: "牵头", Part.SUPPORT: "配合"}
CANCEL_NAMES = {
    CancelReason.WITHDRAWN: "提出人撤回",
    CancelReason.NOT_NEEDED: "不再需要",
    CancelReason.NO_UNIT: "无单位认领",
    CancelReason.NO_MONEY: "资金未落实",
    CancelReason.DUPLICATE: "与其他项目重复",
    CancelReason.UNLAWFUL: "不合法规",
    CancelReason.OTHER: "其他",
}

_S, _A = ProjectState, ProjectAction
_COMMUNITY = frozenset({Role.COMMUNITY_ADMIN})
ABOVE = frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
"""One level up: who approves public money and its changes."""
_PROPOSER = frozenset({Relation.PROPOSER})
_LEAD = frozenset({Relation.LEAD})
_CLAIMING = frozenset({Relation.LEAD, Relation.SUPPORT})
_SYSTEM = frozenset({Relation.SYSTEM})

PROJECT = Lifecycle(
    "project",
    "共建项目",
    initial=_S.PROPOSED,
    actions=ProjectAction,
    state_names={
        _S.PROPOSED: "待审核",
        _S.RETURNED: "退回修改",
        _S.LISTED: "待认领",
        _S.CLAIMED: "已认领",
        _S.RUNNING: "实施中",
        _S.DELIVERED: "评议中",
        _S.EVALUATED: "已评议",
        _S.ARCHIVED: "已归档",
        _S.CANCELLED: "已取消",
    },
    action_names={
        _A.RETURN: "退回修改",
        _A.RESUBMIT: "重新提交",
        _A.WITHDRAW: "撤回",
        _A.PUBLISH: "列入清单",
        _A.CLAIM: "认领",
        _A.UNCLAIM: "取消认领",
        _A.START: "启动实施",
        _A.DELIVER: "报告完成",
        _A.REWORK: "要求整改",
        _A.EVALUATE: "评议结束",
        _A.ARCHIVE: "归档",
        _A.CANCEL: "取消",
    },
    steps=(
        Step(_A.RETURN, frozenset({_S.PROPOSED}), _S.RETURNED, _COMMUNITY, note="写明须改什么"),
        Step(_A.RESUBMIT, frozenset({_S.RETURNED}), _S.PROPOSED, _PROPOSER),
        Step(_A.WITHDRAW, frozenset({_S.PROPOSED, _S.RETURNED}), _S.CANCELLED, _PROPOSER, note="列入清单之前"),
        Step(
            _A.PUBLISH,
            frozenset({_S.PROPOSED}),
            _S.LISTED,
            _COMMUNITY | ABOVE,
            approval=ABOVE,
            note="民生微实事有预算，须上一级批准；其他项目由社区决定。此后居民可见",
        ),
        Step(
            _A.CLAIM,
            frozenset({_S.LISTED, _S.CLAIMED}),
            _S.CLAIMED,
            UNIT_ROLES | _SYSTEM,
            also=frozenset({_S.LISTED}),
            note="由本单位联络员认领，或由大党委认领清单确认；牵头单位只有一家，配合单位可有多家；有牵头单位才算已认领",
        ),
        Step(
            _A.UNCLAIM,
            frozenset({_S.LISTED, _S.CLAIMED}),
            _S.LISTED,
            _CLAIMING,
            also=frozenset({_S.CLAIMED}),
            note="启动之前",
        ),
        Step(
            _A.START,
            frozenset({_S.CLAIMED}),
            _S.RUNNING,
            _COMMUNITY,
            note="所回应的需求各有一个工单指派给牵头单位；一件需求同时只在一个实施中的项目里",
        ),
        Step(
            _A.DELIVER,
            frozenset({_S.RUNNING}),
            _S.DELIVERED,
            _LEAD,
            note="成效、受益人数与佐证；所回应需求的工单一并报告完成，由点单人评单",
        ),
        Step(
            _A.REWORK,
            frozenset({_S.DELIVERED, _S.EVALUATED}),
            _S.RUNNING,
            _COMMUNITY,
            note="写明整改什么；轮次加一，重新评议",
        ),
        Step(_A.EVALUATE, frozenset({_S.DELIVERED}), _S.EVALUATED, _SYSTEM, note="评议期满，按所有评分计算结果"),
        Step(
            _A.ARCHIVE,
            frozenset({_S.EVALUATED}),
            _S.ARCHIVED,
            _COMMUNITY,
            note="评分低或参评少的，须写明后续措施",
        ),
        Step(
            _A.CANCEL,
            frozenset({_S.PROPOSED, _S.RETURNED, _S.LISTED, _S.CLAIMED, _S.RUNNING}),
            _S.CANCELLED,
            _COMMUNITY | ABOVE,
            note="写明理由；实施中的，所回应需求的工单退回待派",
        ),
    ),
)

ENDED = frozenset({_S.ARCHIVED, _S.CANCELLED})
"""States in which nothing is being done."""
TAKES_ACTIVITIES = frozenset({_S.LISTED, _S.CLAIMED, _S.RUNNING})
"""Known to all and not delivered yet: what is held for it afterwards would not be what was delivered."""
CHANGEABLE = frozenset({_S.PROPOSED, _S.RETURNED, _S.LISTED, _S.CLAIMED})
"""States in which what is to be done may still be reworded."""
UNLISTED = frozenset({_S.PROPOSED, _S.RETURNED})
"""States that only those who decide about it see, and in which its budget may still be changed freely."""
MOST_NEEDS = 50
"""How many needs one project may answer."""


def needs_approval(kind: ProjectKind) -> bool:
    """Whether one level up must agree before it is listed: public money of a 民生微实事."""
    return kind is ProjectKind.MICRO
