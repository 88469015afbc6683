"""A lender at work, for the browser: a queue with cases of every kind, people of every role, a decision in the past, a policy draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from explanations.proof import FailedTest, ProofTest
from explanations.reason_codes.catalogue import shipped_catalogue
from explanations.reason_codes.own_words import shipped_words
from explanations.reason_codes.proposals import save_words
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.messages import send_message
from review_queue.models import ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import actor_of, make_application, make_assessment, make_lender, make_user
from tests.factories.appealing import make_appeal, make_held_notice
from tests.factories.proving import make_proof
from tests.factories.reviewing import Desk, make_case, make_desk
from tests.underwriting.documents.files import payslip, picture
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.clocks.running import start_clock
from underwriting.documents.receive import receive_document
from underwriting.enums import CaseKind, ClockKind, DocumentKind, Outcome, Role
from underwriting.models import Lender, Party, PolicyVersion, Product, User
from underwriting.outbox.mail import send_later
from underwriting.people.links import create_links, link_token
from underwriting.policy.lifecycle import create_draft

PEOPLE = [
    ("Maria", "Okafor"), ("Johan", "Lindqvist"), ("Priya", "Marsh"), ("Tomas", "Weber"), ("Aiko", "Tanaka"), ("Leila", "Haddad"),
    ("Sean", "O'Brien"), ("Nadia", "Petrova"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """`cases` are open, the oldest first; `technical` has no score, `taken` is held by a colleague, `decided` is closed."""

    lender: Lender
    people: dict[Role, User]
    cases: list[ReviewCase]
    technical: ReviewCase
    taken: ReviewCase
    decided: ReviewCase
    draft: PolicyVersion
    token: str


def _prove(product: Product, now: datetime) -> None:
    """Proofs of two months, one of which failed a test."""
    held = [FailedTest(ProofTest.OMITTED, "'utilisation' weighs more than a stated reason and is left out.")]
    for days, failed in ((0, held), (0, []), (40, [])):
        declined = make_assessment(make_application(product), outcome=Outcome.DECLINE)
        make_proof(declined, at=now - timedelta(days=days), failed=failed)


def _own_words(lender: Lender, writer: User, now: datetime) -> None:
    """A draft with words of the lender's own in two languages."""
    changed = {
        "en": {"text": "Your credit report shows that you went bankrupt."},
        "hi": {"do": "समय पर चुकाते रहें।", "factor": "बैंकरप्सी"},
    }
    for revision, (language, words) in enumerate(changed.items()):
        shipped = shipped_words(shipped_catalogue(), "PR02", language)
        save_words(
            lender=lender, code="PR02", language=language, words=shipped | {k: v for k, v in words.items() if k in shipped},
            seen_revision=revision and revision + 1, author=writer, actor=actor(writer), now=now,
        )  # fmt: skip


def actor(user: User) -> Actor:
    return actor_of(user)


def set_scene(*, hold_seconds: int = 30) -> Scene:
    """Build the scene in the test's database; everything happens around now."""
    now = timezone.now()
    # open day and night, so that due times do not depend on when the test runs
    lender = make_lender(
        name="Harbour Credit", working_weekdays=[1, 2, 3, 4, 5, 6, 7], working_day_starts="00:00", working_day_ends="23:59",
        hold_seconds=0,
    )  # fmt: skip
    other = make_lender("northgate", name="Northgate Cards")
    people = {role: make_user(f"{name} Test", (lender, role)) for role, name in _names().items()}
    people[Role.CREDIT_OFFICER].memberships.create(lender=other, role=Role.AUDITOR, since=now)
    _own_words(lender, people[Role.ADMIN], now)
    desk = make_desk(lender)
    colleague = make_user("Tom Berg", (lender, Role.SENIOR_OFFICER))
    minutes = [600, 470, 440, 300, 200, 90, 30, 5]
    made = [
        make_case(
            desk, now=now - timedelta(minutes=ago), given_name=given, family_name=family, score=620 + 5 * place,
            requested_amount_minor=600_000 + 170_000 * place,
        )
        for place, (ago, (given, family)) in enumerate(zip(minutes, PEOPLE, strict=True))
    ]  # fmt: skip
    technical = make_case(
        desk, now=now - timedelta(minutes=50), given_name="Olga", family_name="Brandt", score=None
    )
    decided = make_case(desk, now=now - timedelta(minutes=700), given_name="Ines", family_name="Costa")
    claim_case(case_id=made[1].pk, user=colleague, actor=actor(colleague), now=now)
    _decide(decided, people[Role.CREDIT_OFFICER], now - timedelta(minutes=60))
    work_on_cases()
    Lender.objects.filter(pk=lender.pk).update(hold_seconds=hold_seconds)
    taken = made.pop(1)
    party = Party.objects.get(application=decided.application)
    create_links(application=decided.application, parties=[party], now=now)
    _prove(desk[0], now)
    send_later(application=decided.application, party=party, subject="A word", text="Hello", now=now)
    start_clock(
        application=decided.application, kind=ClockKind.DECISION_NOTICE, began_at=now - timedelta(days=26)
    )
    start_clock(
        application=taken.application, kind=ClockKind.DECISION_NOTICE, began_at=now - timedelta(days=31)
    )
    draft = create_draft(policy=desk[1].policy, actor=actor(people[Role.RISK_MANAGER]), now=now)
    return Scene(
        lender=lender, people=people, cases=made, technical=technical, taken=taken, decided=decided, draft=draft, token=link_token(party)
    )  # fmt: skip


