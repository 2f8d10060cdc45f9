"""What is still owed between a password that fits and a token: a second factor, a new password, an authenticator to bind."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NewPasswordRequired, SecondFactorRequired, SecondFactorSetupRequired, Unauthenticated
from app.core.ids import new_id
from app.domain.accounts import ChallengeKind, SignInEnd, SignInMethod, Standing, owed
from app.domain.audit import Trace
from app.domain.limits import PROOF_AGAIN, PROOF_FROM, code_guards, network_of
from app.domain.passwords import Policy
from app.models import Account, Challenge
from app.schemas.tokens import TokenNewPassword, TokenSecondFactor, TokenSetup
from app.services import authenticators, challenges, credentials, passwords, rate_limits, sign_ins, sign_ins_known
from app.services.attempts import Desk, attempt
from app.services.credentials import Holder

_REFUSALS = {
    ChallengeKind.SECOND_FACTOR: SecondFactorRequired,
    ChallengeKind.SECOND_FACTOR_SETUP: SecondFactorSetupRequired,
    ChallengeKind.NEW_PASSWORD: NewPasswordRequired,
}


async def proceed(
    session: AsyncSession,
    desk: Desk,
    policy: Policy,
    holder: Holder,
    *,
    second_factor_proved: bool,
    device: str | None = None,
) -> dict[str, Any]:
    """Tokens, when nothing is owed any more. Raises the refusal that names what is, with its challenge.

    The challenge keeps the known device the password came from.
    """
    account = holder.account
    standing = Standing(
        second_factor=account.totp_confirmed_at is not None,
        password_over=passwords.is_over(policy, account),
        must_have_second_factor=await credentials.must_have_second_factor(session, policy, holder),
    )
    kind = owed(standing, second_factor_proved=second_factor_proved)
    if kind is None:
        return await _begin(session, desk, account, second_factor=standing.second_factor)
    handle = await challenges.open(
        session, desk.sealer, account.district_id, kind, account_id=account.id, payload=device
    )
    raise _REFUSALS[kind](challenge=handle)


async def _begin(session: AsyncSession, desk: Desk, account: Account, *, second_factor: bool) -> dict[str, Any]:
    sign_in_id, way = new_id(), SignInMethod.PASSWORD
    pair = await sign_ins.begin(
        session, desk.tokens, account, way, desk.origin, sign_in_id=sign_in_id, second_factor=second_factor
    )
    return pair | {"device": sign_ins_known.device_of(desk.sealer, account.district_id, sign_in_id)}


async def second_factor(desk: Desk, policy: Policy, form: TokenSecondFactor) -> dict[str, Any]:
    """The code for a password that fitted; of a new authenticator, its first."""
    owed_by = await _come(desk, form.challenge)

    async def prove(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge, holder = await _redeem(
            session, desk, trace, owed_by, ChallengeKind.SECOND_FACTOR, ChallengeKind.SECOND_FACTOR_SETUP
        )
        await _must_fit(session, desk, holder, form.code, challenges.payload_of(desk.sealer, challenge))
        challenges.close(challenge)
        if challenge.kind is ChallengeKind.SECOND_FACTOR_SETUP:
            authenticators.confirm(holder.account)
            await session.flush()
            await challenges.close_all(session, holder.account.district_id, [holder.account.id])
        return await proceed(session, desk, policy, holder, second_factor_proved=True)

    return await attempt(desk, owed_by.district_id, "token_second_factor", prove)


async def _must_fit(session: AsyncSession, desk: Desk, holder: Holder, code: str, device: str | None) -> None:
    """Wrong codes count by account and address, or by the device that is known; right ones do not."""
    account, address = holder.account, desk.origin.address
    known = await sign_ins_known.by_password(desk, account.district_id, account.id)
    guards = code_guards(str(account.id), address, usual=known.usual, device=device)
    await rate_limits.spend_all(desk.database, desk.sealer, account.district_id, guards)
    if not await authenticators.fits(session, desk.sealer, holder, code):
        raise Unauthenticated("动态口令不正确")
    await rate_limits.give_back_all(desk.database, desk.sealer, account.district_id, guards)


async def setup(desk: Desk, form: TokenSetup) -> dict[str, Any]:
    """A new secret for the authenticator that the role asks for. Again gives another one, until a code confirms it."""
    owed_by = await _come(desk, form.challenge)

    async def show(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        _, holder = await _redeem(session, desk, trace, owed_by, ChallengeKind.SECOND_FACTOR_SETUP)
        return authenticators.new_secret(desk.sealer, holder)

    return await attempt(desk, owed_by.district_id, "token_setup", show)


async def new_password(desk: Desk, policy: Policy, form: TokenNewPassword) -> dict[str, Any]:
    """A password of one's own in place of an expired or a temporary one; what was signed in with that one ends."""
    owed_by = await _come(desk, form.challenge)

    async def replace(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge, holder = await _redeem(session, desk, trace, owed_by, ChallengeKind.NEW_PASSWORD)
        await passwords.choose(policy, holder.account, form.password)
        challenges.close(challenge)
        await session.flush()
        await sign_ins.end_all(session, holder.account.district_id, [holder.account.id], SignInEnd.PASSWORD)
        return await proceed(session, desk, policy, holder, second_factor_proved=True)

    return await attempt(desk, owed_by.district_id, "token_new_password", replace)


@dataclass(frozen=True, slots=True)
class _Owed:
    """A challenge of an account, as it was handed in."""

    district_id: int
    account_id: UUID
    handle: str


async def _come(desk: Desk, handle: str) -> _Owed:
    """Begin a try, before anything of it is noted. Raises Unauthenticated for what is no account's, and TooManyRequests.

    Anybody gets a challenge for a phone code: those count by address and leave no entry. Who has an account's has proved the
    password, and counts by the challenge, so that neighbours use up nothing of one another's.
    """
    district_id = challenges.district_of(desk.sealer, handle)
    account_id = await challenges.account_of(desk.database, desk.sealer, handle)
    if account_id is None:
        await desk.spend(district_id, PROOF_FROM, network_of(desk.origin.address))
        raise Unauthenticated("验证已失效，请重新登录")
    await desk.spend(district_id, PROOF_AGAIN, handle)
    return _Owed(district_id, account_id, handle)


async def _redeem(
    session: AsyncSession, desk: Desk, trace: Trace, owed_by: _Owed, *kinds: ChallengeKind
) -> tuple[Challenge, Holder]:
    """The challenge, one attempt counted, and whose it is. The account is locked first, as everywhere."""
    holder = await credentials.must_find(session, owed_by.account_id)
    trace.person_id = holder.person.id
    return await challenges.redeem(session, desk.sealer, owed_by.handle, *kinds), holder
