"""The explorer and the records it links to: who may, what they show, and nothing of another lender."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.factories import (
    make_application,
    make_assessment,
    make_lender,
    make_model_version,
    make_policy_version,
    make_product,
    make_user,
)
from underwriting.audit.actor import SYSTEM
from underwriting.audit.record import record_entry
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def auditor(client: Client, lender: Lender) -> Client:
    client.force_login(make_user("Viktor Sorensen", (lender, Role.AUDITOR)))
    return client


def entry(lender: Lender, action: str = "decision.recorded", **changes: object) -> AuditEntry:
    values: dict[str, object] = {
        "actor": SYSTEM, "action": action, "object_type": "decision", "object_id": "1", "object_label": "A-7Q4M-2K decision 1",
        "lender_id": lender.pk, "now": NOW,
    }  # fmt: skip
    return record_entry(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.AUDITOR, 200), (Role.ADMIN, 200), (Role.RISK_MANAGER, 200), (Role.RISK_APPROVER, 200),
        (Role.CREDIT_OFFICER, 403), (Role.SENIOR_OFFICER, 403), (Role.TEAM_LEAD, 403), (Role.MODEL_OWNER, 403),
        (Role.PARTNER_ENGINEER, 403),
    ],
)  # fmt: skip
def test_who_may_read_the_trail(client: Client, lender: Lender, role: Role, status: int) -> None:
    found = entry(lender)
    client.force_login(make_user("Some Body", (lender, role)))

    assert client.get("/audit/").status_code == status
    assert client.get(f"/audit/{found.pk}/").status_code == status


def test_an_empty_trail_and_a_search_without_results(auditor: Client, lender: Lender) -> None:
    assert "Nothing has happened at this lender yet." in auditor.get("/audit/").content.decode()
    assert "No event matches this search." in auditor.get("/audit/?q=nowhere").content.decode()


def test_the_filters_write_the_line(auditor: Client) -> None:
    answer = auditor.get("/audit/", {"filter": "1", "actor": "Ana Reyes", "case": "C-20418", "words": "late"})

    assert (answer.status_code, answer["Location"]) == (
        302,
        "/audit/?q=actor%3A%22Ana+Reyes%22+case%3AC-20418+late",
    )


def test_a_page_holds_fifty_and_the_next_begins_after_them(auditor: Client, lender: Lender) -> None:
    entries = [entry(lender, f"step.number_{number}") for number in range(51)]

    first = auditor.get("/audit/?q=action:step")
    second = auditor.get("/audit/", {"q": "action:step", "older": str(entries[1].pk)})

    assert [row["entry"].pk for row in first.context["entries"]] == [e.pk for e in reversed(entries[1:])]
    assert f"older={entries[1].pk}" in first.content.decode()
    assert [row["entry"].pk for row in second.context["entries"]] == [entries[0].pk]


def test_an_event_opens_to_before_and_after_with_its_links(auditor: Client, lender: Lender) -> None:
    product = make_product(lender)
    application = make_application(product, reference="A-7Q4M-2K")
    policy, model = make_policy_version(product), make_model_version(lender)
    found = entry(
        lender, application_id=application.pk, before={"status": "REFERRED", "offer": {"amount_minor": 1}},
        after={"status": "DECLINED", "reason_codes": ["PH01", "CU01"], "offer": {"amount_minor": 1}},
        reason="Income could not be proved.", versions={"model": str(model), "policy_version": policy.pk},
    )  # fmt: skip

    page = auditor.get(f"/audit/{found.pk}/").content.decode()

    assert "<td><del>REFERRED</del></td><td><ins>DECLINED</ins></td>" in page
    assert "<td><del>not set</del></td><td><ins>PH01, CU01</ins></td>" in page
    assert "1 (unchanged)" in page
    assert "Income could not be proved." in page
    assert f'href="/models/{model.name}/versions/{model.version}/"' in page
    assert f'href="/policies/{policy.policy.slug}/versions/1/"' in page
    assert 'href="/audit/?q=application:A-7Q4M-2K"' in page


def test_what_an_entry_says_is_never_markup(auditor: Client, lender: Lender) -> None:
    found = entry(lender, reason="<script>alert(1)</script>", after={"<b>": "<i>"})

    page = auditor.get(f"/audit/{found.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "<i>" not in page


def test_another_lender_has_no_trail_here(auditor: Client) -> None:
    other = make_lender("northgate")
    application = make_application(make_product(other))
    found = entry(other, reason="Their secret.", application_id=application.pk)
    assessment, model = make_assessment(application), make_model_version(other)

    assert "Their secret." not in auditor.get("/audit/").content.decode()
    for path in (
        f"/audit/{found.pk}/",
        f"/assessments/{assessment.pk}/",
        f"/models/{model.name}/versions/{model.version}/",
    ):
        assert auditor.get(path).status_code == 404


def test_the_record_pages(auditor: Client, lender: Lender) -> None:
    model = make_model_version(lender, manifest={"metrics": {"auc": 0.7012}, "features": [
        {"name": "annual_income", "fact": "annual_income", "category": None, "monotone": -1}]})  # fmt: skip
    assessment = make_assessment(
        make_application(make_product(lender)), model_version=model,
        facts={"annual_income": {"value": 5_220_000, "absence": None, "source": "APPLICATION", "known_at": "2026-11-02T14:30:00+00:00",
                                 "party": None, "origin": "Application form"}},
        contributions={"base_log_odds": -2.0, "base_points": 640.0, "features": [
            {"name": "annual_income", "fact": "annual_income", "log_odds": 0.5, "points": -14.4, "value": 52_200.0, "typical": 61_000.0}]},
        what_would_change=[{"kind": "SCORE", "points": 12, "sentence": "12 more points reach the approval cut-off of 640."}],
    )  # fmt: skip

    shown = auditor.get(f"/assessments/{assessment.pk}/").content.decode()
    assert "12 more points reach the approval cut-off of 640." in shown
    assert "-14.4" in shown
    assert f'href="/models/{model.name}/versions/{model.version}/"' in shown
    listed = auditor.get("/models/").content.decode()
    assert f">{model}</a>" in listed
    page = auditor.get(f"/models/{model.name}/versions/{model.version}/").content.decode()
    assert "0.7012" in page
    assert "A higher value lowers the risk" in page


@pytest.mark.parametrize(
    "junk",
    [
        "q=a%00b",
        "q=%00",
        "q=actor:%00",
        "q=case:C-%00",
        "q=application:%22a%00%22",
        "q=after:%00",
        "q=before:9999-99-99",
        "q=" + "x:" * 900,
        "q=%ff%fe",
        "older=%00",
        "older=99999999999999999999",
        "older=-1",
        "filter=1&words=a%00b&actor=%00",
    ],
)
def test_junk_in_the_address_is_answered(auditor: Client, junk: str) -> None:
    assert auditor.get(f"/audit/?{junk}", follow=True).status_code == 200


def test_a_model_version_that_no_database_could_hold_is_not_there(auditor: Client) -> None:
    assert auditor.get("/models/any/versions/%00/").status_code == 404
