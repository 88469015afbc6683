"""Explanations of approvals: asked for once, computed by a worker from stored things alone, added up in points."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from psycopg.types.json import Jsonb

from explanations.on_request import OnRequest, Progress, ask_for_explanation
from scoring.pipeline.run import run_batch
from scoring.pipeline.work import work_until_empty
from tests.database import unguarded
from tests.factories import (
    make_application,
    make_assessment,
    make_lender,
    make_product,
    make_user,
)
from tests.scoring.pipeline.world import NOW, World, apply, be_patient, claimed, clock, make_world
from tests.underwriting.api.calling import Caller, make_caller
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Outcome, Role, Scope, WorkKind, WorkState
from underwriting.models import (
    Alert,
    ApiClient,
    Application,
    Assessment,
    AuditEntry,
    Decision,
    ReferenceSample,
    WorkItem,
)


@dataclass
class Approved:
    """An approved application of the lender, and a key of that lender."""

    world: World
    caller: Caller
    assessment: Assessment

    @property
    def path(self) -> str:
        return f"/applications/{self.assessment.application.public_id}/explanation"

    @property
    def page(self) -> str:
        return f"/assessments/{self.assessment.pk}/"


def approve() -> Approved:
    world = make_world()
    apply(world)
    run_batch(claimed(), clock=clock)
    assessment = Assessment.objects.select_related("application").get()
    assert (assessment.outcome, assessment.contributions) == ("APPROVE", None)
    return Approved(world, caller_of(world), assessment)


def caller_of(world: World) -> Caller:
    """The client that submitted the application, with a key that may do everything."""
    client = ApiClient.objects.get(lender=world.product.lender)
    issued = issue_key(client=client, scopes=list(Scope), actor=SYSTEM, now=timezone.now())
    return Caller(world.product.lender, world.product, client, issued.row, issued.text)


@pytest.fixture
def approved(db: None) -> Approved:
    return approve()


def work() -> None:
    """A worker's turn, whenever the item was to be tried again."""
    WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW)
    work_until_empty(worker="test", max_batches=5, clock=clock)
    be_patient()


def asked() -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind=WorkKind.TRIAL).order_by("pk"))


