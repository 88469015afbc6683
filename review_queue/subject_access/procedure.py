"""The way from evidence to answer, in plain words, and what a person may do about it."""

from __future__ import annotations

from collections.abc import Sequence

from underwriting.models import Assessment, Decision, Lender

STEPS = (
    "We took what you stated and, where you agreed to it, your credit report and our own record of earlier loans.",
    "From these we made facts. Each has a source and the moment at which it was read. They are listed under each assessment.",
    "Every rule of the lender's policy was checked against the facts. Each rule and its result are listed.",
    "A model gave a score from the facts. It compares with people who were only just approved. A higher score is safer.",
    "The score was held against two limits. From the upper one on it alone approves. Between the two a person looks.",
    "Below both it declines.",
    "A technical fault declines nobody: a person looks.",
)


def steps(assessments: Sequence[Assessment], decisions: Sequence[Decision]) -> list[str]:
    """The procedure, and whether a person took part in this one."""
    told = list(STEPS)
    if any(assessment.used_fallback for assessment in assessments):
        told.append(
            "The model did not answer in time, and a simpler rule stood in. That rule never declines."
        )
    if not decisions:
        return [*told, "Nothing is decided yet."]
    by_people = sum(decision.decided_by_id is not None for decision in decisions)
    if by_people == len(decisions):
        return [*told, "A person took each decision."]
    if by_people:
        return [*told, "A person took part: at least one of the decisions is theirs."]
    return [*told, "No person took part in the decision. You may ask that one looks at it."]


def rights(lender: Lender) -> list[str]:
    reach = f"{lender.legal_name}, {', '.join(lender.address.splitlines())}"
    if lender.telephone:
        reach += f", telephone {lender.telephone}"
    told = [
        "You may have anything that is wrong set right, and a new decision on what is right.",
        f"You may ask that a person looks again, for {lender.look_again_days} days after you are told of a decision.",
        "You may say what you think of the decision, and send documents.",
        "You may ask that your data are erased once they need not be kept any longer.",
        f"Write to {reach}.",
    ]
    if lender.agency_name:
        where = ", ".join([lender.agency_name, *lender.agency_address.splitlines()])
        told.append(f"You may complain to {where}.")
    else:
        told.append("You may complain to the data protection authority where you live.")
    return told
