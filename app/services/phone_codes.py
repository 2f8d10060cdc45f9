"""Signing in with a one-time code sent to a phone.

Codes go to every number alike, known here or not, so that asking for one tells nothing about anybody. Only a keyed hash of a
code is kept, and it is good once. Whoever asked for it holds its challenge, and nobody else can try it: a stranger who knows
the number neither guesses at the code nor uses its attempts up.
"""

import hmac
import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import SignInUnavailable, Unauthenticated
from app.domain.accounts import ChallengeKind, SignInMethod
from app.domain.audit import Trace
from app.domain.limits import PHONE_TRIED_FROM, phone_code_guards
from app.domain.phone_codes import LIFETIME, new_code
from app.models import Person
from app.schemas.phone_codes import PhoneCodeRegister, PhoneCodeSend, PhoneCodeSignIn
from app.services import challenges, rate_limits, registration, sign_ins_known
from app.services.attempts import Desk, attempt, counted, denials_noted
from app.services.code_senders import CodeSender
from app.services.registration import Newcomer


async def send(desk: Desk, sender: CodeSender | None, form: PhoneCodeSend) -> dict[str, Any]:
    """Send a code to a number. Raises SignInUnavailable, TooManyRequests, Unavailable."""
    if sender is None:
        raise SignInUnavailable()
    await desk.must_be_a_district(form.district_id)
    usual = await sign_ins_known.by_phone(desk, form.district_id, form.phone)
    guards = phone_code_guards(form.phone, desk.origin.address, usual=usual)
    await rate_limits.spend_all(desk.database, desk.sealer, form.district_id, guards)
    code = new_code()

    async def keep(session: AsyncSession) -> str:
        digest = _digests(desk.sealer, form.district_id, form.phone, code)[0]
        kind = ChallengeKind.PHONE_CODE
        return await challenges.open(session, desk.sealer, form.district_id, kind, digest=digest, lifetime=LIFETIME)

    handle = await counted(desk, form.district_id, keep)

    async def sent(_: AsyncSession, __: Trace) -> dict[str, Any]:
        return {"challenge": handle, "expires_in": int(LIFETIME.total_seconds())}

    async with denials_noted(desk, form.district_id, "phone_code_send"):
        await sender.send(form.phone, code)
    return await attempt(desk, form.district_id, "phone_code_send", sent, status=202)


async def sign_in(desk: Desk, form: PhoneCodeSignIn) -> dict[str, Any]:
    """Tokens for whoever has the number. Raises Unauthenticated, and RegistrationRequired when nobody has."""
    district_id = challenges.district_of(desk.sealer, form.challenge)
    await desk.come(district_id, PHONE_TRIED_FROM)

    async def verb(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge = await challenges.redeem(session, desk.sealer, form.challenge, ChallengeKind.PHONE_CODE)
        ours = _digests(desk.sealer, district_id, form.phone, form.code)
        if not any(hmac.compare_digest(challenge.digest or b"", digest) for digest in ours):
            raise Unauthenticated("验证码不正确或已过期")
        challenges.close(challenge)
        person = await registration.by_phone(session, desk.sealer, district_id, form.phone)
        if person is None:
            payload = json.dumps({"phone": form.phone})
            raise await registration.ticket(session, desk.sealer, district_id, payload)
        return await _let_in(session, desk, trace, person)

    return await attempt(desk, district_id, "phone_code_sign_in", verb)


async def register(desk: Desk, form: PhoneCodeRegister) -> dict[str, Any]:
    """Tokens for somebody new, or for whoever was recorded with this number meanwhile. Raises Unauthenticated, NotFound."""
    district_id = challenges.district_of(desk.sealer, form.ticket)
    await desk.come(district_id, PHONE_TRIED_FROM)

    async def verb(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge = await challenges.redeem(session, desk.sealer, form.ticket, ChallengeKind.REGISTER)
        phone = json.loads(challenges.payload_of(desk.sealer, challenge) or "{}").get("phone")
        if phone is None:
            raise Unauthenticated("请用取得此凭证的方式完成注册")
        newcomer = Newcomer(form.name, form.place_id, notice_id=form.notice_id)
        person = await registration.find_or_record(
            session, desk.sealer, district_id, phone, newcomer, SignInMethod.PHONE
        )
        challenges.close(challenge)
        return await _let_in(session, desk, trace, person)

    return await attempt(desk, district_id, "phone_code_register", verb)


async def _let_in(session: AsyncSession, desk: Desk, trace: Trace, person: Person) -> dict[str, Any]:
    trace.person_id = person.id
    account, made = await registration.account_of(session, person)
    if made:
        registration.bound(session, person, SignInMethod.PHONE)
    return await registration.let_in(session, desk, trace, account, SignInMethod.PHONE)


def _digests(sealer: Sealer, district_id: int, phone: str, code: str) -> list[bytes]:
    """The keyed hash of a code, bound to its number, under each key."""
    return sealer.blind_indexes(f"{phone}/{code}", district_id, "phone_code/code")
