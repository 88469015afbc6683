"""Opening a decision panel, sending a decision, taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from explanations.officer_reasons import ReasonNotTrue
from frontend.operations.authority_words import exceeded_in_words, second_needed
from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.drafts import SIGNED_IN_AGAIN, keep_draft, put_back
from frontend.operations.panels import OUTCOMES, PANELS, Preview, Typed, preview, worked_out_terms
from frontend.operations.params import address, read_query
from frontend.operations.refusals import KEPT, NOT_YOURS, lost_in_words
from frontend.session.gate import not_allowed, screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.content import DecisionIncomplete
from review_queue.actions.decide import decide_case
from review_queue.actions.take_next import take_next
from review_queue.actions.undo import undo_decision
from review_queue.blind import answer_of, blind_case
from review_queue.models import HeldDecision, ReviewCase
from review_queue.permissions import AuthorityExceeded, MayNotDecide
from review_queue.transitions import ClaimTaken, HoldOver, NotClaimed
from underwriting.enums import HeldState

WAITS = "A first answer waits for a second approver. Nothing was sent."
ANSWER_FIRST = "Give your own answer first. The earlier one is shown to you after that."
FIELD_IDS = {
    "reasons": "reasons",
    "mitigating_factor": "mitigating-factor",
    "sentence": "sentence",
    "price_tier": "price-tier",
    "override_reason": "override-reason",
    "amount": "offer-amount",
    "term": "offer-term",
    "conditions": "papers",
    "policy_exception": "policy-exception",
}


@screen(read=OFFICERS, write=OFFICERS)
def decide(request: StaffRequest, number: int, outcome: str) -> HttpResponse:
    """GET: the panel. POST: hold the decision, open the next case of the view."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if not _may_see(request, found):
        return show_case(request, found, now=now, status=409, conflict=ANSWER_FIRST)
    if request.method != "POST":
        return _opened(request, found, outcome, now=now)
    return _sent(request, found, outcome, now=now)


def _sent(request: StaffRequest, found: ReviewCase, outcome: str, *, now: datetime) -> HttpResponse:
    """Decide. First of all what was typed is kept, so that no refusal and no failure takes it."""
    keep_draft(request, found, form=outcome, now=now)
    typed = Typed.sent(request.POST)
    # these two decide nothing: the panel comes back with the terms, and with all that was typed
    if "take" in request.POST or "work_out" in request.POST:
        return _panel(request, found, outcome, _taking(typed, request.POST.get("take", "")), now=now)
    return _refusal(request, found, outcome, typed, now=now) or _onwards(request, found, now=now)


def _refusal(
    request: StaffRequest, found: ReviewCase, outcome: str, typed: Typed, *, now: datetime
) -> HttpResponse | None:
    """Decide; None where that went well, else the panel with what was typed and why nothing was sent."""
    try:
        decide_case(
            case_id=found.pk,
            user=request.staff.user,
            roles=request.roles,
            choice=typed.choice(outcome),
            actor=actor_of(request),
            now=now,
        )
    except MayNotDecide:
        return not_allowed(request, OFFICERS)
    except (ReasonNotTrue, DecisionIncomplete, AuthorityExceeded) as refused:
        if getattr(refused, "field", "") == "assessment":
            return _assessed_again(request, found, outcome, typed, str(refused), now=now)
        error, place = _error_words(found, refused)
        return _panel(request, found, outcome, typed, now=now, status=422, error=error, error_at=place)
    except NOT_YOURS as refused:
        return _lost(request, found, outcome, typed, refused, now=now)
    return None


def _lost(
    request: StaffRequest, found: ReviewCase, outcome: str, typed: Typed, refused: Exception, *, now: datetime
) -> HttpResponse | None:
    """The case is not this person's to decide any more; None where that is because this very decision was taken."""
    found.refresh_from_db()
    if not isinstance(refused, ClaimTaken) and _is_sent_already(request, found, outcome, typed):
        return None
    # a panel would show what the first answer was weighed by, and take no answer
    if found.awaited_answer > 1:
        return show_case(request, found, now=now, status=409, conflict=WAITS)
    words = lost_in_words(found, refused, user_id=request.staff.user.pk)
    return _panel(request, found, outcome, typed, now=now, status=409, conflict=words)


def _taking(typed: Typed, take: str) -> Typed:
    """With the terms of a line of the solver (`8000x36`) in place of those typed; everything else typed stays."""
    amount, _, term = take.partition("x")
    return replace(typed, offer_amount=amount, offer_term=term) if amount and term else typed


def _opened(request: StaffRequest, found: ReviewCase, outcome: str, *, now: datetime) -> HttpResponse:
    """The panel with this person's draft in it."""
    put_back(request, found, now=now)
    typed = Typed.drafted(found, outcome, user_id=request.staff.user.pk)
    conflict = SIGNED_IN_AGAIN if request.GET.get("signed-in-again") == "1" else ""
    return _panel(request, found, outcome, typed, now=now, conflict=conflict)


def _assessed_again(
    request: StaffRequest, found: ReviewCase, outcome: str, typed: Typed, words: str, *, now: datetime
) -> HttpResponse:
    """409 with the text kept. The panel still speaks of the earlier assessment, so that sending again decides nothing unseen."""
    found.refresh_from_db()
    return _panel(
        request, found, outcome, typed, now=now, status=409, conflict=f"{words} {KEPT}", seen=typed.assessment
    )  # fmt: skip


