"""Co-handling: who is asked and who is given a part, and what each party sees of the order."""

import pytest

from app.domain.access import TABLE
from app.domain.co_handlings import CO_HANDLING, RUNNING, SEES, CoHandlingAction, CoHandlingState, begins_in
from app.domain.people import Parties, Relation, Role

GRID, HOLDER, UNIT = Role.GRID_WORKER, Relation.HOLDER, Relation.UNIT


@pytest.mark.parametrize(
    ("unit", "parties", "state"),
    [
        (False, {GRID}, CoHandlingState.INVITED),
        (False, {HOLDER}, CoHandlingState.INVITED),
        (True, {GRID}, CoHandlingState.ACCEPTED),
        (True, {Role.COMMUNITY_ADMIN}, CoHandlingState.ACCEPTED),
        (True, {HOLDER, UNIT}, CoHandlingState.INVITED),
        (True, {GRID, HOLDER}, CoHandlingState.INVITED),
    ],
)
def test_people_are_asked_and_units_given_a_part_by_who_dispatches(
    parties: Parties, state: CoHandlingState, *, unit: bool
) -> None:
    assert begins_in(unit=unit, parties=frozenset(parties)) is state


def test_a_person_may_always_get_out_of_it_and_a_unit_only_while_it_is_asked() -> None:
    for state, out in (
        (CoHandlingState.INVITED, CoHandlingAction.DECLINE),
        (CoHandlingState.ACCEPTED, CoHandlingAction.LEAVE),
    ):
        assert out in CO_HANDLING.offered(state, frozenset({Relation.ASKED}))
    assert CoHandlingAction.LEAVE not in CO_HANDLING.offered(CoHandlingState.ACCEPTED, frozenset({Relation.SUPPORT}))


def test_every_party_at_work_sees_the_order_and_nobody_whose_part_fell_away() -> None:
    assert SEES.keys() >= RUNNING
    assert set(SEES.values()) <= TABLE["orders:read"]
    assert {CoHandlingState.DECLINED, CoHandlingState.CANCELLED} & SEES.keys() == set()
