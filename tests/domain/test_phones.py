"""Which telephone numbers a record takes, and how they are kept."""

import re

import pytest

from app.domain.phones import CONTACT, MOBILE, plain

GOOD = {
    "19900001234": "19900001234",
    "15400001234": "15400001234",
    "0471-3961234": "04713961234",
    "04713961234": "04713961234",
    "010-12345678": "01012345678",
    "02112345678": "02112345678",
    "0755-12345678": "075512345678",
}
BAD = [
    "12900001234",
    "1990000123",
    "199000012345",
    "3961234",
    "010-1234567",
    "0471-123456",
    "0471--3961234",
    "+8619900001234",
]


@pytest.mark.parametrize("phone", GOOD)
def test_mobiles_and_landlines_with_their_area_code_are_taken(phone: str) -> None:
    assert re.match(CONTACT, phone)
    assert plain(phone) == GOOD[phone]
    assert re.match(CONTACT, plain(phone)), "what is kept can be given back"


@pytest.mark.parametrize("phone", BAD)
def test_others_are_not(phone: str) -> None:
    assert re.match(CONTACT, phone) is None


def test_codes_go_to_mobiles_only() -> None:
    assert re.match(MOBILE, "19900001234")
    assert re.match(MOBILE, "04713961234") is None
