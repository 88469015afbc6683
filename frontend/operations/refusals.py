"""What is said when a case is not, or not any more, this person's to act on."""

from __future__ import annotations

from review_queue.models import ReviewCase
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import ApplicationStatus, CaseState

NOT_YOURS = (ClaimTaken, CaseNotOpen, NotClaimed, NotForThisPerson, ApplicationWithdrawn)
KEPT = "Nothing was sent; your text is kept below."


def lost_in_words(case: ReviewCase, refused: Exception, *, user_id: int) -> str:
    """What happened to the case, read anew, and that nothing was sent and the text is kept."""
    if case.application.status == ApplicationStatus.WITHDRAWN:
        return f"The applicant withdrew the application. {KEPT}"
    match refused:
        case ClaimTaken(holder=holder):
            return f"Your claim ran out and {holder} took this case. {KEPT}"
        case NotForThisPerson():
            return str(refused)
        case NotClaimed():
            return "Nobody holds this case. Claim it to decide; your text is kept below."
    if case.state == CaseState.DECIDED and case.holder and case.holder_id != user_id:
        return f"{case.holder.name} decided this case meanwhile. {KEPT}"
    return f"This case was closed or decided meanwhile. {KEPT}"
