"""Hostile input where nobody needs to be signed in: refused in words of ours, with nothing of it in the answer."""

from typing import Any

import pytest

from tests.routers.conftest import Mobile
from tests.routers.registering import OPENID, PHONE, register, ticket

HUGE = "x" * 100_000
HOSTILE: list[Any] = [
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\u202e",
    "a\nb",
    "../../etc/passwd",
    "%00",
    "' OR 1=1 --",
    "码",
    HUGE,
    None,
    7,
    [],
    {},
]
IDS = [str(index) for index in range(len(HOSTILE))]


def place_of(mobile: Mobile) -> str:
    return str(mobile.world.places["home1"])


@pytest.mark.parametrize("value", HOSTILE, ids=IDS)
async def test_login_codes(mobile: Mobile, value: Any) -> None:
    answer = await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code=value)
    assert answer.status_code == 422
    assert mobile.wechat.calls.total() == 0


@pytest.mark.parametrize("value", HOSTILE, ids=IDS)
async def test_one_time_codes_and_phones(mobile: Mobile, value: Any) -> None:
    form = {"challenge": f"{mobile.district_id}.{'A' * 43}", "phone": PHONE, "code": "123456"}
    for field in ("phone", "code", "challenge"):
        answer = await mobile.post("/v1/phone-codes/sign-in", **(form | {field: value}))
        assert answer.status_code == 422
    assert (await mobile.post("/v1/phone-codes", district_id=mobile.district_id, phone=value)).status_code == 422
    assert mobile.gateway.taken == 0


@pytest.mark.parametrize("value", [*HOSTILE, True, 0, -1, 99_999, 1_000_000, 2**63, 150103.0, "150103"])
async def test_districts(mobile: Mobile, value: Any) -> None:
    assert (await mobile.post("/v1/phone-codes", district_id=value, phone=PHONE)).status_code == 422
    assert (await mobile.post("/v1/wechat/sign-in", district_id=value, code="code")).status_code == 422


@pytest.mark.parametrize("value", HOSTILE, ids=IDS)
async def test_tickets(mobile: Mobile, value: Any) -> None:
    form = {"name": "其木格", "place_id": place_of(mobile)}
    for path, proof in (("/v1/phone-codes/register", {}), ("/v1/wechat/register", {"phone_code": "code"})):
        assert (await mobile.post(path, ticket=value, **form, **proof)).status_code == 422


@pytest.mark.parametrize("value", ["", " ", "\u0000", "a\u0000b", "a\nb", "\x85", HUGE, None, 7, [], {}])
async def test_names(mobile: Mobile, value: Any) -> None:
    one = await ticket(mobile)
    assert (await register(mobile, ticket=one, name=value)).status_code == 422
    assert (await register(mobile, ticket=one)).status_code == 200


async def test_every_bit_of_a_ticket_counts(mobile: Mobile) -> None:
    """None of the characters of a ticket can be another one; a spoilt ticket is no oracle for why."""
    one = await ticket(mobile)
    form = {"name": "其木格", "place_id": place_of(mobile), "phone_code": "code"}
    said = set()
    for at in range(7, len(one), 5):
        spoilt = one[:at] + ("A" if one[at] != "A" else "B") + one[at + 1 :]
        answer = await mobile.post("/v1/wechat/register", ticket=spoilt, **form)
        assert answer.status_code == 401
        said.add(answer.content)
    elsewhere = f"{mobile.district_id + 1}{one[6:]}"
    assert (await mobile.post("/v1/wechat/register", ticket=elsewhere, **form)).status_code in {401, 404}
    assert len(said) == 1
    assert mobile.wechat.calls["/wxa/business/getuserphonenumber"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encrypted_data", "not base64!"),
        ("encrypted_data", "===="),
        ("encrypted_data", "A" * 5_000),
        ("encrypted_data", ""),
        ("iv", "AAAA"),
        ("iv", "A" * 25),
        ("iv", "不" * 24),
        ("iv", None),
    ],
)
async def test_encrypted_data_of_a_wrong_form(mobile: Mobile, field: str, value: Any) -> None:
    one = await ticket(mobile)
    sent = mobile.wechat.encrypted_phone(OPENID, PHONE) | {field: value}
    assert (await register(mobile, ticket=one, encrypted_phone=sent)).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [("encrypted_data", "QUFB"), ("encrypted_data", "A" * 43 + "="), ("iv", "A" * 22 + "==")],
)
async def test_encrypted_data_of_a_right_form_that_open_nothing(mobile: Mobile, field: str, value: str) -> None:
    one = await ticket(mobile)
    sent = mobile.wechat.encrypted_phone(OPENID, PHONE) | {field: value}
    assert (await register(mobile, ticket=one, encrypted_phone=sent)).status_code == 401


async def test_not_even_json(mobile: Mobile) -> None:
    one = await ticket(mobile)
    nonsense: list[Any] = [[], "text", 7, None, [[]] * 100, {"watermark": []}, {"watermark": {"appid": []}}]
    for data in nonsense:
        sent = mobile.wechat.encrypted(OPENID, data)
        answer = await register(mobile, ticket=one, encrypted_phone=sent)
        assert answer.status_code == 401, data
        one = await ticket(mobile)


@pytest.mark.parametrize(
    "proof", [{}, {"phone_code": "a", "encrypted_phone": {"encrypted_data": "AAAA", "iv": "A" * 22 + "=="}}]
)
async def test_one_proof_of_the_number_and_only_one(mobile: Mobile, proof: dict[str, Any]) -> None:
    form = {"ticket": await ticket(mobile), "name": "其木格", "place_id": place_of(mobile)}
    assert (await mobile.post("/v1/wechat/register", **form, **proof)).status_code == 422


@pytest.mark.parametrize(
    "profile",
    [
        {"raw_data": "{}", "signature": "0" * 40},
        {"raw_data": "[" * 4_000, "signature": "0" * 40},
        {"raw_data": "x" * 5_000, "signature": "0" * 40},
        {"raw_data": "{}", "signature": "G" * 40},
        {"raw_data": "{}", "signature": "é" * 40},
    ],
)
async def test_forged_profiles(mobile: Mobile, profile: dict[str, str]) -> None:
    one = await ticket(mobile)
    assert (await register(mobile, ticket=one, profile=profile)).status_code in {401, 422}


async def test_signed_nonsense_is_only_nonsense(mobile: Mobile) -> None:
    """Whatever WeChat signs is taken for what it says, which may be nothing."""
    for index, raw in enumerate(("[" * 4_000, "[]", '{"language": 7}', '{"language": "<script>"}', "not json")):
        one = await ticket(mobile, f"o{index}")
        profile = mobile.wechat.signed(f"o{index}", raw)
        answer = await register(mobile, ticket=one, profile=profile, phone=f"1990000720{index}")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("field", ["signature", "msg_signature", "timestamp", "nonce", "echostr"])
@pytest.mark.parametrize("value", ["", "\u0000", "a\r\nSet-Cookie: a=b", "<script>", "é", "x" * 5_000])
async def test_callback_queries(mobile: Mobile, field: str, value: str) -> None:
    query = {"signature": "0" * 40, "timestamp": "1", "nonce": "1", "echostr": "1"}
    answer = await mobile.world.client.get("/v1/wechat/callback", params=query | {field: value})
    assert answer.status_code in {403, 422}
    assert value == "" or value not in answer.text
