"""What the codes in lists are called, where a list is taken away as a file."""

from collections.abc import Mapping
from typing import Any

from app.domain.activities import ACTIVITY, AUDIENCE_NAMES, Audience, PartKind
from app.domain.activities import PART_NAMES as ACTIVITY_PART_NAMES
from app.domain.activity_series import SERIES
from app.domain.assignments import CheckMethod
from app.domain.bookings import BOOKING, Purpose
from app.domain.budgets import SOURCE_NAMES, VOUCHER, VOUCHER_KIND_NAMES, FundSource, VoucherKind
from app.domain.catalogue import DUTY_NAMES, EVIDENCE_NAMES, HANDLER_NAMES, CheckIn, Duty, Evidence, Handler, Skill
from app.domain.duty_rotation import RELAXED_NAMES, Relaxed
from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.escalations import ESCALATION
from app.domain.joint_work import CLAIM, ITEM, MEETING
from app.domain.levels import LEVEL_TITLES, Level
from app.domain.lifecycle import Lifecycle
from app.domain.matches import LAPSE_NAMES, MATCH, RESULT_NAMES, LapseReason, MatchResult
from app.domain.matching import DISMISS_NAMES, DismissReason
from app.domain.matching import Part as ScorePart
from app.domain.meeting_decisions import DECISION
from app.domain.needs import NEED, NeedSource, Privacy, Urgency
from app.domain.organizations import OrganizationKind
from app.domain.pairings import END_NAMES, LEVEL_NAMES, PairingEnd, PairingLevel
from app.domain.places import PLACE_NAMES, PlaceKind
from app.domain.programmes import MEASURE_NAMES, PROGRAMME_KIND_NAMES, Measure, ProgrammeKind
from app.domain.project_suggestions import SUGGESTION
from app.domain.projects import (
    CANCEL_NAMES,
    KIND_NAMES,
    LINK_NAMES,
    PART_NAMES,
    PROJECT,
    CancelReason,
    Link,
    Part,
    ProjectKind,
)
from app.domain.resources import RESOURCE, Nature, ResourceKind
from app.domain.revisits import REASON_NAMES, REVISIT, RevisitReason
from app.domain.sign_ups import SEARCH_NAMES, SIGN_UP, Search
from app.domain.supervisions import GROUND_NAMES, SUPERVISION, Ground
from app.domain.urges import URGED_AS_NAMES, UrgedAs
from app.domain.whistle_calls import CALL, TASK_NAMES, TOLD_NAMES, Task, Told
from app.domain.whistle_types import UNIT_NAMES, Unit
from app.domain.whistles import WHISTLE

