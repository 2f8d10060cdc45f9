"""Signing in with a one-time code sent to a phone.

Codes go to every number alike, known here or not, so that asking for one tells nothing about anybody. Only the newest code
of a number counts, only a keyed hash of it is kept, and it is good once.
"""

import hmac
import json
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import SignInUnavailable, Unauthenticated
from app.domain.accounts import ChallengeKind, SignInMethod
from app.domain.audit import Trace
from app.domain.limits import PHONE_CODE_FROM, PHONE_CODE_IN, PHONE_CODE_NEXT, PHONE_CODE_TO, PHONE_TRIED_FROM
from app.domain.phone_codes import LIFETIME, MOST_ATTEMPTS, new_code
from app.models import Challenge, Person
from app.schemas.phone_codes import PhoneCodeRegister, PhoneCodeSend, PhoneCodeSignIn
from app.services import challenges, registration
from app.services.attempts import Desk, attempt, counted, denials_noted
from app.services.code_senders import CodeSender
from app.services.registration import Newcomer

_WRONG = "验证码不正确或已过期"


async def send(desk: Desk, sender: CodeSender | None, form: PhoneCodeSend) -> dict[str, int]:
    """Send a code to a number; the one before is void. Raises SignInUnavailable, TooManyRequests, Unavailable."""
    if sender is None:
        raise SignInUnavailable()
    await desk.come(form.district_id, PHONE_CODE_FROM)
    await desk.spend(form.district_id, PHONE_CODE_NEXT, form.phone)
    await desk.spend(form.district_id, PHONE_CODE_TO, form.phone)
    await desk.spend(form.district_id, PHONE_CODE_IN, "")
    code = new_code()

    async def keep(session: AsyncSession) -> None:
        await _keep(session, desk.sealer, form.district_id, form.phone, code)

    async def sent(_: AsyncSession, __: Trace) -> dict[str, int]:
        return {"expires_in": int(LIFETIME.total_seconds())}

    await counted(desk, form.district_id, keep)
    async with denials_noted(desk, form.district_id, "phone_code_send"):
        await sender.send(form.phone, code)
    return await attempt(desk, form.district_id, "phone_code_send", sent, status=202)


async def sign_in(desk: Desk, form: PhoneCodeSignIn) -> dict[str, Any]:
    """Tokens for whoever has the number. Raises Unauthenticated, and RegistrationRequired when nobody has."""
    await desk.come(form.district_id, PHONE_TRIED_FROM)

    async def verb(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        if not await _redeemed(session, desk.sealer, form.district_id, form.phone, form.code):
            raise Unauthenticated(_WRONG)
        person = await registration.by_phone(session, desk.sealer, form.district_id, form.phone)
        if person is None:
            payload = json.dumps({"phone": form.phone})
            raise await registration.ticket(session, desk.sealer, form.district_id, payload)
        return await _let_in(session, desk, trace, person)

    return await attempt(desk, form.district_id, "phone_code_sign_in", verb)


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


async def _keep(session: AsyncSession, sealer: Sealer, district_id: int, phone: str, code: str) -> None:
    """Void what was sent before, and keep the hash of the new code."""
    await session.execute(
        update(Challenge)
        .where(*_codes_of(sealer, district_id, phone), Challenge.used_at.is_(None))
        .values(used_at=now())
    )
    await challenges.open(
        session,
        sealer,
        district_id,
        ChallengeKind.PHONE_CODE,
        subject_index=sealer.blind_index(phone, district_id, "phone_code"),
        digest=_digests(sealer, district_id, phone, code)[0],
        lifetime=LIFETIME,
    )


async def _redeemed(session: AsyncSession, sealer: Sealer, district_id: int, phone: str, code: str) -> bool:
    """Whether this is the number's newest code, still good; then it is good no more. The attempt counts either way.

    Both statements bite only while the code is open. The first locks the row, so that of many who come at once with the
    right code one passes.
    """
    newest = select(Challenge.id).where(*_codes_of(sealer, district_id, phone)).order_by(Challenge.id.desc()).limit(1)
    open_ = (Challenge.district_id == district_id, Challenge.used_at.is_(None), Challenge.expires_at > now())
    tried = (
        await session.execute(
            update(Challenge)
            .where(*open_, Challenge.id == newest.scalar_subquery(), Challenge.attempts < MOST_ATTEMPTS)
            .values(attempts=Challenge.attempts + 1)
            .returning(Challenge.id, Challenge.digest)
        )
    ).first()
    ours = _digests(sealer, district_id, phone, code)
    if tried is None or not any(hmac.compare_digest(tried.digest, digest) for digest in ours):
        return False
    used = update(Challenge).where(*open_, Challenge.id == tried.id).values(used_at=now()).returning(Challenge.id)
    return await session.scalar(used) is not None


def _codes_of(sealer: Sealer, district_id: int, phone: str) -> tuple[Any, ...]:
    return (
        Challenge.district_id == district_id,
        Challenge.kind == ChallengeKind.PHONE_CODE,
        Challenge.subject_index.in_(sealer.blind_indexes(phone, district_id, "phone_code")),
    )


def _digests(sealer: Sealer, district_id: int, phone: str, code: str) -> list[bytes]:
    """The keyed hash of a code, bound to its number, under each key."""
    return sealer.blind_indexes(f"{phone}/{code}", district_id, "phone_code/code")
