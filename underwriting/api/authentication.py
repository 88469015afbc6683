"""Who calls the API: a key, its client, its lender; and what the key may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from underwriting.api.keys import KeyRefused, verify_key
from underwriting.api.problems import Problem
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind, Scope
from underwriting.models import ApiClient, ApiKey, Lender


@dataclass(frozen=True, slots=True)
class Principal:
    """What `request.user` is in the API."""

    key: ApiKey
    client: ApiClient
    lender: Lender
    scopes: frozenset[str]
    is_authenticated: bool = True

    def actor(self, request: Request) -> Actor:
        """The author of what this request changes."""
        return Actor(
            kind=ActorKind.CLIENT,
            user_id=None,
            name=f"{self.client.name} (…{self.key.last_four})",
            role="",
            request_id=request_id(request._request),
            ip_address=request.META.get("REMOTE_ADDR") or None,
        )


def principal_of(request: Request) -> Principal:
    """The key behind a request that passed authentication."""
    principal: object = request.user
    assert isinstance(principal, Principal)
    return principal


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`."""

    def authenticate(self, request: Request) -> tuple[Principal, ApiKey]:
        """Raises Problem (401) for anything but a live key."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise _unauthenticated("key_missing", "No API key was sent: Authorization: Bearer <key>.")
        try:
            key = verify_key(text.strip(), now=timezone.now())
        except KeyRefused as refusal:
            raise _unauthenticated(refusal.code, str(refusal)) from refusal
        structlog.contextvars.bind_contextvars(api_client=str(key.client), api_key_prefix=key.prefix)
        principal = Principal(
            key=key, client=key.client, lender=key.client.lender, scopes=frozenset(key.scopes)
        )
        return principal, key

    def authenticate_header(self, request: Request) -> str:
        del request
        return "Bearer"


class HasScope(BasePermission):
    """The view's `scopes` name the scope each method needs; a method that is not there answers 405 anyway."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scopes: dict[str, Scope] = getattr(view, "scopes", {})
        method = "GET" if request.method == "HEAD" else str(request.method)
        needed = scopes.get(method)
        principal = principal_of(request)
        if needed is None or needed.value in principal.scopes:
            return True
        raise Problem("scope_missing", f"This key lacks the scope {needed.value}.")


def _unauthenticated(code: str, detail: str) -> Problem:
    return Problem(code, detail, headers={"WWW-Authenticate": "Bearer"})
