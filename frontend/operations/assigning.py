"""Giving many cases to one person: chosen, looked at, done, and taken back for ten seconds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.context import desk_context, see_other
from frontend.operations.params import address, read_query
from frontend.session.gate import screen
from frontend.session.staff import LEADS, ROLE_WORDS, StaffRequest, actor_of
from review_queue.actions.assign import (
    UNDO,
    assign_cases,
    cases_of,
    preview,
    undo_assignment,
)
from review_queue.assignment import ASSIGN_MAX
from review_queue.models import Handover, ReviewCase
from review_queue.permissions import DECIDERS
from review_queue.transitions import HoldOver
from review_queue.workers import workers_of
from underwriting.models import User

NUMBERS_MAX = 200
NOBODY = "Choose to whom."
NOTHING = "Choose at least one case."


@screen(write=LEADS)
def assign(request: StaffRequest) -> HttpResponse:
    """A POST without `confirm` shows what would happen; with it, it happens."""
    now = timezone.now()
    query = read_query(request, request.POST, now=now)
    is_all = request.POST.get("all") == "1"
    numbers = _numbers(request)
    ids = cases_of(query, now=now) if is_all else _keys(request, numbers)
    to = _person(request)
    context: dict[str, Any] = desk_context(request, now=now) | {
        "query": query,
        "here": address(query),
        "numbers": numbers,
        "is_all": is_all,
        "chosen": len(ids),
        "most": ASSIGN_MAX,
        "people": people(request),
        "to": to,
    }
    if to is None or not ids:
        context["error"], context["error_at"] = (NOTHING, "") if not ids else (NOBODY, "assign-to")
        return render(request, "operations/assign.html", context, status=422)
    if "confirm" in request.POST:
        given = assign_cases(
            lender_id=request.lender.pk, case_ids=ids, to=to, by=request.staff.user, roles=request.roles, actor=actor_of(request), now=now,
        )  # fmt: skip
        if given is not None and given.plan.cases:
            path = reverse("queue-assigned", args=[given.batch])
            return see_other(request, f"{path}?{address(query)}")
    context["plan"] = preview(lender_id=request.lender.pk, case_ids=ids, to=to, now=now)
    return render(request, "operations/assign.html", context)


@screen(read=LEADS, write=LEADS)
def assigned(request: StaffRequest, batch: UUID) -> HttpResponse:
    """What was given to whom, for whoever gave it alone. A POST takes it back, while there is time."""
    now = timezone.now()
    query = read_query(request, request.POST or request.GET, now=now)
    mine = Handover.objects.filter(lender=request.lender, batch=batch, by=request.staff.user)
    rows = list(mine.select_related("to_user", "case").order_by("case__due_at", "pk"))
    if not rows:
        raise Http404
    context: dict[str, Any] = desk_context(request, now=now) | {
        "query": query,
        "here": address(query),
        "batch": batch,
        "rows": rows,
        "undo_until": rows[0].at + UNDO,
        "can_undo": rows[0].at + UNDO > now,
    }
    if request.method == "POST":
        try:
            context["taken_back"] = undo_assignment(
                lender_id=request.lender.pk, batch=batch, by=request.staff.user, actor=actor_of(request), now=now
            )  # fmt: skip
            context["can_undo"] = False
        except HoldOver:
            context["error"] = "The ten seconds are over. Give the cases to somebody else instead."
            return render(request, "operations/assigned.html", context, status=409)
    return render(request, "operations/assigned.html", context)


def people(request: StaffRequest) -> list[tuple[str, str]]:
    """Everybody who decides here: the form's value, and the name with what they are."""
    return [
        (
            str(worker.user.public_id),
            f"{worker.user.name}, {', '.join(ROLE_WORDS[role] for role in sorted(worker.roles & DECIDERS))}",
        )
        for worker in workers_of(request.lender.pk)
    ]


def _numbers(request: StaffRequest) -> list[int]:
    sent = request.POST.getlist("case")[:NUMBERS_MAX]
    return [int(text) for text in sent if text.isdecimal() and len(text) < 10]


def _keys(request: StaffRequest, numbers: list[int]) -> list[int]:
    found = ReviewCase.objects.filter(lender=request.lender, number__in=numbers)
    return list(found.order_by("due_at", "pk").values_list("pk", flat=True))


def _person(request: StaffRequest) -> User | None:
    wanted = request.POST.get("to", "")
    found = (worker.user for worker in workers_of(request.lender.pk))
    return next((user for user in found if str(user.public_id) == wanted), None)
