"""The status of an application: what it is, what happens next and by when, and what the applicant has to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from explanations.notices.selectors import standing_notice
from frontend.applicant.access import Visit, kept_private, visit_of
from frontend.applicant.entry import ask_known_fact, hear_known_fact
from frontend.applicant.missing import last_day_to_send
from frontend.applicant.tasks import tasks_of
from review_queue.actions.appeal import AppealRoom, appeal_room
from review_queue.models import Message, ReviewCase
from review_queue.waiting import open_requests
from underwriting.clocks.running import decision_due_at
from underwriting.decisions.offers import standing_offer
from underwriting.decisions.withdraw import NOT_WITHDRAWN
from underwriting.enums import ApplicationStatus, CaseKind, CaseState
from underwriting.models import Application

DECIDED = (ApplicationStatus.APPROVED, ApplicationStatus.COUNTEROFFERED, ApplicationStatus.DECLINED)
WAITING = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_ASSESSMENT, ApplicationStatus.REFERRED)


@kept_private
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Where the application stands; before that, the known fact. Any token is answered with the same form."""
    now = timezone.now()
    if request.method == "POST":
        return hear_known_fact(request, token, now=now)
    visit = visit_of(request, token, now=now)
    if visit is None:
        return ask_known_fact(request, token, now=now)
    application = visit.application
    room = appeal_room(application, now=now)
    offer = standing_offer(application, now=now)
    asked = open_requests(visit.party)
    return visit.page(
        "status.html",
        {
            "state": _state(application, room),
            "is_held": _is_held(visit),
            "is_asked": bool(asked),
            "send_by": last_day_to_send(visit),
            "received_on": visit.day(application.received_at),
            "expected_on": _expected_on(visit),
            "room": room,
            "answer_on": visit.day(room.open_appeal.answer_due_on) if room and room.open_appeal else "",
            "tasks": tasks_of(visit, room=room, offer=offer, asked=asked),
            "is_decided": application.status in DECIDED or application.status == ApplicationStatus.EXPIRED,
            "can_stop": application.status not in NOT_WITHDRAWN,
            "message_count": Message.objects.filter(application=application, party=visit.party).count(),
        },
    )


def _state(application: Application, room: AppealRoom | None) -> str:
    """The name under which the texts know the state: a decision that is looked at again is a state of its own."""
    return "LOOKING_AGAIN" if room is not None and room.open_appeal is not None else application.status


def _is_held(visit: Visit) -> bool:
    """Whether there is a decision whose letter may not be read yet."""
    if visit.application.status not in DECIDED:
        return False
    notice = standing_notice(application=visit.application, party=visit.party)
    return notice is not None and not notice.is_disclosed


def _expected_on(visit: Visit) -> str:
    """The day by which the applicant hears: the case's, while a person works on it in time; else the legal last day."""
    application = visit.application
    if application.status not in WAITING:
        return ""
    case = (
        ReviewCase.objects.filter(application=application, kind=CaseKind.REFERRAL)
        .exclude(state=CaseState.CLOSED)
        .order_by("-pk")
        .first()
    )
    if case is not None and not case.waits_for and case.due_at > visit.now:
        return visit.day(case.due_at)
    last_day = decision_due_at(application)
    return visit.day(last_day) if last_day else ""
