"""Signing in with a code sent to a phone: the same words for every number, a code good once, and limits."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.core.clock import now
from app.core.start_errors import SettingsWrong
from app.domain import limits
from app.domain.limits import Limit
from app.models import Account, Challenge, Event, Grant, Person, SignIn
from app.services.code_senders import ConsoleSender, GatewaySender, code_sender
from app.settings import Settings
from tests.fakes import gateway
from tests.routers.conftest import Mobile
from tests.routers.registering import person_of, ticket
from tests.signing_in import visitor
from tests.worlds import World, count

PHONE, STRANGER = "19900008001", "19900008999"


async def recorded(mobile: Mobile, phone: str = PHONE) -> str:
    form = {"name": "巴图", "phone": phone, "place_id": str(mobile.world.places["home2"])}
    return str((await mobile.world.ok("grid", "POST", "/v1/people", json=form))["id"])


async def asked(mobile: Mobile, phone: str = PHONE) -> httpx.Response:
    return await mobile.post("/v1/phone-codes", district_id=mobile.district_id, phone=phone)


@dataclass(frozen=True)
class Sent:
    """A code as it arrives on the phone, and the challenge whoever asked for it has."""

    challenge: str
    code: str


async def code_for(mobile: Mobile, phone: str = PHONE) -> Sent:
    await mobile.forget_limits()
    answer = await asked(mobile, phone)
    assert answer.status_code == 202, answer.text
    return Sent(answer.json()["challenge"], mobile.gateway.codes[phone])


async def tried(mobile: Mobile, sent: Sent, phone: str = PHONE) -> httpx.Response:
    return await mobile.post("/v1/phone-codes/sign-in", challenge=sent.challenge, phone=phone, code=sent.code)


def another(sent: Sent) -> Sent:
    return replace(sent, code=f"{(int(sent.code) + 1) % 1_000_000:06}")


async def changed(mobile: Mobile, statement: Any) -> None:
    async with mobile.owner.transaction(mobile.district_id) as session:
        await session.execute(statement)


async def test_somebody_known_signs_in(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    answer = await tried(mobile, await code_for(mobile))
    assert answer.status_code == 200, answer.text
    me = await mobile.me(answer.json())
    assert (me["person"]["id"], [grant["role"] for grant in me["grants"]]) == (person_id, ["resident"])
    (account,) = await mobile.rows(Account, Account.person_id == person_id)
    assert (account.login, account.password_hash) == (None, None)
    assert [sign_in.method for sign_in in await mobile.rows(SignIn, SignIn.account_id == account.id)] == ["phone"]
    again = await tried(mobile, await code_for(mobile))
    assert again.status_code == 200
    assert await count(mobile.owner, mobile.district_id, Account, Account.person_id == person_id) == 1
    events = await mobile.rows(Event, Event.aggregate_id == person_id)
    assert [(event.action, event.data.get("by")) for event in events][-1:] == [("bind", "phone")]


async def test_somebody_new_registers_without_wechat(mobile: Mobile) -> None:
    owed = await tried(mobile, await code_for(mobile, STRANGER), STRANGER)
    assert (owed.status_code, owed.json()["code"]) == (409, "registration_required")
    form = {"ticket": owed.json()["ticket"], "name": "其木格", "place_id": str(mobile.world.places["home3"])}
    answer = await mobile.post("/v1/phone-codes/register", **form)
    assert answer.status_code == 200, answer.text
    me = await mobile.me(answer.json())
    assert (me["person"]["name"], me["person"]["phone"]) == ("其*格", "199****8999")
    assert [grant["role"] for grant in me["grants"]] == ["resident"]
    (grant,) = await mobile.rows(Grant, Grant.person_id == me["person"]["id"])
    assert grant.path == mobile.world.paths["community"]
    assert (await mobile.post("/v1/phone-codes/register", **form)).status_code == 401
    assert (await tried(mobile, await code_for(mobile, STRANGER), STRANGER)).status_code == 200


async def test_asking_tells_nothing_about_the_number(mobile: Mobile) -> None:
    await recorded(mobile)
    known, unknown = await asked(mobile), await asked(mobile, STRANGER)
    told = [answer.json() for answer in (known, unknown)]
    challenges = [answer.pop("challenge") for answer in told]
    assert (known.status_code, told[0]) == (unknown.status_code, told[1])
    assert len({len(challenge) for challenge in challenges}) == 1
    limited = [await asked(mobile), await asked(mobile, STRANGER)]
    assert {answer.status_code for answer in limited} == {429}
    assert len({answer.content for answer in limited}) == 1
    codes = [another(Sent(c, mobile.gateway.codes[p])) for c, p in zip(challenges, (PHONE, STRANGER), strict=True)]
    wrong = [await tried(mobile, codes[0]), await tried(mobile, codes[1], STRANGER)]
    assert {answer.status_code for answer in wrong} == {401}
    assert len({answer.content for answer in wrong}) == 1


async def test_five_wrong_codes_and_the_right_one_is_dead(mobile: Mobile) -> None:
    await recorded(mobile)
    code = await code_for(mobile)
    statuses = [(await tried(mobile, another(code))).status_code for _ in range(5)]
    assert statuses == [401] * 5
    assert (await tried(mobile, code)).status_code == 401
    assert (await tried(mobile, await code_for(mobile))).status_code == 200


async def test_four_wrong_codes_leave_the_right_one_good(mobile: Mobile) -> None:
    await recorded(mobile)
    code = await code_for(mobile)
    for _ in range(4):
        await tried(mobile, another(code))
    assert (await tried(mobile, code)).status_code == 200
    assert (await tried(mobile, code)).status_code == 401


async def test_a_stranger_neither_uses_a_code_up_nor_tries_it(mobile: Mobile) -> None:
    """Who knows the number asks for codes of their own; those of its owner are out of reach."""
    await recorded(mobile)
    mine = await code_for(mobile)
    theirs = await code_for(mobile)
    for _ in range(6):
        await tried(mobile, another(theirs))
    if mine.code != theirs.code:
        assert (await tried(mobile, replace(theirs, code=mine.code))).status_code == 401
    assert (await tried(mobile, mine)).status_code == 200


async def test_a_stranger_elsewhere_leaves_the_owner_their_codes(mobile: Mobile) -> None:
    there = visitor(mobile.world, "198.51.100.77")
    form = {"district_id": mobile.district_id, "phone": PHONE}
    for _ in range(3):
        await there.client.post("/v1/phone-codes", json=form)
    assert (await asked(mobile)).status_code == 202


async def test_a_code_is_good_for_five_minutes(mobile: Mobile) -> None:
    await recorded(mobile)
    code = await code_for(mobile)
    (challenge,) = await mobile.rows(Challenge)
    assert timedelta(minutes=4, seconds=50) < challenge.expires_at - now() <= timedelta(minutes=5)
    await changed(mobile, update(Challenge).where(Challenge.id == challenge.id).values(expires_at=now()))
    assert (await tried(mobile, code)).status_code == 401


async def test_a_code_belongs_to_its_number_and_district(mobile: Mobile, other_world: World) -> None:
    await recorded(mobile)
    code = await code_for(mobile)
    assert (await tried(mobile, code, STRANGER)).status_code == 401
    elsewhere = f"{other_world.district_id}.{code.challenge.partition('.')[2]}"
    assert (await tried(mobile, replace(code, challenge=elsewhere))).status_code == 401
    assert (await tried(mobile, code)).status_code == 200


async def test_of_sixteen_at_once_with_one_code_one_passes(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    code = await code_for(mobile)
    answers = await asyncio.gather(*(tried(mobile, code) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 15
    assert await count(mobile.owner, mobile.district_id, Account, Account.person_id == person_id) == 1


async def test_only_a_keyed_hash_is_kept(mobile: Mobile) -> None:
    code = await code_for(mobile)
    async with mobile.owner.transaction(mobile.district_id) as session:
        query = select(Challenge.__table__).where(Challenge.district_id == mobile.district_id)
        (row,) = (await session.execute(query)).all()
    assert len(row.digest) == 32
    assert row.payload_sealed is None
    told = b"".join(value for value in row if isinstance(value, bytes))
    assert PHONE.encode() not in told
    assert code.code.encode() not in told


async def test_each_attempt_leaves_one_entry(mobile: Mobile) -> None:
    before = len(await mobile.trail())
    code = await code_for(mobile, STRANGER)
    await tried(mobile, another(code), STRANGER)
    owed = (await tried(mobile, code, STRANGER)).json()
    form = {"ticket": owed["ticket"], "name": "其木格", "place_id": str(mobile.world.places["home3"])}
    await mobile.post("/v1/phone-codes/register", **form)
    await mobile.post("/v1/phone-codes/register", **form)
    assert (await mobile.trail())[before:] == [
        ("phone_code_send", "done", 202),
        ("phone_code_sign_in", "denied", 401),
        ("phone_code_sign_in", "denied", 409),
        ("phone_code_register", "done", 200),
        ("phone_code_register", "denied", 401),
    ]


async def test_a_phone_is_not_rung_without_end(mobile: Mobile) -> None:
    assert (await asked(mobile)).status_code == 202
    again = await asked(mobile)
    assert (again.status_code, again.json()["code"]) == (429, "too_many_requests")
    assert 50 <= int(again.headers["retry-after"]) <= 60
    assert mobile.gateway.taken == 1


async def test_one_address_gets_only_so_many_codes(mobile: Mobile) -> None:
    statuses = [(await asked(mobile, f"1990001{number:04}")).status_code for number in range(62)]
    assert statuses == [202] * 60 + [429] * 2


async def test_a_district_pays_for_only_so_many_codes(mobile: Mobile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PHONE_CODE_IN", Limit("phone_code_in", 2, timedelta(hours=1)))
    statuses = [(await asked(mobile, f"1990002000{number}")).status_code for number in range(3)]
    assert statuses == [202, 202, 429]


async def test_tickets_of_one_way_do_not_open_the_other(mobile: Mobile) -> None:
    """A number that nobody proved to WeChat is not taken for one that was, and the other way round."""
    by_phone = (await tried(mobile, await code_for(mobile, STRANGER), STRANGER)).json()["ticket"]
    by_wechat = await ticket(mobile)
    form = {"name": "其木格", "place_id": str(mobile.world.places["home3"])}
    assert (await mobile.post("/v1/phone-codes/register", ticket=by_wechat, **form)).status_code == 401
    phone_code = mobile.wechat.press_phone_button(PHONE)
    crossed = await mobile.post("/v1/wechat/register", ticket=by_phone, phone_code=phone_code, **form)
    assert crossed.status_code == 401
    assert (await mobile.post("/v1/phone-codes/register", ticket=by_phone, **form)).status_code == 200


async def test_disabled_merged_and_erased_people(mobile: Mobile) -> None:
    old, new = await recorded(mobile), await recorded(mobile, STRANGER)
    await changed(mobile, update(Person).where(Person.id == old).values(merged_into_id=new))
    answer = await tried(mobile, await code_for(mobile))
    assert (await person_of(mobile, answer.json()))["id"] == new
    await changed(mobile, update(Account).where(Account.person_id == new).values(disabled_at=now()))
    assert (await tried(mobile, await code_for(mobile))).status_code == 401
    nothing = {"secret": None, "phone_index": None, "phone_sealed": None, "name_sealed": b"", "erased_at": now()}
    await changed(mobile, update(Person).where(Person.id == new).values(nothing))
    assert (await tried(mobile, await code_for(mobile, STRANGER), STRANGER)).status_code == 409


@pytest.mark.parametrize("mood", ["down", "slow", "hang up"])
async def test_a_gateway_out_of_order_is_a_503(mobile: Mobile, mood: str) -> None:
    mobile.gateway.mood = mood
    answer = await asked(mobile)
    # a gateway that breaks off after its 202 has taken the code
    expected = 202 if mood == "hang up" else 503
    assert answer.status_code == expected
    outcome = "done" if expected == 202 else "denied"
    assert await mobile.trail() == [("phone_code_send", outcome, expected)]


async def test_the_gateway_takes_only_what_is_signed(mobile: Mobile, stands: Any) -> None:
    _, url = stands.addresses
    stands.app.state.code_sender = stranger = GatewaySender(url, "another secret", seconds=0.5)
    assert (await asked(mobile)).status_code == 503
    assert (mobile.gateway.taken, mobile.gateway.refused) == (0, 1)
    await stranger.close()


async def test_without_a_sender_it_says_so(mobile: Mobile, stands: Any) -> None:
    stands.app.state.code_sender = None
    answer = await asked(mobile)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")


async def test_an_unknown_district_is_404(mobile: Mobile) -> None:
    answer = await mobile.post("/v1/phone-codes", district_id=999_999, phone=PHONE)
    assert answer.status_code == 404


async def test_the_developer_reads_the_code_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleSender().send(PHONE, "123456")
    assert capsys.readouterr() == ("", "phone code for 199****8001: 123456\n")


def test_development_prints_and_production_needs_a_gateway() -> None:
    assert isinstance(code_sender(Settings()), ConsoleSender)
    assert code_sender(Settings(environment="production")) is None
    assert code_sender(Settings(code_sender="none")) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_sender": "log", "environment": "production"},
        {"code_sender": "http"},
        {"code_sender": "http", "code_sender_url": "https://gateway.example/codes"},
        {"code_sender": "http", "code_sender_url": "https://gateway.example/codes", "code_sender_secret": ""},
        {
            "code_sender": "http",
            "code_sender_url": "http://gateway.example/codes",
            "code_sender_secret": gateway.SECRET,
            "environment": "production",
        },
    ],
)
def test_senders_set_up_wrongly_do_not_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsWrong, match="SANSHUN_CODE_SENDER"):
        code_sender(Settings(**wrong))
