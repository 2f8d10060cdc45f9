"""Who judges a dispute over an order: a third party who stands above both."""

from uuid import UUID

import pytest

from app.core.errors import Forbidden
from app.core.ids import new_id
from app.domain.objections import Dispute, concern
from app.domain.orders import ORDER, OrderAction, OrderState
from app.domain.people import Actor, Grant, Relation, Role

DISTRICT, STREET, COMMUNITY = "150103/", "150103/001/", "150103/001/01/"
ORDER_PATH = f"{COMMUNITY}02/"
SUB, DIS = Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN
UNIT, ASSIGNER = new_id(), new_id()


def actor(*grants: Grant, person: UUID | None = None, unit: UUID | None = None) -> Actor:
    return Actor(150103, person or new_id(), new_id(), unit, grants)


def grant(role: Role, path: str, lent_by: UUID | None = None) -> Grant:
    return Grant(role, new_id(), path, "place", lent_by)


def judges(who: Actor, unit_path: str = COMMUNITY, assigned_from: str = COMMUNITY) -> bool:
    dispute = Dispute(UNIT, unit_path, ASSIGNER, assigned_from)
    parties = who.roles_at(ORDER_PATH) | concern(who, ORDER_PATH, dispute)
    verdicts = (OrderAction.UPHOLD, OrderAction.OVERRULE)
    offered = [action in ORDER.offered(OrderState.DISPUTED, parties) for action in verdicts]
    for action, shown in zip(verdicts, offered, strict=True):
        if not shown:
            with pytest.raises(Forbidden):
                ORDER.decide(OrderState.DISPUTED, action, parties)
    assert len(set(offered)) == 1
    return offered[0]


@pytest.mark.parametrize(
    ("who", "unit_path", "may"),
    [
        (actor(grant(SUB, STREET)), COMMUNITY, True),
        (actor(grant(SUB, STREET)), STREET, True),
        (actor(grant(SUB, STREET)), DISTRICT, False),
        (actor(grant(DIS, DISTRICT)), DISTRICT, True),
        (actor(grant(Role.COMMUNITY_ADMIN, COMMUNITY)), COMMUNITY, False),
        (actor(grant(SUB, "150103/002/")), COMMUNITY, False),
        (actor(grant(SUB, STREET), person=ASSIGNER), COMMUNITY, False),
        (actor(grant(SUB, STREET, ASSIGNER)), COMMUNITY, False),
        (actor(grant(SUB, STREET, ASSIGNER), grant(DIS, DISTRICT)), COMMUNITY, True),
        (actor(grant(SUB, STREET, new_id())), COMMUNITY, True),
        (actor(grant(SUB, STREET), unit=UNIT), COMMUNITY, False),
        (actor(grant(SUB, STREET), unit=new_id()), COMMUNITY, True),
    ],
    ids=[
        "the street",
        "the street over its own unit",
        "the street over a unit of the district",
        "the district",
        "the community",
        "another street",
        "who assigned it",
        "who stands in for who assigned it",
        "who stands in, and has a role of their own",
        "who stands in for somebody else",
        "who belongs to the unit",
        "who belongs to another",
    ],
)
def test_a_dispute_is_judged_by_who_stands_above_both(who: Actor, unit_path: str, *, may: bool) -> None:
    assert judges(who, unit_path) == may


def test_what_a_level_that_took_over_assigned_is_judged_above_it() -> None:
    street, district = actor(grant(SUB, STREET)), actor(grant(DIS, DISTRICT))
    assert [judges(who, assigned_from=STREET) for who in (street, district)] == [False, True]
    assert [judges(who, assigned_from=DISTRICT) for who in (street, district)] == [False, True], (
        "by another of the district"
    )


def test_an_unknown_assigner_bars_nobody() -> None:
    dispute = Dispute(UNIT, COMMUNITY, None, COMMUNITY)
    assert concern(actor(grant(SUB, STREET)), ORDER_PATH, dispute) == frozenset()
    assert concern(actor(), ORDER_PATH, dispute) == {Relation.PEER}
