"""Sections of an export about what a person asked for and did: needs, orders, words, service and its hours."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, and_, or_, select
from sqlalchemy.dialects.postgresql import array

from app.models import (
    Approval,
    Assignment,
    Booking,
    DispatchTurn,
    Evaluation,
    Event,
    HourEntry,
    Need,
    NeedFollower,
    Order,
    Pairing,
    Resource,
    Revisit,
    ServiceWindow,
)
from app.services.exports_section import WORDS, Section


def _of_their_needs(records: Sequence[UUID]) -> ColumnElement[bool]:
    """An order for a need they asked for: its rating is theirs."""
    return Order.need_id.in_(select(Need.id).where(Need.asker_id.in_(records)))


def _about_their_needs(records: Sequence[UUID]) -> ColumnElement[bool]:
    """A revisit of an order for a need they asked for: what was said there is theirs."""
    return Revisit.order_id.in_(select(Order.id).where(_of_their_needs(records)))


def _their_work(records: Sequence[UUID]) -> CompoundSelect[UUID]:
    """What they asked for, follow or hold. What staff write in their office about the work of others tells of others."""
    asked = select(Need.id).where(Need.asker_id.in_(records))
    followed = select(NeedFollower.need_id).where(NeedFollower.person_id.in_(records))
    ordered = select(Order.id).where(or_(Order.need_id.in_(asked), Order.need_id.in_(followed)))
    held = Assignment.person_id.in_(records)
    return asked.union(followed, ordered, select(Assignment.id).where(held), select(Assignment.order_id).where(held))


def _about_their_work(records: Sequence[UUID]) -> ColumnElement[bool]:
    return Approval.subject_id.in_(_their_work(records))


def _with_words(records: Sequence[UUID]) -> ColumnElement[bool]:
    """On their work or on their own record, and with something typed by hand."""
    own = or_(Event.aggregate_id.in_(_their_work(records)), Event.aggregate_id.in_(records))
    return and_(own, Event.data.has_any(array(WORDS)))


WORK: tuple[Section, ...] = (
    Section(
        "pairings",
        "结对包户",
        Pairing,
        ("person_id",),
        {
            "level": "层级",
            "place_id": "户",
            "starts_on": "开始",
            "ends_on": "最后一日",
            "end_reason": "结束的原因",
        },
    ),
    Section(
        "needs",
        "需求",
        Need,
        ("asker_id",),
        {
            "state": "状态",
            "title": "标题",
            "details": "内容",
            "category": "类别",
            "form": "附加表单",
            "risks": "风险说明",
            "urgency": "紧急程度",
            "privacy": "公开范围",
            "people_concerned": "涉及人数",
            "place_id": "地点",
            "lon": "经度",
            "lat": "纬度",
            "source": "来源",
            "source_number": "来件编号",
            "asked_at": "提出时间",
            "wanted_at": "希望时间",
            "due_at": "期限",
            "answer_by": "补充期限",
            "appealed": "申诉过",
            "planned_until": "挂账至",
            "obstacle": "挂账的困难",
            "measures": "挂账的措施",
            "met_at": "满足时间",
            "closed_at": "办结时间",
            "closed_by_system": "由系统办结",
        },
    ),
    Section(
        "orders",
        "工单与评价",
        Order,
        (),
        {
            "need_id": "需求",
            "state": "状态",
            "title": "标题",
            "category": "类别",
            "urgency": "紧急程度",
            "risks": "风险说明",
            "people_wanted": "需要几人",
            "wanted_at": "希望时间",
            "due_at": "期限",
            "suspended_at": "挂起时间",
            "suspend_reason": "挂起的原因",
            "planned_until": "挂账至",
            "obstacle": "挂账的困难",
            "measures": "挂账的措施",
            "result": "办理结果",
            "evidence": "所附材料",
            "outcome": "结论",
            "rating": "评分",
            "rating_words": "评语",
            "reported_at": "完成时间",
            "closed_at": "办结时间",
            "closed_by_system": "由系统办结",
        },
        within=_of_their_needs,
    ),
    Section(
        "revisits",
        "回访",
        Revisit,
        (),
        {
            "order_id": "工单",
            "round": "第几轮",
            "state": "状态",
            "done_at": "回访时间",
            "solved": "是否解决",
            "satisfied": "是否满意",
            "words": "我的话",
        },
        within=_about_their_needs,
    ),
    Section(
        "need_followers", "关注的需求", NeedFollower, ("person_id",), {"need_id": "需求", "from_need_id": "原需求"}
    ),
    Section(
        "assignments",
        "接单",
        Assignment,
        ("person_id",),
        {
            "order_id": "工单",
            "state": "状态",
            "answer_by": "答复期限",
            "accepted_at": "接单时间",
            "checked_in_at": "签到",
            "check_in_method": "签到方式",
            "checked_out_at": "签退",
            "check_out_method": "签退方式",
        },
    ),
    Section(
        "approvals",
        "我提出的申请",
        Approval,
        ("asked_by",),
        {
            "subject": "关于",
            "subject_id": "编号",
            "action": "申请事项",
            "wish": "申请理由",
            "state": "状态",
            "words": "批复",
            "decided_at": "批复时间",
            "created_at": "申请时间",
        },
        within=_about_their_work,
        said=("wish", "form"),
    ),
    Section(
        "words",
        "我写下的话",
        Event,
        ("actor_id",),
        {"at": "时间", "aggregate": "关于", "aggregate_id": "编号", "action": "动作", "words": "内容"},
        within=_with_words,
        said=("words", "data"),
    ),
    Section(
        "evaluations",
        "项目评议",
        Evaluation,
        ("person_id",),
        {"project_id": "项目", "round": "轮次", "rating": "评分", "words": "评语", "created_at": "时间"},
    ),
    Section(
        "dispatch_turns",
        "轮流派单中的轮次",
        DispatchTurn,
        ("person_id",),
        {"circle_id": "队伍或党支部", "turn": "第几轮次", "served_at": "最近一次轮到"},
    ),
    Section(
        "service_windows",
        "服务时段",
        ServiceWindow,
        ("person_id",),
        {"assignment_id": "接单", "sign_up_id": "活动报名", "during": "时段"},
    ),
    Section(
        "resources",
        "我提供的资源",
        Resource,
        ("person_id",),
        {
            "state": "状态",
            "kind": "种类",
            "nature": "使用方式",
            "name": "名称",
            "details": "说明",
            "categories": "服务类别",
            "quantity": "数量",
            "unit": "单位",
            "place_id": "所在地点",
            "lon": "经度",
            "lat": "纬度",
            "service_place_id": "服务范围",
            "starts_at": "有效期开始",
            "ends_at": "有效期截止",
            "state_words": "理由",
        },
    ),
    Section(
        "bookings",
        "我的预订",
        Booking,
        ("booked_by",),
        {
            "state": "状态",
            "resource_id": "资源",
            "quantity": "数量",
            "during": "时段",
            "purpose": "用途",
            "purpose_id": "用途编号",
            "expires_at": "暂留到期",
            "cancel_words": "取消理由",
        },
    ),
    Section(
        "hour_entries",
        "时长账",
        HourEntry,
        ("person_id",),
        {
            "kind": "种类",
            "order_id": "工单",
            "activity_id": "活动",
            "minutes": "分钟",
            "debit": "转出",
            "credit": "转入",
            "served_from": "服务开始",
            "served_until": "服务结束",
            "source": "来源",
            "evidence": "佐证",
            "reason": "理由",
            "created_at": "入账时间",
        },
    ),
)
