"""The register of exceptions: the list, one exception with what became of it, asking, answering, ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.change_forms import ReasonForm
from frontend.risk.exception_forms import AskForm, as_before
from frontend.risk.pages import MANAGERS, READERS
from frontend.risk.refusals import answering_refusals, recording_strangers
from frontend.risk.words import HistoryRow
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, RISK, StaffRequest, actor_of
from review_queue.exceptions import afterwards, decisions_under, is_expiring, uses_of
from underwriting.clocks.selectors import today_of
from underwriting.enums import ActorKind, ExceptionState, Role
from underwriting.models import AuditEntry, Policy, PolicyException
from underwriting.moment import database_now
from underwriting.people.access import NotYours
from underwriting.policy.exceptions import (
    approve_exception,
    ask_exception,
    end_exception,
    exception_rules,
    record_refusal,
    turn_down_exception,
)
from underwriting.policy.selectors import access_policy
from underwriting.policy.version_rows import LifecycleRefused

SEES = READERS | OFFICERS
ANSWERS = frozenset({Role.RISK_APPROVER})
LISTED = 200
FILTERS = {"open": "Open", "expiring": "Expiring", "asked": "Asked for", "ended": "Ended", "all": "All"}
VERBS = {
    "exception.asked": "asked for it",
    "exception.approved": "approved it",
    "exception.turned_down": "turned it down",
    "exception.ended": "ended it",
    "exception.refused": "was refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An exception at this moment. `word`: Asked for, Open, Expiring, Expired, Used up, Turned down or Ended."""

    exception: PolicyException
    uses: int
    word: str
    group: str

    @property
    def is_usable(self) -> bool:
        return self.word in ("Open", "Expiring")


def _record_at_policy(request: StaffRequest, given: Mapping[str, Any], step: str, why: str) -> None:
    policy = access_policy(request.lender, given["slug"])
    record_refusal(step, policy, actor=actor_of(request), why=why, now=database_now())


def _record_at_exception(request: StaffRequest, given: Mapping[str, Any], step: str, why: str) -> None:
    exception = PolicyException.objects.filter(lender=request.lender, number=given["number"]).first()
    if exception is None:
        raise NotYours
    record_refusal(step, exception, actor=actor_of(request), why=why, now=database_now())


@screen(read=SEES)
def exception_list(request: StaffRequest) -> HttpResponse:
    """Those of the chosen group; who only decides cases is shown those that may be named now."""
    now = database_now()
    rows = [row for row in _listed(request, now) if _may_see(request, row)]
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in FILTERS else "open"
    fitting = [row for row in rows if chosen in ("all", row.group) or (chosen == "open" and row.is_usable)]
    shown = fitting[:LISTED]
    became = afterwards([row.exception for row in shown], until=today_of(request.lender, now))
    context = {
        "rows": [(row, became[row.exception.pk]) for row in shown],
        "is_cut": len(fitting) > LISTED,
        "filters": [(key, word, key == chosen) for key, word in FILTERS.items()],
        "policies": Policy.objects.filter(lender=request.lender).order_by("name")
        if Role.RISK_MANAGER in request.roles
        else (),
        "chosen": FILTERS[chosen],
        "is_risk": bool(request.roles & READERS),
    }
    return render(request, "risk/exceptions.html", context)


@screen(read=SEES)
def exception_page(request: StaffRequest, number: int) -> HttpResponse:
    return _page(request, access_exception(request, number))


@recording_strangers("ask", write=MANAGERS, record=_record_at_policy)
@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def ask(request: StaffRequest, slug: str) -> HttpResponse:
    """The form, filled in from the one that is renewed where there is one; then the request."""
    now = database_now()
    policy = access_policy(request.lender, slug)
    renewed = (request.POST or request.GET).get("renews", "")
    renews = access_exception(request, int(renewed)) if renewed.isdecimal() and len(renewed) < 10 else None
    initial = {"owner": str(request.user.public_id), **(as_before(renews) if renews else {})}
    form = AskForm(request.POST if request.method == "POST" else None, policy=policy, now=now, initial=initial)  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = ask_exception(
                policy=policy, terms=form.terms(), actor=actor_of(request), now=now, renews=renews
            )
        except LifecycleRefused as refused:
            form.add_error(None, str(refused))
        else:
            return _back(request, made, f"{made} waits for somebody else's approval.")
    context = {
        "form": form, "policy": policy, "renews": renews, "has_rules": bool(exception_rules(policy, now)),
        "has_error": bool(form.errors),
    }  # fmt: skip
    return render(request, "risk/exception_ask.html", context, status=422 if form.errors else 200)


