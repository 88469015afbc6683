"""Are the reasons the reasons: what the proof of each decline and counteroffer found, month by month."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from explanations.fidelity import failed_proofs, fidelity, why_held
from frontend.risk.watching import watched_versions
from frontend.session.gate import screen
from frontend.session.staff import LEADS, RISK, StaffRequest
from underwriting.enums import Role
from underwriting.moment import database_now

READERS = RISK | LEADS


@screen(read=READERS)
def reasons(request: StaffRequest) -> HttpResponse:
    """Rates of this lender by month, and the decisions whose reasons failed a test."""
    context = {
        "months": fidelity(request.lender, now=timezone.now()),
        "failures": [
            {"proof": proof, "application": proof.assessment.application, "sentences": why_held(proof)}
            for proof in failed_proofs(request.lender)
        ],
        "watched": watched_versions(request.lender, database_now()),
        "may_open_policies": bool(request.roles & RISK),
        "may_edit": Role.RISK_MANAGER in request.roles,
        "zone": request.lender.time_zone,
    }
    return render(request, "monitoring/reasons.html", context)
