"""What was typed into a case's forms: kept before anything else is tried with it, and put back after a sign-in."""

from __future__ import annotations

from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from frontend.operations.panels import OUTCOMES
from frontend.operations.params import FILTERS
from frontend.session.staff import StaffRequest
from frontend.session.unsent import take_unsent, unsent_by
from review_queue.actions.drafts import draft_of, save_draft
from review_queue.models import ReviewCase

# what a form carries beside what was typed: the way back to the view, the assessment that was on the page
PANEL_NAMES = {"approve": "Approve", "counteroffer": "Offer other terms", "decline": "Decline"}
CARRIED = frozenset({"csrfmiddlewaretoken", "assessment", "view", "sort", *FILTERS})


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
    """The panels of the bar in which words of this person are kept, by their names."""
    return [
        name
        for form, name in PANEL_NAMES.items()
        if any(any(values) for values in draft_of(found, user_id=user_id, form=form).values())
    ]


def put_back(request: StaffRequest, found: ReviewCase, *, now: datetime) -> str | None:
    """The panel that was sent after the session had ended; what was typed into it is this person's draft again."""
    waiting = {form["path"] for form in unsent_by(request)}
    returned = None
    for form in OUTCOMES:
        for name in ("case-draft", "case-decide"):  # what was sent last comes last
            path = reverse(name, kwargs={"number": str(found), "outcome": form})
            sent = take_unsent(request, path) if path in waiting else None
            if sent is not None and keep_draft(request, found, form=form, now=now, sent=sent):
                returned = form
    return returned
