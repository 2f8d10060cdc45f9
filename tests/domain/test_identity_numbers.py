"""Identity numbers by GB 11643: the published examples, and every slip of the pen the check character finds."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import RuleBroken
from app.domain.identity_numbers import PROVINCES, RESIDENCE_PERMITS, check_character, read
from app.domain.profiles import Sex, is_minor

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "resident_id.json").read_text("utf-8"))
TODAY = date(2026, 11, 24)
VALID = [case["id"] for case in VECTORS["valid"]]
LETTERS = "0123456789X"


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["id"])
def test_published_examples_are_read(case: dict[str, str]) -> None:
    told = read(case["id"], TODAY)
    assert told.value == case["id"]
    assert told.birth_date == date.fromisoformat(case["birth"])
    assert told.sex is {"F": Sex.FEMALE, "M": Sex.MALE}[case["sex"]]


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: case["id"])
def test_published_counterexamples_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(RuleBroken, match="请核对每一位"):
        read(case["id"], TODAY)


def test_a_small_x_is_the_same_number() -> None:
    assert read("11010519491231002x", TODAY) == read("11010519491231002X", TODAY)


@pytest.mark.parametrize("number", VALID)
def test_every_single_wrong_character_is_found(number: str) -> None:
    slips = {number[:i] + other + number[i + 1 :] for i in range(18) for other in LETTERS} - {number}
    slips = {slip for slip in slips if slip[:17].isdigit()}
    assert len(slips) == 17 * 9 + 10
    for slip in slips:
        with pytest.raises(RuleBroken):
            read(slip, TODAY)


@pytest.mark.parametrize("number", VALID)
def test_every_pair_of_neighbours_swapped_is_found(number: str) -> None:
    swapped = {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(17)} - {number}
    assert len(swapped) > 8
    for slip in swapped:
        with pytest.raises(RuleBroken):
            read(slip, TODAY)


def numbered(first: str) -> str:
    return first + check_character(first)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("110105491231002", "十五位"),
        ("1101051949123100", "十七位数字"),
        ("11010519491231002Y", "十七位数字"),
        ("１１０１０５19491231002X", "十七位数字"),
        ("", "十七位数字"),
        (numbered("99010519491231002"), "地区"),
        (numbered("11000519491231002"), "地区"),
        (numbered("81000119940823002"), "地区"),
        (numbered("71000019940823002"), "地区"),
        (numbered("11010519491231000"), "顺序码"),
        (numbered("11010519490230002"), "出生日期不存在"),
        (numbered("11010519491331002"), "出生日期不存在"),
        (numbered("11010520261125002"), "不合情理"),
        (numbered("11010517991231002"), "不合情理"),
    ],
)
def test_what_cannot_be_a_number_is_refused_in_words(number: str, words: str) -> None:
    with pytest.raises(RuleBroken, match=words) as refused:
        read(number, TODAY)
    assert not number or number not in refused.value.detail
    assert refused.value.members == {"field": "id_number"}


def test_who_is_born_today_may_have_one() -> None:
    assert read(numbered("11010520261124002"), TODAY).birth_date == TODAY


@given(
    region=st.sampled_from(sorted(PROVINCES)),
    born=st.dates(date(1900, 1, 1), TODAY),
    sequence=st.integers(1, 999),
    place=st.integers(0, 16),
    digit=st.integers(0, 9),
)
def test_whatever_is_built_by_the_rule_is_read_and_one_slip_is_not(
    region: str, born: date, sequence: int, place: int, digit: int
) -> None:
    number = numbered(
        f"{region}{'0000' if f'{region}0000' in RESIDENCE_PERMITS else '0103'}{born:%Y%m%d}{sequence:03d}"
    )
    told = read(number, TODAY)
    assert (told.birth_date, told.sex is Sex.MALE) == (born, sequence % 2 == 1)
    slip = f"{number[:place]}{digit}{number[place + 1 :]}"
    if slip != number:
        with pytest.raises(RuleBroken):
            read(slip, TODAY)


@pytest.mark.parametrize(
    ("born", "today", "minor"),
    [
        (date(2012, 11, 25), date(2026, 11, 24), True),
        (date(2012, 11, 24), date(2026, 11, 24), False),
        (date(2012, 11, 23), date(2026, 11, 24), False),
        (date(2012, 2, 29), date(2026, 2, 28), True),
        (date(2012, 2, 29), date(2026, 3, 1), False),
        (date(2026, 11, 24), date(2026, 11, 24), True),
    ],
)
def test_a_minor_is_under_fourteen_on_the_day(born: date, today: date, minor: bool) -> None:
    assert is_minor(born, today) is minor
