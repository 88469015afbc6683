"""Earlier loans here, as an assessment sees them: nothing of its own loan, nothing from its day on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world, put_to_work
from underwriting.enums import ApplicationStatus, LoanEventKind
from underwriting.models import Application, Assessment, LoanEvent, WorkItem

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = ("prior_on_time_ratio", "prior_days_late_mean")


@pytest.fixture
def world() -> World:
    return make_world()


def happened(application: Application, kind: LoanEventKind, day: date, days_late: int | None = None) -> None:
    LoanEvent.objects.create(
        application=application, lender=application.lender, kind=kind, occurred_on=day, days_late=days_late, recorded_at=NOW
    )  # fmt: skip


def assessed(application: Application) -> Assessment:
    run_batch(claimed(), clock=clock)
    return Assessment.objects.filter(application=application).latest("number")


def test_an_earlier_loan_makes_the_facts_and_a_later_day_of_it_does_not(world: World) -> None:
    earlier = apply(world, received_at=NOW - timedelta(days=200), completed_at=NOW - timedelta(days=200))
    WorkItem.objects.all().delete()
    Application.objects.filter(pk=earlier.pk).update(status=ApplicationStatus.ACCEPTED)
    now = apply(world)
    happened(earlier, LoanEventKind.LATE, NOW.date(), 90)
    happened(now, LoanEventKind.LATE, NOW.date() - timedelta(days=1), 90)
    before = assessed(now)

    happened(earlier, LoanEventKind.LATE, NOW.date() - timedelta(days=40), 30)
    happened(earlier, LoanEventKind.PAID, NOW.date() - timedelta(days=20))
    happened(earlier, LoanEventKind.PAID, NOW.date() - timedelta(days=10))
    Application.objects.filter(pk=now.pk).update(status=ApplicationStatus.SUBMITTED)
    put_to_work(now)
    after = assessed(now)

    assert [before.facts[name]["absence"] for name in FACTS] == ["NOT_ASKED", "NOT_ASKED"]
    assert [after.facts[name]["value"] for name in FACTS] == [0.5, 15]
    assert [found.differences for found in replay(Assessment.objects.all())] == [(), ()]
