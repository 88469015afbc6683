"""The test bench: one application under both versions, worked out by a worker, seen by the lender's risk people alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scoring.pipeline.run import run_batch
from scoring.pipeline.work import work_until_empty
from tests.factories import make_lender, make_policy_version, make_product, make_user
from tests.frontend.risk.screens import signed_in, text
from tests.scoring.pipeline.world import World, apply, claimed, harbour_policy, make_world
from tests.underwriting.policy.conftest import acting
from underwriting.enums import PolicyState, Role, WorkKind, WorkState
from underwriting.intake.examples import application_examples
from underwriting.models import (
    Application,
    Assessment,
    AuditEntry,
    CreditReport,
    Decision,
    Party,
    PolicyVersion,
    WorkItem,
)
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.trials import ask_about_application
from underwriting.policy.version_rows import NotAllowed

pytestmark = pytest.mark.django_db


@dataclass
class Bench:
    world: World
    draft: PolicyVersion
    manager: Client
    application: Application

    @property
    def url(self) -> str:
        return f"/policies/{self.draft.policy.slug}/drafts/{self.draft.number}/test/"

    def asked(self, **values: str) -> tuple[Any, WorkItem]:
        """The answer of asking, and the work put in line by it."""
        answer = self.manager.post(self.url, values)
        return answer, WorkItem.objects.filter(kind=WorkKind.TRIAL).latest("pk")

    def answered(self, **values: str) -> tuple[Any, dict[str, Any]]:
        """The page and the result once a worker has been there."""
        answer, item = self.asked(**values)
        work_until_empty(worker="test", max_batches=3)
        item.refresh_from_db()
        assert item.state == WorkState.DONE, item.last_error
        result: Any = item.result
        return self.manager.get(answer["Location"]), result


def stricter() -> Any:
    """One rule less, one changed so that it holds, and nobody approved."""
    document = harbour_policy()
    document["rules"] = [rule for rule in document["rules"] if rule["id"] != "K-01"]
    (income,) = [rule for rule in document["rules"] if rule["id"] == "K-04"]
    income["when"]["value"] = 900_000_000
    document["cut_offs"] = {"approve": 990, "refer": 700}
    return document


@pytest.fixture
def bench() -> Bench:
    world = make_world()
    application = apply(world)
    run_batch(claimed(), clock=timezone.now)
    user = make_user("Priya Shah", (world.product.lender, Role.RISK_MANAGER), password=None)
    draft = create_draft(
        policy=world.policy.policy, document=stricter(), actor=acting(user), now=timezone.now()
    )
    return Bench(world, draft, signed_in(user), application)


def body(bench: Bench, **applicant: Any) -> dict[str, Any]:
    """The example of the product's own schema, with a good report."""
    sent: dict[str, Any] = application_examples(bench.world.product)[1]
    sent["co_applicants"] = []
    sent["applicant"] |= {"annual_income": "120000.00", **applicant}
    return sent


# Answers --------------------------------------------------------------------------------------------------------------------


def test_a_past_application_is_answered_for_both_versions_with_every_finding(bench: Bench) -> None:
    page, result = bench.answered(reference=bench.application.reference.lower())

    assessment = Assessment.objects.get()
    assert result["live"]["findings"] == assessment.findings
    assert (result["live"]["outcome"], result["live"]["score"]) == (assessment.outcome, assessment.scores[0])
    assert result["live"]["offer"] == assessment.offer
    assert (result["draft"]["outcome"], result["draft"]["offer"]) == ("DECLINE", None)
    said = text(page)
    assert "The two versions differ." in said
    assert "K-01 Differs" in said
    assert "K-04 Differs" in said
    assert "K-02 Decline when" in said
    assert "approved from 990" in said
    assert "Score: " in said
    assert "_minor" not in said
    assert f"v{bench.world.policy.number}" in said


def test_the_same_document_says_the_same(bench: Bench) -> None:
    document = harbour_policy()
    PolicyVersion.objects.filter(pk=bench.draft.pk).update(
        document=document, document_sha256=canonical_sha256(document)
    )

    page, result = bench.answered(reference=bench.application.reference)

    assert result["live"] == result["draft"]
    assert "Both versions say the same. 0 of" in text(page)


