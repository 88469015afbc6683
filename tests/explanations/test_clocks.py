"""Clocks that ring: who is told when, by work items that the sweep puts, with a clock that is moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from explanations.notices.clocks import ring, tell_incomplete
from explanations.tasks import work_on_notices
from tests.database import owner_connection
from tests.factories import make_application, make_assessment, make_lender, make_party, make_product
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.ring import put_ringing_clocks
from underwriting.clocks.running import start_clock, stop_clock
from underwriting.clocks.selectors import missed_count, pressing_clocks
from underwriting.decisions.record import record_decision
from underwriting.enums import ApplicationStatus, ClockKind, DecisionStage, Outcome, WorkKind, WorkState
from underwriting.models import Alert, Application, Holiday, NoticeClock, WorkItem
from underwriting.people.links import create_links
from underwriting.work.sweep import sweep

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@pytest.fixture
def application() -> Application:
    return make_application(make_product(make_lender()))


def started(application: Application, kind: ClockKind, began_at: datetime = MONDAY) -> NoticeClock:
    start_clock(application=application, kind=kind, began_at=began_at)
    return NoticeClock.objects.get(application=application, kind=kind, stopped_at__isnull=True)


def rung_at(clock: NoticeClock) -> list[tuple[str, str, str]]:
    """The days on which the clock rings until it does so no more, with the kind of alert and what it says."""
    told: list[tuple[str, str, str]] = []
    for _ in range(10):
        clock.refresh_from_db()
        if clock.rings_at is None or clock.stopped_at is not None:
            return told
        at = clock.rings_at
        before = set(Alert.objects.values_list("pk", flat=True))
        NoticeClock.objects.filter(pk=clock.pk).update(rings_at=None)  # as the sweep does
        with time_machine.travel(at, tick=False):
            ring(clock.pk, now=timezone.now())
        new = Alert.objects.exclude(pk__in=before)
        told += [(f"{at:%Y-%m-%d %H:%M}", alert.kind, alert.subject) for alert in new]
    raise AssertionError("it rings for ever")


def test_a_notice_of_a_decision_is_called_for_four_times(application: Application) -> None:
    clock = started(application, ClockKind.DECISION_NOTICE)
    what = f"The notice of the decision for {application.reference}"

    assert rung_at(clock) == [
        ("2026-11-22 05:00", "notice.due", f"{what} is due in 10 days, on 2 December 2026"),
        ("2026-11-27 05:00", "notice.due", f"{what} is due in 5 days, on 2 December 2026"),
        ("2026-12-01 05:00", "notice.due", f"{what} is due tomorrow, on 2 December 2026"),
        ("2026-12-03 05:00", "notice.missed", f"{what} was due on 2 December 2026 and was not sent"),
    ]


def test_the_alert_of_a_saturday_comes_on_the_working_day_before(application: Application) -> None:
    Holiday.objects.create(lender=application.lender, on=date(2026, 12, 4), name="Founders Day")
    clock = started(application, ClockKind.DECISION_NOTICE, datetime(2026, 11, 5, 14, tzinfo=UTC))

    assert (clock.due_on.isoformat(), clock.alert_on.isoformat()) == ("2026-12-05", "2026-12-03")
    assert [day for day, _, _ in rung_at(clock)] == [
        "2026-11-25 05:00", "2026-11-30 05:00", "2026-12-03 05:00", "2026-12-06 05:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        (ClockKind.ADVERSE_ACTION_NOTICE, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        (ClockKind.INCOMPLETENESS_NOTICE, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        (ClockKind.STATEMENT_OF_REASONS, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        (ClockKind.COUNTEROFFER_ANSWER, ["2027-01-29", "2027-02-01"]),
        (ClockKind.APPROVAL_ANSWER, []),
        (ClockKind.REASONS_REQUEST, []),
    ],
)
def test_each_duty_alerts_on_its_days_and_the_applicants_own_time_on_none(
    application: Application, kind: ClockKind, days: list[str]
) -> None:
    clock = started(application, kind)

    assert [day[:10] for day, _, _ in rung_at(clock)] == days


def test_an_approval_that_nobody_takes_up_stops_waiting(application: Application) -> None:
    clock = started(application, ClockKind.APPROVAL_ANSWER)

    rung_at(clock)

    assert (clock.stopped_by, clock.rings_at) == ("the time was over", None)
    assert clock.stopped_at == datetime(2026, 12, 3, 5, tzinfo=UTC)


def test_a_clock_that_was_stopped_says_nothing(application: Application) -> None:
    clock = started(application, ClockKind.DECISION_NOTICE)
    stop_clock(application, ClockKind.DECISION_NOTICE, "mail 1", MONDAY)

    ring(clock.pk, now=datetime(2026, 12, 3, 5, tzinfo=UTC))

    assert not Alert.objects.exists()


def test_the_sweep_makes_work_of_a_ringing_clock_once_and_a_worker_does_it(
    application: Application,
) -> None:
    began = timezone.now() - timedelta(days=21)
    clock = started(application, ClockKind.DECISION_NOTICE, began)
    quiet = make_application(application.product)
    started(quiet, ClockKind.DECISION_NOTICE, timezone.now())

    put = [put_ringing_clocks(), put_ringing_clocks()]
    sweep()
    work_on_notices()

    assert put == [1, 0]
    item = WorkItem.objects.get(kind=WorkKind.NOTICE_DUE)
    assert (item.subject_id, item.state) == (clock.pk, WorkState.DONE)
    assert Alert.objects.get().details["clock"] == "DECISION_NOTICE"
    clock.refresh_from_db()
    assert clock.rings_at is not None
    assert clock.rings_at > timezone.now()


def test_many_letters_let_other_work_have_its_turn_and_stand_in_line_again(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[str] = []
    monkeypatch.setattr("explanations.tasks.CLAIM_LIMIT", 1)
    monkeypatch.setattr("explanations.tasks.ROUNDS_MAX", 2)
    monkeypatch.setattr("explanations.tasks.nudge", hints.append)
    for _ in range(3):
        began = timezone.now() - timedelta(days=21)
        started(make_application(application.product), ClockKind.DECISION_NOTICE, began)
    put_ringing_clocks()

    work_on_notices()
    some, asked = WorkItem.objects.filter(state=WorkState.DONE).count(), list(hints)
    work_on_notices()

    assert (some, asked) == (2, ["explanations.work"])
    assert (WorkItem.objects.filter(state=WorkState.DONE).count(), hints) == (3, asked)


def test_a_worker_that_died_with_a_ringing_clock_leaves_it_to_the_next(application: Application) -> None:
    started(application, ClockKind.DECISION_NOTICE, timezone.now() - timedelta(days=21))
    put_ringing_clocks()
    WorkItem.objects.update(
        state=WorkState.LEASED, claim_token="00000000-0000-4000-8000-000000000000", attempt_count=1,
        leased_until=timezone.now() - timedelta(seconds=1), phase="x",
    )  # fmt: skip

    sweep()
    work_on_notices()

    assert (Alert.objects.count(), WorkItem.objects.get().state) == (1, WorkState.DONE)


def test_a_clock_whose_ringing_failed_three_times_rings_again_the_next_day(application: Application) -> None:
    clock = started(application, ClockKind.DECISION_NOTICE, timezone.now() - timedelta(days=21))
    put_ringing_clocks()
    WorkItem.objects.update(attempt_count=3)

    work_on_notices()

    clock.refresh_from_db()
    assert WorkItem.objects.get().state == WorkState.QUARANTINED
    assert clock.rings_at is not None
    assert timedelta(hours=23) < clock.rings_at - timezone.now() < timedelta(hours=25)


@pytest.mark.django_db(transaction=True)
def test_the_sweep_waits_for_nobody_who_writes_an_application(application: Application) -> None:
    started(application, ClockKind.DECISION_NOTICE, timezone.now() - timedelta(days=21))

    with owner_connection() as writer:
        writer.execute("SELECT 1 FROM underwriting_application FOR UPDATE")
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            meanwhile = put_ringing_clocks()

    assert (meanwhile, put_ringing_clocks()) == (0, 1)


def test_one_clock_of_a_kind_runs_at_a_time(application: Application) -> None:
    first = started(application, ClockKind.DECISION_NOTICE)
    second = started(application, ClockKind.DECISION_NOTICE, MONDAY + timedelta(days=3))

    assert (first, second.began_at) == (second, MONDAY)


def test_what_presses_is_listed_the_most_pressing_first(application: Application) -> None:
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    other = make_application(application.product)
    later = make_application(application.product)
    missed = started(application, ClockKind.DECISION_NOTICE)
    soon = started(other, ClockKind.DECISION_NOTICE, MONDAY + timedelta(days=9))
    started(later, ClockKind.DECISION_NOTICE, MONDAY + timedelta(days=20))
    started(later, ClockKind.APPROVAL_ANSWER)

    found = pressing_clocks(application.lender, within_days=10, now=now, limit=20)

    assert found == [missed, soon]
    assert missed_count(application.lender, now=now) == 1


def decide(application: Application, outcome: Outcome, at: datetime, number: int) -> None:
    record_decision(
        application=application, assessment=make_assessment(application, number=number), outcome=outcome,
        stage=DecisionStage.SCORE if outcome is Outcome.DECLINE else None, offer=None, reasons=[], decided_by=None, note="",
        actor=SYSTEM, now=at,
    )  # fmt: skip


def running(application: Application) -> dict[str, str]:
    clocks = NoticeClock.objects.filter(application=application, stopped_at__isnull=True)
    return {clock.kind: clock.due_on.isoformat() for clock in clocks}


def test_a_decision_leaves_the_clock_from_completion_running_until_it_is_told(
    application: Application,
) -> None:
    started(application, ClockKind.DECISION_NOTICE)

    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=4), 1)
    first = running(application)
    decide(application, Outcome.APPROVE, MONDAY + timedelta(days=5), 2)

    assert first == {"DECISION_NOTICE": "2026-12-02"}
    assert running(application) == {"DECISION_NOTICE": "2026-12-02", "APPROVAL_ANSWER": "2026-12-02"}


def test_an_adverse_decision_after_somebody_was_told_is_an_action_with_its_own_thirty_days(
    application: Application,
) -> None:
    decide(application, Outcome.APPROVE, MONDAY + timedelta(days=1), 1)
    Application.objects.update(notified_at=MONDAY + timedelta(days=1))

    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=10), 2)

    application.refresh_from_db()
    assert running(application) == {"ADVERSE_ACTION_NOTICE": "2026-12-12"}
    assert application.notice_due_at == datetime(2026, 12, 13, 4, 59, 59, tzinfo=UTC)
    assert application.notified_at is None


def test_a_third_decision_after_an_untold_second_keeps_the_day_of_the_second(
    application: Application,
) -> None:
    started(application, ClockKind.DECISION_NOTICE)
    decide(application, Outcome.APPROVE, MONDAY + timedelta(days=1), 1)
    Application.objects.update(notified_at=MONDAY + timedelta(days=1))
    stop_clock(application, ClockKind.DECISION_NOTICE, "mail", MONDAY + timedelta(days=1))
    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=40), 2)

    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=45), 3)

    application.refresh_from_db()
    assert running(application) == {"ADVERSE_ACTION_NOTICE": "2027-01-11"}
    assert application.notice_due_at == datetime(2027, 1, 12, 4, 59, 59, tzinfo=UTC)


def test_an_answer_with_reasons_that_was_owed_is_void_with_another_decision(application: Application) -> None:
    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=1), 1)
    started(application, ClockKind.STATEMENT_OF_REASONS)

    decide(application, Outcome.APPROVE, MONDAY + timedelta(days=10), 2)

    assert ClockKind.STATEMENT_OF_REASONS not in running(application)


def test_a_better_decision_after_somebody_was_told_owes_no_notice(application: Application) -> None:
    decide(application, Outcome.DECLINE, MONDAY + timedelta(days=1), 1)
    Application.objects.update(notified_at=MONDAY + timedelta(days=1))

    decide(application, Outcome.APPROVE, MONDAY + timedelta(days=10), 2)

    application.refresh_from_db()
    assert (running(application), application.notice_due_at) == ({"APPROVAL_ANSWER": "2026-12-02"}, None)


def test_the_time_to_send_what_is_missing_is_the_lenders_and_in_its_zone() -> None:
    lender = make_lender(time_zone="Asia/Kolkata", incomplete_answer_days=14)
    application = make_application(
        make_product(lender), status=ApplicationStatus.INCOMPLETE, completed_at=None, completed_by="",
        missing_fields=["/purpose"],
    )  # fmt: skip
    create_links(application=application, parties=[make_party(application)], now=MONDAY)
    evening = datetime(2026, 11, 2, 20, tzinfo=UTC)  # the 3rd in India

    tell_incomplete(application.pk, now=evening)
    tell_incomplete(application.pk, now=evening + timedelta(days=2))

    clock = NoticeClock.objects.get()
    notice = application.notices.get()
    assert (clock.kind, clock.due_on.isoformat()) == ("MISSING_ITEMS", "2026-11-17")
    assert notice.snapshot["answer_by"] == "November 17, 2026"
