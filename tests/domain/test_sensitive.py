"""Who may see what in clear for which purpose, and when a helper may reach the asker: the tables, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.types import masked_address, masked_birth_date, masked_id_number
from app.domain.access import TABLE
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.contacts import AFTER_VISIT, BEFORE_VISIT, CLOSED_NAMES, LONGEST, Closed, Visit, closed
from app.domain.hours import LONGEST_SERVICE
from app.domain.orders import OrderState
from app.domain.people import SEPARATED, Role
from app.domain.sensitive import (
    FIELD_NAMES,
    MAY_OPEN,
    MAY_OPEN_CARE,
    NEEDED,
    OPEN_PURPOSE_NAMES,
    OpenPurpose,
    SensitiveField,
    barred,
    may_open_care,
    openable,
)

P, F = OpenPurpose, SensitiveField
REACHING = {F.PHONE, F.ADDRESS}
ALL = set(F)
EXPECTED: dict[tuple[Role, OpenPurpose], set[SensitiveField]] = {
    (Role.GRID_WORKER, P.VISIT): REACHING,
    (Role.GRID_WORKER, P.VERIFICATION): REACHING,
    (Role.GRID_WORKER, P.EMERGENCY): REACHING,
    (Role.COMMUNITY_ADMIN, P.VISIT): {*REACHING, F.NAME},
    (Role.COMMUNITY_ADMIN, P.VERIFICATION): ALL,
    (Role.COMMUNITY_ADMIN, P.EMERGENCY): ALL - {F.ID_NUMBER},
    (Role.COMMUNITY_ADMIN, P.STATUTORY): ALL,
    (Role.COMMUNITY_ADMIN, P.CORRECTION): ALL,
} | {
    (role, purpose): ALL - ({F.ID_NUMBER} if purpose is P.EMERGENCY else set())
    for role in (Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN)
    for purpose in (P.VERIFICATION, P.EMERGENCY, P.STATUTORY, P.CORRECTION)
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("purpose", list(OpenPurpose))
def test_each_role_opens_for_each_purpose_exactly_this(role: Role, purpose: OpenPurpose) -> None:
    allowed = EXPECTED.get((role, purpose), set())
    assert openable({role}, purpose) == allowed
    assert barred({role}, purpose, list(F)) == [field for field in F if field not in allowed]
    assert barred({role}, purpose, allowed) == []


def test_no_purpose_opens_more_than_it_needs() -> None:
    for role, table in MAY_OPEN.items():
        for purpose, fields in table.items():
            assert fields <= NEEDED[purpose], (role, purpose)
    assert all(F.ID_NUMBER not in NEEDED[purpose] for purpose in (P.VISIT, P.EMERGENCY))


def test_roles_together_open_what_either_opens() -> None:
    both = openable({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}, P.VISIT)
    assert both == openable({Role.COMMUNITY_ADMIN}, P.VISIT)
    assert openable(set(), P.STATUTORY) == frozenset()


@pytest.mark.parametrize("role", list(Role))
def test_facts_of_care_stay_with_those_who_care(role: Role) -> None:
    expected = {
        Role.GRID_WORKER: {P.VISIT, P.EMERGENCY},
        Role.COMMUNITY_ADMIN: {P.VISIT, P.VERIFICATION, P.EMERGENCY, P.CORRECTION},
    }.get(role, set())
    assert {purpose for purpose in P if may_open_care({role}, purpose)} == expected


def test_the_permissions_are_those_of_the_tables_and_no_separated_administrator_or_client_is_in_them() -> None:
    assert TABLE["people:unmask"] == frozenset(MAY_OPEN)
    assert TABLE["care-facts:unmask"] == frozenset(MAY_OPEN_CARE)
    for permission in ("people:unmask", "care-facts:unmask", "orders:contact"):
        assert not TABLE[permission] & (SEPARATED | {Role.CLIENT, Role.AUDITOR, Role.VOLUNTEER, Role.PARTY_MEMBER})


def test_everything_has_a_chinese_name() -> None:
    assert FIELD_NAMES.keys() == set(F)
    assert OPEN_PURPOSE_NAMES.keys() == set(P)
    assert CLOSED_NAMES.keys() == set(Closed)


NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def visit(
    assignment: AssignmentState = AssignmentState.ACCEPTED,
    order: OrderState = OrderState.ACCEPTED,
    accepted_at: datetime = NOW,
    wanted_at: datetime | None = None,
    checked_in_at: datetime | None = None,
    checked_out_at: datetime | None = None,
) -> Visit:
    return Visit(assignment, order, accepted_at, wanted_at, checked_in_at, checked_out_at)


def test_a_contact_opens_on_acceptance_and_closes_after_the_longest_wait() -> None:
    assert closed(visit(), NOW - HOUR) is Closed.NOT_YET
    assert closed(visit(), NOW) is None
    assert closed(visit(), NOW + LONGEST - HOUR) is None
    assert closed(visit(), NOW + LONGEST) is Closed.OVER


def test_of_a_visit_at_a_certain_time_it_opens_the_day_before() -> None:
    wanted = NOW + timedelta(days=5)
    planned = visit(wanted_at=wanted)
    assert closed(planned, NOW) is Closed.NOT_YET
    assert closed(planned, wanted - BEFORE_VISIT - HOUR) is Closed.NOT_YET
    assert closed(planned, wanted - BEFORE_VISIT) is None
    assert planned.closes_at == wanted + LONGEST
    late = visit(wanted_at=NOW - timedelta(days=1))
    assert (late.opens_at, late.closes_at) == (NOW, NOW + LONGEST)


def test_after_checking_out_it_stays_a_day() -> None:
    out = visit(AssignmentState.CHECKED_OUT, OrderState.IN_PROGRESS, checked_out_at=NOW + HOUR)
    assert closed(out, NOW + HOUR + AFTER_VISIT - HOUR) is None
    assert closed(out, NOW + HOUR + AFTER_VISIT) is Closed.OVER


def test_whoever_is_there_is_shut_out_only_when_nobody_serves_that_long() -> None:
    late = NOW + LONGEST * 2
    there = visit(
        AssignmentState.CHECKED_IN, OrderState.IN_PROGRESS, wanted_at=NOW + timedelta(days=9), checked_in_at=late
    )
    assert closed(there, late) is None
    assert closed(there, late + LONGEST_SERVICE - HOUR) is None
    assert closed(there, late + LONGEST_SERVICE) is Closed.OVER


_NEVER_ACCEPTED = {
    AssignmentState.INVITED,
    AssignmentState.DECLINED,
    AssignmentState.EXPIRED,
    AssignmentState.FILLED,
}


@pytest.mark.parametrize("order", list(OrderState))
@pytest.mark.parametrize("assignment", list(AssignmentState))
def test_it_is_open_for_holders_of_orders_at_work_alone(assignment: AssignmentState, order: OrderState) -> None:
    working = {
        OrderState.OPEN,
        OrderState.PUBLISHED,
        OrderState.OFFERED,
        OrderState.ACCEPTED,
        OrderState.IN_PROGRESS,
        OrderState.SUSPENDED,
    }
    found = closed(visit(assignment, order, checked_out_at=NOW), NOW + HOUR)
    assert (found is None) == (assignment in ACTIVE and order in working)
    if assignment in _NEVER_ACCEPTED:
        assert found is Closed.NOT_ACCEPTED
    elif order in {OrderState.REPORTED, OrderState.CLOSED, OrderState.WITHDRAWN, OrderState.TERMINATED}:
        assert found is Closed.ENDED


@given(st.integers(0, 8_000), st.none() | st.integers(-200, 200), st.integers(0, 5_000))
def test_a_window_never_ends_before_it_begins(accepted: int, wanted: int | None, hours: int) -> None:
    at = NOW + accepted * HOUR
    found = visit(accepted_at=at, wanted_at=None if wanted is None else at + wanted * HOUR)
    assert at <= found.opens_at < found.closes_at
    assert (closed(found, at + hours * HOUR) is None) == (found.opens_at <= at + hours * HOUR < found.closes_at)


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masked_id_number, "15010319900101123X", "1****************X"),
        (masked_id_number, "1234567", "****"),
        (masked_birth_date, "1958-03-07", "1958-**-**"),
        (masked_birth_date, "1958", "****"),
        (masked_address, "光明路十二号院三号楼二单元", "光明路****"),
        (masked_address, "三号楼二单元", "****"),
    ],
)
def test_masks_keep_little(mask: object, value: str, shown: str) -> None:
    assert callable(mask)
    assert mask(value) == shown
