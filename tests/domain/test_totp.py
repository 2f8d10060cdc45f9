"""One-time passwords against the vectors their standards print."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from app.core import totp

SECRET = b"12345678901234567890"
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert totp.code_at(SECRET, totp.step_at(moment), digits=8) == code


def test_rfc_4226_appendix_d() -> None:
    printed = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()  # noqa: SIM905 - as printed
    assert [totp.code_at(SECRET, counter) for counter in range(10)] == printed


@pytest.mark.parametrize(("ahead", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_either_way(ahead: int, fits: bool) -> None:
    here = totp.step_at(NOON)
    found = totp.matching_step(SECRET, totp.code_at(SECRET, here + ahead), NOON)
    assert found == (here + ahead if fits else None)


def test_what_is_no_code_fits_nothing() -> None:
    assert [totp.matching_step(SECRET, code, NOON) for code in ("", "12345", "١٢٣٤٥٦", "1234567")] == [None] * 4


def test_an_authenticator_reads_the_secret_back() -> None:
    secret = totp.new_secret()
    parts = urlsplit(totp.uri(secret, "三顺", "grid1@150103"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/三顺:grid1@150103")
    assert (query["issuer"], query["digits"], query["period"], query["algorithm"]) == ("三顺", "6", "30", "SHA1")
    assert base64.b32decode(query["secret"]) == secret
    assert len(secret) == 20
