"""Signing in: password first, then a code; waits after failures; codes work once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from underwriting.models import SignInGuard, User

T = TypeVar("T")
FAILURES_BEFORE_WAIT = 5
WAIT = timedelta(minutes=5)
FORGET_FAILURES_AFTER = timedelta(hours=1)
CODE_SECONDS = 30
CODE_TOLERANCE = 1  # one step of 30 s either way, for clocks that differ


class MustWait(Exception):
    """Too many failures under this address; `until` is when the next attempt is heard."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"locked until {until.isoformat()}")
        self.until = until


def check_password(request: HttpRequest, *, email: str, password: str, now: datetime) -> User | None:
    """The person with this address and password, or None: a wrong address and a wrong password are not told apart.

    Raises:
        MustWait: five failures in a row were made under this address.
    """
    return hear_attempt(
        email=email, now=now, check=lambda: _person_with(request, email=email, password=password)
    )


def _person_with(request: HttpRequest, *, email: str, password: str) -> User | None:
    user = authenticate(request, email=email, password=password)
    return user if isinstance(user, User) else None


def address_hash(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def hear_attempt(*, email: str, now: datetime, check: Callable[[], T | None]) -> T | None:
    """Run a check of a password or a code; None from it is a failure. The fifth in an hour starts a wait of five minutes.

    The row of the address is locked from before the check until after the count: attempts that are made at the same time
    are heard one after the other, and none beyond the fifth.

    Raises:
        MustWait: a wait lasts and nothing was checked, or this failure was the fifth.
    """
    address = address_hash(email)
    SignInGuard.objects.get_or_create(address_sha256=address)
    with transaction.atomic():
        guard = SignInGuard.objects.select_for_update().get(address_sha256=address)
        if guard.locked_until is not None and guard.locked_until > now:
            raise MustWait(guard.locked_until)
        found = check()
        if found is not None:
            return found
        _count_failure(guard, now)
    if guard.locked_until is not None and guard.locked_until > now:
        raise MustWait(guard.locked_until)
    return None


def _count_failure(guard: SignInGuard, now: datetime) -> None:
    if guard.last_failed_at is not None and now - guard.last_failed_at > FORGET_FAILURES_AFTER:
        guard.failed_count = 0
    guard.failed_count += 1
    guard.last_failed_at = now
    if guard.failed_count >= FAILURES_BEFORE_WAIT:
        guard.failed_count = 0
        guard.locked_until = now + WAIT
    guard.save()


def forget_failures(*, email: str) -> None:
    SignInGuard.objects.filter(address_sha256=address_hash(email)).update(failed_count=0, locked_until=None)


def second_step_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()


def new_secret() -> str:
    """A fresh TOTP secret, base32, 160 bits."""
    return str(generate_totp_secret())


def enrol(*, user: User, secret: str, code: str, now: datetime) -> bool:
    """Make the secret the person's second step where the code proves that their app has it; the code is used up by that."""
    counter = _matching_counter(secret, code, now)
    if counter is None:
        return False
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if second_step_of(user) is not None:  # the form was sent twice
            return False
        step = TOTP.activate(user, secret).instance
        step.data["last_counter"] = counter
        step.last_used_at = now
        step.save(update_fields=["data", "last_used_at"])
    return True


def check_code(*, user: User, code: str, now: datetime) -> bool:
    """Whether this is the person's code of this moment, for the first time: a code that was accepted never works again."""
    with transaction.atomic():
        step = (
            Authenticator.objects.select_for_update()
            .filter(user_id=user.pk, type=Authenticator.Type.TOTP)
            .first()
        )
        if step is None:
            return False
        counter = _matching_counter(decrypt(step.data["secret"]), code, now)
        if counter is None or counter <= step.data.get("last_counter", -1):
            return False
        step.data["last_counter"] = counter
        step.last_used_at = now
        step.save(update_fields=["data", "last_used_at"])
    return True


def _matching_counter(secret: str, code: str, now: datetime) -> int | None:
    plain = "".join(code.split())
    current = int(now.timestamp()) // CODE_SECONDS
    for counter in range(current - CODE_TOLERANCE, current + CODE_TOLERANCE + 1):
        if constant_time_compare(plain, format_hotp_value(hotp_value(secret, counter))):
            return counter
    return None
