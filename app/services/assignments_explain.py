"""Why the system chose somebody: which facts about them it used, what each weighed, and how they ranked. Nobody else is named."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.domain import access
from app.domain.catalogue import terms_of
from app.domain.dispatch import WEIGHTS
from app.domain.people import Actor
from app.models import Assignment, Order
from app.services import assignments

_FACTS = {"distance": ("居住地点到服务地点的距离", "米"), "load": ("在办工单", "件"), "pending": ("待答复的邀请", "件")}
_BY_SYSTEM = "系统在符合条件的人中选择费用最小的人；费用由下列事实按权重折合为米相加而得。"
_BY_NAME = "由工作人员指名邀请；下列数字仅供其参考。"
_NOT_CHOSEN = "由您自己抢单，或由单位承办，未经自动匹配。"


async def explain(session: AsyncSession, actor: Actor, assignment_id: UUID) -> dict[str, Any]:
    """For whoever was asked, about themselves."""
    case = await assignments.load(session, actor, assignment_id, "assignments:explain", lock=False)
    if not access.may("assignments:explain", case.parties):
        raise Forbidden()
    actor.trace.person_id = case.assignment.person_id
    return explained(case.assignment, case.order.order)


def explained(assignment: Assignment, order: Order) -> dict[str, Any]:
    """The fields of an AssignmentExplanation, from the reasons kept with the invitation."""
    choice = assignment.choice or {}
    parts: dict[str, float] = choice.get("parts", {})
    weights = choice.get("weights", WEIGHTS)
    automatic = bool(choice) and choice.get("rank") is not None
    return {
        "assignment_id": assignment.id,
        "order_id": assignment.order_id,
        "automatic": automatic,
        "words": _BY_SYSTEM if automatic else _BY_NAME if choice else _NOT_CHOSEN,
        "facts": [_fact(name, part, weights[name]) for name, part in parts.items() if name in _FACTS],
        "skills": list(terms_of(order.terms).skills) if choice else [],
        "cost": choice.get("cost"),
        "rank": choice.get("rank"),
        "feasible": choice.get("feasible") if automatic else None,
    }


def _fact(name: str, part: float, weight: float) -> dict[str, Any]:
    title, unit = _FACTS[name]
    return {
        "fact": name,
        "title": title,
        "value": round(part / weight, 1),
        "unit": unit,
        "weight": weight,
        "cost": part,
    }
