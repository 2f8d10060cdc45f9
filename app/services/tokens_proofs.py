"""What is still owed between a password that fits and a token: a second factor, a new password, an authenticator to bind."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NewPasswordRequired, SecondFactorRequired, SecondFactorSetupRequired, Unauthenticated
from app.domain.accounts import STAFF, ChallengeKind, SignInEnd, SignInMethod, Standing, owed
from app.domain.audit import Trace
from app.domain.limits import code_guards, is_usual
from app.domain.passwords import Policy
from app.models import Challenge, Grant
from app.schemas.tokens import TokenNewPassword, TokenSecondFactor, TokenSetup
from app.services import authenticators, challenges, credentials, passwords, rate_limits, sign_ins
from app.services.access import in_force
from app.services.attempts import Desk, attempt
from app.services.credentials import Holder

_REFUSALS = {
    ChallengeKind.SECOND_FACTOR: SecondFactorRequired,
    ChallengeKind.SECOND_FACTOR_SETUP: SecondFactorSetupRequired,
    ChallengeKind.NEW_PASSWORD: NewPasswordRequired,
}


async def proceed(
    session: AsyncSession, desk: Desk, policy: Policy, holder: Holder, *, second_factor_proved: bool
) -> dict[str, Any]:
    """Tokens, when nothing is owed any more. Raises the refusal that names what is, with its challenge."""
    account = holder.account
    standing = Standing(
        second_factor=account.totp_confirmed_at is not None,
        password_over=passwords.is_over(policy, account),
        must_have_second_factor=policy.staff_second_factor and await _is_staff(session, holder),
    )
    kind = owed(standing, second_factor_proved=second_factor_proved)
    if kind is None:
        return await sign_ins.begin(session, desk.tokens, account, SignInMethod.PASSWORD, desk.origin)
    handle = await challenges.open(session, desk.sealer, account.district_id, kind, account_id=account.id)
    raise _REFUSALS[kind](challenge=handle)


async def _is_staff(session: AsyncSession, holder: Holder) -> bool:
    role = exists().where(Grant.person_id == holder.person.id, Grant.role.in_(STAFF), in_force(now()))
    return bool(await session.scalar(select(role)))


async def second_factor(desk: Desk, policy: Policy, form: TokenSecondFactor) -> dict[str, Any]:
    """The code for a password that fitted; of a new authenticator, its first."""

    async def prove(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge, holder = await _redeem(
            session, desk, trace, form.challenge, ChallengeKind.SECOND_FACTOR, ChallengeKind.SECOND_FACTOR_SETUP
        )
        await _must_fit(session, desk, holder, form.code)
        challenges.close(challenge)
        if challenge.kind is ChallengeKind.SECOND_FACTOR_SETUP:
            holder.account.totp_confirmed_at = now()
            await session.flush()
            await challenges.close_all(session, holder.account.district_id, [holder.account.id])
        return await proceed(session, desk, policy, holder, second_factor_proved=True)

    return await attempt(desk, challenges.district_of(desk.sealer, form.challenge), "token_second_factor", prove)


async def _must_fit(session: AsyncSession, desk: Desk, holder: Holder, code: str) -> None:
    """Wrong codes count by account and address, right ones do not."""
    account, address = holder.account, desk.origin.address
    known = await sign_ins.addresses(desk.database, account.district_id, account.id)
    guards = code_guards(str(account.id), address, usual=is_usual(address, known))
    await rate_limits.spend_all(desk.database, desk.sealer, account.district_id, guards)
    if not await authenticators.fits(session, desk.sealer, holder, code):
        raise Unauthenticated("动态口令不正确")
    await rate_limits.give_back_all(desk.database, desk.sealer, account.district_id, guards)


async def setup(desk: Desk, form: TokenSetup) -> dict[str, Any]:
    """A new secret for the authenticator that the role asks for. Again gives another one, until a code confirms it."""

    async def show(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        _, holder = await _redeem(session, desk, trace, form.challenge, ChallengeKind.SECOND_FACTOR_SETUP)
        return authenticators.new_secret(desk.sealer, holder)

    return await attempt(desk, challenges.district_of(desk.sealer, form.challenge), "token_setup", show)


async def new_password(desk: Desk, policy: Policy, form: TokenNewPassword) -> dict[str, Any]:
    """A password of one's own in place of an expired or a temporary one; what was signed in with that one ends."""

    async def replace(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        challenge, holder = await _redeem(session, desk, trace, form.challenge, ChallengeKind.NEW_PASSWORD)
        await passwords.choose(policy, holder.account, form.password)
        challenges.close(challenge)
        await session.flush()
        await sign_ins.end_all(session, holder.account.district_id, [holder.account.id], SignInEnd.PASSWORD)
        return await proceed(session, desk, policy, holder, second_factor_proved=True)

    return await attempt(desk, challenges.district_of(desk.sealer, form.challenge), "token_new_password", replace)


async def _redeem(
    session: AsyncSession, desk: Desk, trace: Trace, handle: str, *kinds: ChallengeKind
) -> tuple[Challenge, Holder]:
    """The challenge, one attempt counted, and whose it is. The account is locked first, as everywhere."""
    account_id = await challenges.account_of(session, desk.sealer, handle)
    holder = await credentials.must_find(session, account_id)
    trace.person_id = holder.person.id
    return await challenges.redeem(session, desk.sealer, handle, *kinds), holder
