"""Answers that end something: taking or turning down an offer, stopping the application. Each is confirmed first."""

from __future__ import annotations

import re

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from explanations.notices.selectors import offer_in_words
from frontend.applicant.access import Visit, own_page
from frontend.applicant.entry import UNPROCESSABLE
from frontend.applicant.tasks import conditions_of
from review_queue.actions.appeal import appeal_room
from underwriting.decisions.answers import (
    OfferConditional,
    OfferOver,
    OfferUntold,
    accept_offer,
    refuse_offer,
)
from underwriting.decisions.conditions import open_codes
from underwriting.decisions.offers import standing_offer
from underwriting.decisions.transitions import StatusRefused
from underwriting.decisions.withdraw import NOT_WITHDRAWN, withdraw_application
from underwriting.models import Party

CONFLICT = 409
NUMBER = re.compile("[0-9]{1,9}")


@require_http_methods(["GET", "HEAD", "POST"])
@own_page()
def offer(visit: Visit) -> HttpResponseBase:
    """Choose yes or no, check it, send it: to the offer that was read, and no other that took its place meanwhile."""
    standing = standing_offer(visit.application, now=visit.now)
    if standing is None:
        return visit.page("over.html", {"what": "offer"}, status=CONFLICT)
    context = {
        "terms": offer_in_words(standing.decision),
        "decision": standing.decision.number,
        "until": visit.day(standing.valid_until),
        "is_joint": Party.objects.filter(application=visit.application).count() > 1,
        "conditions": conditions_of(visit, standing) if standing.is_conditional else [],
        "are_all_seen": not open_codes(standing),
        "errors": {},
    }
    if visit.request.method != "POST":
        return visit.page("offer.html", context)
    answer = visit.request.POST.get("answer", "")
    if answer not in ("yes", "no") or (answer == "yes" and standing.is_conditional):
        errors = {
            "answer": visit.say("offer.choose_no")
            if standing.is_conditional
            else visit.say("offer.choose_one")
        }
        return visit.page("offer.html", {**context, "errors": errors}, status=UNPROCESSABLE)
    if "sure" not in visit.request.POST:
        room = appeal_room(visit.application, now=visit.now)
        looked_at = room is not None and room.open_appeal is not None
        return visit.page("offer_check.html", {**context, "answer": answer, "is_looked_at": looked_at})
    read = visit.request.POST.get("decision", "")
    act = accept_offer if answer == "yes" else refuse_offer
    try:
        act(
            application=visit.application,
            decision=int(read) if NUMBER.fullmatch(read) else None,
            actor=visit.actor,
            now=visit.now,
        )
    except (
        OfferOver,
        OfferUntold,
        OfferConditional,
    ):  # another took its place between the reading and the answer
        return visit.page("over.html", {"what": "offer"}, status=CONFLICT)
    return visit.go("status")


@require_http_methods(["GET", "HEAD", "POST"])
@own_page()
def withdraw(visit: Visit) -> HttpResponseBase:
    """Say what stopping means; stop when it is confirmed."""
    if visit.application.status in NOT_WITHDRAWN:
        return visit.page("over.html", {"what": "withdraw"}, status=CONFLICT)
    if visit.request.method == "POST":
        try:
            withdraw_application(application=visit.application, actor=visit.actor, now=visit.now)
        except StatusRefused:
            return visit.page("over.html", {"what": "withdraw"}, status=CONFLICT)
        return visit.go("status")
    return visit.page(
        "withdraw.html",
        {
            "is_decided": visit.application.decided_at is not None,
            "is_joint": Party.objects.filter(application=visit.application).count() > 1,
            "has_offer": standing_offer(visit.application, now=visit.now) is not None,
        },
    )
