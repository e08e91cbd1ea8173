"""What a password must not be, and what checking one costs."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.accounts import passwords
from fediverse_support.core.errors import Malformed, Unavailable


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password123",
        "Password1234!",
        "P@ssw0rd1234",
        "passwordpassword",
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "poiuytrewq",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "abababababab",
        "iloveyou2024",
        "correcthorsebatterystaple",
        "night_owl_77",
        "garden.example2026",
        "x" * 1001,
    ],
)
def test_what_others_would_try_first_is_refused(password):
    with pytest.raises(Malformed):
        passwords.check_strength(password, "night_owl", "garden.example")


@pytest.mark.parametrize(
    "password",
    [
        "three quiet green lamps",
        "7-marmalade-otters",
        "Größe schützt nicht",
        "密码密码很长的一句话吧",
        "x9!kd02mA;q",
    ],
)
def test_a_few_words_in_any_script_are_taken(password):
    passwords.check_strength(password, "night_owl", "garden.example")


@given(st.text(max_size=40))
def test_any_text_is_judged_and_never_trips_the_judge(text):
    passwords.is_common(text)


async def test_only_the_password_itself_fits():
    stored = await passwords.hashed("three quiet green lamps")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,")
    assert await passwords.fits(stored, "three quiet green lamps")
    assert not await passwords.fits(stored, "three quiet green lamp")
    assert not await passwords.fits("not a hash", "three quiet green lamps")
    assert not passwords.is_outdated(stored)
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


async def test_a_flood_of_sign_ins_is_refused_instead_of_queueing_without_end(monkeypatch):
    monkeypatch.setattr(passwords, "QUEUE", 3)
    results = await asyncio.gather(*(passwords.fits_nobody("x") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, Unavailable) for result in results) == 5
    assert sum(result is None for result in results) == 3
    assert await passwords.fits_nobody("x") is None


async def test_a_name_without_an_account_costs_as_much_as_one_with(monkeypatch, connection):
    """The same work, counted and not timed: one verification each."""
    from fediverse_support.accounts import sign_in
    from fediverse_support.core import clock
    from fediverse_support.core.errors import Unauthenticated

    calls = []
    real = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *given: calls.append(given) or real(*given))
    with pytest.raises(Unauthenticated):
        await sign_in.by_password(connection, "nobody", "any password at all", clock.now())
    assert len(calls) == 1
