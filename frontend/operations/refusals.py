"""What is said when a case is not, or not any more, this person's to act on."""

from __future__ import annotations

from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from underwriting.decisions.transitions import ApplicationWithdrawn

NOT_YOURS = (ClaimTaken, CaseNotOpen, NotClaimed, NotForThisPerson, ApplicationWithdrawn)


def lost_in_words(refused: Exception) -> str:
    """What happened, and that nothing was sent and the text is kept."""
    match refused:
        case ClaimTaken(holder=holder):
            return (
                f"Your claim ran out and {holder} took this case. Nothing was sent; your text is kept below."
            )
        case ApplicationWithdrawn():
            return "The applicant withdrew the application. Nothing was sent; your text is kept below."
        case NotForThisPerson():
            return str(refused)
        case NotClaimed():
            return "Nobody holds this case. Claim it to decide; your text is kept below."
    return "This case was closed or decided meanwhile. Nothing was sent; your text is kept below."
