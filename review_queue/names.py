"""Blind mode: at a lender that asks for it, the desk calls applicants by initials and region until a decision is recorded (C-6).

What is hidden is hidden from everybody at the desk, on every screen of cases; a search by a name still finds. What people wrote
themselves, in messages and documents, stays as they wrote it, and a letter to post carries its reader's name.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from review_queue.models import ReviewCase
from underwriting.enums import CaseKind, CaseState
from underwriting.people.identity import Identity

REGION_CHARACTERS = 3
# a notice that is looked at, and papers that are waited for, are of a decision that is recorded
AFTER_DECISION = (CaseKind.NOTICE_REVIEW, CaseKind.CONDITIONS)
AWAITS_DECISION = ~Q(state=CaseState.CLOSED) & ~Q(kind__in=AFTER_DECISION)
OF_UNDECIDED = Exists(
    ReviewCase.objects.filter(AWAITS_DECISION, application=OuterRef("application_id")).order_by()
)


def hides_name(case: ReviewCase) -> bool:
    """Whether the people of this case go by initials. One statement at most, and only at a lender in blind mode.

    A closed case tells no name either while an appeal against its decision, or the case opened again, is to be decided.
    """
    if not case.lender.hides_names:
        return False
    if case.state != CaseState.CLOSED and case.kind not in AFTER_DECISION:
        return True
    return ReviewCase.objects.filter(AWAITS_DECISION, application_id=case.application_id).exists()


def initials_and_region(identity: Identity) -> str:
    """`M. O., postal area 041`: the first characters of a postcode are a region, and not where anybody lives."""
    initials = " ".join(
        f"{name.strip()[0]}." for name in (identity.given_name, identity.family_name) if name.strip()
    )
    region = identity.postcode.strip()[:REGION_CHARACTERS]
    return f"{initials}, postal area {region}" if region else initials
