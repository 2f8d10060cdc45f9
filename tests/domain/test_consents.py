"""Which notices ask anew, who may go by what, and when an answer is due."""

from datetime import UTC, datetime

import pytest

from app.core.errors import RuleBroken
from app.domain.consents import PURPOSE_NAMES, SEPARATE, LegalBasis, Purpose, asks_anew, basis_open_to, suffices
from app.domain.people import Parties, Relation, Role
from app.domain.rights import ANSWER_WITHIN_WORKING_DAYS, RIGHTS, RightsAction, RightsState, answer_due_at


@pytest.mark.parametrize(
    ("before", "after", "said", "anew"),
    [
        (None, ["用药"], None, True),
        (["用药"], ["用药"], None, False),
        (["用药", "过敏"], ["用药"], None, False),
        (["用药"], ["用药", "体温"], None, True),
        (["用药"], ["用药"], True, True),
        (["用药", "过敏"], ["过敏"], False, False),
    ],
)
def test_further_kinds_ask_anew(before: list[str] | None, after: list[str], said: bool | None, anew: bool) -> None:
    assert asks_anew(before, after, said) is anew


@pytest.mark.parametrize("before", [None, ["用药"]])
def test_nobody_slips_a_further_kind_in(before: list[str] | None) -> None:
    with pytest.raises(RuleBroken):
        asks_anew(before, ["用药", "指纹"], said=False)


def test_a_consent_covers_until_a_notice_asks_anew() -> None:
    assert suffices(1, 0)
    assert suffices(3, 3)
    assert not suffices(2, 3)


def test_other_bases_are_for_those_who_answer_for_them() -> None:
    assert basis_open_to(LegalBasis.EMERGENCY, {Role.GRID_WORKER})
    assert not basis_open_to(LegalBasis.STATUTORY_DUTY, {Role.GRID_WORKER})
    assert basis_open_to(LegalBasis.STATUTORY_DUTY, {Role.COMMUNITY_ADMIN})
    assert not any(basis_open_to(basis, {Role.RESIDENT, Role.AUDITOR, Role.SYSTEM_ADMIN}) for basis in LegalBasis)
    assert not basis_open_to(LegalBasis.CONSENT, set(Role)), "consent is nobody's but the person's"


def test_every_purpose_has_a_name_and_sensitive_ones_stand_alone() -> None:
    assert set(PURPOSE_NAMES) == set(Purpose)
    assert {Purpose.HEALTH, Purpose.SHARING, Purpose.PARTY} == SEPARATE


def test_answers_are_due_in_working_days() -> None:
    """From the last working day before the National Day week of 2026: the week and its make-up days are counted rightly."""
    received = datetime(2026, 9, 30, 2, tzinfo=UTC)
    due = answer_due_at(received)
    assert ANSWER_WITHIN_WORKING_DAYS == 15
    assert (due - received).days > 21, "a holiday lies in between"
    assert due.hour == received.hour


def test_whoever_asked_never_decides() -> None:
    admin: Parties = frozenset({Role.DISTRICT_ADMIN, Relation.SUBJECT})
    assert RIGHTS.offered(RightsState.RECEIVED, admin) == [RightsAction.WITHDRAW]
    assert RIGHTS.offered(RightsState.DONE, frozenset({Role.DISTRICT_ADMIN})) == []
