"""Sections of an export about what a person wrote beside orders: urges, answers to supervisions, escalations."""

from app.models import Escalation, Supervision, Urge
from app.services.exports_section import Section

OVERSIGHT: tuple[Section, ...] = (
    Section(
        "urges",
        "催办",
        Urge,
        ("person_id",),
        {
            "order_id": "工单",
            "round": "轮次",
            "number": "本轮第几次",
            "urged_as": "身份",
            "counted_on": "工作日",
            "words": "说明",
            "created_at": "时间",
        },
    ),
    Section(
        "supervisions",
        "我答复的督办",
        Supervision,
        ("answered_by",),
        {
            "order_id": "工单",
            "round": "轮次",
            "state": "状态",
            "level": "由哪一级督办",
            "grounds": "事由",
            "due_at": "期限",
            "answer": "答复",
            "answered_at": "答复时间",
        },
    ),
    Section(
        "escalations",
        "我提请的升级",
        Escalation,
        ("raised_by",),
        {
            "order_id": "工单",
            "round": "轮次",
            "state": "状态",
            "from_level": "由哪一级",
            "to_level": "升到哪一级",
            "tried": "已做的",
            "wish": "请上级做的",
            "due_at": "期限",
            "decision": "决定",
            "help": "支持",
            "reply": "退回的理由",
            "decided_at": "答复时间",
        },
    ),
)
