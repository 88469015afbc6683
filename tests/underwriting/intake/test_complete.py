"""Missing items: what is taken, when the application is complete, and what comes too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from explanations.notices.clocks import ring, tell_incomplete
from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.running import stop_clock
from underwriting.enums import ApplicationStatus, ClockKind, WorkKind
from underwriting.intake.complete import ItemsTooLate, complete_application
from underwriting.models import Alert, Application, AuditEntry, Lender, NoticeClock, WorkItem

pytestmark = pytest.mark.django_db
RECEIVED = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@pytest.fixture
def caller() -> Caller:
    caller = make_caller()
    caller.product.contract["party"]["annual_income"]["required"] = "decide"
    caller.product.save(update_fields=["contract"])
    return caller


@pytest.fixture
def application(caller: Caller) -> Application:
    """Received on 2 November without purpose and income; told so the same day, with 30 days to answer."""
    content = body()
    del content["purpose"], content["applicant"]["annual_income"]
    with time_machine.travel(RECEIVED, tick=False):
        caller.post(content)
        application = Application.objects.get()
        tell_incomplete(application.pk, now=RECEIVED)
    return application


def send(caller: Caller, application: Application, items: Any, *, key: str | None = None) -> Any:
    return caller.post({"items": items}, path=f"/applications/{application.public_id}/items", key=key)


def clocks(application: Application) -> dict[str, tuple[str, bool]]:
    return {
        clock.kind: (clock.due_on.isoformat(), clock.stopped_at is None)
        for clock in NoticeClock.objects.filter(application=application)
    }


ITEMS = {"/purpose": "car", "/applicant/annual_income": "58000.00"}


def test_an_incomplete_application_has_the_lenders_thirty_days_and_the_applicants_time(
    application: Application,
) -> None:
    assert application.missing_fields == ["/purpose", "/applicant/annual_income"]
    assert clocks(application) == {
        "INCOMPLETENESS_NOTICE": ("2026-12-02", True),
        "MISSING_ITEMS": ("2026-12-02", True),
    }
    assert not WorkItem.objects.filter(kind=WorkKind.ASSESS).exists()


def test_with_the_last_item_it_is_complete_and_its_thirty_days_begin(
    caller: Caller, application: Application
) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 15, tzinfo=UTC), tick=False):
        first = send(caller, application, {"/purpose": "car"})
        last = send(caller, application, {"/applicant/annual_income": "58000.00"})

    assert (first.status_code, first.json()["status"]) == (200, "INCOMPLETE")
    assert first.json()["missing_fields"] == ["/applicant/annual_income"]
    assert (last.json()["status"], last.json()["missing_fields"]) == ("SUBMITTED", [])
    assert last.json()["completed_at"] == "2026-11-20T15:00:00Z"
    application.refresh_from_db()
    assert (application.purpose, application.completed_by) == ("car", "/applicant/annual_income")
    assert application.parties.get().stated["annual_income"] == 5_800_000
    assert application.notice_due_at == datetime(2026, 12, 21, 4, 59, 59, tzinfo=UTC)
    assert clocks(application) == {
        "INCOMPLETENESS_NOTICE": ("2026-12-02", False),
        "MISSING_ITEMS": ("2026-12-02", False),
        "DECISION_NOTICE": ("2026-12-20", True),
    }
    assert WorkItem.objects.get(kind=WorkKind.ASSESS).application_id == application.pk
    actions = list(
        AuditEntry.objects.filter(actor_kind="CLIENT").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["application.submitted", "application.items_received", "application.completed"]


def test_the_same_request_again_is_answered_again_and_done_once(
    caller: Caller, application: Application
) -> None:
    first = send(caller, application, ITEMS, key="one")

    replayed = send(caller, application, ITEMS, key="one")
    again = send(caller, application, ITEMS, key="another")

    assert (replayed.content, replayed["Idempotent-Replayed"]) == (first.content, "true")
    assert (again.status_code, again.json()["status"]) == (200, "SUBMITTED")
    assert WorkItem.objects.filter(kind=WorkKind.ASSESS).count() == 1


@pytest.mark.parametrize(
    ("items", "where", "code"),
    [
        ({"/applicant/shoe_size": 44}, "/items/~1applicant~1shoe_size", "unknown_field"),
        ({"/co_applicants/0/housing": "rent"}, "/items/~1co_applicants~10~1housing", "unknown_field"),
        ({"/applicant/housing": "own"}, "/items/~1applicant~1housing", "unknown_field"),
        ({"/applicant/annual_income": "-1.00"}, "/items/~1applicant~1annual_income", "string_pattern_mismatch"),
        ({"/applicant/annual_income": 58000}, "/items/~1applicant~1annual_income", "string_type"),
        ({"/purpose": "fun"}, "/items/~1purpose", "choice_invalid"),
        ({"": "car"}, "/items/", "unknown_field"),
        ({"purpose": "car"}, "/items/purpose", "unknown_field"),
        ({"/co_applicants/0": "car"}, "/items/~1co_applicants~10", "unknown_field"),
    ],
)  # fmt: skip
def test_what_was_not_asked_for_or_is_no_value_is_refused_by_its_pointer(
    caller: Caller, application: Application, items: dict[str, Any], where: str, code: str
) -> None:
    answer = send(caller, application, items)

    assert (answer.status_code, answer.json()["code"]) == (422, "items_refused")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(where, code)]
    application.refresh_from_db()
    assert application.missing_fields == ["/purpose", "/applicant/annual_income"]


@pytest.mark.parametrize(
    ("content", "where"),
    [({}, "/items"), ({"items": []}, "/items"), ({"items": {}}, "/items"), ({"items": {"/purpose": "car"}, "more": 1}, "/more")],
)  # fmt: skip
def test_a_body_of_another_form_is_refused(
    caller: Caller, application: Application, content: Any, where: str
) -> None:
    answer = caller.post(content, path=f"/applications/{application.public_id}/items")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, where)


def test_a_complete_application_waits_for_nothing(caller: Caller) -> None:
    caller.post(body())

    answer = send(caller, Application.objects.get(), {"/purpose": "debt_consolidation"})
    other = send(caller, Application.objects.get(), {"/purpose": "car"})

    assert answer.status_code == 200  # what is on file already, in the same words
    assert (other.status_code, other.json()["code"]) == (422, "items_refused")


def test_what_is_on_file_beside_the_fields_of_the_contract_cannot_be_sent(
    caller: Caller, application: Application
) -> None:
    Application.objects.update(stated={**application.stated, "inline_report": {"bureau": "x"}})

    answer = send(caller, application, {"/inline_report": "x"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")


def test_after_its_time_an_application_that_was_told_so_is_closed(
    caller: Caller, application: Application
) -> None:
    stop_clock(application, ClockKind.INCOMPLETENESS_NOTICE, "mail", RECEIVED)
    waiting = NoticeClock.objects.get(kind=ClockKind.MISSING_ITEMS)

    ring(waiting.pk, now=datetime(2026, 12, 3, 4, 59, tzinfo=UTC))  # still the 2nd in New York
    application.refresh_from_db()
    before = application.status
    ring(waiting.pk, now=datetime(2026, 12, 3, 5, 1, tzinfo=UTC))

    application.refresh_from_db()
    assert (before, application.status) == ("INCOMPLETE", ApplicationStatus.CLOSED_INCOMPLETE)
    assert not NoticeClock.objects.filter(stopped_at__isnull=True).exists()
    late = send(caller, application, ITEMS)
    assert (late.status_code, late.json()["code"]) == (409, "items_too_late")
    assert late.json()["detail"] == "The time to send it is over. Submit a new application."


def test_the_time_counts_from_the_day_the_notice_was_posted(application: Application) -> None:
    stop_clock(application, ClockKind.INCOMPLETENESS_NOTICE, "mail", RECEIVED + timedelta(days=29))
    waiting = NoticeClock.objects.get(kind=ClockKind.MISSING_ITEMS)

    ring(waiting.pk, now=datetime(2026, 12, 3, 5, 1, tzinfo=UTC))
    application.refresh_from_db()
    before = application.status
    waiting.refresh_from_db()
    assert waiting.rings_at == datetime(2027, 1, 1, 5, tzinfo=UTC)
    ring(waiting.pk, now=waiting.rings_at)

    application.refresh_from_db()
    assert (before, application.status) == ("INCOMPLETE", ApplicationStatus.CLOSED_INCOMPLETE)


@pytest.mark.parametrize("kind", [ClockKind.INCOMPLETENESS_NOTICE, ClockKind.MISSING_ITEMS])
def test_a_held_notice_is_written_anew_with_a_day_that_lies_ahead(
    caller: Caller, request: pytest.FixtureRequest, kind: ClockKind
) -> None:
    address = caller.product.lender.address
    Lender.objects.update(address="")
    application: Application = request.getfixturevalue("application")
    notice = application.notices.get()
    assert notice.held_because
    Lender.objects.update(address=address)
    rung = NoticeClock.objects.get(kind=kind)

    ring(rung.pk, now=datetime(2026, 12, 3, 5, 1, tzinfo=UTC))

    again = application.notices.get(number=2)
    assert (notice.snapshot["answer_by_on"], again.snapshot["answer_by_on"]) == ("2026-12-02", "2027-01-02")
    waits = NoticeClock.objects.get(kind=ClockKind.MISSING_ITEMS, stopped_at__isnull=True)
    assert waits.due_on.isoformat() == "2027-01-02"


def test_silence_closes_nothing_for_somebody_who_was_not_told(application: Application) -> None:
    waiting = NoticeClock.objects.get(kind=ClockKind.MISSING_ITEMS)

    ring(waiting.pk, now=datetime(2026, 12, 3, 5, 1, tzinfo=UTC))

    application.refresh_from_db()
    waiting.refresh_from_db()
    assert application.status == ApplicationStatus.INCOMPLETE
    assert waiting.rings_at == datetime(2026, 12, 4, 5, tzinfo=UTC)
    assert Alert.objects.get().kind == "notice.missed"
    with transaction.atomic():
        complete_application(
            application=application, given=ITEMS, actor=SYSTEM, now=datetime(2026, 12, 5, tzinfo=UTC)
        )


def test_an_item_that_comes_after_the_last_day_is_too_late_even_before_anybody_closed_it(
    application: Application,
) -> None:
    stop_clock(application, ClockKind.INCOMPLETENESS_NOTICE, "mail", RECEIVED)
    over = datetime(2026, 12, 3, 5, tzinfo=UTC)

    with pytest.raises(ItemsTooLate):
        complete_application(application=application, given=ITEMS, actor=SYSTEM, now=over)
    done = complete_application(
        application=application, given=ITEMS, actor=SYSTEM, now=over - timedelta(seconds=1)
    )

    assert done.status == ApplicationStatus.SUBMITTED


def test_another_lenders_application_is_not_there(application: Application) -> None:
    other = make_caller("northgate")

    assert send(other, application, ITEMS).status_code == 404
