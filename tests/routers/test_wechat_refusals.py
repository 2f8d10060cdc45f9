"""WeChat out of order, and the check of the callback address: refusals in our words, and nothing told that is secret."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core.wechat import WechatClient
from app.models import WechatIdentity
from app.settings import Settings
from tests.fakes.wechat import APPID, SECRET
from tests.routers.conftest import Mobile
from tests.routers.registering import OPENID, PHONE, person_of, register, signed_in, ticket
from tests.worlds import World

VECTORS = json.loads((Path(__file__).parents[1] / "data/wechat.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("errcode", "status", "code"),
    [
        (-1, 503, "unavailable"),
        (40029, 401, "unauthenticated"),
        (40163, 401, "unauthenticated"),
        (40226, 403, "forbidden"),
        (45011, 429, "too_many_requests"),
        (40013, 503, "sign_in_unavailable"),
        (40125, 503, "sign_in_unavailable"),
        (99999, 503, "sign_in_unavailable"),
    ],
)
async def test_what_wechat_refuses_is_said_in_our_words(mobile: Mobile, errcode: int, status: int, code: str) -> None:
    mobile.wechat.moods.append(errcode)
    answer = await signed_in(mobile)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "as the test wants it" not in answer.text
    if status == 429:
        assert answer.headers["retry-after"] == "60"
    assert await mobile.trail() == [("wechat_sign_in", "denied", status)]


@pytest.mark.parametrize(
    "mood", ["slow", "hang up", "not json", "not an object", "nested", "endless", "empty", "status 502"]
)
async def test_a_broken_wechat_is_a_503_and_asked_once(
    mobile: Mobile, mood: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The code may have been used up, so it is not sent again. Nothing of the call is told to anybody."""
    mobile.wechat.moods.append(mood)
    code = mobile.wechat.login(OPENID)
    answer = await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code=code)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert mobile.wechat.calls["/sns/jscode2session"] == 1
    told = answer.text + "".join(part.decode() for part in capfdbinary.readouterr())
    assert not [word for word in (SECRET, code, OPENID) if word in told]


async def test_a_wechat_that_is_not_there_is_a_503(mobile: Mobile, stands: Any) -> None:
    stands.app.state.wechat = gone = WechatClient(APPID, SECRET, "http://127.0.0.1:9", seconds=0.5)
    assert (await signed_in(mobile)).status_code == 503
    await gone.close()


async def test_the_access_token_is_fetched_once_for_all(mobile: Mobile) -> None:
    tickets = [await ticket(mobile, f"o{i}") for i in range(4)]
    answers = await asyncio.gather(
        *(register(mobile, ticket=one, phone=f"1990000710{i}") for i, one in enumerate(tickets))
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert mobile.wechat.calls["/cgi-bin/stable_token"] == 1


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_a_bad_access_token_is_replaced_once(mobile: Mobile, errcode: int) -> None:
    assert (await register(mobile)).is_success
    mobile.wechat.spoil_token(errcode)
    assert (await register(mobile, openid="oAnother")).status_code == 200
    assert (mobile.wechat.calls["/cgi-bin/stable_token"], mobile.wechat.calls["force"]) == (2, 0)


async def test_a_token_that_wechat_keeps_is_replaced_by_force(mobile: Mobile) -> None:
    assert (await register(mobile)).is_success
    mobile.wechat.stubborn = True
    mobile.wechat.spoil_token(40001)
    assert (await register(mobile, openid="oAnother")).status_code == 200
    assert mobile.wechat.calls["force"] == 1


async def test_a_token_that_stays_bad_is_not_asked_for_without_end(mobile: Mobile) -> None:
    one = await ticket(mobile)
    mobile.wechat.always["/wxa/business/getuserphonenumber"] = 42001
    answer = await register(mobile, ticket=one)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")
    assert mobile.wechat.calls["/wxa/business/getuserphonenumber"] == 2
    assert mobile.wechat.calls["/cgi-bin/stable_token"] == 3


@pytest.mark.parametrize("mood", ["hang up", "not json", "status 502"])
async def test_an_access_token_is_asked_for_again(mobile: Mobile, mood: str) -> None:
    """It is no code: asking twice changes nothing."""
    one = await ticket(mobile)
    mobile.wechat.moods.append(mood)
    assert (await register(mobile, ticket=one)).status_code == 200
    assert mobile.wechat.calls["/cgi-bin/stable_token"] == 2


@pytest.mark.parametrize("mood", ["hang up", "endless", "empty"])
async def test_a_number_that_does_not_come_leaves_the_ticket_good(mobile: Mobile, mood: str) -> None:
    await register(mobile, openid="oAnother", phone="19900007009")
    one = await ticket(mobile)
    mobile.wechat.moods.append(mood)
    assert (await register(mobile, ticket=one)).status_code == 503
    assert (await register(mobile, ticket=one)).status_code == 200


async def test_older_clients_send_the_number_encrypted(mobile: Mobile) -> None:
    one = await ticket(mobile)
    answer = await register(mobile, ticket=one, encrypted_phone=mobile.wechat.encrypted_phone(OPENID, PHONE))
    assert answer.status_code == 200, answer.text
    assert (await person_of(mobile, answer.json()))["phone"] == "199****7001"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"watermark": {"appid": "wx0000000000000000", "timestamp": 0}}, 401),
        ({"watermark": {"appid": APPID, "timestamp": 1_477_314_187}}, 401),
        ({"watermark": {"appid": APPID, "timestamp": "now"}}, 401),
        ({"watermark": {"appid": APPID}}, 401),
        ({"watermark": None}, 401),
        ({"countryCode": "1", "purePhoneNumber": "2025550100"}, 403),
        ({"purePhoneNumber": 19900007001}, 403),
        ({"purePhoneNumber": "19900007001\n"}, 403),
        ({"purePhoneNumber": None}, 403),
    ],
)
async def test_encrypted_numbers_that_do_not_fit_are_refused(
    mobile: Mobile, changed: dict[str, Any], status: int
) -> None:
    one = await ticket(mobile)
    sent = mobile.wechat.encrypted_phone(OPENID, PHONE, **changed)
    assert (await register(mobile, ticket=one, encrypted_phone=sent)).status_code == status
    assert await mobile.rows(WechatIdentity) == []


