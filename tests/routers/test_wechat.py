"""Signing in by WeChat: stories with a WeChat that speaks the real protocol."""

import asyncio
from typing import Any

from sqlalchemy import update

from app.core.clock import now
from app.core.crypto import Sealer
from app.models import Account, Challenge, Event, Grant, Person, SignIn, WechatIdentity
from tests.fakes.wechat import APPID, SECRET
from tests.profiles import wish_for_correction
from tests.routers.conftest import Mobile
from tests.routers.registering import OPENID, PHONE, person_of, register, signed_in, ticket
from tests.worlds import World, count


async def recorded(mobile: Mobile, phone: str = PHONE) -> str:
    """Somebody whom staff have recorded with this number."""
    form = {"name": "王桂兰", "phone": phone, "place_id": str(mobile.world.places["home2"])}
    return str((await mobile.world.ok("grid", "POST", "/v1/people", json=form))["id"])


async def test_a_stranger_registers_and_signs_in_again(mobile: Mobile) -> None:
    answer = await register(mobile)
    assert answer.status_code == 200, answer.text
    me = await mobile.me(answer.json())
    assert (me["person"]["name"], me["person"]["phone"]) == ("其*格", "199****7001")
    assert [(grant["role"], grant["place_id"]) for grant in me["grants"]] == [
        ("resident", str(mobile.world.places["community"]))
    ]
    again = await signed_in(mobile)
    assert again.status_code == 200, again.text
    assert (await person_of(mobile, again.json()))["id"] == me["person"]["id"]
    assert [sign_in.method.value for sign_in in await mobile.rows(SignIn, SignIn.method == "wechat")] == ["wechat"] * 2


async def test_each_attempt_leaves_one_entry(mobile: Mobile) -> None:
    assert (await register(mobile)).is_success
    assert (await signed_in(mobile)).is_success
    await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code="unknown")
    await register(mobile, ticket=f"{mobile.district_id}.AAAA")
    assert await mobile.trail() == [
        ("wechat_sign_in", "denied", 409),
        ("wechat_register", "done", 200),
        ("wechat_sign_in", "done", 200),
        ("wechat_sign_in", "denied", 401),
    ]


async def test_what_a_registration_leaves(mobile: Mobile, stands: Any) -> None:
    """A sealed person with one grant; openid and session key sealed too, and in nothing else."""
    tokens = (await register(mobile)).json()
    person_id = (await person_of(mobile, tokens))["id"]
    (person,) = await mobile.rows(Person, Person.id == person_id)
    (identity,) = await mobile.rows(WechatIdentity)
    (account,) = await mobile.rows(Account, Account.person_id == person.id)
    sealer: Sealer = stands.app.state.sealer
    cell = (mobile.district_id, "wechat_identities")
    assert sealer.open(identity.openid_sealed, *cell, "openid_sealed", identity.id, person.secret) == OPENID
    key = sealer.open(identity.session_key_sealed, *cell, "session_key_sealed", identity.id, person.secret)
    assert key == mobile.wechat.session_keys[OPENID]
    assert (identity.account_id, identity.appid, account.login, account.password_hash) == (
        account.id,
        APPID,
        None,
        None,
    )
    (grant,) = await mobile.rows(Grant, Grant.person_id == person.id)
    assert (grant.path, grant.granted_by) == (mobile.world.paths["community"], None)
    events = await mobile.rows(Event, Event.aggregate_id == person.id)
    assert [(event.action, event.data["by"]) for event in events] == [("create", "wechat"), ("bind", "wechat")]
    told = str([event.data for event in events]) + str(tokens)
    assert not [word for word in (OPENID, key, PHONE, "其木格") if word in told]


