"""Objections 异议 of units to orders assigned to them: on what ground, and who may judge one.

A dispute over whose duty something is goes to a third party: not to who assigned the order, and not to the unit that returns it
(LIFECYCLE.md, "Order": uphold and overrule are for "who stands above both").
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.orders import ABOVE
from app.domain.people import Actor, Grant, Relation, Role


class Ground(StrEnum):
    """Why an order is not the unit's: the classes a judgement is later counted by."""

    NOT_OUR_DUTY = "not_our_duty"
    OTHER_AUTHORITY = "other_authority"
    OUTSIDE_AREA = "outside_area"
    NO_POWER = "no_power"
    ALREADY_HANDLED = "already_handled"
    OTHER = "other"


GROUND_NAMES = {
    Ground.NOT_OUR_DUTY: "不属本单位职责",
    Ground.OTHER_AUTHORITY: "另有法定主管部门",
    Ground.OUTSIDE_AREA: "不在管辖范围",
    Ground.NO_POWER: "无相应处置权限",
    Ground.ALREADY_HANDLED: "已由其他单位办理",
    Ground.OTHER: "其他",
}


class Verdict(StrEnum):
    UPHELD = "upheld"
    OVERRULED = "overruled"
    MOOT = "moot"
    """The order ended before anybody judged."""


VERDICT_NAMES = {Verdict.UPHELD: "异议成立", Verdict.OVERRULED: "异议不成立", Verdict.MOOT: "工单已结束，不再裁决"}
JUDGED = frozenset({Verdict.UPHELD, Verdict.OVERRULED})


@dataclass(frozen=True, slots=True)
class Dispute:
    """Between whom it is: the unit, and who assigned the order to it from which place."""

    unit_id: UUID
    unit_path: str
    assigned_by: UUID | None
    assigned_from: str


def concern(actor: Actor, path: str, dispute: Dispute) -> frozenset[Relation]:
    """What the actor is to a dispute over the order at ``path``; whoever is anything to it does not judge it.

    Who assigned it does not, nor who could only by a role they lent; nor who belongs to the unit; nor who stands no higher than
    either: a street does not judge a department of the district, nor what was assigned from the street itself. What the district
    assigned is judged by another of the district, since nobody stands above.
    """
    found: set[Relation] = set()
    by = dispute.assigned_by
    lent = by is not None and not ABOVE & actor.roles_not_of(by, path)
    if actor.person_id == by or (lent and ABOVE & actor.roles_at(path)):
        found.add(Relation.ASSIGNER)
    if actor.organization_id == dispute.unit_id or not any(_above(grant, dispute) for grant in actor.grants_of(ABOVE)):
        found.add(Relation.PEER)
    return frozenset(found)


def _above(grant: Grant, dispute: Dispute) -> bool:
    """Whether the grant's place holds the unit's, and lies higher than that from which the order was assigned."""
    higher = dispute.assigned_from.startswith(grant.path) and dispute.assigned_from != grant.path
    district = grant.role is Role.DISTRICT_ADMIN and dispute.assigned_from == grant.path
    return dispute.unit_path.startswith(grant.path) and (higher or district)
