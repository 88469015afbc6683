"""How long an application is kept, what holds it longer, and the task that erases what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from review_queue.models import HeldDecision, ReviewCase
from review_queue.subject_access.erasure import (
    AlreadyErased,
    ErasureReason,
    HoldRefused,
    LegalHeld,
    NotErased,
    StillKept,
    StillOpen,
    erase_application,
    lift_hold,
    place_hold,
)
from review_queue.subject_access.retention import falling_due, kept_until
from review_queue.subject_access.sweep import erase_what_is_due
from tests.factories import make_user
from tests.factories.personal import Remembered
from tests.scoring.pipeline.world import NOW
from underwriting.audit.actor import SYSTEM
from underwriting.enums import (
    CaseState,
    HeldState,
    Lane,
    MailState,
    OfferState,
    WorkKind,
)
from underwriting.models import (
    ApiClient,
    Application,
    AuditEntry,
    IdempotencyKey,
    Mail,
    Party,
    StandingOffer,
    WorkItem,
)
from underwriting.work.put import put

pytestmark = pytest.mark.django_db
LATER = datetime(2033, 11, 20, 12, 0, tzinfo=UTC)  # 84 months after the third of November 2026, and some days


def erase(application: Application, *, now: datetime = LATER) -> Application:
    return erase_application(
        application=application, actor=SYSTEM, reason=ErasureReason.RETENTION_ENDED, now=now
    )


def test_the_last_day_is_the_lenders_months_after_the_last_word(remembered: Remembered) -> None:
    application = remembered.application
    assert kept_until(application) == date(2033, 11, 4)  # the day after, when everything came to its end

    application.lender.retention_months = 25
    application.lender.save()
    assert kept_until(Application.objects.get(pk=application.pk)) == date(2028, 12, 4)

    Mail.objects.filter(application=application).update(sent_at=datetime(2027, 1, 31, 12, 0, tzinfo=UTC))
    assert kept_until(application) == date(2029, 2, 28)


def test_it_is_kept_through_its_last_day_where_the_lender_is(remembered: Remembered) -> None:
    just_before = datetime(2033, 11, 5, 3, 59, tzinfo=UTC)  # New York: 23:59 on the fourth

    with pytest.raises(StillKept, match="until 4 November 2033") as refused:
        erase(remembered.application, now=just_before)

    assert refused.value.until == date(2033, 11, 4)
    assert Party.objects.get(pk=remembered.party.pk).sealing_key is not None
    assert erase(remembered.application, now=just_before + timedelta(hours=2)).erased_at is not None


def test_a_legal_hold_keeps_everything_until_it_is_lifted(remembered: Remembered) -> None:
    application = remembered.application
    place_hold(application=application, actor=SYSTEM, reason="Suit 24-118", now=NOW)

    with pytest.raises(LegalHeld):
        erase(application)
    assert erase_what_is_due(now=LATER) == 0
    assert list(falling_due(application.lender, by=LATER.date())) == []

    lift_hold(application=application, actor=SYSTEM, reason="Suit settled", now=LATER)
    assert erase(application).erased_at == LATER
    trail = AuditEntry.objects.filter(action__startswith="application.hold_").order_by("pk")
    assert [(entry.action, entry.reason) for entry in trail] == [
        ("application.hold_placed", "Suit 24-118"), ("application.hold_lifted", "Suit settled"),
    ]  # fmt: skip


def test_holds_that_make_no_sense_are_refused(remembered: Remembered) -> None:
    application = remembered.application
    with pytest.raises(HoldRefused, match="not held"):
        lift_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    with pytest.raises(HoldRefused, match="Say why"):
        place_hold(application=application, actor=SYSTEM, reason="  ", now=NOW)
    place_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    with pytest.raises(HoldRefused, match="already"):
        place_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    lift_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    erase(application)
    with pytest.raises(HoldRefused, match="nothing to hold"):
        place_hold(application=application, actor=SYSTEM, reason="x", now=LATER)


def _open_offer(application: Application) -> None:
    StandingOffer.objects.create(
        decision=application.decisions.get(), application=application, lender=application.lender,
        annual_rate_bps=900, valid_until=LATER.date(), state=OfferState.OPEN,
    )  # fmt: skip


def _open_case(application: Application) -> None:
    ReviewCase.objects.filter(application=application).update(state=CaseState.OPEN)


def _held(application: Application) -> None:
    case = ReviewCase.objects.get(application=application)
    HeldDecision.objects.create(
        case=case, assessment=case.assessment, decided_by=make_user("Bo Lund"), outcome="DECLINE",
        state=HeldState.HELD, decided_at=NOW, held_until=NOW,
    )  # fmt: skip


def _undecided(application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(status="REFERRED")


def _letter_waits(application: Application) -> None:
    Mail.objects.filter(application=application).update(state=MailState.WAITING)


def _at_work(application: Application) -> None:
    put(
        kind=WorkKind.RENDER_NOTICE, lender_id=application.lender_id, application_id=application.pk, now=NOW,
        lane=Lane.BATCH,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("leave", "says"),
    [
        (_open_offer, "an offer is open"), (_open_case, "a case is open"), (_held, "a decision is held"),
        (_undecided, "not decided yet"), (_letter_waits, "a letter waits"), (_at_work, "work on it is under way"),
    ],
)  # fmt: skip
def test_what_is_not_over_is_not_erased(
    remembered: Remembered, leave: Callable[[Application], None], says: str
) -> None:
    leave(remembered.application)

    with pytest.raises(StillOpen, match=says):
        erase(remembered.application)

    assert erase_what_is_due(now=LATER) == 0
    assert Party.objects.get(pk=remembered.party.pk).sealing_key is not None
    assert not AuditEntry.objects.filter(action="application.erased").exists()


def test_nobody_is_erased_twice(remembered: Remembered) -> None:
    erase(remembered.application)
    with pytest.raises(AlreadyErased):
        erase(remembered.application)


def test_the_hourly_task_erases_what_is_due_and_nothing_else(remembered: Remembered) -> None:
    application = remembered.application
    other = Application.objects.exclude(pk=application.pk)
    assert erase_what_is_due(now=datetime(2033, 11, 4, 12, 0, tzinfo=UTC)) == 0
    assert [(found.pk, until) for found, until in falling_due(application.lender, by=date(2033, 11, 30))] == [
        (application.pk, date(2033, 11, 4))
    ]

    assert erase_what_is_due(now=LATER) == 1

    assert erase_what_is_due(now=LATER) == 0
    application.refresh_from_db()
    assert application.erased_at == LATER
    assert not other.filter(erased_at__isnull=False).exists()
    assert list(falling_due(application.lender, by=LATER.date())) == []


def test_one_that_cannot_be_erased_stands_in_nobodys_way(remembered: Remembered) -> None:
    first = remembered.application
    _open_case(first)
    second = Application.objects.get(pk=first.pk)
    Application.objects.filter(pk=first.pk)
    second.pk, second.public_id, second.reference = None, "6a1d8a3e-0000-4000-8000-000000000001", "A-OTHR-01"
    second.save(force_insert=True)

    assert erase_what_is_due(now=LATER, limit=1) == 1

    second.refresh_from_db()
    assert second.erased_at == LATER


def test_a_kept_answer_to_a_submission_goes_too(remembered: Remembered) -> None:
    client = ApiClient.objects.get(lender=remembered.application.lender)
    IdempotencyKey.objects.create(
        client=client, key="k", endpoint="POST /applications", fingerprint="0" * 64, started_at=NOW,
        application=remembered.application, body=b"{}",
    )  # fmt: skip
    WorkItem.objects.filter(application=remembered.application).update(lane=Lane.BATCH)

    erase(remembered.application)

    assert not IdempotencyKey.objects.exists()


def test_every_refusal_is_one_kind() -> None:
    assert all(issubclass(kind, NotErased) for kind in (AlreadyErased, LegalHeld, StillKept, StillOpen))
