"""Where an invited person chooses a password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from frontend.admin.area import sent
from frontend.admin.forms import PasswordForm
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind
from underwriting.people import staffing


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, encoded: str, token: str) -> HttpResponse:
    """Where an invited person chooses a password; the second step follows at the first sign-in."""
    user = staffing.invited_person(encoded=encoded, token=token)
    if user is None:
        response = render(request, "admin/invitation_over.html", status=404)
    else:
        form = PasswordForm(sent(request), user=user)
        if request.method == "POST" and form.is_valid():
            actor = Actor(
                kind=ActorKind.USER, user_id=user.pk, name=user.name, request_id=request_id(request),
                ip_address=request.META.get("REMOTE_ADDR") or None,
            )  # fmt: skip
            staffing.accept_invitation(
                user=user, password=form.cleaned_data["password"], actor=actor, now=timezone.now()
            )
            return redirect("sign-in")
        context = {"form": form, "person": user}
        response = render(request, "admin/invitation.html", context, status=422 if form.errors else 200)
    # Not "no-referrer": under that a browser posts the form with "Origin: null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
