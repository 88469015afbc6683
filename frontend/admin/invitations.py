"""Where an invited person accepts: with a first password, or signed in to the account they have."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from frontend.admin.area import sent
from frontend.admin.forms import PasswordForm
from frontend.session.staff import LENDER_SESSION_KEY
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind
from underwriting.models import User
from underwriting.people import invitations
from underwriting.people.invitations import Invitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation. Who holds the link alone, or the account alone, gets nothing of the lender."""
    found = invitations.find_invitation(token=token, now=timezone.now())
    response = _over(request) if found is None else _accept(request, found)
    # Not "no-referrer": under that a browser posts the form with "Origin: null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _accept(request: HttpRequest, found: Invitation) -> HttpResponse:
    try:
        if isinstance(request.user, User):
            return _join(request, found, request.user)
        if invitations.has_account(found.user):
            return _to_sign_in(request)
        return _open_account(request, found)
    except invitations.OtherAccount:
        # The same page whether or not the invited person has an account, and without a word about them.
        return render(request, "admin/invitation_other.html", status=403)
    except invitations.AccountThere:
        return _to_sign_in(request)
    except invitations.InvitationOver:
        return _over(request)


def _join(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    """A page with one button, for the person themselves."""
    if user.pk != found.user.pk:
        raise invitations.OtherAccount("this invitation is for another account")
    if request.method != "POST":
        return render(request, "admin/invitation_join.html", {"invitation": found})
    invitations.join_lender(
        invitation=found, user=user, actor=_actor(request, user, user.name), now=timezone.now()
    )
    request.session[LENDER_SESSION_KEY] = found.lender.pk
    messages.success(request, f"You have joined {found.lender.name}.")
    return HttpResponseRedirect("/", status=303)


def _open_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    """The first password; the second step follows at the first sign-in."""
    form = PasswordForm(sent(request), user=User(email=found.user.email, name=found.name))
    if request.method == "POST" and form.is_valid():
        invitations.open_account(
            invitation=found, password=form.cleaned_data["password"],
            actor=_actor(request, found.user, found.name), now=timezone.now(),
        )  # fmt: skip
        return redirect("sign-in")
    context = {"form": form, "invitation": found}
    return render(request, "admin/invitation.html", context, status=422 if form.errors else 200)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in and come back. The slashes stay slashes: the log filter knows the link by them."""
    query = urlencode({"next": request.path}, safe="/")
    return HttpResponseRedirect(f"{reverse('sign-in')}?{query}")


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "admin/invitation_over.html", status=404)


def _actor(request: HttpRequest, user: User, name: str) -> Actor:
    return Actor(
        kind=ActorKind.USER, user_id=user.pk, name=name, request_id=request_id(request),
        ip_address=request.META.get("REMOTE_ADDR") or None,
    )  # fmt: skip
