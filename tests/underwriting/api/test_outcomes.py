"""Telling what became of loans over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.factories import make_application
from tests.underwriting.api.calling import Caller, make_caller
from underwriting.enums import ApplicationStatus, Scope
from underwriting.models import Application, AuditEntry, LoanEvent

DECIDED_AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def loan(caller: Caller) -> Application:
    return make_loan(caller)


def make_loan(caller: Caller, **changes: Any) -> Application:
    values: dict[str, Any] = {
        "status": ApplicationStatus.ACCEPTED,
        "received_at": DECIDED_AT,
        "decided_at": DECIDED_AT,
    }
    return make_application(caller.product, client=caller.client, **{**values, **changes})


def event(loan: Application, kind: str, day: str, **more: Any) -> dict[str, Any]:
    return {"application": loan.reference, "kind": kind, "occurred_on": day, **more}


def errors_of(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_events_are_taken_by_reference_or_id_and_read_back_oldest_first(
    caller: Caller, loan: Application
) -> None:
    told = [
        event(loan, "LATE", "2026-06-01", days_late=30),
        {**event(loan, "PAID", "2026-04-01", amount="301.08"), "application": str(loan.public_id)},
    ]

    answer = caller.post({"events": told}, path="/outcomes")
    read = caller.get(f"/applications/{loan.public_id}/outcomes").json()

    assert (answer.status_code, answer.json()) == (200, {"new": 2, "told_before": 0, "applications": 1})
    assert read["application"] == str(loan.public_id)
    assert [(row["kind"], row["occurred_on"], row["days_late"], row["amount"]) for row in read["data"]] == [
        ("PAID", "2026-04-01", None, "301.08"),
        ("LATE", "2026-06-01", 30, None),
    ]
    (entry,) = AuditEntry.objects.filter(action="loan_events.recorded")
    assert (entry.application_id, entry.after["kinds"]) == (loan.pk, {"LATE": 1, "PAID": 1})
    assert entry.actor_name == f"Web (…{caller.key.last_four})"


def test_the_same_event_told_twice_is_kept_once(caller: Caller, loan: Application) -> None:
    paid = event(loan, "PAID", "2026-04-01", amount="301.08")

    first = caller.post({"events": [paid, paid]}, path="/outcomes")
    again = caller.post({"events": [paid, event(loan, "PAID_OFF", "2026-05-01")]}, path="/outcomes")
    other = caller.post({"events": [{**paid, "amount": "1.00"}]}, path="/outcomes")

    assert (first.json()["new"], first.json()["told_before"]) == (1, 1)
    assert (again.json()["new"], again.json()["told_before"]) == (1, 1)
    assert errors_of(other) == [("/events/0/amount", "told_otherwise")]
    assert LoanEvent.objects.count() == 2


def test_one_key_is_one_effect(caller: Caller, loan: Application) -> None:
    body = {"events": [event(loan, "PAID", "2026-04-01")]}

    first = caller.post(body, path="/outcomes", key="once")
    again = caller.post(body, path="/outcomes", key="once")
    reused = caller.post({"events": [event(loan, "PAID", "2026-05-01")]}, path="/outcomes", key="once")

    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert AuditEntry.objects.filter(action="loan_events.recorded").count() == 1


def test_every_error_is_named_and_nothing_is_kept(caller: Caller, loan: Application) -> None:
    declined = make_loan(caller, status=ApplicationStatus.DECLINED)
    told = [
        event(loan, "PAID", "2026-04-01"),
        event(loan, "CHARGED_OFF", "2026-03-01", amount="900.00"),
        event(loan, "PAID", (NOW + timedelta(days=1)).date().isoformat()),
        event(loan, "LATE", "2026-05-01"),
        event(loan, "PAID", "2026-05-01", days_late=30),
        event(loan, "LATE", "2026-02-30", days_late=0, colour="red"),
        {"kind": "LOST", "occurred_on": "2026-05-01"},
        {**event(loan, "PAID", "2026-05-01"), "application": "A-ZZZZ-ZZ"},
        event(declined, "PAID", "2026-05-01"),
        "PAID",
    ]

    answer = caller.post({"events": told}, path="/outcomes")

    assert (answer.status_code, answer.json()["code"]) == (422, "outcomes_refused")
    assert errors_of(answer) == [
        ("/events/1/occurred_on", "before_the_decision"),
        ("/events/2/occurred_on", "in_the_future"),
        ("/events/3/days_late", "required"),
        ("/events/4/days_late", "not_of_this_kind"),
        ("/events/5/occurred_on", "date_invalid"),
        ("/events/5/days_late", "greater_than_equal"),
        ("/events/5/colour", "unknown_field"),
        ("/events/6/kind", "choice_invalid"),
        ("/events/6/application", "required"),
        ("/events/7/application", "not_found"),
        ("/events/8/application", "no_loan"),
        ("/events/9", "object_expected"),
    ]
    assert not LoanEvent.objects.exists()
    assert not AuditEntry.objects.filter(action="loan_events.recorded").exists()


def test_another_lenders_loan_is_not_there(caller: Caller, loan: Application) -> None:
    stranger = make_caller("northgate")

    by_reference = stranger.post({"events": [event(loan, "PAID", "2026-04-01")]}, path="/outcomes")
    by_id = stranger.post(
        {"events": [{**event(loan, "PAID", "2026-04-01"), "application": str(loan.public_id)}]},
        path="/outcomes",
    )

    assert errors_of(by_reference) == errors_of(by_id) == [("/events/0/application", "not_found")]
    assert stranger.get(f"/applications/{loan.public_id}/outcomes").status_code == 404
    assert not LoanEvent.objects.exists()


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": [{}] * 501}, {"events": {}}])
def test_a_body_is_a_list_of_1_to_500_events(caller: Caller, body: dict[str, Any]) -> None:
    answer = caller.post(body, path="/outcomes")

    assert (answer.status_code, [pointer for pointer, _ in errors_of(answer)]) == (422, ["/events"])


def test_a_key_without_the_scope_is_refused(caller: Caller, loan: Application) -> None:
    caller.key.scopes = [Scope.APPLICATIONS_WRITE, Scope.APPLICATIONS_READ]
    caller.key.save(update_fields=["scopes"])

    answer = caller.post({"events": [event(loan, "PAID", "2026-04-01")]}, path="/outcomes")

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
