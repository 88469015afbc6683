"""A refused change of a policy, as a page with a status that says what kind of refusal it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import Role
from underwriting.moment import database_now
from underwriting.policy.leases import SectionHeld
from underwriting.policy.refused_attempts import record_refusal
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import access_version
from underwriting.policy.version_rows import (
    ApprovalStale,
    BacktestMissing,
    Clashing,
    DraftChanged,
    LifecycleRefused,
    NotAllowed,
    ReferenceMissing,
    WrongState,
)

P = ParamSpec("P")


def status_of(refused: Exception) -> int:
    """403 the wrong person, 409 something changed or is not ready, 422 what was typed."""
    if isinstance(refused, NotAllowed):
        return 403
    if isinstance(
        refused,
        (WrongState, DraftChanged, SectionHeld, ReferenceMissing, BacktestMissing, ApprovalStale, Clashing),
    ):
        return 409
    return 422


def answering_refusals(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Decorate a view of one policy or of the register of exceptions: what the lifecycle refuses becomes a page that says why, and that nothing was changed."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except (LifecycleRefused, PolicyRefused) as refused:
            request: Any = args[0]
            if "rule_id" in kwargs and request.headers.get("HX-Request"):
                return _refusal_in_place(request, refused, slug=str(kwargs["slug"]), number=kwargs["number"])
            return refusal(request, refused, slug=kwargs.get("slug"))

    return answered


def _record_at_version(request: StaffRequest, given: Mapping[str, Any], step: str, why: str) -> None:
    version = access_version(request.lender, given["slug"], given["number"])
    record_refusal(step, version, actor=actor_of(request), why=why, now=database_now())


def recording_strangers(
    step: str,
    *,
    write: frozenset[Role],
    record: Callable[[StaffRequest, Mapping[str, Any], str, str], None] = _record_at_version,
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Decorate the gate of a step that needs a second person: who tries it at this lender without the role is written down.

    `record` takes the request, the arguments of the view, the step and why.
    """

    def decorate(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def watched(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request: Any = args[0]
            if request.method == "POST" and request.staff is not None and not request.roles & write:
                why = f"Tried without the role: {', '.join(sorted(role.value for role in request.roles))}."
                record(request, kwargs, step, why)
            return view(*args, **kwargs)

        return watched

    return decorate


def refusal(
    request: StaffRequest, refused: LifecycleRefused | PolicyRefused, *, slug: object
) -> HttpResponse:
    """The page that says why nothing was changed, with the way back: to the policy, without one to the exceptions."""
    complaints = refused.complaints if isinstance(refused, PolicyRefused) else ()
    back = reverse("policy", args=[slug]) if slug else reverse("exceptions")
    sentence = "The checks below have to pass first." if complaints else str(refused)
    context = {"sentence": sentence, "complaints": complaints, "back": back}
    return render(request, "risk/refused.html", context, status=status_of(refused))


def _refusal_in_place(
    request: StaffRequest, refused: LifecycleRefused | PolicyRefused, *, slug: str, number: object
) -> HttpResponse:
    """A sentence above the rules of the open editor, which keep what is typed in them."""
    context = {"sentence": str(refused), "back": reverse("policy-draft", args=[slug, number])}
    response = render(request, "risk/_refused.html", context, status=status_of(refused))
    response["HX-Retarget"], response["HX-Reswap"] = "#rules-refused", "innerHTML"
    return response
