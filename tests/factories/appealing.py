"""An appeal against a decision, marked with words that nobody may read before they have answered; and a held notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from explanations.models import Notice
from explanations.notices.compose import compose_notice
from review_queue.actions.appeal import open_appeal
from review_queue.desk import review_notice
from review_queue.models import HeldDecision, ReviewCase
from tests.factories.deciding import disclose
from tests.factories.lending import actor_of
from tests.factories.reviewing import Desk, make_case, score_reason
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.decisions.record import record_decision
from underwriting.enums import ActorKind, AppealKind, CaseState, DecisionStage, HeldState, Outcome
from underwriting.models import Application, Decision, Lender, Party, User

# What a counteroffer offers: less than the desk's 10,000 over 36 months.
OFFER = {"amount_minor": 700_000, "term_months": 36, "annual_rate_bps": 1249, "instalment_minor": 23_415, "price_tier": "C"}  # fmt: skip
NOTE, REASON = "Canary-note 7731", "Canary-reason 7732"
APPLICANT = Actor(kind=ActorKind.APPLICANT, user_id=None, name="Applicant")


def _reason() -> dict[str, object]:
    return score_reason("UT01", "utilisation", "revolving_utilisation_ratio", REASON, rank=1)


@transaction.atomic
def make_decided(
    desk: Desk, decided_by: User | None, *, outcome: Outcome = Outcome.DECLINE, now: datetime
) -> ReviewCase:
    """A case that was decided, by a person or (None) by the system, with the marked reason and note; closed."""
    case = make_case(desk, now=now)
    decision = record_decision(
        application=case.application,
        assessment=case.assessment,
        outcome=outcome,
        stage=DecisionStage.GREY_BAND if decided_by else DecisionStage.SCORE,
        offer=None if outcome is Outcome.DECLINE else OFFER,
        reasons=[_reason()],
        decided_by=decided_by,
        note=NOTE if decided_by else "",
        actor=actor_of(decided_by) if decided_by else SYSTEM,
        now=now,
    )
    if decided_by is None:
        case.delete()
    else:
        HeldDecision.objects.create(
            case=case, assessment=case.assessment, decided_by=decided_by, outcome=outcome, stage=decision.stage,
            reasons=decision.reasons, note=NOTE, state=HeldState.RELEASED, decided_at=now, held_until=now, decision=decision,
        )  # fmt: skip
        ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.CLOSED, closed_at=now)
        case.refresh_from_db()
    return case


def make_appeal(
    desk: Desk,
    decided_by: User | None,
    *,
    text: str = "Please look again.",
    outcome: Outcome = Outcome.DECLINE,
    now: datetime | None = None,
) -> ReviewCase:
    """The case of an appeal against a decision of this person, or of the system, of which the applicant was told."""
    now = now or timezone.now()
    application = make_decided(desk, decided_by, outcome=outcome, now=now).application
    disclose(Decision.objects.get(application=application), now=now)
    application = Application.objects.get(pk=application.pk)
    appeal = open_appeal(
        application=application, party=Party.objects.get(application=application), kind=AppealKind.LOOK_AGAIN, facts=(),
        text=text, document=None, actor=APPLICANT, now=now,
    )  # fmt: skip
    return ReviewCase.objects.get(appeal=appeal)


@transaction.atomic
def make_held_notice(
    desk: Desk,
    decided_by: User | None,
    *,
    failed: str = "",
    outcome: Outcome = Outcome.DECLINE,
    now: datetime | None = None,
) -> ReviewCase:
    """The review of a notice that waits for a second look, or (`failed`) whose reasons did not pass their test."""
    now = now or timezone.now()
    application = make_decided(desk, decided_by, outcome=outcome, now=now).application
    decision = Decision.objects.select_related("assessment").get(application=application)
    notice: Notice = compose_notice(
        decision=decision, assessment=decision.assessment, application=Application.objects.get(pk=application.pk),
        parties=list(Party.objects.filter(application=application)), lender=Lender.objects.get(pk=desk[0].lender_id), product=desk[0],
        reasons=decision.reasons, held_because=failed, now=now,
    )  # fmt: skip
    case = review_notice(
        application=decision.application, assessment=decision.assessment, notice=notice, actor=SYSTEM, now=now
    )
    assert case is not None
    return case
