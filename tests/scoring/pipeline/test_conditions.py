"""An offer that depends on papers: made, waited for, seen, assessed again, and free to be taken; or back with its person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from explanations.models import Notice
from explanations.officer_reasons import selectable_reasons
from review_queue.actions.appeal import open_appeal
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice, DecisionIncomplete
from review_queue.actions.decide import decide_case
from review_queue.actions.meet_condition import ConditionRefused, meet_condition, wait_for_papers
from review_queue.blind import give_own_answer
from review_queue.evidence import case_file, reason_codes_of
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotDecide
from review_queue.subject_access.export import access_export
from review_queue.tasks import work_on_cases
from review_queue.transitions import ClaimTaken, NotClaimed
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from tests.factories import actor_of, make_user
from tests.factories.appealing import APPLICANT
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import OfferConditional, accept_offer, expire_offers, refuse_offer
from underwriting.documents.receive import receive_document
from underwriting.enums import (
    AppealKind,
    ApplicationStatus,
    CaseKind,
    CaseState,
    DocumentKind,
    OfferState,
    Outcome,
    Role,
    WaitKind,
)
from underwriting.facts.values import FactSource
from underwriting.models import (
    Application,
    Assessment,
    AuditEntry,
    Decision,
    Document,
    FactCorrection,
    Lender,
    Mail,
    Party,
    StandingOffer,
    User,
)

pytestmark = pytest.mark.django_db
OFFICER = frozenset({Role.CREDIT_OFFICER})
PAPERS = ("payslips", "address")


@pytest.fixture
def world() -> World:
    return make_world(hold_seconds=0)


@pytest.fixture
def ana(world: World) -> User:
    return make_user("Ana Ruiz", (Lender.objects.get(), Role.CREDIT_OFFICER))


@pytest.fixture
def application(world: World, ana: User) -> Application:
    """Referred for a thin file, and approved by a person on two papers."""
    application = apply(world, report={"thin_file_flag": 1})
    run_batch(claimed(), clock=clock)
    case = ReviewCase.objects.get()
    decide(case, ana, conditions=PAPERS)
    application.refresh_from_db()
    assert application.status == ApplicationStatus.APPROVED
    return application


def decide(case: ReviewCase, user: User, **changes: Any) -> None:
    actor, now = actor_of(user), timezone.now()
    claim_case(case_id=case.pk, user=user, actor=actor, now=now)
    case.refresh_from_db()
    values: dict[str, Any] = {
        "outcome": Outcome.APPROVE, "assessment_id": case.assessment_id, "mitigating_factor": "verified_income", "sentence": "Sound.",
    } | changes  # fmt: skip
    decide_case(case_id=case.pk, user=user, roles=OFFICER, choice=Choice(**values), actor=actor, now=now)
    work_on_cases()


def waiting() -> ReviewCase:
    return ReviewCase.objects.get(kind=CaseKind.CONDITIONS)


def send(application: Application, kind: DocumentKind) -> Document:
    party = Party.objects.get(application=application)
    document = receive_document(
        application=application, party=party, kind=kind, name="paper.pdf", content=pdf(), actor=APPLICANT, now=timezone.now()
    )  # fmt: skip
    work_on_cases()
    return document


def see(user: User, document: Document | None, code: str = "payslips", **changes: Any) -> StandingOffer:
    values: dict[str, Any] = {"value": "", "said": "Three months, as stated.", "roles": OFFICER} | changes
    return meet_condition(
        case_id=waiting().pk, code=code, document=document, user=user, actor=actor_of(user), now=timezone.now(), **values
    )  # fmt: skip


def on_file(application: Application) -> str:
    return str(Party.objects.get(application=application).stated["annual_income"] / 100)


def see_all(application: Application, user: User, *, income: str = "") -> None:
    payslip, bill = send(application, DocumentKind.PAYSLIP), send(application, DocumentKind.OTHER)
    claim_case(case_id=waiting().pk, user=user, actor=actor_of(user), now=timezone.now())
    see(user, bill, "address")
    see(user, payslip, value=income or on_file(application))


def test_the_letter_and_the_offer_name_the_papers_and_the_offer_cannot_be_taken(
    application: Application, ana: User
) -> None:
    offer, case, decision = StandingOffer.objects.get(), waiting(), Decision.objects.get()
    blocks = Notice.objects.get().snapshot["letters"][0]["blocks"]

    assert decision.conditions == list(PAPERS)
    assert {"kind": "heading", "level": 2, "text": "What we need before you can take it"} in blocks
    assert {
        "kind": "list",
        "items": [
            "Your payslips of the last three months.",
            "A paper with your name and address, for example a bill of the last three months.",
        ],
    } in blocks
    assert (case.waits_for, case.assigned_to, case.waiting_because) == (
        WaitKind.APPLICANT,
        ana,
        "Payslips of the last three months; Proof of address",
    )
    with pytest.raises(OfferConditional):
        accept_offer(application=application, actor=APPLICANT, now=timezone.now())
    offer.refresh_from_db()
    assert offer.state == OfferState.OPEN


def test_a_conditional_offer_can_be_turned_down(application: Application) -> None:
    refuse_offer(application=application, actor=APPLICANT, now=timezone.now())
    assert StandingOffer.objects.get().state == OfferState.REFUSED


def test_a_paper_brings_the_case_back_to_who_decided(application: Application, ana: User) -> None:
    send(application, DocumentKind.PAYSLIP)
    case = waiting()
    assert (case.waits_for, case.came_back_because, case.assigned_to) == ("", "ANSWERED", ana)


def test_after_the_last_paper_it_is_assessed_again_and_the_offer_is_free(
    application: Application, ana: User
) -> None:
    see_all(application, ana)
    with pytest.raises(OfferConditional):  # nobody has looked at it with what they showed yet
        accept_offer(application=application, actor=APPLICANT, now=timezone.now())
    mails = Mail.objects.count()
    StandingOffer.objects.update(valid_until=NOW.date())

    run_batch(claimed(), clock=clock)

    offer = StandingOffer.objects.get()
    assert (offer.is_conditional, waiting().state, Assessment.objects.count()) == (False, CaseState.CLOSED, 2)
    assert offer.valid_until == NOW.date() + timedelta(days=7)
    assert Mail.objects.count() == mails + 1
    assert AuditEntry.objects.filter(action="offer.conditions_met").count() == 1
    assert FactCorrection.objects.get().is_verification
    assert Assessment.objects.get(number=2).facts["annual_income"]["source"] == FactSource.DOCUMENT
    assert all(found.differences == () for found in replay(Assessment.objects.all()))
    accept_offer(application=application, actor=APPLICANT, now=NOW)
    application.refresh_from_db()
    assert application.status == ApplicationStatus.ACCEPTED


def test_a_paper_that_shows_less_leaves_the_offer_with_its_person(
    application: Application, ana: User
) -> None:
    see_all(application, ana, income="9000")
    run_batch(claimed(), clock=clock)

    case, offer = waiting(), StandingOffer.objects.get()
    assert (FactCorrection.objects.get().value, offer.is_conditional) == (900_000, True)
    assert (case.state, case.assessment.number) == (CaseState.OPEN, 2)
    assert case.why[0] == "Its papers were all seen. Assessed with what they showed:"
    assert len(case.why) > 1
    with pytest.raises(OfferConditional):
        accept_offer(application=application, actor=APPLICANT, now=timezone.now())


def test_what_depended_on_papers_was_not_promised_without_them(application: Application, ana: User) -> None:
    see_all(application, ana, income="9000")
    run_batch(claimed(), clock=clock)
    case = waiting()
    codes = selectable_reasons(case_file(case), reason_codes_of(case.assessment))
    holding = next(reason.code for reason in codes if reason.test.holds)
    decide(case, ana, outcome=Outcome.DECLINE, reasons=(holding,), mitigating_factor="")

    application.refresh_from_db()
    assert (application.status, waiting().state) == (ApplicationStatus.DECLINED, CaseState.CLOSED)
    assert StandingOffer.objects.get().state == OfferState.REPLACED


def test_deciding_again_without_them_frees_the_offer(application: Application, ana: User) -> None:
    decide(waiting(), ana)
    offer = StandingOffer.objects.get(state=OfferState.OPEN)
    assert (offer.is_conditional, offer.conditions, waiting().state) == (False, [], CaseState.CLOSED)


def test_nothing_is_added_to_an_offer_that_stands_without_conditions(
    application: Application, ana: User
) -> None:
    see_all(application, ana)
    run_batch(claimed(), clock=clock)
    ReviewCase.objects.filter(kind=CaseKind.CONDITIONS).update(state=CaseState.OPEN, closed_at=None)
    with pytest.raises(DecisionIncomplete, match="The offer stands until"):
        decide(waiting(), ana, conditions=("identity",))


def test_the_beat_ends_no_offer_whose_papers_may_lie_unread(application: Application) -> None:
    StandingOffer.objects.update(valid_until=timezone.now().date() - timedelta(days=3))
    assert expire_offers(now=timezone.now()) == 0
    StandingOffer.objects.update(is_conditional=False)
    assert expire_offers(now=timezone.now()) == 1


def test_the_case_waits_on_for_the_rest(application: Application, ana: User) -> None:
    payslip = send(application, DocumentKind.PAYSLIP)
    case = waiting()
    claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    see(ana, payslip, value=on_file(application))

    wait_for_papers(case_id=case.pk, user=ana, roles=OFFICER, actor=actor_of(ana), now=timezone.now())
    assert (waiting().waits_for, waiting().waiting_because) == (WaitKind.APPLICANT, "Proof of address")
    party = Party.objects.select_related("application__lender").get(application=application)
    exported = access_export(application=party.application, party=party, actor=SYSTEM, now=timezone.now())
    papers = exported["offers"][0]["papers_asked_for_first"]
    assert [(one["paper"], one["seen_at"] is None) for one in papers] == [
        ("Payslips of the last three months", False),
        ("Proof of address", True),
    ]


def test_an_assessment_on_the_way_frees_nothing(application: Application, ana: User) -> None:
    payslip = send(application, DocumentKind.PAYSLIP)
    claim_case(case_id=waiting().pk, user=ana, actor=actor_of(ana), now=timezone.now())
    see(ana, payslip, value="80000")
    run_batch(claimed(), clock=clock)

    assert FactCorrection.objects.get().value == 8_000_000
    assert (waiting().state, waiting().assessment.number) == (CaseState.OPEN, 2)
    assert StandingOffer.objects.get().is_conditional


def test_nothing_is_seen_while_it_is_assessed(application: Application, ana: User) -> None:
    payslip = send(application, DocumentKind.PAYSLIP)
    claim_case(case_id=waiting().pk, user=ana, actor=actor_of(ana), now=timezone.now())
    see(ana, payslip, value="80000")
    with pytest.raises(ConditionRefused, match="being assessed just now"):
        see(ana, payslip, "address")


def test_an_appeal_against_a_conditional_offer_is_answered_on_its_own_case_and_ends_the_wait(
    world: World, ana: User
) -> None:
    application = apply(world, report={"thin_file_flag": 1})
    run_batch(claimed(), clock=clock)
    case = ReviewCase.objects.get()
    codes = selectable_reasons(case_file(case), reason_codes_of(case.assessment))
    holding = next(reason.code for reason in codes if reason.test.holds)
    decide(
        case, ana, outcome=Outcome.COUNTEROFFER, amount_minor=200_000, term_months=36, reasons=(holding,), mitigating_factor="",
        conditions=PAPERS, override_reason="",
    )  # fmt: skip
    open_appeal(
        application=application, party=Party.objects.get(application=application), kind=AppealKind.LOOK_AGAIN, facts=[],
        text="Please look again.", document=None, actor=APPLICANT, now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(DecisionIncomplete, match="The applicant asked for another look"):
        decide(waiting(), ana)

    tom = make_user("Tom Berg", (Lender.objects.get(), Role.CREDIT_OFFICER))
    appeal, actor, now = ReviewCase.objects.get(kind=CaseKind.APPEAL), actor_of(tom), timezone.now()
    claim_case(case_id=appeal.pk, user=tom, actor=actor, now=now)
    give_own_answer(
        case_id=appeal.pk, user=tom, roles=OFFICER, outcome="APPROVE", sentence="Sound.", actor=actor, now=now
    )
    decide(appeal, tom)
    assert waiting().state == CaseState.CLOSED
    assert not StandingOffer.objects.get(state=OfferState.OPEN).is_conditional


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"said": " "}, "said"),
        ({"code": "identity"}, "code"),
        ({"value": "much"}, "value"),
        ({"value": ""}, "value"),
    ],
)
def test_what_will_not_do_is_named(
    application: Application, ana: User, changes: dict[str, Any], field: str
) -> None:
    payslip = send(application, DocumentKind.PAYSLIP)
    claim_case(case_id=waiting().pk, user=ana, actor=actor_of(ana), now=timezone.now())
    with pytest.raises(ConditionRefused) as refused:
        see(ana, payslip, **({"value": on_file(application)} | changes))
    assert refused.value.field == field
    with pytest.raises(ConditionRefused, match="Choose the document"):
        see(ana, None, value=on_file(application))
    assert all(one["met_at"] is None for one in StandingOffer.objects.get().conditions)


def test_only_the_holder_who_may_decide(application: Application, ana: User) -> None:
    payslip = send(application, DocumentKind.PAYSLIP)
    with pytest.raises(NotClaimed):
        see(ana, payslip)
    claim_case(case_id=waiting().pk, user=ana, actor=actor_of(ana), now=timezone.now())
    tom = make_user("Tom Berg", (Lender.objects.get(), Role.CREDIT_OFFICER))
    with pytest.raises(ClaimTaken):
        see(tom, payslip)
    with pytest.raises(MayNotDecide):
        see(ana, payslip, roles=frozenset({Role.AUDITOR}))


def test_another_applications_document_shows_nothing(
    application: Application, ana: User, world: World
) -> None:
    other = apply(world, 1)
    foreign = send(other, DocumentKind.PAYSLIP)
    claim_case(case_id=waiting().pk, user=ana, actor=actor_of(ana), now=timezone.now())
    with pytest.raises(ConditionRefused, match="Choose the document"):
        see(ana, foreign, value=on_file(application))


@pytest.mark.parametrize(
    "codes",
    [
        ("payslips", "payslips"),
        ("explain_income",),
        ("no such",),
        ("payslips", "bank_statements", "tax_return", "identity", "address"),
    ],
)
def test_only_papers_of_the_list_are_conditions(world: World, ana: User, codes: tuple[str, ...]) -> None:
    apply(world, report={"thin_file_flag": 1})
    run_batch(claimed(), clock=clock)
    with pytest.raises(DecisionIncomplete, match="Choose at most 4 papers"):
        decide(ReviewCase.objects.get(), ana, conditions=codes)
