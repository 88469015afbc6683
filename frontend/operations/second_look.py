"""S05: the second look. Who waits for whom, the blind answer, and both answers side by side once it is given."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse

from frontend.operations.small_panel import Form, SmallPanel, back_to_case, serve_panel
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.actions.second_look import give_second_answer
from review_queue.blind import AnswerIncomplete
from review_queue.models import ReviewCase


@screen(read=OFFICERS, write=OFFICERS)
def second_look(request: StaffRequest, number: int) -> HttpResponse:
    """GET: the panel. POST: the answer, given before the first one is shown; then both stand on the case page."""
    return serve_panel(request, number, PANEL)


def _send(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    give_second_answer(
        case_id=found.pk, user=request.staff.user, roles=request.roles, outcome=form["outcome"], sentence=form["sentence"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


PANEL = SmallPanel(
    "operations/second_look.html", {"outcome": "", "sentence": ""}, (AnswerIncomplete,), _send, draft="second-look"
)  # fmt: skip
