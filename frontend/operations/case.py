"""S04: one screen to reach a decision that can be defended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations import case_page
from frontend.operations.authority_words import foreseen_in_words
from frontend.operations.context import READERS, desk_context, see_other
from frontend.operations.dossier import dossier
from frontend.operations.looks import look_of
from frontend.operations.params import address, read_query
from frontend.operations.words import TimelineRow, due_words, offer_in_words, timeline_rows
from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, OFFICERS, RISK, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.advice import show_advice
from review_queue.blind import SEEN_BLIND, SEEN_ON_SECOND_LOOK, blind_case, hides_policy
from review_queue.models import HeldDecision, ReviewCase
from review_queue.pairs import may_change_terms
from review_queue.queue import VIEWS, QueueQuery
from review_queue.selectors import place_of
from underwriting.audit.selectors import TIMELINE_LIMIT_ENTRIES, application_timeline
from underwriting.enums import CaseState, HeldState
from underwriting.facts.values import facts_from_json
from underwriting.models import Preference

TIMELINE_ROWS = 12


@screen(read=READERS)
def case(request: StaffRequest, number: int) -> HttpResponse:
    """The page of one case, also for those who only read."""
    found = access_case(number=number, lender_id=request.lender.pk)
    return show_case(request, found, now=timezone.now())


def show_case(
    request: StaffRequest, found: ReviewCase, *, now: datetime, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render the page, with an opened panel or a message in `extra` where a form was sent without script."""
    query = read_query(request, request.GET or request.POST, now=now)
    blind = blind_case(
        application_id=found.application_id, user_id=request.staff.user.pk, roles=request.roles
    )
    if blind is not None and blind.pk != found.pk:
        return hidden(request, blind)
    is_blind = blind is not None and hides_policy(blind)
    context = (
        desk_context(request, now=now)
        | head_context(request, found, query, now=now)
        | _evidence(request, found, is_blind=is_blind, now=now)
    )
    held = context["decided"]
    look = look_of(found, held, user_id=request.staff.user.pk, is_hidden=blind is not None, now=now)
    context |= {"look": look, "timeline": _timeline(request, found, blind=blind)}
    if context["is_mine"] and context["is_open"] and context["may_decide"] and blind is None:
        context["foreseen"] = foreseen_in_words(found, request.roles)
        context["may_change_terms"] = may_change_terms(found)
    return render(request, "operations/case.html", context | extra, status=status)


def hidden(request: StaffRequest, blind: ReviewCase) -> HttpResponse:
    """What else is known of an application whose earlier answer this officer may not see yet."""
    return render(request, "operations/hidden.html", {"case": blind}, status=403)


def head_context(
    request: StaffRequest, found: ReviewCase, query: QueueQuery, *, now: datetime
) -> dict[str, Any]:
    """What the header and the decision bar need: the claim, the due time, the place in the view, the standing decision."""
    claim = claim_of(found)
    decided = HeldDecision.objects.filter(case=found).select_related("decided_by").order_by("-id").first()
    return {
        "case": found,
        "application": found.application,
        "assessment": found.assessment,
        "due": due_words(found.due_at, now=now, zone=request.lender.time_zone),
        "is_open": found.state == CaseState.OPEN,
        "is_being_assessed": is_being_assessed(application_id=found.application_id),
        "is_mine": found.holder_id == request.staff.user.pk,
        "is_taken": claim.is_live(now) and found.holder_id != request.staff.user.pk,
        "lease_left": found.lease_until - now if claim.is_live(now) and found.lease_until else None,
        "decided": decided if decided and decided.state != HeldState.CANCELLED else None,
        "decided_offer": offer_in_words(decided.offer, found.application.currency)
        if decided and decided.offer
        else "",
        "query": query,
        "view_label": VIEWS[query.view],
        "here": address(query),
        "place": place_of(found, query, now=now) if found.state == CaseState.OPEN else None,
    }


def _evidence(request: StaffRequest, found: ReviewCase, *, is_blind: bool, now: datetime) -> dict[str, Any]:
    zone = request.lender.time_zone
    people = case_page.people_on(found.application, today=now.astimezone(ZoneInfo(zone)).date())
    stated, credit_file, more_credit_file = case_page.fact_rows(found, people)
    names = {place: person.name for place, person in enumerate(people, 1)}
    return dossier(found, user_id=request.staff.user.pk, is_blind=is_blind, names=names, now=now) | {
        "people": people,
        "band": None if is_blind else case_page.band_of(found, now=now),
        "contributions": case_page.contributions_of(found),
        "as_table": request.staff.contributions_as_table,
        "rules": None if is_blind else case_page.rule_trace(found),
        "what_would_change": [] if is_blind else found.assessment.what_would_change,
        "stated": stated,
        "credit_file": credit_file,
        "more_credit_file": more_credit_file,
        "file_heading": case_page.file_heading(facts_from_json(found.assessment.facts), zone),
    }


def _timeline(request: StaffRequest, found: ReviewCase, *, blind: ReviewCase | None) -> list[TimelineRow]:
    """The newest entries; on a blind look those alone that tell nothing of the answer so far."""
    limit = TIMELINE_ROWS if blind is None else TIMELINE_LIMIT_ENTRIES
    entries = application_timeline(application_id=found.application_id, limit=limit)
    if blind is not None:
        seen = SEEN_BLIND if hides_policy(blind) else SEEN_ON_SECOND_LOOK
        entries = [entry for entry in entries if entry.action in seen][-TIMELINE_ROWS:]
    return timeline_rows(entries, with_links=bool(request.roles & (AUDITORS | RISK)) and blind is None)


@screen(read=READERS, write=READERS)
def explain(request: StaffRequest, number: int) -> HttpResponse:
    """What moved the score, as drawing or table; the choice is remembered with the person."""
    found = access_case(number=number, lender_id=request.lender.pk)
    as_table = request.staff.contributions_as_table
    if request.method == "POST":
        as_table = request.POST.get("as") == "table"
        Preference.objects.update_or_create(
            user=request.staff.user, defaults={"contributions_as_table": as_table}
        )
        if not request.headers.get("HX-Request"):
            return see_other(request, f"{reverse('case', args=[str(found)])}#explain")
    context = {"case": found, "contributions": case_page.contributions_of(found), "as_table": as_table}
    return render(request, "operations/case.html#explain", context)


@screen(write=OFFICERS)
def advice(request: StaffRequest, number: int) -> HttpResponse:
    """The system's suggestion, on request; that it was looked at, and when, is in the trail."""
    found = access_case(number=number, lender_id=request.lender.pk)
    blind = blind_case(
        application_id=found.application_id, user_id=request.staff.user.pk, roles=request.roles
    )
    if blind is not None and hides_policy(blind):
        return show_case(request, found, now=timezone.now(), status=409)
    suggestion = show_advice(case=found, actor=actor_of(request), now=timezone.now())
    if request.headers.get("HX-Request"):
        return render(
            request,
            "operations/case.html#advice",
            {"case": found, "suggestion": suggestion, "may_decide": True},
        )
    return show_case(request, found, now=timezone.now(), suggestion=suggestion)
