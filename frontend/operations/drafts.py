"""What was typed into a case's forms: kept before anything else is tried with it, and put back after a sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from frontend.operations.panels import OUTCOMES
from frontend.operations.params import BESIDE, FILTERS
from frontend.operations.refusals import KEPT
from frontend.session.staff import LEADS, OFFICERS, StaffRequest
from frontend.session.unsent import take_unsent, unsent_by
from review_queue.actions.drafts import draft_of, save_draft
from review_queue.models import ReviewCase
from underwriting.enums import CaseState, Role

# where a panel that was opened beside a document leads back to
VIEWER = ("viewer", "page", "zoom", "turn", "opening")
# what a form carries beside what was typed: the way back to the view, the assessment that was on the page
CARRIED = frozenset({"csrfmiddlewaretoken", "assessment", "view", "sort", *FILTERS, *BESIDE, *VIEWER})
SIGNED_IN_AGAIN = f"Your session had ended. {KEPT}"


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form whose words are kept: its name on the bar, and who may open it."""

    words: str
    writers: frozenset[Role] = OFFICERS


FORMS: Mapping[str, KeptForm] = {
    "approve": KeptForm("Approve"),
    "counteroffer": KeptForm("Offer other terms"),
    "decline": KeptForm("Decline"),
    "own-answer": KeptForm("Your own answer"),
    "second-look": KeptForm("Your answer as second approver"),
    "again": KeptForm("Decide again"),
    "correct": KeptForm("Correct a fact"),
    "ask": KeptForm("Ask applicant"),
    "message": KeptForm("Messages with the applicant"),
    "condition": KeptForm("A paper was seen"),
    "escalate": KeptForm("Escalate"),
    "skip": KeptForm("Skip"),
    "snooze": KeptForm("Put off", OFFICERS | LEADS),
    "give": KeptForm("Give or take over", LEADS),
    "due": KeptForm("Move due time", LEADS),
    "reopen": KeptForm("Open it again", LEADS),
}


def place_of_form(found: ReviewCase, form: str) -> str:
    """The address to which a form of the case is sent, and, for all but a message, opened."""
    if form in OUTCOMES:
        return reverse("case-decide", kwargs={"number": str(found), "outcome": form})
    if form == "again":
        return reverse("case-notice", kwargs={"number": str(found), "what": form})
    return reverse(f"case-{form}", kwargs={"number": str(found)})


def keep_draft(
    request: StaffRequest, found: ReviewCase, *, form: str, now: datetime, sent: QueryDict | None = None
) -> bool:
    """Keep the sent fields as this person's draft of the form; False where they cannot be kept."""
    fields = {
        name: [value.replace("\x00", "") for value in values]
        for name, values in (sent or request.POST).lists()
        if name not in CARRIED and "\x00" not in name
    }
    try:
        kept = save_draft(case_id=found.pk, user=request.staff.user, form=form, fields=fields, now=now)
    except ValueError:
        return False
    found.draft = kept.draft
    return True


def kept_drafts(found: ReviewCase, *, user_id: int) -> list[str]:
    """The forms of the case in which words of this person are kept, by their names on the bar; of a decided case, no decisions."""
    return [
        form.words
        for name, form in FORMS.items()
        if (name not in OUTCOMES or found.state == CaseState.OPEN)
        and any(any(values) for values in draft_of(found, user_id=user_id, form=name).values())
    ]


def message_draft(found: ReviewCase, *, user_id: int) -> dict[int, str]:
    """What this person has typed and not sent to an applicant, by their place on the application."""
    kept = draft_of(found, user_id=user_id, form="message")
    party, text = ("".join(kept.get(name, ())) for name in ("party", "text"))
    return {int(party): text} if party.isdecimal() and len(party) < 3 else {}


def put_back(request: StaffRequest, found: ReviewCase, *, now: datetime) -> str | None:
    """The form that was sent after the session had ended; what was typed into it is this person's draft again."""
    waiting = {form["path"] for form in unsent_by(request)}
    returned = None
    for form in FORMS if waiting else ():
        drafted = reverse("case-draft", kwargs={"number": str(found), "outcome": form})
        for path in (drafted, place_of_form(found, form)):  # what was sent last comes last
            sent = take_unsent(request, path) if path in waiting else None
            if sent is not None and keep_draft(request, found, form=form, now=now, sent=sent):
                returned = form
    return returned
