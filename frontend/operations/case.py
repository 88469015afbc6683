"""S04: one screen to reach a decision that can be defended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from frontend.operations import case_page
from frontend.operations.authority_words import foreseen_in_words
from frontend.operations.context import READERS, frame, see_other
from frontend.operations.dossier import dossier
from frontend.operations.drafts import kept_drafts, message_draft, place_of_form, put_back
from frontend.operations.facts_read import readings_of
from frontend.operations.flow import flow_context
from frontend.operations.looks import look_of
from frontend.operations.notes_region import notes_context
from frontend.operations.params import address, read_query
from frontend.operations.similar import SimilarShown, similar_shown
from frontend.operations.timeline import timeline_of
from frontend.operations.words import due_words, offer_in_words
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.claim import claim_of
from review_queue.advice import show_advice
from review_queue.blind import case_that_hides, hides_policy
from review_queue.models import ReviewCase
from review_queue.names import hides_name
from review_queue.pairs import may_change_terms
from review_queue.queue import VIEWS, QueueQuery
from review_queue.related import related_cases
from review_queue.selectors import held_decisions_on_case, place_of
from underwriting.enums import CaseState, HeldState
from underwriting.facts.values import facts_from_json
from underwriting.models import Party, Preference

# The regions of the page, each of which can be asked for alone: the part of a template that is it.
REGIONS = {
    "case-head": "operations/case.html#case-head",
    "why": "operations/case.html#why",
    "conditions": "operations/conditions.html",
    "band": "operations/case.html#band",
    "explain": "operations/case.html#explain",
    "rules": "operations/case.html#rules",
    "facts": "operations/case.html#facts",
    "bureau": "operations/case.html#bureau",
    "docs": "operations/beside.html#docs",
    "related": "operations/related.html",
    "similar": "operations/similar.html",
    "notes": "operations/notes.html",
    "timeline": "operations/timeline.html",
    "decision": "operations/case.html#decision",
}


@screen(read=READERS)
def case(request: StaffRequest, number: int) -> HttpResponse:
    """The page of one case, also for those who only read; with `fragment` one region of it."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    returned = put_back(request, found, now=now)
    if returned is not None and returned != "message":  # that one is a part of this very page
        here = address(read_query(request, request.GET, now=now))
        return redirect(f"{place_of_form(found, returned)}?{here}&signed-in-again=1")
    return show_case(request, found, now=now)


def show_case(
    request: StaffRequest, found: ReviewCase, *, now: datetime, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render the page, with an opened panel or a message in `extra` where a form was sent without script."""
    query = read_query(request, request.GET or request.POST, now=now)
    blind = case_that_hides(found, user_id=request.staff.user.pk, roles=request.roles)
    if blind is not None and blind.pk != found.pk:
        return hidden(request, blind)
    region = request.GET.get("fragment", "") if request.headers.get("HX-Request") else ""
    context = (
        frame(request, now=now)
        | head_context(request, found, query, now=now)
        | flow_context(request, found, now=now)
        | _evidence(request, found, blind=blind, now=now)
    )
    held = context["decided"]
    context["look"] = look_of(
        found, held, user_id=request.staff.user.pk, is_hidden=blind is not None, now=now
    )
    if context["is_mine"] and context["is_open"] and context["may_decide"] and blind is None:
        context["foreseen"] = foreseen_in_words(found, request.roles)
        context["may_change_terms"] = may_change_terms(found)
    if region == "similar" or "similar" in request.GET:
        context |= {"shows_similar": True, "similar": _similar(found, is_blind=blind is not None, now=now)}
    return render(request, REGIONS.get(region, "operations/case.html"), context | extra, status=status)


def hidden(request: StaffRequest, blind: ReviewCase) -> HttpResponse:
    """What else is known of an application whose earlier answer this officer may not see yet."""
    return render(request, "operations/hidden.html", {"case": blind}, status=403)


def head_context(
    request: StaffRequest, found: ReviewCase, query: QueueQuery, *, now: datetime
) -> dict[str, Any]:
    """What the header and the decision bar need: the claim, the due time, the place in the view, the standing decision."""
    claim = claim_of(found)
    held, decided = held_decisions_on_case(found, user_id=request.staff.user.pk, now=now)
    return {
        "held": held if request.roles & OFFICERS else None,
        "case": found,
        "application": found.application,
        "assessment": found.assessment,
        "due": due_words(found.due_at, now=now, zone=request.lender.time_zone),
        "is_open": found.state == CaseState.OPEN,
        "is_being_assessed": getattr(found, "is_being_assessed", False),
        "is_mine": found.holder_id == request.staff.user.pk,
        "kept_drafts": kept_drafts(found, user_id=request.staff.user.pk),
        "message_draft": message_draft(found, user_id=request.staff.user.pk),
        "is_taken": claim.is_live(now) and found.holder_id != request.staff.user.pk,
        "lease_left": found.lease_until - now if claim.is_live(now) and found.lease_until else None,
        "decided": decided if decided and decided.state != HeldState.CANCELLED else None,
        "decided_offer": offer_in_words(decided.offer, found.application.currency)
        if decided and decided.offer
        else "",
        "query": query,
        "view_label": VIEWS.get(query.view, ""),
        "here": address(query),
        "place": place_of(found, query, now=now) if found.state == CaseState.OPEN else None,
    }


def _evidence(
    request: StaffRequest, found: ReviewCase, *, blind: ReviewCase | None, now: datetime
) -> dict[str, Any]:
    is_blind = blind is not None and hides_policy(blind)
    zone, user_id = request.lender.time_zone, request.staff.user.pk
    parties = list(Party.objects.filter(application_id=found.application_id).order_by("ordinal"))
    people = case_page.people_on(
        parties, today=now.astimezone(ZoneInfo(zone)).date(), hides_name=hides_name(found)
    )
    readings = readings_of(found)
    stated, credit_file, more_credit_file = case_page.fact_rows(found, people, readings)
    names = {party.ordinal: person.name for party, person in zip(parties, people, strict=True)}
    return {
        "people": people,
        "band": None if is_blind else case_page.band_of(found, now=now),
        "contributions": case_page.contributions_of(found),
        "as_table": request.staff.contributions_as_table,
        "rules": None if is_blind else case_page.rule_trace(found),
        "what_would_change": [] if is_blind else found.assessment.what_would_change,
        "stated": stated,
        "credit_file": credit_file,
        "more_credit_file": more_credit_file,
        "payments": case_page.payments_of(found, parties, names),
        "file_heading": case_page.file_heading(facts_from_json(found.assessment.facts), zone),
        "timeline": timeline_of(request, found, blind=blind),
        "related": related_cases(found.application, parties, roles=request.roles),
        **dossier(
            found,
            user_id=user_id,
            is_blind=is_blind,
            parties=parties,
            names=names,
            readings=readings,
            now=now,
        ),
        **notes_context(request, found, is_blind=blind is not None, places=list(names), now=now),
    }


def _similar(found: ReviewCase, *, is_blind: bool, now: datetime) -> SimilarShown | None:
    return None if is_blind else similar_shown(found, now=now)


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
    blind = case_that_hides(found, user_id=request.staff.user.pk, roles=request.roles)
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
