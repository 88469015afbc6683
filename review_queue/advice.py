"""What the score alone would suggest, shown only on request and noted in the trail, so that its effect can be studied."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from review_queue.models import ReviewCase
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import Assessment


def suggestion_of(assessment: Assessment) -> str:
    """The nearest outcome on the line of the policy version that assessed it, with the distance to either side."""
    version, score = assessment.policy_version, assessment.score
    if version is None or score is None:
        return "There is no suggestion: the application was not scored."
    refer, approve = version.document["cut_offs"]["refer"], version.document["cut_offs"]["approve"]
    risk = assessment.probability_of_default
    expected = (
        ""
        if risk is None
        else f" Of 100 people with this score about {round(risk * 100)} are expected to default."
    )
    if score >= approve:
        return (
            f"By the score alone: approve. It is {score - approve} points above the approve line.{expected}"
        )
    if score < refer:
        return f"By the score alone: decline. It is {refer - score} points below the review band.{expected}"
    up, down = approve - score, score - refer + 1
    nearest = "approve" if up <= down else "decline"
    return f"By the score alone, nearest to {nearest}: {up} points to approve, {down} points to decline.{expected}"


@transaction.atomic
def show_advice(*, case: ReviewCase, actor: Actor, now: datetime) -> str:
    """The suggestion for a case; that this person looked at it is recorded with what it said."""
    suggestion = suggestion_of(case.assessment)
    record_entry(
        actor=actor, action="case.advice_shown", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, after={"suggestion": suggestion}, now=now,
    )  # fmt: skip
    return suggestion
