"""Passwords as they are kept: argon2id with the parameters of RFC 9106 §4 for little memory (64 MiB, 3 passes, 4 lanes).

A few threads of their own do the work, so that a flood of attempts costs neither all the memory nor all the processors.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2

from app.core.types import nfc

_AT_ONCE = 4
_Result = TypeVar("_Result")
_workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
_hasher = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
_NOBODY = _hasher.hash("no account has this password")


async def hash_password(password: str) -> str:
    return await _away(lambda: _hasher.hash(nfc(password)))


async def password_fits(stored: str | None, password: str) -> bool:
    """Whether the password is right; as slow for an account that does not exist, so that timing tells nothing."""
    return await _away(lambda: _fits(stored, nfc(password)))


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's: whoever has the password at hand makes it anew."""
    return _hasher.check_needs_rehash(stored)


def _fits(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(_NOBODY if stored is None else stored, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return _fits(None, password)  # what is kept is no hash: it takes as long as any other
    return stored is not None


async def _away(work: Callable[[], _Result]) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(_workers, work)
