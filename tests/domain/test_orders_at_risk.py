"""Why an order is at risk, the gravest reason first."""

from datetime import datetime, timedelta

import pytest

from app.core.clock import CHINA
from app.domain.orders import OrderState
from app.domain.orders_at_risk import AT_RISK, RISK_NAMES, Facts, Risk, risks

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=CHINA)
LATER = timedelta(days=9)
_S = OrderState


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(_S.ACCEPTED, FRIDAY + LATER, 1, 0, 0), {}),
        (Facts(_S.OPEN, FRIDAY + LATER, 0, 0, 0), {Risk.UNDISPATCHED: None}),
        (Facts(_S.OPEN, FRIDAY + LATER, 1, 0, 0), {}),
        (Facts(_S.PUBLISHED, FRIDAY + LATER, 0, 1, 0), {Risk.NOBODY: None}),
        (Facts(_S.OFFERED, FRIDAY + LATER, 0, 2, 0), {Risk.NOBODY: None, Risk.DECLINED: 2}),
        (Facts(_S.OFFERED, FRIDAY + LATER, 1, 0, 0), {}),
        (Facts(_S.IN_PROGRESS, FRIDAY + timedelta(days=3), 1, 0, 3), {Risk.DUE_SOON: None, Risk.URGED: 3}),
        (Facts(_S.IN_PROGRESS, FRIDAY + timedelta(days=3, minutes=1), 1, 0, 0), {}),
        (
            Facts(_S.OPEN, FRIDAY, 0, 5, 1),
            {Risk.OVERDUE: None, Risk.UNDISPATCHED: None, Risk.DECLINED: 5, Risk.URGED: 1},
        ),
    ],
    ids=[
        "far",
        "not out",
        "partly held",
        "in the pool",
        "declined twice",
        "half held",
        "over a weekend",
        "beyond",
        "late",
    ],
)
def test_reasons(facts: Facts, expected: dict[Risk, int | None]) -> None:
    found = risks(facts, FRIDAY)
    assert found == expected
    assert list(found) == [risk for risk in Risk if risk in found]


def test_where_the_clock_stands_still_nothing_is_at_risk() -> None:
    assert {_S.REPORTED, _S.SUSPENDED, _S.PLANNED, _S.CLOSED, _S.TERMINATED, _S.WITHDRAWN} == set(_S) - AT_RISK
    assert set(RISK_NAMES) == set(Risk)
