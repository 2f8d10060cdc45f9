"""Signing in: the kinds of challenges between a first proof and a token, and why a sign-in ends."""

from datetime import timedelta
from enum import StrEnum

LONGEST = timedelta(days=30)
"""A sign-in is refreshed no longer than this; then the person proves themselves again. House rule."""


class ChallengeKind(StrEnum):
    SECOND_FACTOR = "second_factor"
    """The password fits; the one-time password of the authenticator is still owed."""
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
    MERGED = "merged"
    ERASED = "erased"


class SignInMethod(StrEnum):
    PASSWORD = "password"  # noqa: S105 - how somebody signed in
    WECHAT = "wechat"
    PHONE = "phone"
