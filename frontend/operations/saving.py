"""S03: the saved views of the review queue (Q-3): saved, saved as new, reset, deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.context import see_other
from frontend.operations.params import address, read_query
from frontend.operations.queue import queue_context
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from review_queue.actions.saved_views import (
    NotTheOwner,
    ViewNotSaved,
    change_view,
    delete_view,
    save_view,
)
from review_queue.models import SavedView
from review_queue.queue import QueueQuery
from review_queue.saved_views import access_saved_view, as_saved
from review_queue.selectors import view_counts

SAVERS = OFFICERS | LEADS
TYPED_CHARACTERS_MAX = 200
NOT_YOURS = "This view belongs to somebody else. Save yours under a name of your own."


@screen(write=SAVERS)
def save_as_new(request: StaffRequest) -> HttpResponse:
    """Keep the page under a new name."""
    now = timezone.now()
    query = read_query(request, request.POST, now=now)
    name = request.POST.get("name", "").replace("\x00", "")[:TYPED_CHARACTERS_MAX]
    shared = bool(request.POST.get("shared"))
    try:
        view = save_view(
            lender=request.lender, owner=request.staff.user, name=name, is_shared=shared, query=query,
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except ViewNotSaved as refused:
        return _again(request, query, str(refused), name=name, shared=shared, now=now)
    return _to(request, as_saved(view, query))


@screen(write=SAVERS)
def save(request: StaffRequest, key: int) -> HttpResponse:
    """Let the view stand for the page as it is now."""
    now = timezone.now()
    query = read_query(request, request.POST, now=now)
    view = _access(request, key)
    try:
        view = change_view(
            view_id=view.pk, user=request.staff.user, query=query, actor=actor_of(request), now=now
        )
    except NotTheOwner:
        return _again(request, query, NOT_YOURS, now=now)
    return _to(request, as_saved(view, query))


@screen(write=SAVERS)
def delete(request: StaffRequest, key: int) -> HttpResponse:
    """Take the view away; the page stays as it is."""
    now = timezone.now()
    query = read_query(request, request.POST, now=now)
    view = _access(request, key)
    try:
        delete_view(view_id=view.pk, user=request.staff.user, actor=actor_of(request), now=now)
    except NotTheOwner:
        return _again(request, query, NOT_YOURS, now=now)
    return _to(request, replace(query, saved=""))


def _access(request: StaffRequest, key: int) -> SavedView:
    return access_saved_view(key=key, lender_id=request.lender.pk, user_id=request.staff.user.pk)


def _to(request: StaffRequest, query: QueueQuery) -> HttpResponse:
    return see_other(request, f"{reverse('queue')}?{address(query)}")


def _again(
    request: StaffRequest,
    query: QueueQuery,
    error: str,
    *,
    name: str = "",
    shared: bool = False,
    now: datetime,
) -> HttpResponse:
    """The same page with what was typed, and why it was not saved."""
    context = queue_context(request, query, view_counts(query, now=now), now=now)
    context |= {"save_error": error, "typed_name": name, "typed_shared": shared}
    return render(request, "operations/queue.html", context, status=422)
