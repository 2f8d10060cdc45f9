"""A number that was somebody else's: once it is corrected, what was got with it is worth nothing."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.core.ids import new_id
from app.domain.accounts import SignInMethod
from app.models import Account, Person, SignIn, WechatIdentity
from tests.profiles import merge, tag_of
from tests.routers.conftest import Mobile
from tests.routers.registering import PHONE, person_of, register, signed_in
from tests.routers.test_phone_codes import code_for, tried

RIGHT, OTHER = "19900008777", "19900008778"


async def by_phone(mobile: Mobile, phone: str = PHONE) -> Any:
    return await tried(mobile, await code_for(mobile, phone), phone)


async def refreshed(mobile: Mobile, tokens: Any) -> int:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return (await mobile.world.client.post("/v1/token", data=form)).status_code


async def alive(mobile: Mobile, tokens: Any) -> int:
    return (await mobile.as_bearer(tokens, "GET", "/v1/me")).status_code


async def recorded(mobile: Mobile, phone: str = PHONE) -> str:
    form = {"name": "巴图", "phone": phone, "place_id": str(mobile.world.places["home2"])}
    return str((await mobile.world.ok("grid", "POST", "/v1/people", json=form))["id"])


async def corrected(mobile: Mobile, person_id: str, phone: str | None) -> None:
    """Asked for by the person at the counter, written down by one and changed by another."""
    asked = {"kind": "correction", "words": "手机号登记错了", "person_id": person_id}
    await mobile.world.ok("community", "POST", "/v1/rights-requests", json=asked)
    path = f"/v1/people/{person_id}"
    tag = await tag_of(mobile.world, "grid", path)
    await mobile.world.ok("grid", "PATCH", path, json={"phone": phone}, headers=tag)


async def password_sign_in(mobile: Mobile, person_id: str) -> Any:
    """Signed in by password as well, with the account they have."""
    (account,) = await mobile.rows(Account, Account.person_id == UUID(person_id))
    tokens = (await by_phone(mobile)).json()
    newest = select(SignIn.id).where(SignIn.account_id == account.id).order_by(SignIn.id.desc()).limit(1)
    async with mobile.owner.transaction(mobile.district_id) as session:
        sign_in = await session.scalar(newest)
        await session.execute(update(SignIn).where(SignIn.id == sign_in).values(method=SignInMethod.PASSWORD))
    return tokens


async def test_what_the_wrong_holder_got_ends_with_the_number(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    phone, wechat = (await by_phone(mobile)).json(), (await register(mobile)).json()
    password = await password_sign_in(mobile, person_id)
    assert (await person_of(mobile, wechat))["id"] == person_id
    await corrected(mobile, person_id, RIGHT)
    for tokens in (phone, wechat):
        assert (await alive(mobile, tokens), await refreshed(mobile, tokens)) == (401, 401)
    assert await alive(mobile, password) == 200, "a password is not got with a number"
    ended = [row.ended_by.value for row in await mobile.rows(SignIn, SignIn.ended_by.is_not(None))]
    assert ended == ["phone", "phone"]
    assert await mobile.rows(WechatIdentity) == []
    assert (await signed_in(mobile)).json()["code"] == "registration_required"
    assert (await by_phone(mobile)).json()["code"] == "registration_required"
    assert (await person_of(mobile, (await by_phone(mobile, RIGHT)).json()))["id"] == person_id


async def test_the_person_binds_wechat_anew_with_the_number(mobile: Mobile) -> None:
    person_id = (await person_of(mobile, (await register(mobile)).json()))["id"]
    await corrected(mobile, person_id, RIGHT)
    again = await register(mobile, phone=RIGHT)
    assert (await person_of(mobile, again.json()))["id"] == person_id
    assert (await person_of(mobile, (await signed_in(mobile)).json()))["id"] == person_id


async def test_a_number_taken_away_ends_it_too_and_the_same_one_again_does_not(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    tokens = (await by_phone(mobile)).json()
    await corrected(mobile, person_id, PHONE)
    assert await alive(mobile, tokens) == 200
    path = f"/v1/people/{person_id}"
    tag = await tag_of(mobile.world, "grid", path)
    await mobile.world.ok("grid", "PATCH", path, json={"phone": None}, headers=tag)
    assert (await alive(mobile, tokens), await refreshed(mobile, tokens)) == (401, 401)


async def test_a_number_a_merged_record_kept_opens_no_more_either(mobile: Mobile) -> None:
    gone, kept = await recorded(mobile), await recorded(mobile, RIGHT)
    assert (await merge(mobile.world, gone, kept)).status_code == 200
    tokens = (await by_phone(mobile)).json()
    assert (await person_of(mobile, tokens))["id"] == kept
    await corrected(mobile, kept, OTHER)
    assert await alive(mobile, tokens) == 401
    assert (await by_phone(mobile)).json()["code"] == "registration_required"
    assert [row.phone_index for row in await mobile.rows(Person, Person.id == UUID(gone))] == [None]
    await recorded(mobile)


async def test_merging_changes_nobodys_number(mobile: Mobile) -> None:
    """The number of the merged record becomes the survivor's, who had none: both ways in lead to the survivor."""
    person_id = (await person_of(mobile, (await register(mobile)).json()))["id"]
    form = {"name": "其木格", "place_id": str(mobile.world.places["home1"])}
    survivor = (await mobile.world.ok("grid", "POST", "/v1/people", json=form))["id"]
    assert (await merge(mobile.world, person_id, survivor)).status_code == 200
    assert (await person_of(mobile, (await signed_in(mobile)).json()))["id"] == survivor
    assert (await person_of(mobile, (await by_phone(mobile)).json()))["id"] == survivor


async def test_who_waits_at_the_door_while_the_number_is_corrected_stays_out(mobile: Mobile) -> None:
    """The record is found by the old number, and is another's once its lock is had."""
    person_id = (await person_of(mobile, (await register(mobile)).json()))["id"]
    sent = await code_for(mobile, PHONE)
    async with mobile.owner.transaction(mobile.district_id) as session:
        record = update(Person).where(Person.id == person_id)
        await session.execute(record.values(phone_index=new_id().bytes))
        coming = [asyncio.create_task(tried(mobile, sent, PHONE)), asyncio.create_task(signed_in(mobile))]
        await asyncio.sleep(0.3)
        await session.execute(delete(WechatIdentity).where(WechatIdentity.district_id == mobile.district_id))
    answers = await asyncio.gather(*coming)
    assert [answer.json()["code"] for answer in answers] == ["registration_required"] * 2
