"""One's own authenticator: bind, confirm, remove, and renew the recovery codes. Each asks for the password or a code again."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken, WrongState
from app.domain.passwords import Policy
from app.domain.people import Actor
from app.schemas.second_factors import SecondFactorConfirm, SecondFactorProof, SecondFactorStart
from app.services import authenticators, challenges, credentials, own_proofs, sign_ins
from app.services.attempts import Desk
from app.services.credentials import Holder
from app.services.outbox import publish


async def read(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    return await _shown(session, await credentials.own(session, actor))


async def start(session: AsyncSession, desk: Desk, actor: Actor, form: SecondFactorStart) -> dict[str, Any]:
    """A new secret, shown once. It counts when a code made from it comes back."""
    holder = await credentials.own(session, actor)
    if holder.account.totp_confirmed_at is not None:
        raise WrongState("已绑定身份验证器；换新的请先解除")
    await own_proofs.must_prove(session, desk, holder, password=form.password)
    return authenticators.new_secret(desk.sealer, holder)


async def confirm(session: AsyncSession, desk: Desk, actor: Actor, form: SecondFactorConfirm) -> dict[str, Any]:
    """The first code of the authenticator: from now on it is asked for. Answers with recovery codes."""
    holder = await credentials.own(session, actor)
    if holder.account.totp_sealed is None or holder.account.totp_confirmed_at is not None:
        raise WrongState("没有待确认的身份验证器")
    await own_proofs.must_prove(session, desk, holder, code=form.code)
    authenticators.confirm(holder.account)
    await sign_ins.second_factor_proved(session, actor.sign_in_id)
    await challenges.close_all(session, actor.district_id, [holder.account.id])
    publish(session, "person", holder.person, "bind_second_factor", actor=actor)
    return {"recovery_codes": await authenticators.new_recovery_codes(session, holder.account)}


async def remove(
    session: AsyncSession, desk: Desk, actor: Actor, policy: Policy, form: SecondFactorProof
) -> dict[str, Any]:
    """Go without one again; not while a role asks for it, or a stolen token and a password were enough to bind another."""
    holder = await _confirmed(session, actor)
    if await credentials.must_have_second_factor(session, policy, holder):
        raise RuleBroken("您的岗位须使用身份验证器，不能自行解除；更换请由系统管理员重置")
    await own_proofs.must_prove(session, desk, holder, password=form.password, code=form.code)
    await authenticators.remove(session, holder.account)
    await sign_ins.second_factor_gone(session, holder.account.id)
    publish(session, "person", holder.person, "remove_second_factor", actor=actor)
    return await _shown(session, holder)


async def renew_codes(session: AsyncSession, desk: Desk, actor: Actor, form: SecondFactorProof) -> dict[str, Any]:
    """Ten new recovery codes; the old ones are void."""
    holder = await _confirmed(session, actor)
    await own_proofs.must_prove(session, desk, holder, password=form.password, code=form.code)
    publish(session, "person", holder.person, "renew_recovery_codes", actor=actor)
    return {"recovery_codes": await authenticators.new_recovery_codes(session, holder.account)}


async def _confirmed(session: AsyncSession, actor: Actor) -> Holder:
    holder = await credentials.own(session, actor)
    if holder.account.totp_confirmed_at is None:
        raise WrongState("没有绑定身份验证器")
    return holder


async def _shown(session: AsyncSession, holder: Holder) -> dict[str, Any]:
    return {
        "confirmed_at": holder.account.totp_confirmed_at,
        "recovery_codes_left": await authenticators.codes_left(session, holder.account),
    }
