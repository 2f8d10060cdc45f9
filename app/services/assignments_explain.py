"""Why the system chose somebody: which facts about them it used, what each weighed, and how they ranked. Nobody else is named."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.domain import access
from app.domain.catalogue import terms_of
from app.domain.dispatch_cost import NEAR_PERCENT, PAIRED_PERCENT, PART_WORDS, Nearness, PairedAt, Part
from app.domain.dispatch_reasons import written_out
from app.domain.dispatch_ways import Way
from app.domain.people import Actor
from app.models import Assignment, Order
from app.services import assignments

_PAIRED = {
    PairedAt.HOUSEHOLD: "您与这一户结对",
    PairedAt.ENTRANCE: "您所在支部与这一单元结对",
    PairedAt.BUILDING: "您所在总支与这一楼栋结对",
    PairedAt.COMPOUND: "您所在单位与这一小区结对",
    None: "没有结对",
}
_NEAR = {
    Nearness.ENTRANCE: "同一单元",
    Nearness.BUILDING: "同一楼栋",
    Nearness.COMPOUND: "同一小区",
    Nearness.GRID: "同一网格",
    Nearness.ELSEWHERE: "不在同一网格",
}
_COUNTED = {
    Part.SKILL: ("fit", "‰", "技能、证书与同类服务"),
    Part.CONTINUITY: ("served", "次", "曾为此人服务"),
    Part.LOAD: ("unfinished", "件", "在办工单"),
    Part.NOTICE: ("asked_lately", "次", "近七日被邀请"),
    Part.PENDING: ("pending", "件", "待答复的邀请"),
}
_BEFORE = {
    "distance": ("居住地点到服务地点的距离", "米"),
    "load": ("在办工单", "件"),
    "pending": ("待答复的邀请", "件"),
}
"""Of choices made before their facts were kept: part ÷ weight is the fact."""
_BY_SYSTEM = "系统在符合条件的人中选择费用最小的人；费用由下列事实按权重折合为米相加而得。"
_BY_NAME = "由工作人员指名邀请；下列数字仅供其参考。"
_NOT_CHOSEN = "由您自己抢单，或由单位承办，未经自动匹配。"
_IN_TURN = "按轮流派单轮到您：符合条件的{among}位中，您{last}，排在最前；下列数字不影响轮次。"
_UNIT_IN_TURN = "按轮流派单轮到贵单位：可承办的{among}个单位中，贵单位{last}，排在最前。"
_IN_WAVE = "系统分批邀请，您在第{wave}批，先答应的接下。"


async def explain(session: AsyncSession, actor: Actor, assignment_id: UUID) -> dict[str, Any]:
    """For whoever was asked, about themselves."""
    case = await assignments.load(session, actor, assignment_id, "assignments:explain", lock=False)
    if not access.may("assignments:explain", case.parties):
        raise Forbidden()
    actor.trace.person_id = case.assignment.person_id
    return explained(case.assignment, case.order.order)


def explained(assignment: Assignment, order: Order) -> dict[str, Any]:
    """The fields of an AssignmentExplanation, from the reasons kept with the invitation."""
    choice = written_out(assignment.choice) or {}
    parts: dict[str, float] = choice.get("parts", {})
    automatic = bool(choice) and (choice.get("rank") is not None or choice.get("way") == Way.ROTATION)
    return {
        "assignment_id": assignment.id,
        "order_id": assignment.order_id,
        "automatic": automatic,
        "words": _words(choice, automatic=automatic, unit=assignment.organization_id is not None),
        "facts": _told(choice, parts),
        "skills": list(terms_of(order.terms).skills) if choice else [],
        "cost": choice.get("cost"),
        "rank": choice.get("rank"),
        "feasible": choice.get("feasible") if automatic else None,
    }


def _words(choice: dict[str, Any], *, automatic: bool, unit: bool) -> str:
    """In plain words, by the way the order went."""
    if choice.get("way") == Way.ROTATION:
        last = "上次轮到是" + choice["last_served_at"][:10] if choice.get("last_served_at") else "还没有轮到过"
        return (_UNIT_IN_TURN if unit else _IN_TURN).format(among=choice["among"], last=last)
    wave = _IN_WAVE.format(wave=choice["wave"]) if choice.get("way") == Way.WAVES else ""
    return (_BY_SYSTEM if automatic else _BY_NAME if choice else _NOT_CHOSEN) + wave


def _told(choice: dict[str, Any], parts: dict[str, float]) -> list[dict[str, Any]]:
    weights = choice.get("weights", {})
    if "facts" not in choice:
        return [_before(name, part, weights[name]) for name, part in parts.items() if name in _BEFORE]
    said = {part: _said(part, choice) for part in Part}
    return [
        {
            "fact": part.value,
            "title": PART_WORDS[part],
            "value": value,
            "unit": unit,
            "words": words,
            "weight": weights[part.value],
            "cost": parts[part.value],
        }
        for part, (value, unit, words) in said.items()
    ]


def _said(part: Part, choice: dict[str, Any]) -> tuple[float, str, str]:
    """The fact behind a part: its number, its unit, and in words."""
    facts = choice["facts"]
    match part:
        case Part.PAIRING:
            level = PairedAt(facts["paired_at"]) if facts["paired_at"] else None
            return PAIRED_PERCENT[level], "%", _PAIRED[level]
        case Part.NEARNESS:
            near = Nearness(facts["nearness"])
            return NEAR_PERCENT[near], "%", _NEAR[near]
        case Part.DISTANCE:
            metres = choice["distance_m"]
            return metres or 0.0, "米", "居住地点到服务地点的距离" if metres is not None else "位置不详，按五千米计"
        case Part.SATISFACTION:
            rated = facts["ratings"]
            return round(facts["rating_sum"] / rated, 2) if rated else 0.0, "分", f"{rated} 次评价的平均"
        case _:
            name, unit, words = _COUNTED[part]
            return facts[name], unit, words


def _before(name: str, part: float, weight: float) -> dict[str, Any]:
    title, unit = _BEFORE[name]
    value = round(part / weight, 1)
    return {
        "fact": name,
        "title": title,
        "value": value,
        "unit": unit,
        "words": title,
        "weight": weight,
        "cost": part,
    }
