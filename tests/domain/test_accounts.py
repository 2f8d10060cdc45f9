"""What is owed next on the way to a token, for every standing there can be."""

from itertools import product

import pytest

from app.domain.accounts import STAFF, ChallengeKind, Standing, owed
from app.domain.people import SEPARATED, Role

_C = ChallengeKind
STEPS: dict[tuple[bool, bool, bool, bool], ChallengeKind | None] = {
    (False, False, False, False): None,
    (False, False, False, True): None,
    (False, False, True, False): _C.SECOND_FACTOR_SETUP,
    (False, False, True, True): _C.SECOND_FACTOR_SETUP,
    (False, True, False, False): _C.NEW_PASSWORD,
    (False, True, False, True): _C.NEW_PASSWORD,
    (False, True, True, False): _C.NEW_PASSWORD,
    (False, True, True, True): _C.NEW_PASSWORD,
    (True, False, False, False): _C.SECOND_FACTOR,
    (True, False, False, True): None,
    (True, False, True, False): _C.SECOND_FACTOR,
    (True, False, True, True): None,
    (True, True, False, False): _C.SECOND_FACTOR,
    (True, True, False, True): _C.NEW_PASSWORD,
    (True, True, True, False): _C.SECOND_FACTOR,
    (True, True, True, True): _C.NEW_PASSWORD,
}
"""Authenticator confirmed, password over, authenticator asked for, code proved → what is owed."""


@pytest.mark.parametrize("state", list(product([False, True], repeat=4)))
def test_what_is_owed_next(state: tuple[bool, bool, bool, bool]) -> None:
    confirmed, over, asked, proved = state
    assert owed(Standing(confirmed, over, asked), second_factor_proved=proved) == STEPS[state]


def test_who_works_with_other_peoples_data_is_staff() -> None:
    assert set(Role) - STAFF == {Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER, Role.CLIENT}
    assert SEPARATED <= STAFF
