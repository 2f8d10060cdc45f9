"""Which roles a sign-in carries: authority over others never comes with a weaker proof than it was meant for.

Whoever holds a phone, or is signed in to WeChat on it, proves that they are its owner; that is enough for what concerns
themselves. Roles of staff and of units are for sign-ins by password (docs/decisions/0007-roles-by-way-of-signing-in.md).
"""

from collections.abc import Iterable

from app.domain.accounts import SignInMethod
from app.domain.people import HELPERS, Grant, Role

IN_ONES_OWN_NAME: frozenset[Role] = HELPERS | {Role.RESIDENT}
"""Roles people hold for themselves, not to act for others or an organization."""
CARRIED: dict[SignInMethod, frozenset[Role]] = {
    SignInMethod.PASSWORD: frozenset(Role),
    SignInMethod.WECHAT: IN_ONES_OWN_NAME,
    SignInMethod.PHONE: IN_ONES_OWN_NAME,
}


def carried(method: SignInMethod, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Of a person's grants those that this way of signing in carries."""
    roles = CARRIED[method]
    return tuple(grant for grant in grants if grant.role in roles)