_LIFECYCLES: tuple[Lifecycle[Any, Any], ...] = (
    *(WHISTLE, CALL),
    *(NEED, RESOURCE, BOOKING, DRAW, TURN, EXCHANGE, MEETING, ITEM, CLAIM),
    *(ACTIVITY, SERIES, SIGN_UP, PROJECT, VOUCHER, MATCH, SUPERVISION, ESCALATION),
    *(NEED, RESOURCE, BOOKING, DRAW, TURN, EXCHANGE, MEETING, DECISION, ITEM, CLAIM),
    *(ACTIVITY, SERIES, SIGN_UP, PROJECT, VOUCHER, MATCH, REVISIT, SUGGESTION),
)
_U, _P, _S, _K = Urgency, Privacy, NeedSource, OrganizationKind
NAMES: dict[type, Mapping[Any, str]] = {
    **{type(next(iter(lifecycle.state_names))): lifecycle.state_names for lifecycle in _LIFECYCLES},
    Audience: AUDIENCE_NAMES,
    PartKind: ACTIVITY_PART_NAMES,
    FundSource: SOURCE_NAMES,
    Unit: UNIT_NAMES,
    Task: TASK_NAMES,
    Told: TOLD_NAMES,
    VoucherKind: VOUCHER_KIND_NAMES,
    Duty: DUTY_NAMES,
    Evidence: EVIDENCE_NAMES,
    Handler: HANDLER_NAMES,
    Relaxed: RELAXED_NAMES,
    Measure: MEASURE_NAMES,
    ProgrammeKind: PROGRAMME_KIND_NAMES,
    CancelReason: CANCEL_NAMES,
    ProjectKind: KIND_NAMES,
    Link: LINK_NAMES,
    Part: PART_NAMES,
    LapseReason: LAPSE_NAMES,
    MatchResult: RESULT_NAMES,
    DismissReason: DISMISS_NAMES,
    RevisitReason: REASON_NAMES,
    PairingLevel: LEVEL_NAMES,
    PairingEnd: END_NAMES,
    PlaceKind: PLACE_NAMES,
    UrgedAs: URGED_AS_NAMES,
    Search: SEARCH_NAMES,
    Level: LEVEL_TITLES,
    Ground: GROUND_NAMES,
    ScorePart: {
        ScorePart.CATEGORY: "类别",
        ScorePart.TEXT: "用词",
        ScorePart.DISTANCE: "距离",
        ScorePart.TIME: "时间",
        ScorePart.CAPACITY: "数量",
        ScorePart.DUTY: "轮值",
        ScorePart.RATING: "以往评价",
        ScorePart.FAIRNESS: "均衡",
    },
    Urgency: {_U.NORMAL: "一般", _U.URGENT: "紧急", _U.CRITICAL: "特急"},
    Privacy: {_P.PUBLIC: "公开", _P.COMMUNITY: "本社区", _P.HANDLERS: "仅办理人"},
    NeedSource: {_S.SELF: "本人", _S.PROXY: "代点单", _S.IMPORT: "导入", _S.CLIENT: "接入系统"},
    ResourceKind: {
        ResourceKind.VENUE: "场地",
        ResourceKind.EXPERTISE: "人才",
        ResourceKind.MATERIALS: "物资",
        ResourceKind.FUNDS: "资金",
        ResourceKind.SERVICE: "服务",
        ResourceKind.INFORMATION: "信息",
    },
    Nature: {Nature.EXCLUSIVE: "独占", Nature.SHARED: "同时共享", Nature.STOCK: "领用"},
    Purpose: {
        Purpose.NEED: "需求",
        Purpose.ORDER: "工单",
        Purpose.ACTIVITY: "活动",
        Purpose.PROJECT: "项目",
    },
    OrganizationKind: {
        _K.PARTY_COMMITTEE: "党委",
        _K.GENERAL_BRANCH: "党总支",
        _K.PARTY_BRANCH: "党支部",
        _K.DEPARTMENT: "职能部门",
        _K.WORK_UNIT: "驻区单位",
        _K.SPONSOR_UNIT: "包联单位",
        _K.PARTNER_UNIT: "共建单位",
        _K.PROPERTY_COMPANY: "物业企业",
        _K.OWNERS_COMMITTEE: "业主委员会",
        _K.SOCIAL_ORG: "社会组织",
        _K.TEAM: "队伍",
    },
    CheckMethod: {CheckMethod.POSITION: "定位", CheckMethod.QR: "扫码", CheckMethod.ORGANIZER: "组织者见证"},
    CheckIn: {CheckIn.NONE: "不须签到", CheckIn.PLACE: "到场签到"},
    Skill: {
        Skill.PLUMBING: "水暖",
        Skill.ELECTRICITY: "电工",
        Skill.NURSING: "护理",
        Skill.COUNSELLING: "心理",
        Skill.LAW: "法律",
        Skill.TEACHING: "教学",
        Skill.DIGITAL: "数码",
        Skill.HAIRCUT: "理发",
        Skill.ARTS: "文艺",
        Skill.MONGOLIAN: "蒙古语",
    },
}
"""Enumeration → code → name."""
