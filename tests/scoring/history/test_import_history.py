"""Past applications: assessed as of their day like live ones, and nobody hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from explanations.models import Notice
from review_queue.models import ReviewCase
from review_queue.referrals import referring_rules
from review_queue.subject_access.sweep import erase_what_is_due
from scoring.history.import_history import import_history
from scoring.history.past_application import ImportReport, PastApplication
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from scoring.simulation.past import past_rows
from tests.scoring.history.past import AS_OF, row
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, LoanEventKind, Origin, Outcome
from underwriting.models import (
    ApplicantLink,
    Application,
    Assessment,
    AuditEntry,
    CustomerRecord,
    Decision,
    LoanEvent,
    Mail,
    NoticeClock,
    Party,
    StandingOffer,
    WorkItem,
)
from underwriting.outcomes.events import ToldEvent

pytestmark = pytest.mark.django_db(transaction=True)
DAY = AS_OF.date()


@pytest.fixture
def world() -> World:
    return make_world(time_zone="America/New_York")


def imported(world: World, *rows: PastApplication) -> ImportReport:
    return import_history(product=world.product, rows=rows, actor=SYSTEM, now=NOW)


def late(day: date, days_late: int = 30) -> ToldEvent:
    return ToldEvent(LoanEventKind.LATE, day, days_late)


def test_assessed_as_of_its_day_and_nobody_hears_of_it(world: World) -> None:
    report = imported(world, *(row(index, as_of=AS_OF + timedelta(hours=index)) for index in range(12)))

    assert (report.imported, report.refused, sum(report.outcomes.values())) == (12, (), 12)
    for application in Application.objects.all():
        assert application.origin == Origin.IMPORTED
        assert (
            application.as_of == application.received_at == application.completed_at == application.decided_at
        )
        assessment = application.assessments.get()
        assert assessment.created_at == NOW
        assert assessment.facts["open_account_count"]["known_at"] == application.as_of.isoformat()  # type: ignore[union-attr]
        assert len(assessment.scores) == len(world.product.offer_grid) + (
            [application.requested_amount_minor, application.requested_term_months]
            not in world.product.offer_grid
        )
    for nothing in (Decision, ReviewCase, Notice, Mail, NoticeClock, ApplicantLink, StandingOffer, WorkItem):
        assert not nothing.objects.exists(), nothing
    entries = AuditEntry.objects.filter(action__in=["application.imported", "assessment.recorded"])
    assert (entries.count(), set(entries.values_list("occurred_at", flat=True))) == (24, {NOW})


def test_the_same_facts_and_outcome_as_a_live_application(world: World) -> None:
    """Apart from the moments, an application is weighed alike whichever way it came."""
    imported(world, *(row(index) for index in range(6)))
    past = Assessment.objects.order_by("application_id")
    for index in range(6):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    live = Assessment.objects.filter(application__origin=Origin.RECEIVED).order_by("application_id")

    def told(assessment: Assessment) -> tuple[Any, ...]:
        facts = {name: (fact["value"], fact["absence"]) for name, fact in assessment.facts.items()}
        return facts, assessment.scores, assessment.outcome, assessment.offer, assessment.findings

    assert [told(one) for one in past.filter(application__origin=Origin.IMPORTED)] == [
        told(one) for one in live
    ]


def test_what_the_lender_did_gives_the_status_else_what_the_engine_says(world: World) -> None:
    imported(
        world,
        row(0, outcome=Outcome.DECLINE),
        row(1, outcome=Outcome.APPROVE),
        row(2, outcome=Outcome.APPROVE, events=[late(DAY + timedelta(days=90))]),
        row(3, events=[late(DAY + timedelta(days=90))]),
        row(4, report={"thin_file_flag": 1, "bankruptcy_count": 0}),
        row(5, report={"bankruptcy_count": 1}),
    )

    found = list(Application.objects.order_by("pk").values_list("status", "assessments__outcome"))
    assert [status for status, _ in found[:4]] == ["DECLINED", "APPROVED", "ACCEPTED", "ACCEPTED"]
    assert found[5] == (ApplicationStatus.DECLINED, Outcome.DECLINE)
    of_referrals = {status for status, outcome in found[4:] if outcome == Outcome.REFER}
    assert of_referrals <= {ApplicationStatus.EXPIRED}


def test_a_referral_is_over_and_in_nobodys_queue(world: World) -> None:
    imported(world, *(row(index, report={"thin_file_flag": 1, "bureau_hit_flag": 1}) for index in range(4)))

    referred = Application.objects.filter(assessments__outcome=Outcome.REFER)
    assert referred.count() > 0
    assert set(referred.values_list("status", flat=True)) == {ApplicationStatus.EXPIRED}
    assert not ReviewCase.objects.exists()
    counted = referring_rules(lender_id=world.lender_id, now=NOW + timedelta(minutes=1))
    assert sum(rule.assessed for rule in counted) == 0


def test_an_earlier_loan_of_the_same_person_is_seen_whatever_the_order_of_the_rows(world: World) -> None:
    later = AS_OF + timedelta(days=120)
    imported(
        world,
        row(0, as_of=later, events=[late(later.date() + timedelta(days=60), 60)]),
        row(0, events=[late(DAY + timedelta(days=60), 20), late((later + timedelta(days=1)).date(), 90)]),
    )
    second, first = Assessment.objects.order_by("application_id")

    assert first.facts["prior_days_late_mean"]["absence"] == "NOT_ASKED"
    assert second.facts["prior_days_late_mean"]["value"] == 20


def test_a_record_summed_up_today_is_not_known_then(world: World) -> None:
    imported(world, row(0))
    person_index = bytes(Party.objects.get().person_index)
    CustomerRecord.objects.create(
        lender=world.product.lender, person_index=person_index, instalments_due_count=10, instalments_on_time_count=1,
        mean_days_late=9, as_of=NOW,
    )  # fmt: skip
    imported(world, row(0, as_of=AS_OF + timedelta(days=3)))

    assert Assessment.objects.latest("pk").facts["prior_on_time_ratio"]["absence"] == "NOT_ASKED"


def test_a_duplicate_is_one_by_then(world: World) -> None:
    imported(
        world,
        row(0, as_of=AS_OF + timedelta(hours=20)),
        row(0),
        row(0, as_of=AS_OF + timedelta(days=2)),
        row(1, as_of=AS_OF + timedelta(hours=1)),
    )
    found = Application.objects.order_by("pk").select_related("possible_duplicate_of")

    assert [one.possible_duplicate_of and one.possible_duplicate_of.as_of for one in found] == [
        AS_OF,
        None,
        None,
        None,
    ]
    flags = Assessment.objects.order_by("application_id").values_list("facts", flat=True)
    assert [facts["possible_duplicate_flag"]["value"] for facts in flags] == [1, 0, 0, 0]


def test_replay_is_identical_also_after_more_events_were_told(world: World) -> None:
    imported(world, *(row(index, events=[late(DAY + timedelta(days=40))]) for index in range(8)))
    for application in Application.objects.all():
        LoanEvent.objects.create(
            application=application,
            lender=application.lender,
            kind=LoanEventKind.PAID,
            occurred_on=DAY,
            recorded_at=NOW,
        )

    assert [found.differences for found in replay(Assessment.objects.all())] == [()] * 8


def test_the_policy_studio_reads_them(world: World) -> None:
    imported(
        world, row(0, events=[late(DAY + timedelta(days=100), 95)]), row(1, as_of=AS_OF + timedelta(days=1))
    )

    found = list(past_rows(world.product, since=AS_OF - timedelta(days=1), until=NOW, known_at=NOW))

    assert [one.as_of for one in found] == [AS_OF + timedelta(days=1), AS_OF]
    assert [one.known and one.known.is_bad for one in found] == [None, True]
    assert all(one.case.scores and one.case.facts for one in found)


def test_rows_that_do_not_fit_are_left_out_and_named(world: World) -> None:
    wrong = row(1, line=2)
    broken = PastApplication(body={**wrong.body, "purpose": "yacht", "colour": "red"}, as_of=AS_OF, line=2)
    report = imported(
        world,
        row(0, line=1),
        broken,
        replace(row(2, line=3), as_of=NOW + timedelta(days=1)),
        row(
            3,
            outcome=Outcome.DECLINE,
            events=[late(DAY - timedelta(days=1)), late(DAY - timedelta(days=1))],
            line=4,
        ),
        row(4, outcome=Outcome.REFER, line=5),
    )

    assert report.imported == Application.objects.count() == 1
    assert {(fault.line, fault.pointer) for fault in report.refused} == {
        (2, "/purpose"), (2, "/colour"), (3, "/as_of"), (4, "/events"), (4, "/events/0/occurred_on"),
        (4, "/events/1/occurred_on"), (4, "/events/1"), (5, "/outcome"),
    }  # fmt: skip


def test_without_a_report_it_refers_for_a_technical_reason(world: World) -> None:
    bare: dict[str, Any] = dict(row(0).body)
    bare["applicant"] = {name: value for name, value in bare["applicant"].items() if name != "credit_report"}
    imported(world, PastApplication(body=bare, as_of=AS_OF))

    assessment = Assessment.objects.get()
    assert assessment.outcome == Outcome.REFER
    assert [fault["kind"] for fault in assessment.technical] == ["BUREAU_EMPTY_FILE"]


def test_retention_erases_them(world: World) -> None:
    long_ago = datetime(2018, 1, 15, 15, 0, tzinfo=UTC)
    imported(world, row(0, as_of=long_ago), row(1))

    assert erase_what_is_due(now=NOW) == 1
    gone = Application.objects.get(as_of=long_ago)
    assert (gone.erased_at, gone.parties.get().sealing_key) == (NOW, None)