async def test_what_another_user_s_key_encrypts_is_refused(mobile: Mobile) -> None:
    one = await ticket(mobile)
    await ticket(mobile, "oAnother")
    sent = mobile.wechat.encrypted_phone("oAnother", PHONE)
    answer = await register(mobile, ticket=one, encrypted_phone=sent)
    assert (answer.status_code, answer.json()["detail"]) == (401, "微信数据校验失败，请重新登录")


async def test_raw_data_count_only_with_their_signature(mobile: Mobile) -> None:
    one = await ticket(mobile)
    raw = json.dumps({"nickName": "Band", "language": "zh_CN"})
    profile = mobile.wechat.signed(OPENID, raw)
    forged = profile | {"raw_data": raw.replace("zh_CN", "en")}
    assert (await register(mobile, ticket=one, profile=forged)).status_code == 401
    answer = await register(mobile, ticket=one, profile=profile)
    assert (await person_of(mobile, answer.json()))["languages"] == ["zh"]


async def test_unset_it_says_so(world: World) -> None:
    """The suite's own app has no mini-program."""
    form = {"district_id": world.district_id, "code": "anything"}
    answer = await world.client.post("/v1/wechat/sign-in", json=form)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")
    query = {"signature": "0" * 40, "timestamp": "1", "nonce": "1", "echostr": "1"}
    answer = await world.client.get("/v1/wechat/callback", params=query)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")


def _plain_check(mobile: Mobile, **changed: str) -> dict[str, str]:
    settings = mobile.stands.app.state.settings
    token = settings.wechat_callback_token.get_secret_value()
    query = {"timestamp": "1700000000", "nonce": "abc-1", "echostr": "5837397576500011341"}
    text = "".join(sorted((token, query["timestamp"], query["nonce"])))
    signature = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the protocol's
    return query | {"signature": signature} | changed


async def test_the_callback_address_passes_wechat_s_check(mobile: Mobile) -> None:
    answer = await mobile.world.client.get("/v1/wechat/callback", params=_plain_check(mobile))
    assert (answer.status_code, answer.text) == (200, "5837397576500011341")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@contextmanager
def set_up(mobile: Mobile, **given: str) -> Iterator[None]:
    """The app with other settings for a while."""
    state = mobile.stands.app.state
    usual: Settings = state.settings
    state.settings = Settings(**(usual.model_dump() | given))
    try:
        yield
    finally:
        state.settings = usual


async def test_the_encrypted_check_passes_by_the_published_vector(mobile: Mobile) -> None:
    vector = VECTORS["callback_url_verify"]
    query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce", "echostr")}
    named = {"wechat_appid": "receiveid", "wechat_callback_token": "token", "wechat_callback_key": "encodingAESKey"}
    with set_up(mobile, **{setting: vector[name] for setting, name in named.items()}):
        answer = await mobile.world.client.get("/v1/wechat/callback", params=query)
        wrong = await mobile.world.client.get("/v1/wechat/callback", params=query | {"nonce": "1"})
    assert (answer.status_code, answer.text) == (200, vector["expected_echo"])
    assert wrong.status_code == 403


@pytest.mark.parametrize(
    "changed",
    [{"signature": "0" * 40}, {"nonce": "abc-2"}, {"timestamp": "1700000001"}, {"msg_signature": "0" * 40}],
)
async def test_a_check_signed_by_somebody_else_is_refused(mobile: Mobile, changed: dict[str, str]) -> None:
    answer = await mobile.world.client.get("/v1/wechat/callback", params=_plain_check(mobile, **changed))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