def test_a_pasted_application_is_weighed_and_nothing_of_it_is_stored(bench: Bench) -> None:
    before = [model.objects.count() for model in (Application, Party, Assessment, Decision, CreditReport)]
    sent = body(bench)

    answer, item = bench.asked(body=json.dumps(sent), channel="")

    identity = sent["applicant"]["identity"]
    kept = json.dumps(item.payload)
    for secret in (
        identity["given_name"],
        identity["family_name"],
        identity["national_id"],
        identity["email"],
        "1988-04-17",
        "Elm Street",
        "consent-0001",
    ):
        assert secret not in kept
    work_until_empty(worker="test", max_batches=3)
    item.refresh_from_db()
    assert item.state == WorkState.DONE, item.last_error
    assert item.payload == {"side_by_side": True}
    result: Any = item.result
    assert result["technical"] == []
    assert result["live"]["score"]["score"] > 0
    assert {f["rule_id"] for f in result["live"]["findings"]} >= {"K-01", "K-04", "R-01"}
    assert [
        model.objects.count() for model in (Application, Party, Assessment, Decision, CreditReport)
    ] == before
    assert bench.manager.get(answer["Location"]).status_code == 200


def test_without_a_report_no_bureau_is_asked_and_the_page_says_so(bench: Bench) -> None:
    sent = body(bench)
    del sent["applicant"]["credit_report"]

    page, result = bench.answered(body=json.dumps(sent))

    assert result["live"]["outcome"] == "REFER"
    assert "No credit report was sent along, and a test asks no bureau." in text(page)


def test_a_document_that_cannot_be_used_says_why(bench: Bench) -> None:
    document = harbour_policy()
    document["cut_offs"] = {"approve": 600, "refer": 640}
    PolicyVersion.objects.filter(pk=bench.draft.pk).update(
        document=document, document_sha256=canonical_sha256(document)
    )

    page, result = bench.answered(reference=bench.application.reference)

    assert "must not be above the approval cut-off" in result["draft"]["refused"][0]
    assert "must not be above the approval cut-off" in text(page)


def test_a_draft_changed_since_is_told(bench: Bench) -> None:
    answer, _ = bench.asked(reference=bench.application.reference)
    work_until_empty(worker="test", max_batches=3)
    PolicyVersion.objects.filter(pk=bench.draft.pk).update(document_sha256="0" * 64)

    assert "The draft was changed since this test." in text(bench.manager.get(answer["Location"]))


# Waiting --------------------------------------------------------------------------------------------------------------------


def test_until_a_worker_has_been_there_the_page_asks_again(bench: Bench) -> None:
    answer, item = bench.asked(reference=bench.application.reference)

    waiting = bench.manager.get(answer["Location"])
    part = bench.manager.get(answer["Location"], headers={"HX-Request": "true"})

    assert "Being worked out." in text(waiting)
    assert "Look again" in text(waiting)
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "<html" not in part.content.decode()
    WorkItem.objects.filter(pk=item.pk).update(state=WorkState.QUARANTINED)
    failed = bench.manager.get(answer["Location"])
    assert "could not be worked out" in text(failed)
    assert "every 1s" not in failed.content.decode()


def test_asking_is_written_down_and_old_answers_are_gone(bench: Bench) -> None:
    _, old = bench.asked(reference=bench.application.reference)
    case_trial = WorkItem.objects.create(
        kind=WorkKind.TRIAL, lender=bench.world.product.lender, payload={}, not_before=old.created_at, created_at=old.created_at
    )  # fmt: skip
    WorkItem.objects.filter(kind=WorkKind.TRIAL).update(
        created_at=timezone.now() - timedelta(days=1, hours=1)
    )

    bench.asked(reference=bench.application.reference)

    assert not WorkItem.objects.filter(pk=old.pk).exists()
    assert WorkItem.objects.filter(pk=case_trial.pk).exists()
    entries = AuditEntry.objects.filter(action="policy.tested")
    assert [entry.application_id for entry in entries] == [bench.application.pk] * 2


# Refused --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Enter a reference or paste an application, one of the two."),
        ({"reference": "A-1", "body": "{}"}, "one of the two"),
        ({"reference": "A-0000-00"}, "There is no assessed application of this product with that reference."),
        ({"body": "{"}, "This is not JSON."),
        ({"body": "[" * 100_000}, "This is not JSON."),
        ({"body": "{}"}, "/applicant: "),
        ({"body": "[]"}, "valid dictionary"),
        ({"body": "{}", "channel": "elsewhere"}, "elsewhere is not one of the available choices"),
    ],
)
def test_what_cannot_be_tested_is_said_beside_the_field(
    bench: Bench, values: dict[str, str], message: str
) -> None:
    answer = bench.manager.post(bench.url, values)

    assert answer.status_code == 422
    assert message in text(answer)
    assert not WorkItem.objects.filter(kind=WorkKind.TRIAL).exists()


