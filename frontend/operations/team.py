"""S07: the team board, for leads."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.context import desk_context, see_other
from frontend.operations.dossier import KIND_WORDS
from frontend.operations.words import Due, due_words, span_words
from frontend.session.gate import screen
from frontend.session.staff import LEADS, StaffRequest, actor_of
from review_queue.actions.skills import LANGUAGES, SkillsRefused, products_of, set_skills
from review_queue.actions.skip import SKIP_WORDS
from review_queue.models import Skill
from review_queue.team import Pace, Pressing, pace, pressing, shares, skip_reasons

FEW = 30


@dataclass(frozen=True, slots=True)
class Line:
    row: Pressing
    due: Due


@screen(read=LEADS)
def team(request: StaffRequest) -> HttpResponse:
    """What presses, who has what, why cases were passed by, how long deciding takes."""
    return _board(request)


@screen(write=LEADS)
def skills(request: StaffRequest) -> HttpResponse:
    """What one person knows: products and languages."""
    try:
        set_skills(
            lender=request.lender, person=request.POST.get("person", ""), products=request.POST.getlist("products")[:40],
            languages=request.POST.getlist("languages")[:10], roles=request.roles, actor=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except SkillsRefused as refused:
        return _board(request, status=422, error=str(refused))
    return see_other(request, "/team/#skills")


def _board(request: StaffRequest, *, status: int = 200, error: str = "") -> HttpResponse:
    now = timezone.now()
    lender_id, zone = request.lender.pk, request.lender.time_zone
    known: dict[int, set[str]] = {}
    for row in Skill.objects.filter(lender_id=lender_id):
        known.setdefault(row.user_id, set()).add(row.value)
    people = shares(lender_id=lender_id, now=now)
    found = pace(lender_id=lender_id, now=now)
    context = desk_context(request, now=now) | {
        "error": error,
        "lines": [
            Line(row, due_words(row.due_at, now=now, zone=zone))
            for row in pressing(lender_id=lender_id, now=now)
        ],
        "shares": people,
        "skips": [
            (SKIP_WORDS[reason], count) for reason, count in skip_reasons(lender_id=lender_id, now=now)
        ],
        "medians": [(KIND_WORDS[kind], span_words(median), count) for kind, median, count in found.medians],
        "quick": _quick_words(found),
        "is_automatic": request.lender.assigns_automatically,
        "known": [(share.user, known.get(share.user.pk, set())) for share in people],
        "products": products_of(request.lender),
        "languages": LANGUAGES,
    }
    return render(request, "operations/team.html", context, status=status)


def _quick_words(found: Pace) -> str:
    """A rate of fewer than 30 is told as it was counted."""
    if not found.decided:
        return ""
    if found.decided < FEW:
        return f"{found.quick} of {found.decided}"
    return f"{found.quick / found.decided:.1%} of {found.decided:,}"
