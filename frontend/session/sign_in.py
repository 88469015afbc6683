"""Signing in: password first, then a code; waits after failures; codes work once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from underwriting.models import SignInGuard, User

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
    refuse_while_waiting(email=email, now=now)
    user = authenticate(request, email=email, password=password)
    if user is None:
        note_failure(email=email, now=now)
    return user


def address_hash(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def refuse_while_waiting(*, email: str, now: datetime) -> None:
    """Raise MustWait while the wait for this address lasts."""
    until = (
        SignInGuard.objects.filter(address_sha256=address_hash(email))
        .values_list("locked_until", flat=True)
        .first()
    )
    if until is not None and until > now:
        raise MustWait(until)


def note_failure(*, email: str, now: datetime) -> None:
    """Count a failure; the fifth in an hour starts a wait of five minutes and the count begins again.

    Raises:
        MustWait: this failure was the fifth.
    """
    with transaction.atomic():
        guard, _ = SignInGuard.objects.select_for_update().get_or_create(address_sha256=address_hash(email))
        if guard.last_failed_at is not None and now - guard.last_failed_at > FORGET_FAILURES_AFTER:
            guard.failed_count = 0
        guard.failed_count += 1
        guard.last_failed_at = now
        if guard.failed_count >= FAILURES_BEFORE_WAIT:
            guard.failed_count = 0
            guard.locked_until = now + WAIT
        guard.save()
    if guard.locked_until is not None and guard.locked_until > now:
        raise MustWait(guard.locked_until)


def forget_failures(*, email: str) -> None:
    SignInGuard.objects.filter(address_sha256=address_hash(email)).update(failed_count=0, locked_until=None)


def second_step_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()


def new_secret() -> str:
    """A fresh TOTP secret, base32, 160 bits."""
    return str(generate_totp_secret())


def secret_matches(*, secret: str, code: str, now: datetime) -> bool:
    return _matching_counter(secret, code, now) is not None


def enrol(*, user: User, secret: str) -> None:
    """Give the person this TOTP secret as their second step."""
    TOTP.activate(user, secret)


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