def _names() -> dict[Role, str]:
    return {
        Role.CREDIT_OFFICER: "Ana", Role.TEAM_LEAD: "Lena", Role.RISK_MANAGER: "Rui", Role.RISK_APPROVER: "Ravi", Role.MODEL_OWNER: "Mona",
        Role.AUDITOR: "Agnes", Role.ADMIN: "Adam", Role.PARTNER_ENGINEER: "Petra",
    }  # fmt: skip


def _decide(case: ReviewCase, user: User, now: datetime) -> None:
    claim_case(case_id=case.pk, user=user, actor=actor(user), now=now)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01", "EN01"))
    decide_case(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor(user), now=now
    )


def _desk(scene: Scene) -> Desk:
    assessment = scene.cases[0].assessment
    version, sample = assessment.policy_version, assessment.reference_sample
    assert version is not None
    assert sample is not None
    return scene.cases[0].application.product, version, sample


def appeal(scene: Scene) -> ReviewCase:
    """An appeal against a colleague's decision; made when it is first asked for, so that no other test meets it."""
    found = ReviewCase.objects.filter(kind=CaseKind.APPEAL).first()
    text = "My card balances were paid off last week. Please look again."
    return found or make_appeal(_desk(scene), User.objects.get(name="Tom Berg"), text=text)


def notice_review(scene: Scene) -> ReviewCase:
    """A notice that waits for a second person, made when it is first asked for."""
    found = ReviewCase.objects.filter(kind=CaseKind.NOTICE_REVIEW).first()
    if found is not None:
        return found
    Lender.objects.filter(pk=scene.lender.pk).update(reviews_notices=True)
    case = make_held_notice(_desk(scene), User.objects.get(name="Tom Berg"))
    Lender.objects.filter(pk=scene.lender.pk).update(reviews_notices=False)
    return case


def conditional(scene: Scene) -> ReviewCase:
    """A case that waits for the papers of an approval, one of which came; made when it is first asked for."""
    found = ReviewCase.objects.filter(kind=CaseKind.CONDITIONS).first()
    if found is not None:
        return found
    user, now = scene.people[Role.CREDIT_OFFICER], timezone.now()
    case = make_case(_desk(scene), now=now, given_name="Chidi", family_name="Anagonye")
    Lender.objects.filter(pk=scene.lender.pk).update(hold_seconds=0)
    claim_case(case_id=case.pk, user=user, actor=actor(user), now=now)
    choice = Choice(
        outcome=Outcome.APPROVE, assessment_id=case.assessment_id, mitigating_factor="verified_income",
        sentence="Sound, once the papers are here.", conditions=("payslips", "address"),
    )  # fmt: skip
    decide_case(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor(user), now=now
    )
    work_on_cases()
    Lender.objects.filter(pk=scene.lender.pk).update(hold_seconds=30)
    receive_document(
        application=case.application, party=case.application.parties.get(), kind=DocumentKind.PAYSLIP, name="Payslip July.pdf",
        content=payslip(2), actor=SYSTEM, now=now,
    )  # fmt: skip
    waiting = ReviewCase.objects.get(kind=CaseKind.CONDITIONS)
    claim_case(case_id=waiting.pk, user=user, actor=actor(user), now=now)
    return waiting


def with_documents(scene: Scene) -> ReviewCase:
    """A case with two documents and a message from its applicant, which are put there once."""
    case = scene.cases[1]
    if not case.application.documents.exists():
        party = case.application.parties.get()
        for kind, name, content in (
            (DocumentKind.PAYSLIP, "Payslip July.pdf", payslip(pages=2)),
            (DocumentKind.BANK_STATEMENT, "statement.png", picture("PNG")),
        ):
            receive_document(
                application=case.application, party=party, kind=kind, name=name, content=content, actor=SYSTEM, now=timezone.now()
            )  # fmt: skip
        send_message(
            application=case.application,
            party=party,
            author=None,
            text="I have sent my payslip.",
            now=timezone.now(),
        )
    return case