def _is_sent_already(request: StaffRequest, found: ReviewCase, outcome: str, typed: Typed) -> bool:
    """Whether this very decision of this person is what closed the case: a double click, or an answer that got lost."""
    choice = typed.choice(outcome)
    held = (
        HeldDecision.objects.filter(
            case=found, decided_by=request.staff.user, assessment_id=choice.assessment_id, outcome=choice.outcome,
            mitigating_factor=choice.mitigating_factor, note=choice.sentence.strip(), override_reason=choice.override_reason,
        )
        .exclude(state=HeldState.CANCELLED)
        .order_by("-pk")
        .first()
    )  # fmt: skip
    if held is None or not set(choice.reasons) <= {reason["code"] for reason in held.reasons}:
        return False
    terms = held.offer or {}
    return choice.amount_minor is None or (choice.amount_minor, choice.term_months) == (
        terms.get("amount_minor"), terms.get("term_months"),
    )  # fmt: skip


def _changed_mind(request: StaffRequest, found: ReviewCase, outcome: str) -> bool:
    """Whether this outcome is not what the officer answered before they saw the earlier one: then it needs a sentence."""
    own = answer_of(found, user_id=request.staff.user.pk)
    return own is not None and not own.agrees_with(OUTCOMES[outcome])


def _may_see(request: StaffRequest, found: ReviewCase) -> bool:
    """The panels show what the score and the rules said: not before one's own answer to an appeal is given."""
    blind = blind_case(
        application_id=found.application_id, user_id=request.staff.user.pk, roles=request.roles
    )
    return blind is None


def _error_words(found: ReviewCase, refused: Exception) -> tuple[str, str]:
    """What to do about it, and the id of the field to do it in."""
    match refused:
        case DecisionIncomplete(field=name):
            return str(refused), FIELD_IDS.get(name, "")
        case AuthorityExceeded():
            return exceeded_in_words(found, refused), ""
    return str(refused), "reasons"


def _panel(
    request: StaffRequest,
    found: ReviewCase,
    outcome: str,
    typed: Typed,
    *,
    now: datetime,
    status: int = 200,
    **messages: str,
) -> HttpResponse:
    panel = PANELS[outcome](found, typed, now=now)
    stakes = panel["stakes"]
    query = read_query(request, request.POST or request.GET, now=now)
    context: dict[str, Any] = {
        "panel": panel
        | messages
        | {
            "second": second_needed(found, request.roles, stakes) if stakes else None,
            "hold_seconds": request.lender.hold_seconds,
            "changed_mind": _changed_mind(request, found, outcome),
        }
    }
    if request.headers.get("HX-Request"):
        context |= {
            "case": found,
            "application": found.application,
            "here": address(query),
            "query": query,
        }
        return render(request, "operations/panel.html", context, status=status)
    return show_case(request, found, now=now, status=status, **context)


@screen(read=OFFICERS)
def decline_preview(request: StaffRequest, number: int) -> HttpResponse:
    """What the applicant will read for the reasons ticked so far."""
    found = access_case(number=number, lender_id=request.lender.pk)
    if not _may_see(request, found):
        return HttpResponse(status=409)
    shown: Preview = preview(found, Typed.sent(request.GET).reasons)
    return render(request, "operations/preview.html", {"preview": shown})


@screen(read=OFFICERS)
def terms(request: StaffRequest, number: int) -> HttpResponse:
    """The amount and the term typed so far, worked out: payment, affordability, price, and who has to agree."""
    found = access_case(number=number, lender_id=request.lender.pk)
    if not _may_see(request, found):
        return HttpResponse(status=409)
    worked = worked_out_terms(found, Typed.sent(request.GET), now=timezone.now())
    stakes = worked["stakes"]
    second = second_needed(found, request.roles, stakes) if stakes else None
    return render(request, "operations/worked_out.html", {"worked": worked, "second": second})


def _onwards(request: StaffRequest, found: ReviewCase, *, now: datetime) -> HttpResponse:
    """The next case of the view, claimed; or the view, when nothing is left in it. Who wants to stay, stays."""
    query = read_query(request, request.POST, now=now)
    if request.staff.stays_after_decision:
        return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")
    following = take_next(
        query=query, user=request.staff.user, after=found.number, actor=actor_of(request), now=now
    )
    if following is None:
        return see_other(request, f"{reverse('queue')}?{address(query)}")
    return see_other(request, f"{reverse('case', args=[str(following)])}?{address(query)}")


@screen(write=OFFICERS)
def undo(request: StaffRequest, number: int) -> HttpResponse:
    """Take one's own held decision back and open the case again."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        undo_decision(case_id=found.pk, user=request.staff.user, actor=actor_of(request), now=now)
    except HoldOver:
        found.refresh_from_db()
        conflict = "The hold is over and the decision was let go. A change is a new decision now."
        return show_case(request, found, now=now, status=409, conflict=conflict)
    except NotClaimed:
        return show_case(
            request,
            found,
            now=now,
            status=409,
            conflict="A decision is taken back by the person who made it.",
        )
    query = read_query(request, request.POST, now=now)
    return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")
