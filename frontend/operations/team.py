"""S07: the team board, for leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.authority_words import unconfirmed_in_words
from frontend.operations.context import desk_context, see_other
from frontend.operations.dossier import KIND_WORDS
from frontend.operations.words import Due, due_words, rate_words, span_words
from frontend.session.gate import screen
from frontend.session.staff import LEADS, StaffRequest, actor_of
from review_queue.actions.skills import LANGUAGES, SkillsRefused, products_of, set_skills
from review_queue.actions.skip import SKIP_WORDS
from review_queue.models import Skill
from review_queue.overrides import override_rate
from review_queue.referrals import referring_rules
from review_queue.second_approvers import unconfirmed
from review_queue.team import LOOKED_BACK, Pressing, pace, pressing, shares, skip_reasons
from underwriting.enums import Role
from underwriting.models import Membership

MANAGERS_NAMED = 6


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
        "quick": rate_words(found.quick, found.decided),
        "unconfirmed": unconfirmed_in_words(unconfirmed(lender_id=lender_id, now=now)),
        **_against(request, now=now),
        "is_automatic": request.lender.assigns_automatically,
        "known": [(share.user, known.get(share.user.pk, set())) for share in people],
        "products": products_of(request.lender),
        "languages": LANGUAGES,
    }
    return render(request, "operations/team.html", context, status=status)


def _against(request: StaffRequest, *, now: datetime) -> dict[str, Any]:
    """How often people decide against the system, what the referral rules send them, and who can pause one."""
    lender_id = request.lender.pk
    rate = override_rate(lender_id=lender_id, since=now - LOOKED_BACK, until=now)
    managers = Membership.objects.filter(
        lender_id=lender_id, role=Role.RISK_MANAGER, user__is_active=True
    ).order_by("user__name")
    return {
        "overrides": [
            ("Approved where the system would not", rate_words(rate.low_side, rate.system_declines)),
            ("Declined where the system would approve", rate_words(rate.high_side, rate.system_approvals)),
        ],
        "rules": [
            (rule, rate_words(rule.referred, rule.assessed))
            for rule in referring_rules(lender_id=lender_id, now=now)
        ],
        "may_pause": Role.RISK_MANAGER in request.roles,
        "managers": list(managers.values_list("user__name", flat=True)[:MANAGERS_NAMED]),
    }
