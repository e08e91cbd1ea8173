"""Passwords: which we take, how they are hashed, how they are checked.

Argon2id with the low-memory profile of RFC 9106 (64 MiB, three passes) costs about 0.2 s of CPU, so it runs
in a pool of two threads: a flood of sign-ins queues there instead of taking the machine, and a queue that
is too long is refused with 503.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from fediverse_support.accounts.common_passwords import STEMS, WHOLE
from fediverse_support.core.errors import Malformed, Unavailable

SHORTEST = 10
LONGEST = 1000
QUEUE = 32
"""How many passwords may wait for the two threads."""

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
)
_Result = TypeVar("_Result")
_waiting = 0


async def hashed(password: str) -> str:
    """The Argon2id hash of `password`, with its parameters. Raises `Unavailable` under a flood."""
    return await _in_thread(lambda: _HASHER.hash(password))


async def fits(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that was hashed. Raises `Unavailable` under a flood."""
    return await _in_thread(lambda: _verify(password_hash, password))


async def fits_nobody(password: str) -> None:
    """Spend the time of `fits`, so that a name without an account takes as long as one with."""
    await _in_thread(lambda: _verify(_hash_of_nobody(), password))


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than we use now."""
    return _HASHER.check_needs_rehash(password_hash)


def check_strength(password: str, *personal: str) -> None:
    """Raise `Malformed`, saying why, if the password is too short, too common or one of `personal`.

    There are no rules about kinds of letters: they make passwords worse (NIST SP 800-63B, 5.1.1.2).
    """
    if len(password) < SHORTEST:
        raise Malformed(f"The password needs at least {SHORTEST} characters. A few words in a row work well.")
    if len(password) > LONGEST:
        raise Malformed(f"The password can have at most {LONGEST} characters.")
    if is_common(password) or _is_personal(password, personal):
        raise Malformed("Others would try this password first. Choose another, for example a few words.")


def is_common(password: str) -> bool:
    """Whether `password` is among the first that anybody would try."""
    folded = password.strip().casefold()
    if folded in WHOLE or len(set(folded)) <= 3:
        return True
    plain = _letters(folded)
    disguised = _letters(folded.strip("0123456789!?.#*-_ ").translate(_LEET))
    return any(word in STEMS or _is_stem_repeated(word) for word in (plain, disguised)) or _is_run(folded)


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _is_stem_repeated(word: str) -> bool:
    half = word[: len(word) // 2]
    return half in STEMS and half * 2 == word


def _is_run(folded: str) -> bool:
    """Whether the password only walks along the alphabet, the digits or a row of keys, perhaps again."""
    return any(folded in line * 3 or folded in line[::-1] * 3 for line in _RUNS)


def _is_personal(password: str, personal: tuple[str, ...]) -> bool:
    folded = password.casefold()
    return any(
        len(word) >= 3 and re.fullmatch(rf"(?:{re.escape(word.casefold())}|[\W\d_])+", folded) is not None
        for word in personal
    )


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    global _waiting
    if _waiting >= QUEUE:
        raise Unavailable("Very many people are signing in just now. Please try again in a moment.")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    finally:
        _waiting -= 1


_LEET = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    # Made when it is first needed: it takes a fifth of a second, and most commands never need it.
    return _HASHER.hash(secrets.token_hex(16))
