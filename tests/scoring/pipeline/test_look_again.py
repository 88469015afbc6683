"""From a wrong fact to a corrected approval through the real pipeline, and automatic notices that may not go out unseen."""

from __future__ import annotations

import pytest
from django.utils import timezone

from review_queue.actions.appeal import open_appeal
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.correct import correct_fact
from review_queue.actions.decide import decide_case
from review_queue.blind import give_own_answer
from review_queue.models import Appeal, ReviewCase
from review_queue.tasks import work_on_cases
from review_queue.terms import other_terms
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from tests.factories import actor_of, make_user
from tests.factories.appealing import APPLICANT
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.enums import (
    AppealKind,
    ApplicationStatus,
    CaseKind,
    CaseState,
    OfferState,
    Outcome,
    Role,
)
from underwriting.facts.values import FactSource
from underwriting.models import Application, Assessment, Decision, Disclosure, Lender, Party, StandingOffer

pytestmark = pytest.mark.django_db
OFFICER = frozenset({Role.CREDIT_OFFICER})
PEOPLE = 40


def assess() -> None:
    run_batch(claimed(), clock=clock)


def declined(world: World) -> Application:
    """A good applicant whose report names a bankruptcy that is somebody else's."""
    application = apply(world, report={"bankruptcy_count": 1})
    assess()
    application.refresh_from_db()
    assert application.status == ApplicationStatus.DECLINED
    return application


def test_from_a_wrong_fact_to_an_approval_with_both_decisions_kept() -> None:
    world = make_world(hold_seconds=0)
    application = declined(world)
    first = Decision.objects.get()
    party = Party.objects.get(application=application)
    now = timezone.now()
    open_appeal(
        application=application, party=party, kind=AppealKind.DISPUTE, facts=["bankruptcy_count"], text="That is not me.",
        document=None, actor=APPLICANT, now=now,
    )  # fmt: skip
    ana = make_user("Ana Ruiz", (Lender.objects.get(), Role.CREDIT_OFFICER))
    actor = actor_of(ana)
    case = ReviewCase.objects.get(kind=CaseKind.APPEAL)
    claim_case(case_id=case.pk, user=ana, actor=actor, now=now)

    correct_fact(
        case=case, fact="bankruptcy_count", value="0", source="Letter of the court", reason="Another person of that name.",
        document=None, person=party, user=ana, roles=OFFICER, actor=actor, now=now,
    )  # fmt: skip
    assess()

    case.refresh_from_db()
    newest = Assessment.objects.get(number=2)
    assert (case.assessment, case.state, case.why) == (
        newest,
        CaseState.OPEN,
        ["The applicant says that this is wrong: Bankruptcies."],
    )
    fact = newest.facts["bankruptcy_count"]
    assert (fact["value"], fact["source"], fact["origin"]) == (
        0,
        FactSource.DOCUMENT,
        "Corrected from: Letter of the court",
    )
    assert newest.outcome == Outcome.APPROVE
    application.refresh_from_db()
    assert (application.status, Decision.objects.count()) == (ApplicationStatus.DECLINED, 1)
    assert [found.differences for found in replay(Assessment.objects.all())] == [(), ()]

    give_own_answer(
        case_id=case.pk,
        user=ana,
        roles=OFFICER,
        outcome="APPROVE",
        sentence="The report was wrong.",
        actor=actor,
        now=now,
    )
    choice = Choice(outcome=Outcome.APPROVE, assessment_id=newest.pk)
    decide_case(case_id=case.pk, user=ana, roles=OFFICER, choice=choice, actor=actor, now=timezone.now())
    work_on_cases()

    second = Decision.objects.get(number=2)
    application.refresh_from_db()
    assert (second.outcome, second.replaces, second.assessment, second.decided_by) == (
        Outcome.APPROVE,
        first,
        newest,
        ana,
    )
    assert application.status == ApplicationStatus.APPROVED
    assert Appeal.objects.get().answer == second


def test_an_automatic_notice_that_is_held_lies_before_a_person() -> None:
    world = make_world(reviews_notices=True)
    application = declined(world)

    case = ReviewCase.objects.get()
    assert (case.kind, case.application, case.not_for, case.state) == (
        CaseKind.NOTICE_REVIEW, application, None, CaseState.OPEN,
    )  # fmt: skip
    assert "wants a second person" in case.why[0]
    assert not Disclosure.objects.exists()


def test_a_notice_that_nothing_holds_opens_nothing() -> None:
    declined(make_world())
    assert not ReviewCase.objects.exists()


def counteroffered(world: World) -> Application:
    """The first of the generated people whom the policy offers other terms."""
    for index in range(PEOPLE):
        application = apply(world, index)
        assess()
        application.refresh_from_db()
        if application.status == ApplicationStatus.COUNTEROFFERED:
            return application
    raise AssertionError("nobody was offered other terms")


def test_a_corrected_fact_that_speaks_for_a_decline_takes_no_offer_away() -> None:
    world = make_world()
    application = counteroffered(world)
    party = Party.objects.get(application=application)
    offered = StandingOffer.objects.get(application=application)
    open_appeal(
        application=application, party=party, kind=AppealKind.DISPUTE, facts=["bankruptcy_count"], text="Look.", document=None,
        actor=APPLICANT, now=NOW,
    )  # fmt: skip
    ana = make_user("Ana Ruiz", (Lender.objects.get(), Role.CREDIT_OFFICER))
    actor = actor_of(ana)
    case = ReviewCase.objects.get(kind=CaseKind.APPEAL)
    claim_case(case_id=case.pk, user=ana, actor=actor, now=NOW)

    correct_fact(
        case=case, fact="bankruptcy_count", value="1", source="Letter of the court", reason="It is on file.",
        document=None, person=party, user=ana, roles=OFFICER, actor=actor, now=NOW,
    )  # fmt: skip
    assess()

    case.refresh_from_db()
    application.refresh_from_db()
    offer = StandingOffer.objects.get(application=application)
    assert case.assessment.outcome == Outcome.DECLINE
    assert (application.status, offer.state, offer.valid_until) == (
        ApplicationStatus.COUNTEROFFERED,
        OfferState.OPEN,
        offered.valid_until,
    )
    terms = other_terms(case, now=NOW)
    assert terms is not None
    assert (terms.offer.to_json(), terms.until) == (offered.decision.offer, offered.valid_until)