@recording_strangers("approve", write=ANSWERS, record=_record_at_exception)
@screen(write=ANSWERS)
@answering_refusals
def approve(request: StaffRequest, number: int) -> HttpResponse:
    exception = access_exception(request, number)
    approve_exception(exception=exception, actor=actor_of(request), now=database_now())
    return _back(request, exception, f"{exception} can be named from now on.")


@recording_strangers("turn_down", write=ANSWERS, record=_record_at_exception)
@screen(write=ANSWERS)
@answering_refusals
def turn_down(request: StaffRequest, number: int) -> HttpResponse:
    exception = access_exception(request, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, exception, form)
    reason = form.cleaned_data["reason"]
    turn_down_exception(exception=exception, reason=reason, actor=actor_of(request), now=database_now())
    return _back(request, exception, f"{exception} turned down.")


@recording_strangers("end", write=RISK, record=_record_at_exception)
@screen(write=RISK)
@answering_refusals
def end(request: StaffRequest, number: int) -> HttpResponse:
    exception = access_exception(request, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, exception, form)
    reason = form.cleaned_data["reason"]
    end_exception(exception=exception, reason=reason, actor=actor_of(request), now=database_now())
    return _back(request, exception, f"{exception} ended.")


def access_exception(request: StaffRequest, number: int) -> PolicyException:
    """An exception of the lender that this person may see. Raises NotYours otherwise."""
    found = (
        PolicyException.objects.select_related("policy", "owner", "asked_by", "answered_by", "ended_by", "renews")
        .filter(lender=request.lender, number=number)
        .first()
    )  # fmt: skip
    if found is None or not _may_see(request, _row(request, found, uses_of([found]), database_now())):
        raise NotYours
    return found


def _page(request: StaffRequest, exception: PolicyException, form: ReasonForm | None = None) -> HttpResponse:
    now = database_now()
    became = afterwards([exception], until=today_of(request.lender, now))[exception.pk]
    is_asker = exception.asked_by_id == request.user.pk
    has_error = bool(form and form.errors)
    context = {
        "exception": exception, "row": _row(request, exception, uses_of([exception]), now), "afterwards": became,
        "decisions": decisions_under(exception)[:50], "history": _history(exception), "zone": request.lender.time_zone,
        "currency": request.lender.currency, "reason_form": form or ReasonForm(), "has_error": has_error,
        "is_asker": is_asker, "may_answer": Role.RISK_APPROVER in request.roles,
        "may_end": bool(request.roles & RISK) and exception.state in (ExceptionState.ASKED, ExceptionState.OPEN),
        "may_ask": Role.RISK_MANAGER in request.roles, "may_open_cases": bool(request.roles & OFFICERS),
    }  # fmt: skip
    return render(request, "risk/exception.html", context, status=422 if has_error else 200)


def _listed(request: StaffRequest, now: datetime) -> list[Listed]:
    found = list(
        PolicyException.objects.filter(lender=request.lender)
        .select_related("policy", "owner")
        .order_by("-number")
    )
    uses = uses_of(found)
    return [_row(request, one, uses, now) for one in found]


def _row(request: StaffRequest, exception: PolicyException, uses: dict[int, int], now: datetime) -> Listed:
    used = uses.get(exception.pk, 0)
    word, group = _state(exception, used, today_of(request.lender, now))
    return Listed(exception=exception, uses=used, word=word, group=group)


def _state(exception: PolicyException, used: int, today: date) -> tuple[str, str]:
    """What it is at this moment in a word, and the filter that shows it."""
    if exception.state == ExceptionState.ASKED:
        return "Asked for", "asked"
    if exception.state != ExceptionState.OPEN:
        return ("Turned down" if exception.state == ExceptionState.TURNED_DOWN else "Ended"), "ended"
    if exception.until < today:
        return "Expired", "ended"
    if used >= exception.uses_max:
        return "Used up", "ended"
    return ("Expiring", "expiring") if is_expiring(exception, today=today) else ("Open", "open")


def _may_see(request: StaffRequest, row: Listed) -> bool:
    return bool(request.roles & READERS) or row.is_usable


def _history(exception: PolicyException) -> Sequence[HistoryRow]:
    entries = AuditEntry.objects.filter(
        lender_id=exception.lender_id, object_type="policy_exception", object_id=str(exception.pk)
    ).order_by("-id")[:60]
    return [
        HistoryRow(
            occurred_at=entry.occurred_at, who=entry.actor_name, is_machine=entry.actor_kind == ActorKind.SYSTEM,
            sentence=VERBS[entry.action], reason=entry.reason,
        )
        for entry in entries
    ]  # fmt: skip


def _back(request: StaffRequest, exception: PolicyException, text: str) -> HttpResponse:
    messages.success(request, text)
    return HttpResponseRedirect(reverse("exception", args=[exception.number]))
