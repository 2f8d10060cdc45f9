"""Signing in by WeChat: a code stands for a user of our mini-program, and that user for an account.

The identity is (appid, openid). The session key stays on the server, sealed; it only opens and checks what the same user's
client sends later.
"""

import json
import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Forbidden, SignInUnavailable, Unauthenticated
from app.core.ids import new_id
from app.core.wechat import WechatClient, WechatSession, mainland_phone
from app.core.wechat_crypto import echo, opened_echo, raw_data_fits, user_data
from app.domain.accounts import ChallengeKind, SignInMethod
from app.domain.audit import Trace
from app.domain.limits import WECHAT_FROM
from app.models import Account, Person, WechatIdentity
from app.schemas.wechat import RawProfile, WechatCallbackQuery, WechatRegister, WechatSignIn
from app.services import challenges, people_seal, registration
from app.services.attempts import Desk, attempt, counted, denials_noted
from app.services.registration import Newcomer
from app.settings import Settings

_FORGED = "微信数据校验失败，请重新登录"
_FRESH_SECONDS = 600
"""Encrypted data are refused when they are older than the ticket can be: somebody has kept them."""
_LANGUAGE = re.compile(r"^[a-z]{2}(?=$|_)")


async def sign_in(desk: Desk, client: WechatClient | None, form: WechatSignIn) -> dict[str, Any]:
    """Tokens for a known user. Raises RegistrationRequired for an unknown one, and whatever WeChat's answer means."""
    wechat = _in_use(client)
    await desk.come(form.district_id, WECHAT_FROM)
    async with denials_noted(desk, form.district_id, "wechat_sign_in"):
        who = await wechat.session_of(form.code)

    async def verb(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        return await _enter(session, desk, trace, form.district_id, wechat.appid, who)

    return await attempt(desk, form.district_id, "wechat_sign_in", verb)


async def register(desk: Desk, client: WechatClient | None, form: WechatRegister) -> dict[str, Any]:
    """Bind the user behind a ticket to the person with their phone number, or to a new one; tokens for them.

    Raises Unauthenticated (ticket or code no longer good, data that are not WeChat's), NotFound (place), and whatever
    WeChat's answer means.
    """
    wechat = _in_use(client)
    district_id = challenges.district_of(desk.sealer, form.ticket)
    await desk.come(district_id, WECHAT_FROM)
    async with denials_noted(desk, district_id, "wechat_register"):
        who = await counted(desk, district_id, lambda session: _ticket_holder(session, desk.sealer, form.ticket))
        newcomer = Newcomer(form.name, form.place_id, _languages(form.profile, who), form.notice_id)
        phone = await _proved_phone(wechat, form, who)

    async def verb(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        await _hold(session, desk.sealer, district_id, wechat.appid, who.openid)
        challenge = await challenges.look(session, desk.sealer, form.ticket, ChallengeKind.REGISTER)
        person = await registration.find_or_record(
            session, desk.sealer, district_id, phone, newcomer, SignInMethod.WECHAT
        )
        trace.person_id = person.id
        challenges.close(challenge)
        account, _ = await registration.account_of(session, person)
        await _bind(session, desk.sealer, person, account, wechat.appid, who)
        return await registration.let_in(session, desk, trace, account, SignInMethod.WECHAT)

    return await attempt(desk, district_id, "wechat_register", verb)


def callback(settings: Settings, query: WechatCallbackQuery) -> str:
    """What WeChat wants to read back when an operator enters our address as that for messages."""
    token, key, appid = settings.wechat_callback_token, settings.wechat_callback_key, settings.wechat_appid
    if token is None:
        raise SignInUnavailable("尚未配置微信消息推送")
    secret, given = token.get_secret_value(), (query.timestamp, query.nonce, query.echostr)
    if query.msg_signature is None:
        answer = echo(secret, query.signature or "", *given)
    elif key is None or appid is None:
        raise SignInUnavailable("尚未配置微信消息加密密钥")
    else:
        answer = opened_echo(secret, key.get_secret_value(), appid, query.msg_signature, *given)
    if answer is None:
        raise Forbidden("签名不正确")
    return answer


def _in_use(client: WechatClient | None) -> WechatClient:
    if client is None:
        raise SignInUnavailable()
    return client


async def _enter(
    session: AsyncSession, desk: Desk, trace: Trace, district_id: int, appid: str, who: WechatSession
) -> dict[str, Any]:
    await _hold(session, desk.sealer, district_id, appid, who.openid)
    identity = await _identity(session, desk.sealer, district_id, appid, who.openid)
    account = await session.scalar(select(Account).where(Account.id == identity.account_id)) if identity else None
    person = await registration.living(session, account.person_id) if account else None
    if person is not None:  # while it was waited for, the identity may have been taken away, or the account disabled
        identity = await _identity(session, desk.sealer, district_id, appid, who.openid)
        await session.refresh(account)
    if identity is None or account is None or person is None:
        payload = json.dumps({"openid": who.openid, "session_key": who.session_key})
        raise await registration.ticket(session, desk.sealer, district_id, payload)
    trace.person_id = person.id
    if account.disabled_at is not None:
        raise Unauthenticated("账号已停用，请联系社区")
    if account.person_id != person.id:
        account, _ = await registration.account_of(session, person)
    await _bind(session, desk.sealer, person, account, appid, who)
    return await registration.let_in(session, desk, trace, account, SignInMethod.WECHAT)


async def _hold(session: AsyncSession, sealer: Sealer, district_id: int, appid: str, openid: str) -> None:
    """Be the only one to sign this user in until the transaction ends; asked for before anything else is locked."""
    await people_seal.hold_value(session, sealer, district_id, "openid", f"{appid}/{openid}")


async def _identity(
    session: AsyncSession, sealer: Sealer, district_id: int, appid: str, openid: str
) -> WechatIdentity | None:
    indexes = sealer.blind_indexes(f"{appid}/{openid}", district_id, "openid")
    return await session.scalar(select(WechatIdentity).where(WechatIdentity.openid_index.in_(indexes)))


async def _bind(
    session: AsyncSession, sealer: Sealer, person: Person, account: Account, appid: str, who: WechatSession
) -> None:
    """The user signs in to this account from now on, with this session key. A new binding is a change of the person."""
    identity = await _identity(session, sealer, person.district_id, appid, who.openid)
    if identity is None:
        identity = WechatIdentity(district_id=person.district_id, id=new_id(), appid=appid, created_at=now())
        session.add(identity)
    if identity.account_id != account.id:
        registration.bound(session, person, SignInMethod.WECHAT)
    cell = (person.district_id, "wechat_identities")
    identity.account_id, identity.seen_at = account.id, now()
    identity.openid_sealed = sealer.seal(who.openid, *cell, "openid_sealed", identity.id, person.secret)
    identity.openid_index = sealer.blind_index(f"{appid}/{who.openid}", person.district_id, "openid")
    identity.session_key_sealed = sealer.seal(who.session_key, *cell, "session_key_sealed", identity.id, person.secret)


async def _ticket_holder(session: AsyncSession, sealer: Sealer, ticket: str) -> WechatSession:
    """Who proved themselves to WeChat and got this ticket. The attempt counts."""
    challenge = await challenges.redeem(session, sealer, ticket, ChallengeKind.REGISTER)
    proved = json.loads(challenges.payload_of(sealer, challenge) or "{}")
    if "openid" not in proved:
        raise Unauthenticated("请用取得此凭证的方式完成注册")
    return WechatSession(proved["openid"], proved["session_key"])


async def _proved_phone(wechat: WechatClient, form: WechatRegister, who: WechatSession) -> str:
    if form.phone_code is not None:
        return await wechat.phone_of(form.phone_code)
    sent = form.encrypted_phone
    data = user_data(sent.encrypted_data, sent.iv, who.session_key, wechat.appid) if sent else None
    made_at = data["watermark"].get("timestamp") if data else None
    if data is None or type(made_at) is not int or abs(now().timestamp() - made_at) > _FRESH_SECONDS:
        raise Unauthenticated(_FORGED)
    return mainland_phone(data)


def _languages(profile: RawProfile | None, who: WechatSession) -> tuple[str, ...]:
    """The language the user reads WeChat in. Raises Unauthenticated when the raw data are not WeChat's."""
    if profile is None:
        return ()
    if not raw_data_fits(profile.raw_data, who.session_key, profile.signature):
        raise Unauthenticated(_FORGED)
    try:
        told = json.loads(profile.raw_data)
    except (ValueError, RecursionError):
        return ()
    found = _LANGUAGE.match(str(told.get("language", ""))) if isinstance(told, dict) else None
    return (found[0],) if found else ()
