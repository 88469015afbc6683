"""Submitting applications: what is stored, what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import override_settings

from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.enums import ActorKind, ApplicationStatus, ClockKind, WorkKind, WorkState
from underwriting.models import Application, AuditEntry, IdempotencyKey, NoticeClock, Party, WorkItem
from underwriting.people.finding import word_indexes, words_of
from underwriting.people.identity import open_identity


def test_a_submission_stores_application_party_work_item_and_audit_entry(caller: Caller) -> None:
    response = caller.post(body(), Request_Id="partner-request-0001")

    application = Application.objects.get()
    answer = response.json()
    assert response.status_code == 202
    assert response["Location"] == f"/api/v1/applications/{application.public_id}"
    assert response["Request-Id"] == "partner-request-0001"
    assert answer == {
        "id": str(application.public_id),
        "reference": application.reference,
        "product": "instalment-loan",
        "origin": "RECEIVED",
        "status": "SUBMITTED",
        "currency": "USD",
        "requested_amount": "12000.00",
        "requested_term_months": 36,
        "purpose": "debt_consolidation",
        "received_at": answer["received_at"],
        "completed_at": answer["received_at"],
        "decided_at": None,
        "missing_fields": [],
        "possible_duplicate_of": None,
        "outcome": None,
        "offer": None,
        "reasons": [],
        "reasons_status": "none",
    }
    assert re.fullmatch(r"A-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", application.reference)
    assert (application.requested_amount_minor, application.channel, application.request_id) == (
        1_200_000, "web", "partner-request-0001",
    )  # fmt: skip
    party = Party.objects.get()
    assert (party.role, party.ordinal, party.consent_id) == ("PRIMARY", 1, "consent-1")
    assert party.stated == {
        "annual_income": 5_800_000, "monthly_obligations": 145_000, "employment_type": "salaried",
        "employment_tenure_months": 84, "housing": "rent",
    }  # fmt: skip
    assert open_identity(party).full_name == "Zebulon Quixworth"
    item = WorkItem.objects.get()
    assert (item.kind, item.state, item.application_id) == (WorkKind.ASSESS, WorkState.READY, application.pk)
    entry = AuditEntry.objects.get(action="application.submitted")
    assert (entry.actor_kind, entry.application_id, entry.lender_id) == (
        ActorKind.CLIENT, application.pk, caller.lender.pk,
    )  # fmt: skip


def test_a_missing_field_required_to_decide_makes_it_incomplete_and_puts_its_notice_to_work(
    caller: Caller,
) -> None:
    content = body()
    del content["purpose"]

    answer = caller.post(content, Prefer="wait=10").json()

    assert (answer["status"], answer["missing_fields"]) == ("INCOMPLETE", ["/purpose"])
    stored = Application.objects.get()
    assert (stored.status, stored.notice_due_at) == (ApplicationStatus.INCOMPLETE, None)
    assert [(item.kind, item.payload) for item in WorkItem.objects.all()] == [
        (WorkKind.NOTICE_DUE, {"tell": "INCOMPLETENESS"})
    ]
    assert NoticeClock.objects.get().kind == ClockKind.INCOMPLETENESS_NOTICE


def test_the_same_person_within_24_hours_is_linked_as_a_possible_duplicate(caller: Caller) -> None:
    first = caller.post(body()).json()
    again = body(requested_amount="9000.00")
    again["applicant"]["identity"]["national_id"] = "test 777665544"  # written otherwise, the same person
    second = caller.post(again).json()
    other = body()
    other["applicant"]["identity"]["birth_date"] = "1984-02-28"
    third = caller.post(other).json()

    assert first["possible_duplicate_of"] is None
    assert second["possible_duplicate_of"] == first["id"]
    assert third["possible_duplicate_of"] is None


def test_the_same_person_at_another_lender_is_no_duplicate(caller: Caller) -> None:
    caller.post(body())
    elsewhere = make_caller("northgate")

    assert elsewhere.post(body()).json()["possible_duplicate_of"] is None
    first, second = Party.objects.order_by("pk")
    assert bytes(first.person_index) != bytes(second.person_index)


def test_what_staff_find_a_person_by_is_kept_beside_the_sealed_identity(caller: Caller) -> None:
    caller.post(body())

    party = Party.objects.get()
    words = words_of(open_identity(party))
    assert party.word_indexes == word_indexes(words, lender_id=caller.client.lender_id)
    assert len(party.word_indexes) == len(words) == 4


def test_a_joint_application_with_reports_keeps_each_party_and_each_report(caller: Caller) -> None:
    content = body()
    content["applicant"]["credit_report"] = {
        "facts": {
            "bureau_hit_flag": 1,
            "revolving_balance": "8120.55",
            "months_since_last_delinquency": {"absence": "NEVER"},
        }
    }
    partner = {**body()["applicant"], "annual_income": "31000.00"}
    partner["identity"] = {**partner["identity"], "given_name": "Ottoline", "national_id": "TEST-1"}
    partner["credit_report"] = {"facts": {"bureau_hit_flag": 0, "revolving_utilisation_ratio": 0.25}}
    content["co_applicants"] = [partner]

    assert caller.post(content).status_code == 202

    application = Application.objects.get()
    assert application.stated["inline_report"] == {
        "1": {
            "bureau_hit_flag": 1,
            "revolving_balance": 812_055,
            "months_since_last_delinquency": {"absence": "NEVER"},
        },
        "2": {"bureau_hit_flag": 0, "revolving_utilisation_ratio": 0.25},
    }
    assert list(application.parties.order_by("ordinal").values_list("role", "ordinal")) == [
        ("PRIMARY", 1),
        ("CO_APPLICANT", 2),
    ]


@pytest.mark.parametrize("product_code", ["credit-line", "pre-screen"])
def test_lines_ask_for_no_amount(db: None, product_code: str) -> None:
    caller = make_caller("northgate", product_code)
    content = {"product": product_code, "currency": "USD", "applicant": body()["applicant"]}
    for name in set(content["applicant"]) - {"identity", "consent"}:
        del content["applicant"][name]

    answer = caller.post(content)

    assert (answer.status_code, answer.json()["requested_amount"]) == (202, None)
    refused = caller.post({**content, "requested_amount": "100.00"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_field")


def test_a_reference_that_is_taken_costs_one_more_draw(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = caller.post(body()).json()["reference"]
    drawn: Iterator[str] = iter(str(taken).removeprefix("A-").replace("-", "") + "ZZZZZZ")

    class Dice:
        """Stands in for the standard library's `secrets`."""

        @staticmethod
        def choice(_: str) -> str:
            return next(drawn)

    monkeypatch.setattr("underwriting.intake.references.secrets", Dice)

    assert caller.post(body()).json()["reference"] == "A-ZZZZ-ZZ"


def test_a_failure_halfway_stores_nothing_and_leaves_the_key_free(caller: Caller) -> None:
    with override_settings(FIELD_INDEX_KEY=b""):
        response = caller.post(body())

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert not Application.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_the_clock_of_received_at_is_ours(caller: Caller) -> None:
    before = datetime.now(tz=UTC)
    caller.post(body())

    assert before <= Application.objects.get().received_at <= datetime.now(tz=UTC)
