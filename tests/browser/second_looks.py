"""Cases of the scene that take two people, and one whose terms can be changed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.actions.second_look import give_second_answer
from review_queue.models import HeldDecision, ReviewCase
from tests.browser.scene import Scene
from tests.factories import actor_of, make_user
from tests.factories.deciding import make_policy_version
from tests.factories.reviewing import make_case
from underwriting.enums import Outcome, PolicyState, Role
from underwriting.models import PolicyVersion, User

ABOVE = 3_000_000
GRID = {(600_000, 36): 676, (900_000, 36): 650, (600_000, 60): 660, (1_200_000, 60): 590}


def changeable(scene: Scene) -> ReviewCase:
    """12,000 over 36 months asked for, 628 points; less of it passes the policy."""
    return _made(scene, "Grace", 1_200_000, grid_scores=GRID, facts={"revolving_utilisation_ratio": 0.7})


def large(scene: Scene) -> ReviewCase:
    """Above an officer's own amount, and nobody has decided it."""
    return _made(scene, "Noor", ABOVE)


def waiting(scene: Scene) -> ReviewCase:
    """A senior officer declined it against the system; Ana, who may confirm that, has not looked."""
    case = _made(scene, "Femi", 1_100_000, system=Outcome.APPROVE)
    if case.awaited_answer == 1:
        _decline(case, _colleague(), override_reason="undisclosed_debt")
    return case


def answered(scene: Scene) -> ReviewCase:
    """Ana declined it, a senior officer agreed: both answers stand side by side."""
    case = _made(scene, "Lucia", ABOVE + 100_000)
    if HeldDecision.objects.filter(case=case).exists():
        return case
    _second_answer(scene, case, Outcome.DECLINE, "Cards are full, and debts are new.")
    return case


def disagreed(scene: Scene) -> ReviewCase:
    """Ana declined it, a senior officer would approve: a third person is waited for."""
    case = _made(scene, "Amina", ABOVE + 200_000)
    if not HeldDecision.objects.filter(case=case).exists():
        _second_answer(
            scene, case, Outcome.APPROVE, "The cards were paid off in May, as the statements show."
        )
    return case


def _second_answer(scene: Scene, case: ReviewCase, outcome: Outcome, sentence: str) -> None:
    _decline(case, scene.people[Role.CREDIT_OFFICER])
    colleague, now = _colleague(), timezone.now()
    claim_case(case_id=case.pk, user=colleague, actor=actor_of(colleague), now=now)
    give_second_answer(
        case_id=case.pk, user=colleague, roles={Role.SENIOR_OFFICER}, outcome=outcome, sentence=sentence,
        actor=actor_of(colleague), now=now,
    )  # fmt: skip


def _made(scene: Scene, given_name: str, amount_minor: int, **more: object) -> ReviewCase:
    """The case about this amount, made on first use: many screens look at one scene."""
    found = ReviewCase.objects.filter(
        lender=scene.lender, application__requested_amount_minor=amount_minor
    ).first()
    if found is not None:
        return found
    version = scene.cases[0].assessment.policy_version
    sample = scene.cases[0].assessment.reference_sample
    assert isinstance(version, PolicyVersion)
    assert sample is not None
    if "grid_scores" in more:
        document = version.document | {
            "counteroffer": {
                "allowed": True,
                "minimum_amount_minor": 200_000,
                "minimum_share_of_requested": 0.3,
            }
        }
        version = make_policy_version(
            scene.cases[0].application.product, document=document, model_version=sample.model_version,
            reference_sample=sample, number=9, state=PolicyState.RETIRED,
        )  # fmt: skip
    return make_case(
        (scene.cases[0].application.product, version, sample), now=timezone.now() - timedelta(minutes=45),
        given_name=given_name, family_name="Adeyemi", requested_amount_minor=amount_minor, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _colleague() -> User:
    found = User.objects.filter(name="Tom Berg").first()
    return found or make_user("Tom Berg")


def _decline(case: ReviewCase, user: User, override_reason: str = "") -> None:
    now = timezone.now() - timedelta(minutes=40)
    claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=now)
    choice = Choice(
        outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",), override_reason=override_reason,
        sentence="A car loan that no report shows.",
    )  # fmt: skip
    decide_case(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor_of(user), now=now
    )
    case.refresh_from_db()
