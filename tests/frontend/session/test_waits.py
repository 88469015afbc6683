"""Waits after failures are exact: attempts made at the same time are heard one after the other."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test import RequestFactory

from frontend.session.sign_in import FAILURES_BEFORE_WAIT, WAIT, MustWait, address_hash, check_password
from tests.factories import make_lender, make_user
from underwriting.enums import Role
from underwriting.models import SignInGuard

NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
ATTEMPTS = 8


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_eight_attempts_at_once_five_are_heard() -> None:
    ana = make_user("Ana Reyes", (make_lender(), Role.AUDITOR))
    guard = SignInGuard.objects.create(address_sha256=address_hash(ana.email))
    answers: list[str] = []

    def guess() -> None:
        try:
            check_password(RequestFactory().post("/sign-in/"), email=ana.email, password="wrong", now=NOW)
            answers.append("wrong")
        except MustWait:
            answers.append("wait")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(ATTEMPTS)]
    with transaction.atomic():
        SignInGuard.objects.select_for_update().get(pk=guard.pk)
        for thread in threads:
            thread.start()
        wait_until_blocked(ATTEMPTS)
    for thread in threads:
        thread.join(20)

    guard.refresh_from_db()
    assert sorted(answers) == ["wait"] * (ATTEMPTS - FAILURES_BEFORE_WAIT + 1) + ["wrong"] * (
        FAILURES_BEFORE_WAIT - 1
    )
    assert (guard.failed_count, guard.locked_until) == (0, NOW + WAIT)


def wait_until_blocked(count: int) -> None:
    """Until that many other connections wait for a lock."""
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
        if row is not None and row[0] >= count:
            return
        time.sleep(0.025)
    pytest.fail("the attempts did not wait for the row")
