"""Sending what became of loans, and past applications, from the policy screens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.factories import make_application, make_lender, make_product, make_user
from tests.frontend.risk.screens import signed_in, text
from tests.scoring.history.past import row
from tests.underwriting.api.calling import contract
from tests.underwriting.policy.conftest import Desk
from underwriting.enums import ApplicationStatus, Role, WorkKind, WorkState
from underwriting.models import Application, AuditEntry, HistoryImport, LoanEvent, Product, WorkItem

pytestmark = pytest.mark.django_db
OUTCOMES, HISTORY = "/policies/outcomes/", "/policies/history/"
HEADER = "application,kind,occurred_on\n"


def upload(name: str, content: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


@pytest.fixture
def loan(desk: Desk) -> Application:
    decided_at = timezone.now() - timedelta(days=100)
    return make_application(
        desk.policy.product, status=ApplicationStatus.ACCEPTED, received_at=decided_at, decided_at=decided_at
    )


def send(client: Client, loan: Application, *lines: str) -> Any:
    return client.post(OUTCOMES, {"file": upload("outcomes.csv", HEADER + "\n".join(lines))})


def day(ago: int) -> str:
    return (timezone.now() - timedelta(days=ago)).date().isoformat()


def test_a_file_of_outcomes_is_recorded_in_the_senders_name(
    manager: Client, desk: Desk, loan: Application
) -> None:
    answer = send(manager, loan, f"{loan.reference},PAID,{day(40)}", f"{loan.public_id},PAID_OFF,{day(10)}")

    assert (answer.status_code, answer.headers["Location"]) == (303, OUTCOMES)
    page = text(manager.get(OUTCOMES))
    assert "2 events of 1 loans recorded; 0 were known." in page
    assert "2 events of 1 loan are on record." in page
    entry = AuditEntry.objects.get(action="loan_events.recorded")
    assert entry.actor_user_id == desk.manager.pk


def test_a_file_with_faults_is_refused_with_each_of_them(manager: Client, loan: Application) -> None:
    answer = send(
        manager,
        loan,
        f"{loan.reference},PAID,{day(40)}",
        f"{loan.reference},LATE,{day(40)}",
        f"A-ZZZZ-ZZ,PAID,{day(1)}",
    )

    page = text(answer)
    assert answer.status_code == 422
    assert "Nothing was taken: 2 faults in the file" in page
    assert "Line 3, days_late: LATE says how many days past due were reached." in page
    assert "Line 4, application: There is no application" in page
    assert not LoanEvent.objects.exists()


@pytest.mark.parametrize("path", [OUTCOMES, HISTORY])
def test_without_a_file_or_with_one_that_is_none(manager: Client, desk: Desk, path: str) -> None:
    product = {"product": desk.policy.product.code}

    missing = manager.post(path, product)
    wrong = manager.post(path, {**product, "file": upload("past.csv", "colour\nred\n")})

    assert (missing.status_code, wrong.status_code) == (422, 422)
    assert "Choose a file" in text(missing)
    assert "there is none called" in text(wrong)


@pytest.mark.parametrize("path", [OUTCOMES, HISTORY])
def test_those_who_look_see_no_form(approver: Client, path: str) -> None:
    assert b'<form method="post" enctype' not in approver.get(path).content
    assert approver.post(path, {}).status_code == 403


def test_an_administrator_may_send_too(desk: Desk, loan: Application) -> None:
    admin = signed_in(make_user("Sam Adeyemi", (desk.policy.lender, Role.ADMIN)))

    assert send(admin, loan, f"{loan.reference},PAID,{day(40)}").status_code == 303


@pytest.fixture
def product(desk: Desk) -> Product:
    Product.objects.filter(pk=desk.policy.product_id).update(contract=contract("instalment-loan"))
    return desk.policy.product


def past(*indexes: int, **more: Any) -> str:
    rows = [row(index) for index in indexes]
    return "\n".join(json.dumps({**one.body, "as_of": one.as_of.isoformat(), **more}) for one in rows)


def test_a_history_is_stored_and_put_to_work(manager: Client, product: Product) -> None:
    sent = {"product": product.code, "file": upload("past.jsonl", past(0, 1))}
    answer = manager.post(HISTORY, sent)

    assert (answer.status_code, answer.headers["Location"]) == (303, HISTORY)
    page = manager.get(HISTORY)
    assert "0 of 2 at work" in text(page)
    assert b'hx-trigger="every 3s"' in page.content
    assert WorkItem.objects.filter(kind=WorkKind.IMPORT_HISTORY).count() == 1

    HistoryImport.objects.update(assessed_count=2, finished_at=timezone.now())
    part = manager.get(HISTORY, headers={"HX-Request": "true"})
    assert b"hx-trigger" not in part.content
    assert b"<html" not in part.content
    assert "2 of 2" in text(part)


def test_a_history_with_a_failed_part_says_so_and_has_it_run_again_by_a_button(
    manager: Client, approver: Client, product: Product
) -> None:
    manager.post(HISTORY, {"product": product.code, "file": upload("past.jsonl", past(0, 1))})
    started = HistoryImport.objects.get()
    again = f"{HISTORY}{started.pk}/again/"
    assert "Assess them again" not in text(manager.get(HISTORY))
    WorkItem.objects.filter(kind=WorkKind.IMPORT_HISTORY).update(state=WorkState.QUARANTINED)

    page = manager.get(HISTORY)
    assert "0 of 2 Failed 2 could not be assessed and wait for somebody" in text(page)
    assert "at work" not in text(page)
    assert b'hx-trigger="every 3s"' not in page.content
    assert f'<form method="post" action="{again}"' in page.content.decode()
    assert "Assess them again" not in text(approver.get(HISTORY))
    assert approver.post(again).status_code == 403
    after = manager.post(again, follow=True)

    assert "2 applications of it are assessed again." in text(after)
    assert "0 of 2 at work" in text(after)
    ready = WorkItem.objects.filter(kind=WorkKind.IMPORT_HISTORY, state=WorkState.READY)
    assert [len(item.payload["applications"]) for item in ready] == [1, 1]
    assert "No part of this import failed." in text(manager.post(again, follow=True))
    stranger = signed_in(make_user("Una Elsewhere", (make_lender("quarry"), Role.RISK_MANAGER)))
    assert stranger.post(again).status_code == 404


def test_a_history_with_faults_and_one_that_was_taken(manager: Client, product: Product) -> None:
    faulty = manager.post(
        HISTORY, {"product": product.code, "file": upload("past.jsonl", past(0, colour="red"))}
    )
    assert faulty.status_code == 422
    assert "Line 1 /colour:" in text(faulty)
    assert not Application.objects.exists()

    for status in (303, 409):
        sent = {"product": product.code, "file": upload("past.jsonl", past(0))}
        assert manager.post(HISTORY, sent).status_code == status


def test_another_lenders_product_is_no_choice(manager: Client, product: Product) -> None:
    foreign = make_product(make_lender("northgate"), "credit-line")

    answer = manager.post(HISTORY, {"product": foreign.code, "file": upload("past.jsonl", past(0))})

    assert answer.status_code == 422
    assert foreign.name not in text(manager.get(HISTORY))
