"""Remarks on lines of a change: made, and dealt with."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from frontend.risk.change_forms import CommentForm
from frontend.risk.change_page import Typed, page
from frontend.risk.change_tabs import blocks_of
from frontend.risk.pages import READERS
from frontend.risk.refusals import answering_refusals
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.comments import comment_on, resolve_comment
from underwriting.policy.selectors import access_version, version_in_force
from underwriting.policy.version_rows import DraftChanged


@screen(write=READERS)
@answering_refusals
def comment(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return page(request, version, Typed(comment=form))
    tab, anchor = form.cleaned_data["tab"], form.cleaned_data["anchor"]
    comment_on(
        version=version,
        anchor=anchor,
        quote=_line(version, tab, anchor),
        text=form.cleaned_data["text"],
        actor=actor_of(request),
        now=database_now(),
    )
    messages.success(request, "Comment kept.")
    return _back(version, tab)


def _line(version: PolicyVersion, tab: str, anchor: str) -> str:
    """The line as it reads now. Raises DraftChanged for one that is not there any more."""
    base = version.undoes or version.based_on or version_in_force(version.policy, database_now()) or version
    blocks, _ = blocks_of(tab, base.document, version.document, [])
    for block in blocks:
        if block.anchor and block.anchor == anchor:
            return block.quote
    raise DraftChanged("The line you commented on is not there any more. Look again.")


@screen(write=READERS)
@answering_refusals
def resolve(request: StaffRequest, slug: str, number: int, comment_id: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    found = version.comments.select_related("version__policy").filter(pk=comment_id).first()
    if found is None:
        raise Http404
    resolve_comment(comment=found, actor=actor_of(request), now=database_now())
    messages.success(request, "Comment resolved.")
    return _back(version, request.POST.get("tab", "words"))


def _back(version: PolicyVersion, tab: str) -> HttpResponse:
    url = reverse("policy-change", args=[version.policy.slug, version.number])
    return HttpResponseRedirect(f"{url}?tab={tab if tab.isalpha() else 'words'}")
