"""Proving oneself again: what a stolen access token alone must not be enough for."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import passwords
from app.core.errors import RuleBroken
from app.domain.limits import OWN_PASSWORD
from app.services import authenticators, rate_limits
from app.services.attempts import Desk
from app.services.credentials import Holder


async def must_prove(
    session: AsyncSession, desk: Desk, holder: Holder, *, password: str | None = None, code: str | None = None
) -> None:
    """Ask for the password or a code again. Raises RuleBroken when it is wrong, TooManyRequests when it is often wrong.

    Each way of signing in counts by itself: whoever has taken over the number uses up nothing of who has the password.
    """
    account = holder.account
    if (password is None) == (code is None):
        raise RuleBroken("密码与口令须给其中一个")
    guards = [(OWN_PASSWORD, f"{account.id} {holder.method}")]
    await rate_limits.spend_all(desk.database, desk.sealer, account.district_id, guards)
    if password is not None and not await passwords.password_fits(account.password_hash, password):
        raise RuleBroken("密码不正确")
    if code is not None and not await authenticators.fits(session, desk.sealer, holder, code):
        raise RuleBroken("口令不正确")
    await rate_limits.give_back_all(desk.database, desk.sealer, account.district_id, guards)
