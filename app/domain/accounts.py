"""Signing in: the kinds of challenges between a first proof and a token, why a sign-in ends, and what is owed next."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.domain.people import Role

LONGEST = timedelta(days=30)
"""A sign-in is refreshed no longer than this; then the person proves themselves again. House rule."""
IDLE = timedelta(days=14)
"""A refresh token that nobody uses for so long is worth nothing any more. House rule."""
USUAL = timedelta(days=90)
"""An address an account has signed in from within this time is usual for it: strangers elsewhere cannot lock it out there."""
MOST_ATTEMPTS = 5
"""How often a challenge may be tried. House rule."""
STAFF = frozenset(Role) - {Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER, Role.CLIENT}
"""Who works with other people's data: under the profile ``mlps3`` they need a second factor."""


class ChallengeKind(StrEnum):
    SECOND_FACTOR = "second_factor"
    """The password fits; the one-time password of the authenticator is still owed."""
    SECOND_FACTOR_SETUP = "second_factor_setup"
    """The password fits; the role asks for an authenticator, and there is none yet."""
    NEW_PASSWORD = "new_password"  # noqa: S105 - a kind of challenge
    """The password fits and is expired or was set by an administrator; a new one is owed."""
    PHONE_CODE = "phone_code"
    """A code was sent to a phone."""
    REGISTER = "register"
    """The WeChat identity is proved; the person behind it is not known yet."""


class SignInEnd(StrEnum):
    SIGNED_OUT = "signed_out"
    REUSED = "reused"
    """A refresh token came a second time: one of the two holders is a thief."""
    DISABLED = "disabled"
    PASSWORD = "password"  # noqa: S105 - why a sign-in ended
    """The password was changed or reset."""
    SECOND_FACTOR = "second_factor"
    """The authenticator was taken away by an administrator: it may be in strange hands, and the devices with it."""
    MERGED = "merged"
    ERASED = "erased"


class SignInMethod(StrEnum):
    PASSWORD = "password"  # noqa: S105 - how somebody signed in
    WECHAT = "wechat"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the network address and what the client calls itself, at most 200 characters."""

    address: str | None
    device: str | None