class TestApi:
    def test_the_first_request_puts_the_work_and_later_ones_find_it(self, approved: Approved) -> None:
        first = approved.caller.get(approved.path)
        second = approved.caller.get(approved.path)

        for response in (first, second):
            assert (response.status_code, response.json()) == (202, {"status": "in_preparation"})
            assert (response["Retry-After"], response["Content-Type"]) == ("1", "application/json")
        (item,) = asked()
        assert (item.lane, item.payload) == ("INTERACTIVE", {"explain": approved.assessment.pk})
        assert (item.lender_id, item.application_id) == (
            approved.world.lender_id,
            approved.assessment.application_id,
        )
        entry = AuditEntry.objects.get(action="explanation.requested")
        assert (entry.object_type, entry.object_id) == ("assessment", str(approved.assessment.pk))
        assert entry.actor_name.startswith(approved.caller.client.name)

    def test_the_answer_adds_up_to_the_score_and_says_when_it_was_computed(self, approved: Approved) -> None:
        approved.caller.get(approved.path)
        work()

        answer = approved.caller.get(approved.path)
        again = approved.caller.get(approved.path)

        body = answer.json()
        assert answer.status_code == 200
        total = body["base_points"] + sum(share["points"] for share in body["contributions"])
        assert total == pytest.approx(approved.assessment.scores[0]["points"], abs=1e-4)
        assert len(body["contributions"]) == len(approved.world.model.manifest["features"])
        assert any(abs(share["points"]) > 1 for share in body["contributions"])
        assert (body["outcome"], body["reasons"]) == ("APPROVE", [])
        assert (body["computed"], body["computed_at"]) == ("on_request", "2026-11-03T09:00:00Z")
        assert again.json() == body
        assert len(asked()) == 1
        assert Assessment.objects.get() == approved.assessment
        assert Assessment.objects.get().contributions is None

    def test_another_lender_finds_nothing_and_asks_for_nothing(self, approved: Approved) -> None:
        stranger = make_caller("northgate", "credit-line")

        response = stranger.get(approved.path)

        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert asked() == []

    def test_a_key_without_the_scope_asks_for_nothing(self, approved: Approved) -> None:
        issued = issue_key(
            client=approved.caller.client,
            scopes=[Scope.APPLICATIONS_READ],
            actor=SYSTEM,
            now=timezone.now(),
        )
        approved.caller.key_text = issued.text

        assert approved.caller.get(approved.path).status_code == 403
        assert asked() == []

    def test_an_approval_without_a_score_has_nothing_to_prepare(self, db: None) -> None:
        caller = make_caller()
        application = make_application(caller.product, client=caller.client)
        assessment = make_assessment(application, scores=[], score=None, contributions=None)
        Decision.objects.create(
            application=application, lender=caller.lender, number=1, assessment=assessment,
            outcome=Outcome.APPROVE, decided_at=NOW,
        )  # fmt: skip

        response = caller.get(f"/applications/{application.public_id}/explanation")

        assert (response.status_code, response.json()["base_points"]) == (200, None)
        assert response.json()["computed"] == "with_assessment"
        assert asked() == []

    def test_a_decline_that_holds_no_contributions_is_answered_as_it_stands(self, db: None) -> None:
        world = make_world()
        apply(world, report={"bankruptcy_count": 1})
        run_batch(claimed(), clock=clock)
        caller = caller_of(world)
        assert Assessment.objects.get().contributions is None

        response = caller.get(f"/applications/{Application.objects.get().public_id}/explanation")

        assert (response.status_code, response.json()["outcome"]) == (200, "DECLINE")
        assert asked() == []

    def test_the_document_names_the_202_and_its_header(self) -> None:
        document = Client().get("/api/openapi.json").json()

        responses = document["paths"]["/api/v1/applications/{public_id}/explanation"]["get"]["responses"]
        assert list(responses["202"]["headers"]) == ["Retry-After"]
        assert responses["202"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/InPreparation"
        }


