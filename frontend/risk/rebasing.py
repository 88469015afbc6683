"""A draft on top of a version that came into force meanwhile: what comes along, what clashes, and the choice between the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals, recording_strangers
from frontend.risk.words import changes_between
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.lifecycle import rebase_version
from underwriting.policy.piece_words import piece_in_words
from underwriting.policy.rebase import Clash, rebase
from underwriting.policy.selectors import access_version, version_in_force
from underwriting.policy.version_rows import Clashing, WrongState


@dataclass(frozen=True, slots=True)
class ClashRow:
    """A clash with its three sides in words, and what was chosen so far."""

    clash: Clash
    base: str
    mine: str
    live: str
    choice: str


@recording_strangers("rebase", write=MANAGERS)
@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def rebase_page(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """Show the three sides; with a choice for each clash, make the draft again on the version in force."""
    version = access_version(request.lender, slug, number)
    live = version_in_force(version.policy, database_now())
    if live is None or version.based_on is None or live.pk == version.based_on_id:
        raise WrongState("The version in force is still the one that this draft was based on.")
    choices = {
        key.removeprefix("choice:"): str(value)
        for key, value in request.POST.items()
        if key.startswith("choice:")
    }
    if request.method != "POST":
        return _page(request, version, live, choices)
    try:
        rebased = rebase_version(
            version=version,
            choices=choices,
            expected_sha256=request.POST.get("sha256", ""),
            expected_live=int(
                request.POST.get("live", "0") if request.POST.get("live", "").isdecimal() else 0
            ),
            actor=actor_of(request),
            now=database_now(),
        )
    except Clashing as clashing:
        return _page(request, version, live, choices, error=str(clashing))
    messages.success(request, f"v{rebased.number} is a draft on v{live.number} now. Run its backtest again.")
    return HttpResponseRedirect(reverse("policy-change", args=[slug, number]))


def _page(
    request: StaffRequest,
    version: PolicyVersion,
    live: PolicyVersion,
    choices: dict[str, str],
    error: str = "",
) -> HttpResponse:
    base: Any = version.based_on
    merged = rebase(base.document, version.document, live.document, {})
    clashes = merged if isinstance(merged, tuple) else ()
    rows = [
        ClashRow(
            clash=clash,
            base=piece_in_words(base.document, clash.path, clash.base),
            mine=piece_in_words(version.document, clash.path, clash.mine),
            live=piece_in_words(live.document, clash.path, clash.live),
            choice=choices.get(clash.key, ""),
        )
        for clash in clashes
    ]
    context = {
        "version": version,
        "policy": version.policy,
        "base": base,
        "live": live,
        "rows": rows,
        "error": error,
        "mine": changes_between(base.document, version.document),
        "theirs": changes_between(base.document, live.document),
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/rebase.html", context, status=422 if error else 200)
