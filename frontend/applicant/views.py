"""The applicants' pages: one known fact, the status, the decision. No account and no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from explanations.notices.selectors import standing_notice
from explanations.notices.snapshot import day_in_words, lines
from frontend.applicant.forms import KnownFactForm
from frontend.applicant.progress import needed_in_words, progress_of
from review_queue.models import ReviewCase
from underwriting.decisions.transitions import notice_due_at
from underwriting.enums import ApplicationStatus, CaseState, Outcome
from underwriting.models import ApplicantLink, Application, Lender
from underwriting.people.links import find_link, open_link

GRANTS_KEY = "applicant_grants"
GRANT_SECONDS = 30 * 60
NO_MATCH = "That did not match, or this link has ended."

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponse]


def kept_private(view: View[Params]) -> View[Params]:
    """Keep the page out of caches, and its address out of the Referer header of whatever the reader opens next."""

    @never_cache
    @wraps(view)
    def private(request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return private


# A page without a referrer posts with "Origin: null", which the CSRF check refuses. It is not needed here: a forged post
# must carry the token and the known fact, and then opens the forger's own link in the victim's browser, nothing else.
@csrf_exempt
@kept_private
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Where the application stands; before that, the known fact. Any token is answered with the same form."""
    now = timezone.now()
    if request.method == "POST":
        return _ask_known_fact(request, token, now=now)
    link = _granted(request, token, now=now)
    if link is None:
        return render(request, "applicant/known_fact.html", {"form": KnownFactForm()})
    application = link.application
    state = ApplicationStatus(application.status)
    context = {
        "progress": progress_of(state),
        "application": application,
        "received_on": _day(application.received_at, application.lender),
        "expected_on": _expected_on(application, state, now=now),
        "needed": needed_in_words(application.missing_fields)
        if state is ApplicationStatus.INCOMPLETE
        else [],
    }
    return render(request, "applicant/status.html", {**_shared(link, token), **context})


@kept_private
@require_safe
def decision(request: HttpRequest, token: str) -> HttpResponse:
    """The decision from its frozen notice: the reasons once they are disclosed, until then who is at work on them."""
    link = _granted(request, token, now=timezone.now())
    notice = standing_notice(application=link.application, party=link.party) if link else None
    if link is None or notice is None:
        return redirect("applicant-status", token=token)
    due_on = _day(notice.due_at, link.application.lender) if notice.due_at else ""
    is_adverse = notice.content["kind"] != "APPROVAL"
    context = {"notice": notice, "due_on": due_on, "is_adverse": is_adverse}
    return render(request, "applicant/decision.html", {**_shared(link, token), **context})


def _ask_known_fact(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    form = KnownFactForm(request.POST)
    if form.is_valid():
        link = open_link(token, known=form.known, now=now)
        if link is not None:
            request.session.cycle_key()
            grants: dict[str, float] = request.session.get(GRANTS_KEY, {})
            request.session[GRANTS_KEY] = {**grants, str(link.pk): now.timestamp()}
            return redirect("applicant-status", token=token)
        form.add_error(None, NO_MATCH)
    return render(request, "applicant/known_fact.html", {"form": form}, status=422)


def _granted(request: HttpRequest, token: str, *, now: datetime) -> ApplicantLink | None:
    """The link, where this session has answered for this very link in the last 30 minutes and it has not ended."""
    grants: dict[str, float] = request.session.get(GRANTS_KEY, {})
    if not grants:
        return None
    link = find_link(token, now=now)
    if link is None:
        return None
    granted_at = grants.get(str(link.pk))
    if granted_at is None or not 0 <= now.timestamp() - granted_at <= GRANT_SECONDS:
        return None
    return link


def _shared(link: ApplicantLink, token: str) -> dict[str, Any]:
    lender = link.application.lender
    return {
        "lender": lender,
        "lender_address": lines(lender.address),
        "token": token,
        "reference": link.application.reference,
    }


def _expected_on(application: Application, state: ApplicationStatus, *, now: datetime) -> str:
    """The day by which the applicant hears: the case's, while a person works on it in time; else the legal last day."""
    if state not in (
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.IN_ASSESSMENT,
        ApplicationStatus.REFERRED,
    ):
        return ""
    case = (
        ReviewCase.objects.filter(application=application)
        .exclude(state=CaseState.CLOSED)
        .order_by("-pk")
        .first()
    )
    if case is not None and case.due_at > now:
        return _day(case.due_at, application.lender)
    last_day = notice_due_at(
        completed_at=application.completed_at or application.received_at,
        outcome=Outcome.DECLINE,
        time_zone=application.lender.time_zone,
    )
    return _day(last_day, application.lender) if last_day else ""


def _day(moment: datetime, lender: Lender) -> str:
    return day_in_words(moment.astimezone(ZoneInfo(lender.time_zone)).date())