@pytest.mark.django_db(transaction=True)
class TestDamage:
    """Whoever tampered, the explanation is refused: never one of another model, other people or other facts."""

    def tamper(self, statement: str, *values: Any) -> None:
        with unguarded() as owner:
            assert owner.execute(statement, values).rowcount == 1

    def damage_model(self, approved: Approved) -> str:
        self.tamper("UPDATE underwriting_modelversion SET text = left(text, 4000)")
        return "model text"

    def damage_reference(self, approved: Approved) -> str:
        rows = ReferenceSample.objects.get().rows
        rows[16][0] += 1
        self.tamper("UPDATE underwriting_referencesample SET rows = %s", Jsonb(rows))
        return "reference sample"

    def damage_fact(self, approved: Approved) -> str:
        facts = approved.assessment.facts
        facts["revolving_balance"]["value"] += 1
        self.tamper("UPDATE underwriting_assessment SET facts = %s", Jsonb(facts))
        return "frozen fact revolving_balance"

    def damage_score(self, approved: Approved) -> str:
        scores = approved.assessment.scores
        scores[0]["points"] += 1
        self.tamper("UPDATE underwriting_assessment SET scores = %s", Jsonb(scores))
        return "score at"

    @pytest.mark.parametrize("damage", [damage_model, damage_reference, damage_fact, damage_score])
    def test_it_is_refused_with_an_alert_and_not_asked_again(
        self, damage: Callable[[TestDamage, Approved], str]
    ) -> None:
        approved = approve()
        named = damage(self, approved)
        approved.caller.get(approved.path)

        for _ in range(4):
            work()
        response = approved.caller.get(approved.path)

        assert (response.status_code, response.json()["code"]) == (404, "explanation_unavailable")
        (item,) = asked()
        assert (item.state, item.result) == (WorkState.QUARANTINED, None)
        assert item.last_error.startswith(f"ExplanationRefused: {named}")
        assert Alert.objects.get().kind == "work.quarantined"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_put_the_work_once() -> None:
    approved = approve()
    answers: list[OnRequest] = []

    def ask() -> None:
        try:
            answers.append(ask_for_explanation(assessment=approved.assessment, actor=SYSTEM, now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    with transaction.atomic():
        Application.objects.select_for_update(no_key=True).get()
        for thread in threads:
            thread.start()
        assert both_wait()
    for thread in threads:
        thread.join(30)

    assert [answer.progress for answer in answers] == [Progress.IN_PREPARATION] * 2
    assert len(asked()) == 1


def both_wait() -> bool:
    """Until two others of this database wait for a lock; False after ten seconds."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first one otherwise
            cursor.execute(statement)
            if cursor.fetchone() == (2,):
                return True
        time.sleep(0.05)
    return False


class TestStaff:
    def member(self, approved: Approved, role: Role) -> Client:
        client = Client()
        client.force_login(make_user("Some Body", (approved.world.product.lender, role)))
        return client

    def test_the_button_asks_and_the_page_shows_the_answer(self, approved: Approved) -> None:
        officer = self.member(approved, Role.CREDIT_OFFICER)

        before = officer.get(approved.page).content.decode()
        posted = officer.post(f"{approved.page}explanation/")
        officer.post(f"{approved.page}explanation/")
        during = officer.get(approved.page).content.decode()
        work()
        after = officer.get(approved.page).content.decode()

        assert "Explain this approval" in before
        assert (posted.status_code, posted["Location"]) == (302, f"{approved.page}#explanation")
        assert len(asked()) == 1
        assert AuditEntry.objects.get(action="explanation.requested").actor_name == "Some Body"
        assert "The explanation is being prepared." in during
        assert f'<a href="{approved.page}">show it</a>' in during
        assert 'data-poll-seconds="2"' in during
        assert "Explain this approval" not in during
        assert "Computed on request" in after
        assert "the mean of the reference people" in after
        assert "data-poll-seconds" not in after
        assert "Explain this approval" not in after

    def test_after_a_failure_staff_may_try_again(self, approved: Approved) -> None:
        officer = self.member(approved, Role.AUDITOR)
        officer.post(f"{approved.page}explanation/")
        WorkItem.objects.filter(kind=WorkKind.TRIAL).update(state=WorkState.QUARANTINED)

        failed = officer.get(approved.page).content.decode()
        officer.post(f"{approved.page}explanation/")
        work()

        assert "Try again" in failed
        assert "Computed on request" in officer.get(approved.page).content.decode()

    def test_who_may_not_read_it_may_not_ask(self, approved: Approved) -> None:
        response = self.member(approved, Role.PARTNER_ENGINEER).post(f"{approved.page}explanation/")

        assert response.status_code == 403
        assert asked() == []

    def test_another_lenders_approval_is_not_there(self, approved: Approved) -> None:
        client = Client()
        client.force_login(make_user("Some Body", (make_lender("northgate"), Role.AUDITOR)))

        assert client.post(f"{approved.page}explanation/").status_code == 404
        assert asked() == []

    def test_what_is_no_approval_has_no_button(self, db: None) -> None:
        lender = make_lender()
        assessment = make_assessment(make_application(make_product(lender)), contributions=None)
        client = Client()
        client.force_login(make_user("Some Body", (lender, Role.AUDITOR)))

        page = client.get(f"/assessments/{assessment.pk}/").content.decode()

        assert "Explain this approval" not in page
        assert client.post(f"/assessments/{assessment.pk}/explanation/").status_code == 404
        assert asked() == []