async def test_who_is_recorded_already_is_found_by_the_number(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    before = await count(mobile.owner, mobile.district_id, Person)
    tokens = (await register(mobile, name="别的名字", place_id=str(mobile.world.places["home3"]))).json()
    me = await person_of(mobile, tokens)
    assert (me["id"], me["name"], me["place_id"]) == (person_id, "王*兰", str(mobile.world.places["home2"]))
    assert await count(mobile.owner, mobile.district_id, Person) == before
    assert (await person_of(mobile, (await signed_in(mobile)).json()))["id"] == person_id


async def test_a_second_wechat_of_the_same_person_joins_the_account(mobile: Mobile) -> None:
    first = (await register(mobile)).json()
    second = (await register(mobile, openid="oAnother")).json()
    assert (await person_of(mobile, first))["id"] == (await person_of(mobile, second))["id"]
    assert len({identity.account_id for identity in await mobile.rows(WechatIdentity)}) == 1


async def test_codes_and_tickets_are_good_once(mobile: Mobile) -> None:
    code, phone_code, one = mobile.wechat.login(OPENID), mobile.wechat.press_phone_button(PHONE), await ticket(mobile)
    assert (await register(mobile, ticket=one, phone_code=phone_code)).status_code == 200
    used = await register(mobile, ticket=await ticket(mobile, "oAnother"), phone_code=phone_code)
    assert (used.status_code, used.json()["detail"]) == (401, "微信凭证已使用过，请重新获取")
    assert (await register(mobile, ticket=one)).status_code == 401
    form = {"district_id": mobile.district_id, "code": code}
    statuses = [(await mobile.post("/v1/wechat/sign-in", **form)).status_code for _ in range(2)]
    assert statuses == [200, 401]


async def test_old_codes_and_tickets_are_refused(mobile: Mobile) -> None:
    code = mobile.wechat.login(OPENID)
    mobile.wechat.grow_old(code)
    answer = await mobile.post("/v1/wechat/sign-in", district_id=mobile.district_id, code=code)
    assert (answer.status_code, answer.json()["detail"]) == (401, "微信凭证无效或已过期，请重新获取")
    old = await ticket(mobile)
    async with mobile.owner.transaction(mobile.district_id) as session:
        await session.execute(
            update(Challenge).where(Challenge.district_id == mobile.district_id).values(expires_at=now())
        )
    assert (await register(mobile, ticket=old)).status_code == 401


async def test_a_disabled_account_stays_outside(mobile: Mobile) -> None:
    tokens = (await register(mobile)).json()
    async with mobile.owner.transaction(mobile.district_id) as session:
        person_id = (await person_of(mobile, tokens))["id"]
        await session.execute(update(Account).where(Account.person_id == person_id).values(disabled_at=now()))
    assert (await signed_in(mobile)).status_code == 401
    assert (await register(mobile, openid="oAnother")).status_code == 401
    assert await count(mobile.owner, mobile.district_id, Account, Account.person_id == person_id) == 1


async def test_a_merged_record_leads_to_the_one_it_lives_on_in(mobile: Mobile) -> None:
    old = await person_of(mobile, (await register(mobile)).json())
    new = await recorded(mobile, "19900007002")
    async with mobile.owner.transaction(mobile.district_id) as session:
        await session.execute(update(Person).where(Person.id == old["id"]).values(merged_into_id=new))
    answer = await signed_in(mobile)
    assert (await person_of(mobile, answer.json()))["id"] == new
    assert (await person_of(mobile, (await signed_in(mobile)).json()))["id"] == new
    assert (await person_of(mobile, (await register(mobile, openid="oAnother")).json()))["id"] == new


async def test_an_erased_person_is_nobody(mobile: Mobile) -> None:
    gone = await person_of(mobile, (await register(mobile)).json())
    async with mobile.owner.transaction(mobile.district_id) as session:
        nothing = {"secret": None, "phone_index": None, "phone_sealed": None, "name_sealed": b"", "erased_at": now()}
        await session.execute(update(Person).where(Person.id == gone["id"]).values(nothing))
    again = await register(mobile)
    assert again.status_code == 200, again.text
    assert (await person_of(mobile, again.json()))["id"] != gone["id"]


async def test_many_registrations_at_once_make_one_person(mobile: Mobile) -> None:
    before = await count(mobile.owner, mobile.district_id, Person)
    tickets = [await ticket(mobile, f"o{i % 2}") for i in range(8)]
    answers = await asyncio.gather(*(register(mobile, ticket=one) for one in tickets))
    assert {answer.status_code for answer in answers} == {200}
    assert await count(mobile.owner, mobile.district_id, Person) == before + 1
    assert len(await mobile.rows(WechatIdentity)) == 2


async def test_one_user_with_two_numbers_at_once_is_bound_once(mobile: Mobile) -> None:
    tickets = [await ticket(mobile) for _ in range(4)]
    answers = await asyncio.gather(
        *(register(mobile, ticket=one, phone=f"1990000730{i}") for i, one in enumerate(tickets))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await mobile.rows(WechatIdentity)) == 1


async def test_one_ticket_by_many_at_once_passes_once(mobile: Mobile) -> None:
    one = await ticket(mobile)
    answers = await asyncio.gather(*(register(mobile, ticket=one) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a_ticket_is_not_used_up_by_a_wrong_place(mobile: Mobile) -> None:
    one = await ticket(mobile)
    missing = await register(mobile, ticket=one, place_id="0192f3a0-7c1e-7000-8000-000000000001")
    above = await register(mobile, ticket=one, place_id=str(mobile.world.places["subdistrict"]))
    assert (missing.status_code, above.status_code) == (404, 422)
    assert (await register(mobile, ticket=one)).status_code == 200


async def test_who_registers_may_agree_to_the_notice_they_have_read(mobile: Mobile) -> None:
    """Read before there is an account, recorded with the person; an old version is refused, and nobody is recorded."""
    query: dict[str, str | int] = {"district_id": mobile.district_id, "purpose": "service"}
    (notice,) = (await mobile.world.client.get("/v1/privacy-notices/current", params=query)).json()["items"]
    before = await count(mobile.owner, mobile.district_id, Person)
    old = await register(mobile, notice_id="0192f3a0-7c1e-7000-8000-000000000001")
    assert (old.status_code, old.json()["code"]) == (422, "rule_broken")
    assert await count(mobile.owner, mobile.district_id, Person) == before
    tokens = (await register(mobile, notice_id=notice["id"])).json()
    (consent,) = (await mobile.as_bearer(tokens, "GET", "/v1/consents")).json()["items"]
    assert (consent["purpose"], consent["notice_id"], consent["in_force"]) == ("service", notice["id"], True)
    assert (consent["given_by"], consent["giver_id"]) == ("person", (await person_of(mobile, tokens))["id"])
    again = await register(mobile, openid="oAnother", notice_id=notice["id"])
    assert again.status_code == 200
    assert len((await mobile.as_bearer(again.json(), "GET", "/v1/consents")).json()["items"]) == 1


async def test_districts_know_nothing_of_each_other(mobile: Mobile, other_world: World) -> None:
    assert (await register(mobile)).is_success
    there = await mobile.post(
        "/v1/wechat/sign-in", district_id=other_world.district_id, code=mobile.wechat.login(OPENID)
    )
    assert there.json()["code"] == "registration_required"
    place = str(mobile.world.places["home1"])
    assert (await register(mobile, ticket=there.json()["ticket"], place_id=place)).status_code == 404
    nowhere = await mobile.post("/v1/wechat/sign-in", district_id=999_999, code=mobile.wechat.login(OPENID))
    assert nowhere.status_code == 404


async def test_staff_carry_no_authority_in_on_a_phone(mobile: Mobile) -> None:
    """The same person: by WeChat nobody's superior, by password still the grid worker."""
    person_id, world = mobile.world.people["grid"], mobile.world
    await wish_for_correction(world, "grid")
    body = {"phone": PHONE}
    etag = (await world.call("community", "GET", f"/v1/people/{person_id}")).headers["etag"]
    await world.ok("community", "PATCH", f"/v1/people/{person_id}", json=body, headers={"if-match": etag})
    tokens = (await register(mobile)).json()
    me = await mobile.me(tokens)
    assert (me["person"]["id"], me["grants"]) == (str(person_id), [])
    assert (await mobile.as_bearer(tokens, "GET", "/v1/people")).status_code == 403
    assert (await world.call("grid", "GET", "/v1/people")).status_code == 200


async def test_the_app_s_secret_is_not_in_the_database(mobile: Mobile) -> None:
    assert (await register(mobile)).is_success
    (challenge, *_) = await mobile.rows(Challenge)
    assert OPENID.encode() not in challenge.payload_sealed
    assert SECRET.encode() not in challenge.payload_sealed
