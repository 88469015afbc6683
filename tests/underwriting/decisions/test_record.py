"""The one door to a decision: numbers, what it replaces, status, deadline, and its audit entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, transaction

from tests.database import owner_connection
from tests.factories import make_application, make_assessment, make_lender, make_product, make_user
from tests.factories.applying import RECEIVED_AT
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.decisions.record import record_decision
from underwriting.decisions.selectors import latest_assessment, standing_decision
from underwriting.decisions.transitions import ApplicationWithdrawn, StatusRefused
from underwriting.enums import ActorKind, ApplicationStatus, DecisionStage, Outcome, Role
from underwriting.models import Application, AuditEntry, Decision

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
REASON = {"code": "PH01", "text": "You had payments that were 30 days late or more in the last 12 months."}

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> Application:
    return make_application(make_product(make_lender()))


def decide(application: Application, outcome: Outcome = Outcome.DECLINE, **changes: Any) -> Decision:
    values: dict[str, Any] = {
        "stage": DecisionStage.SCORE, "offer": None, "reasons": [REASON], "decided_by": None, "note": "", "actor": SYSTEM, "now": NOW,
    }  # fmt: skip
    assessment = changes.pop("assessment", None) or make_assessment(
        application, number=application.assessments.count() + 1, outcome=outcome
    )
    with transaction.atomic():
        return record_decision(
            application=application, assessment=assessment, outcome=outcome, **{**values, **changes}
        )


def test_a_first_decision(application: Application) -> None:
    decision = decide(application)

    assert (decision.number, decision.replaces_id, decision.outcome, decision.stage) == (
        1,
        None,
        "DECLINE",
        "score",
    )
    assert decision.reasons == [REASON]
    assert standing_decision(application.pk) == decision
    stored = Application.objects.get(pk=application.pk)
    assert stored.status == application.status == ApplicationStatus.DECLINED
    assert stored.decided_at == application.decided_at == NOW
    assert stored.notice_due_at == datetime(2026, 12, 3, 4, 59, 59, tzinfo=UTC)


def test_it_is_told_in_the_trail(application: Application) -> None:
    decision = decide(application)

    entry = AuditEntry.objects.get(application=application)
    assert (entry.action, entry.object_type, entry.object_id) == (
        "decision.recorded",
        "decision",
        str(decision.pk),
    )
    assert entry.before == {"status": "SUBMITTED", "outcome": None}
    assert entry.after == {
        "status": "DECLINED", "outcome": "DECLINE", "offer": None, "decision": 1, "stage": "score", "assessment": 1,
        "reason_codes": ["PH01"],
    }  # fmt: skip
    assert (entry.actor_kind, entry.actor_name) == ("SYSTEM", "System")
    assert entry.request_id == application.request_id
    assert entry.occurred_at == NOW


def test_a_change_names_what_it_replaces(application: Application) -> None:
    first = decide(application)
    officer = make_user("Ana Reyes", (application.lender, Role.CREDIT_OFFICER))
    actor = Actor(
        ActorKind.USER,
        officer.pk,
        officer.name,
        role="credit_officer",
        request_id="req-2",
        ip_address="192.0.2.7",
    )

    second = decide(
        application, Outcome.APPROVE, reasons=[], decided_by=officer, note="Income proved.", actor=actor
    )

    assert (second.number, second.replaces, second.decided_by) == (2, first, officer)
    stored = Application.objects.get(pk=application.pk)
    assert stored.status == ApplicationStatus.APPROVED
    assert stored.notice_due_at == datetime(
        2026, 12, 3, 4, 59, 59, tzinfo=UTC
    )  # nobody was told of either yet
    entry = AuditEntry.objects.filter(application=application).latest("id")
    assert entry.action == "decision.replaced"
    assert entry.before == {"status": "DECLINED", "outcome": "DECLINE", "offer": None, "decision": 1}
    assert (entry.reason, entry.actor_user, entry.actor_role) == ("Income proved.", officer, "credit_officer")
    assert (entry.request_id, entry.ip_address) == ("req-2", "192.0.2.7")


def test_the_status_is_read_again_under_the_lock(application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(status=ApplicationStatus.WITHDRAWN)
    assert application.status == ApplicationStatus.SUBMITTED  # what the caller still believes

    with pytest.raises(ApplicationWithdrawn):
        decide(application)

    assert not Decision.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_incomplete_application_is_not_decided(application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(status=ApplicationStatus.INCOMPLETE)

    with pytest.raises(StatusRefused, match="INCOMPLETE"):
        decide(application)


def test_an_assessment_of_somebody_else_is_refused(application: Application) -> None:
    other = make_application(application.product)

    with pytest.raises(ValueError, match="another application"):
        decide(application, assessment=make_assessment(other))


def test_the_database_refuses_a_referral_as_a_decision(application: Application) -> None:
    assessment = make_assessment(application)

    with pytest.raises(IntegrityError, match="refer_is_never_a_decision"), transaction.atomic():
        Decision.objects.create(
            application=application,
            lender=application.lender,
            number=1,
            assessment=assessment,
            outcome="REFER",
            decided_at=NOW,
        )


@pytest.mark.django_db(transaction=True)
def test_nobody_else_can_take_the_application_while_it_is_decided(application: Application) -> None:
    with transaction.atomic():
        decide(application)
        with owner_connection() as other, pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(
                "SELECT 1 FROM underwriting_application WHERE id = %s FOR UPDATE NOWAIT", [application.pk]
            )


def test_the_latest_assessment(application: Application) -> None:
    assert latest_assessment(application.pk) is None
    make_assessment(application, created_at=RECEIVED_AT)
    second = make_assessment(application, number=2)
    assert latest_assessment(application.pk) == second
