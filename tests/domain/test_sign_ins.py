"""Which roles a way of signing in carries."""

import pytest

from app.core.ids import new_id
from app.domain.access import TABLE
from app.domain.accounts import STAFF, SignInMethod
from app.domain.passwords import POLICIES, Policy, Profile
from app.domain.people import SEPARATED, UNIT_ROLES, Grant, Role
from app.domain.sign_ins import CARRIED, carried

ASVS, MLPS3 = POLICIES[Profile.ASVS], POLICIES[Profile.MLPS3]
WEAKER = frozenset(SignInMethod) - {SignInMethod.PASSWORD}


def _one_of_each() -> list[Grant]:
    return [Grant(role, new_id(), "150103/", "district") for role in Role]


def test_a_password_carries_every_role() -> None:
    grants = _one_of_each()
    assert list(carried(ASVS, SignInMethod.PASSWORD, grants, second_factor=False)) == grants


def test_with_a_second_factor_it_does_under_every_policy() -> None:
    grants = _one_of_each()
    assert list(carried(MLPS3, SignInMethod.PASSWORD, grants, second_factor=True)) == grants


def test_where_staff_need_a_second_factor_a_password_alone_carries_what_others_hold() -> None:
    found = carried(MLPS3, SignInMethod.PASSWORD, _one_of_each(), second_factor=False)
    assert {grant.role for grant in found} == set(Role) - STAFF


@pytest.mark.parametrize("policy", [ASVS, MLPS3], ids=["asvs", "mlps3"])
@pytest.mark.parametrize("method", sorted(WEAKER))
def test_a_phone_carries_only_what_somebody_is_for_themselves(method: SignInMethod, policy: Policy) -> None:
    roles = {grant.role for grant in carried(policy, method, _one_of_each(), second_factor=True)}
    assert roles == {Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER}
    assert not roles & (STAFF | SEPARATED | UNIT_ROLES | {Role.CLIENT})


def test_every_way_has_its_rule() -> None:
    assert CARRIED.keys() == set(SignInMethod)


def test_what_shows_other_people_is_not_to_be_had_by_phone() -> None:
    roles = CARRIED[SignInMethod.WECHAT]
    assert {
        name for name in ("people:list", "people:read", "people:update", "events:list") if TABLE[name] & roles
    } == set()
