"""Passwords as argon2 keeps them. Checking one takes the same time for accounts that exist not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """What is kept of a password: argon2id with a salt and its parameters."""
    return _hasher.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether the password is the one `kept` was made of; never when there is no account.

    Without an account a hash of nothing is checked, so that the time tells nobody who has one.
    """
    try:
        return _hasher.verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
