"""The page of a change request: what it changes, what it would do, who said yes to exactly this, and what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from frontend.risk.backtest_words import result_of, rule_names
from frontend.risk.change_forms import ActivationForm, CommentForm, ReasonForm, ReviewForm, SubmitForm
from frontend.risk.change_tabs import TABS, blocks_of
from frontend.risk.check_words import state_in_words
from frontend.risk.consequences import consequences
from frontend.risk.effect import effect_in_words
from frontend.risk.pages import ACTIVATORS, APPROVERS, MANAGERS, READERS
from frontend.risk.words import changes_between, checks_of, complaints_about, history, in_words, plural
from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, StaffRequest
from underwriting.effect.read import effect_of
from underwriting.enums import Outcome, PolicyState, RolloutMode
from underwriting.models import PolicyRollout, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.approvals import Standing, standing_of
from underwriting.policy.comments import comments_of
from underwriting.policy.emergencies import review_due_at
from underwriting.policy.open_offers import OffersAtStake, offers_at_stake
from underwriting.policy.rebase import Clash, rebase
from underwriting.policy.rollouts import disagreement
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import access_version, state_at, version_before, version_in_force
from underwriting.policy.version_rows import ReferenceMissing, require_reference
from underwriting.policy.watch import watch_of
from underwriting.policy.whole_check import CheckState, with_whole_check

WAITING = (PolicyState.DRAFT, PolicyState.SUBMITTED, PolicyState.APPROVED)

UNCHECKED = (CheckState.NOT_CHECKED, CheckState.FAILED)


@dataclass(frozen=True, slots=True)
class Typed:
    """Forms that come back with what was typed and what is wrong with it."""

    reason: ReasonForm | None = None
    submission: SubmitForm | None = None
    activation: ActivationForm | None = None
    comment: CommentForm | None = None
    review: ReviewForm | None = None

    @property
    def has_errors(self) -> bool:
        forms = (self.reason, self.submission, self.activation, self.comment, self.review)
        return any(form is not None and form.errors for form in forms)


@screen(read=READERS)
def change_page(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    return page(request, access_version(request.lender, slug, number), Typed())


def page(request: StaffRequest, version: PolicyVersion, typed: Typed) -> HttpResponse:
    """The whole page, 422 where a form comes back."""
    now = database_now()
    live = version_in_force(version.policy, now)
    base = _base(version, live)
    state = state_at(version, in_force=live)
    tab = request.GET.get("tab") or request.POST.get("tab") or "words"
    context = {
        "version": version,
        "policy": version.policy,
        "state": state,
        "live": live,
        "base": base,
        "words": in_words(version.document),
        "zone": request.lender.time_zone,
        "history": history(version.policy, [version]),
        "has_error": typed.has_errors,
        **_difference(version, base, tab, typed),
        **_rights(request, version),
        **_next(request, version, live, state=state, typed=typed, now=now),
    }
    if context["tab"] == "effect":
        context |= _backtested(version, context["standing"])
    return render(request, "risk/change.html", context, status=422 if typed.has_errors else 200)


def _base(version: PolicyVersion, live: PolicyVersion | None) -> PolicyVersion | None:
    """What the change is read against: what it was based on; for a rollback, what it takes back."""
    base = version.undoes or version.based_on or live
    return base if base is not None and base.pk != version.pk else None


def _difference(version: PolicyVersion, base: PolicyVersion | None, tab: str, typed: Typed) -> dict[str, Any]:
    known = tab if tab in TABS else "words"
    before = base.document if base is not None else version.document
    blocks, elsewhere = blocks_of(known, before, version.document, comments_of(version))
    return {
        "tab": known,
        "tabs": TABS,
        "blocks": blocks,
        "other_comments": elsewhere,
        "change_count": len(changes_between(before, version.document)),
        "comment_form": typed.comment or CommentForm(),
    }


def _rights(request: StaffRequest, version: PolicyVersion) -> dict[str, bool]:
    return {
        "is_author": version.author_id == request.user.pk,
        "may_edit": bool(request.roles & MANAGERS),
        "may_approve": bool(request.roles & APPROVERS),
        "may_activate": bool(request.roles & ACTIVATORS),
        "may_review": bool(request.roles & (APPROVERS | AUDITORS)),
    }


def _next(
    request: StaffRequest,
    version: PolicyVersion,
    live: PolicyVersion | None,
    *,
    state: PolicyState,
    typed: Typed,
    now: datetime,
) -> dict[str, Any]:
    is_waiting = state in WAITING
    standing = standing_of(version, live) if is_waiting else None
    is_draft = state is PolicyState.DRAFT
    whole = with_whole_check(version, complaints_about(version.document)) if is_draft else None
    found = checks_of(version.document, whole.complaints, whole.said) if whole else []
    warnings = [c for c in whole.complaints if not c.blocks] if whole else []
    return {
        "standing": standing,
        "is_wanted": standing is not None and standing.wants(request.roles),
        "effect": _effect(version, live) if is_waiting else "",
        "at_stake": _at_stake(version, state),
        "clashes": _clashes(version, live) if is_waiting else None,
        "checks": found,
        "check_state": state_in_words(whole) if whole else "",
        "may_check_again": whole is not None and whole.state in UNCHECKED,
        "is_blocked": any(check.blocks for check in found),
        "reference": _reference(version) if is_waiting and not is_draft else None,
        "reason_form": typed.reason or ReasonForm(),
        "submit_form": typed.submission
        or SubmitForm(
            warnings=warnings, initial={"reason": version.reason, "ticket": version.ticket or None}
        ),
        "activation": typed.activation or activation_form(request, version, live),
        "review_form": typed.review or ReviewForm(),
        "is_scheduled": state is PolicyState.APPROVED and version.active_from is not None,
        "trial": _trial(version, live, now),
        "watch": watch_of(version, now) if state is PolicyState.ACTIVE else None,
        "before_it": version_before(version) if state is PolicyState.ACTIVE else None,
        "review_due_at": review_due_at(version),
        "review": getattr(version, "emergency_review", None),
        "is_overdue": _is_overdue(version, now),
    }


def _effect(version: PolicyVersion, live: PolicyVersion | None) -> str:
    """What the version would have done to past applications; empty while it is weighed, or with nothing to weigh it on."""
    return effect_in_words(effect_of(version.policy, live.document if live else None, version.document))


def _is_overdue(version: PolicyVersion, now: datetime) -> bool:
    due = review_due_at(version)
    return due is not None and due <= now


def _clashes(version: PolicyVersion, live: PolicyVersion | None) -> tuple[Clash, ...] | None:
    """The clashes with a version that came into force after the draft was begun; None where nothing moved."""
    base = version.based_on
    if live is None or base is None or live.pk == base.pk or version.undoes_id is not None:
        return None
    merged = rebase(base.document, version.document, live.document, {})
    return merged if isinstance(merged, tuple) else ()


def _backtested(version: PolicyVersion, standing: Standing | None) -> dict[str, Any]:
    """What the backtest that stands for this document found, for the tab of the effect."""
    backtest = standing.backtest if standing is not None else None
    if backtest is None or not backtest.summary:
        return {}
    names = rule_names(backtest.live_version, backtest.document)
    return {
        "backtest": backtest,
        "result": result_of(backtest, currency=version.document["currency"], names=names),
    }


def _trial(version: PolicyVersion, live: PolicyVersion | None, now: datetime) -> dict[str, Any] | None:
    """The trial of this version that is open, with what it found so far."""
    rollout: PolicyRollout | None = version.rollouts.filter(ended_at=None).select_related("against").first()
    if rollout is None:
        return None
    rows = disagreement(rollout) if rollout.mode == RolloutMode.SHADOW else []
    total = sum(sum(counts) for _, counts in rows)
    differ = sum(
        n for live_, counts in rows for shadow, n in zip(Outcome, counts, strict=True) if live_ != shadow
    )
    return {
        "rollout": rollout,
        "is_running": rollout.until > now and live is not None and rollout.against_id == live.pk,
        "is_shadow": rollout.mode == RolloutMode.SHADOW,
        "rows": rows,
        "outcomes": [outcome.value.capitalize() for outcome in Outcome],
        "sentence": f"The two differ on {differ:,} of {plural(total, 'application', 'applications')}.",
    }


def _at_stake(version: PolicyVersion, state: PolicyState) -> OffersAtStake | None:
    """Open offers against a version that may still come into force; nothing where its document cannot be read."""
    if state not in WAITING:
        return None
    try:
        return offers_at_stake(version)
    except PolicyRefused:
        return None


def _reference(version: PolicyVersion) -> dict[str, Any]:
    """Whether the reference sample is there and fits, in words."""
    try:
        sample = require_reference(version)
    except ReferenceMissing as missing:
        return {
            "is_ready": False,
            "sentence": str(missing),
            "is_drawing": version.reference_sample_id is None,
        }
    size = plural(len(sample.rows), "person", "people")
    return {
        "is_ready": True,
        "sentence": f"{size} at or just above {sample.approve_cut_off}, model {sample.model_version}.",
    }


def activation_form(
    request: StaffRequest, version: PolicyVersion, live: PolicyVersion | None, data: Any = None
) -> ActivationForm:
    return ActivationForm(data, consequences=consequences(version, live), zone=request.lender.time_zone)
