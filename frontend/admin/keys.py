"""S26: partner channels and their API keys. A key's text is shown once, in the answer that made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, saved, sections, sent
from frontend.admin.forms import SCOPE_CHOICES, ClientForm, KeyForm, ReasonForm
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.api.keys import (
    LIVE_KEYS_A_CLIENT,
    IssuedKey,
    KeyNotLive,
    TooManyKeys,
    issue_key,
    live_keys,
    revoke_key,
)
from underwriting.enums import Scope
from underwriting.models import ApiClient, ApiKey, Application
from underwriting.people.access import access_client, access_key
from underwriting.people.channels import CodeTaken, create_client

TRAFFIC_WINDOW = timedelta(hours=24)
CLOSED_KEYS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the list shows it."""

    key: ApiKey
    can: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client with its keys, live ones first."""

    client: ApiClient
    keys: tuple[KeyRow, ...]
    may_get_another: bool

    @property
    def requests_in_words(self) -> str:
        return f"{self.client.requests_per_minute:,}"


@screen(read=LOOKERS)
def keys(request: StaffRequest) -> HttpResponse:
    """Clients and keys."""
    return _keys_page(request, ClientForm())


@screen(write=ADMINS)
def add_client(request: StaffRequest) -> HttpResponse:
    """Add a partner channel, still without a key."""
    form = ClientForm(request.POST)
    if form.is_valid():
        try:
            client = create_client(
                lender=request.lender, actor=actor_of(request), now=timezone.now(), **form.cleaned_data
            )
        except CodeTaken:
            form.add_error("code", "There is a client with this code already")
        else:
            return saved(request, f"{client.name} added. Make its first key now.", "admin-keys")
    return _keys_page(request, form, status=422)


@screen(read=ADMINS, write=ADMINS)
def new_key(request: StaffRequest, code: str) -> HttpResponse:
    """Choose what a key may do; the POST makes it and shows it once.

    A form that was sent already (a page loaded again) finds other live keys than it saw, and makes nothing.
    """
    client = access_client(request.lender, code)
    now = timezone.now()
    form = KeyForm(
        sent(request), initial={"scopes": [scope.value for scope in Scope], "seen": _seen(client, now)}
    )
    issued, status = None, 200
    if request.method == "POST":
        issued, status = _issue(request, client, form, now)
    context = {
        "sections": sections("admin-keys"),
        "client": client,
        "form": form,
        "issued": issued,
        "live": [_row(key, now) for key in live_keys(client, now=now)],
        "limit": LIVE_KEYS_A_CLIENT,
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/new_key.html", context, status=status)


def _issue(
    request: StaffRequest, client: ApiClient, form: KeyForm, now: datetime
) -> tuple[IssuedKey | None, int]:
    if not form.is_valid():
        return None, 422
    if form.cleaned_data["seen"] != _seen(client, now):
        form.add_error(
            None, "The keys of this client changed since this page was opened. No key was made now."
        )
        return None, 409
    scopes = [Scope(word) for word in form.cleaned_data["scopes"]]
    try:
        return issue_key(client=client, scopes=scopes, actor=actor_of(request), now=now), 200
    except TooManyKeys:
        form.add_error(None, f"A client has at most {LIVE_KEYS_A_CLIENT} live keys. Revoke one first.")
        return None, 422


@screen(read=ADMINS, write=ADMINS)
def revocation(request: StaffRequest, prefix: str) -> HttpResponse:
    """A panel that states what the revocation stops; the POST revokes."""
    key = access_key(request.lender, prefix)
    now = timezone.now()
    form = ReasonForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            revoke_key(key=key, actor=actor_of(request), now=now, reason=form.cleaned_data["reason"])
        except KeyNotLive:
            form.add_error(None, "This key is closed already.")
        else:
            return saved(request, f"Key ending {key.last_four} is revoked.", "admin-keys")
    context = {
        "sections": sections("admin-keys"),
        "row": _row(key, now),
        "others": live_keys(key.client, now=now).exclude(pk=key.pk).count(),
        "recent_count": Application.objects.filter(
            client=key.client, lender=request.lender, received_at__gt=now - TRAFFIC_WINDOW
        ).count(),
        "form": form,
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/revocation.html", context, status=422 if form.errors else 200)


def _keys_page(request: StaffRequest, form: ClientForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    clients = ApiClient.objects.filter(lender=request.lender).prefetch_related("keys").order_by("name")
    context = {
        "sections": sections("admin-keys"),
        "clients": [_client_row(client, now) for client in clients],
        "form": form,
        "may_change": may_change(request),
        "history": history(request.lender, object_types=("api_key", "api_client")),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/keys.html", context, status=status)


def _client_row(client: ApiClient, now: datetime) -> ClientRow:
    rows = sorted(
        (_row(key, now) for key in client.keys.all()), key=lambda row: (not row.is_live, -row.key.pk)
    )
    live = [row for row in rows if row.is_live]
    closed = [row for row in rows if not row.is_live][:CLOSED_KEYS_SHOWN]
    return ClientRow(client=client, keys=(*live, *closed), may_get_another=len(live) < LIVE_KEYS_A_CLIENT)


def _row(key: ApiKey, now: datetime) -> KeyRow:
    words = dict(SCOPE_CHOICES)
    is_live = key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
    return KeyRow(key=key, can="; ".join(words.get(scope, scope) for scope in key.scopes), is_live=is_live)


def _seen(client: ApiClient, now: datetime) -> str:
    return ",".join(live_keys(client, now=now).values_list("prefix", flat=True))