def test_an_incomplete_body_is_not_weighed(bench: Bench) -> None:
    sent = body(bench)
    del sent["purpose"]

    answer = bench.manager.post(bench.url, {"body": json.dumps(sent)})

    assert (answer.status_code, "It would be incomplete: /purpose is missing." in text(answer)) == (422, True)


def test_applications_of_other_lenders_and_other_products_are_not_there(bench: Bench) -> None:
    other = make_world(code="northgate")
    foreign = apply(other)
    run_batch(claimed(), clock=timezone.now)
    own_other = make_product(bench.world.product.lender, code="another")
    make_policy_version(own_other, harbour_policy())
    Application.objects.filter(pk=bench.application.pk).update(product=own_other)

    for reference in (foreign.reference, bench.application.reference):
        assert bench.manager.post(bench.url, {"reference": reference}).status_code == 422
    stranger = signed_in(make_user("Un Known", (make_lender("quarry"), Role.RISK_MANAGER), password=None))
    assert stranger.get(bench.url).status_code == 404


def test_a_worker_takes_no_assessment_of_another_product_or_lender(bench: Bench) -> None:
    other = make_world(code="northgate")
    apply(other)
    run_batch(claimed(), clock=timezone.now)
    foreign = Assessment.objects.get(lender_id=other.lender_id)
    _, item = bench.asked(reference=bench.application.reference)
    own_other = make_product(bench.world.product.lender, code="another")
    Application.objects.filter(pk=bench.application.pk).update(product=own_other)
    for changed in (item.payload, {**item.payload, "assessment_id": foreign.pk}):
        WorkItem.objects.filter(pk=item.pk).update(
            payload=changed, state=WorkState.READY, not_before=timezone.now()
        )
        work_until_empty(worker="test", max_batches=1)
        item.refresh_from_db()
        assert (item.result, item.last_error.split(":")[0]) == (None, "DoesNotExist")


def test_who_may_test(bench: Bench) -> None:
    answer, _ = bench.asked(reference=bench.application.reference)
    for role in Role:
        user = make_user(f"{role.value} Body", (bench.world.product.lender, role), password=None)
        person, may = signed_in(user), role in (Role.RISK_MANAGER, Role.RISK_APPROVER)
        asked = person.post(bench.url, {"reference": bench.application.reference})
        assert (role, asked.status_code) == (role, 302 if may else 403)
        for page in (bench.url, answer["Location"]):
            assert (role, person.get(page).status_code) == (role, 200 if may else 403)


def test_an_answer_belongs_to_its_version_and_lender(bench: Bench) -> None:
    answer, item = bench.asked(reference=bench.application.reference)
    other = make_policy_version(
        bench.world.product, harbour_policy(), number=9, state=PolicyState.RETIRED, active_from=None
    )
    stranger = signed_in(make_user("Un Known", (make_lender("quarry"), Role.RISK_MANAGER), password=None))

    assert stranger.get(answer["Location"]).status_code == 404
    assert (
        bench.manager.get(answer["Location"].replace("/drafts/2/", f"/drafts/{other.number}/")).status_code
        == 404
    )
    WorkItem.objects.filter(pk=item.pk).update(payload={})
    assert bench.manager.get(answer["Location"]).status_code == 404


def test_a_value_that_another_price_changes_is_shown_for_both(bench: Bench) -> None:
    document = harbour_policy()
    for tier in document["price_grid"]:
        tier["annual_rate_bps"] += 500
    PolicyVersion.objects.filter(pk=bench.draft.pk).update(
        document=document, document_sha256=canonical_sha256(document)
    )

    page, _ = bench.answered(reference=bench.application.reference)

    assert re.search(r"Instalment: \$[0-9.]+ \(in force: \$[0-9.]+\)", text(page))
    assert "The two versions differ. 0 of" in text(page)


def test_only_who_works_on_policies_has_an_application_weighed(bench: Bench) -> None:
    """Beneath the screen as well, for whoever calls it otherwise."""
    officer = make_user("Ana Ruiz", (bench.draft.policy.lender, Role.CREDIT_OFFICER))

    with pytest.raises(NotAllowed):
        ask_about_application(
            version=bench.draft,
            reference=bench.application.reference,
            actor=acting(officer),
            now=timezone.now(),
        )
    assert not WorkItem.objects.filter(kind=WorkKind.TRIAL).exists()
