"""Sections of an export about what a person did beside orders: parts they helped with, later limits they asked for."""

from app.models import CoHandling, Extension
from app.services.exports_section import Section

BESIDE: tuple[Section, ...] = (
    Section(
        "co_handlings",
        "协办",
        CoHandling,
        ("person_id",),
        {
            "order_id": "工单",
            "state": "状态",
            "part": "协办的部分",
            "words": "说明",
            "result": "结果",
            "done_at": "完成时间",
        },
    ),
    Section(
        "extensions",
        "我申请的延期",
        Extension,
        ("asked_by",),
        {
            "order_id": "工单",
            "state": "状态",
            "reason": "原因",
            "words": "说明",
            "working_days": "工作日",
            "due_before": "原期限",
            "due_after": "新期限",
            "decided_at": "批复时间",
            "decision_words": "批复",
        },
    ),
)
