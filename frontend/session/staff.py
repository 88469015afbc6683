"""Who is signed in, at which lender, with which roles and wishes: read once a request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import cached_property

from frontend.session.unsent import writer_token
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind, Role
from underwriting.models import Lender, Membership, Preference, User

LENDER_SESSION_KEY = "lender"
OFFICERS = frozenset({Role.CREDIT_OFFICER, Role.SENIOR_OFFICER})
LEADS = frozenset({Role.TEAM_LEAD})
RISK = frozenset({Role.RISK_MANAGER, Role.RISK_APPROVER})
AUDITORS = frozenset({Role.AUDITOR})
COMPLIANCE = frozenset({Role.COMPLIANCE})
EVERYONE = frozenset(Role)

ROLE_WORDS: dict[Role, str] = {
    Role.CREDIT_OFFICER: "credit officer",
    Role.SENIOR_OFFICER: "senior officer",
    Role.TEAM_LEAD: "team lead",
    Role.RISK_MANAGER: "risk manager",
    Role.RISK_APPROVER: "risk approver",
    Role.MODEL_OWNER: "model owner",
    Role.COMPLIANCE: "compliance",
    Role.AUDITOR: "auditor",
    Role.PARTNER_ENGINEER: "partner engineer",
    Role.ADMIN: "administrator",
}


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    path: str
    key: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class _Destination:
    label: str
    path: str
    roles: frozenset[Role]
    key: str = ""
    also: tuple[str, ...] = ()


_DESTINATIONS = (
    _Destination("Home", "/", EVERYONE, "g h"),
    _Destination("Review queue", "/queue/", OFFICERS | LEADS | AUDITORS, "g q", also=("/cases/",)),
    _Destination("Team", "/team/", LEADS, "g t"),
    _Destination("Letters", "/letters/", OFFICERS | LEADS | AUDITORS, "g l"),
    _Destination("Policies", "/policies/", RISK | AUDITORS | COMPLIANCE, "g p"),
    _Destination("Models", "/models/", RISK | AUDITORS | {Role.MODEL_OWNER, Role.ADMIN}),
    _Destination(
        "Monitoring",
        "/monitoring/reasons/",
        RISK | LEADS,
        "g m",
        also=("/monitoring/",),
    ),
    _Destination("Audit", "/audit/", AUDITORS | RISK | {Role.ADMIN}, "g a"),
    _Destination(
        "Developers",
        "/developers/errors/",
        frozenset({Role.PARTNER_ENGINEER, Role.ADMIN}),
        also=("/developers/",),
    ),
    _Destination("Admin", "/admin-area/", frozenset({Role.ADMIN}) | AUDITORS),
    _Destination("Wording", "/admin-area/reasons/", frozenset({Role.RISK_APPROVER})),
)


@dataclass
class Staff:
    """A signed-in person at one lender. `roles` are those held there; never empty."""

    user: User
    lender: Lender
    lenders: tuple[Lender, ...]
    roles: frozenset[Role]
    path: str
    preference: Preference | None = None
    environment: str = field(default="")
    browser: str = ""

    @property
    def writer_token(self) -> str:
        return writer_token(self.user.pk)

    @property
    def theme(self) -> str:
        return self.preference.theme if self.preference else "system"

    @property
    def density(self) -> str:
        return self.preference.density if self.preference else "compact"

    @property
    def shortcuts_enabled(self) -> bool:
        return self.preference.shortcuts_enabled if self.preference else True

    @property
    def keys_json(self) -> str:
        """The person's own keys for the script, by the usual ones; empty where all are usual."""
        return json.dumps(self.preference.keys) if self.preference and self.preference.keys else ""

    @property
    def stays_after_decision(self) -> bool:
        return self.preference is not None and self.preference.after_decision == "stay"

    @property
    def contributions_as_table(self) -> bool:
        return self.preference.contributions_as_table if self.preference else False

    @property
    def roles_in_words(self) -> str:
        return ", ".join(word for role, word in ROLE_WORDS.items() if role in self.roles).capitalize()

    @property
    def has_queue(self) -> bool:
        return any(item.path == "/queue/" for item in self.navigation)

    @cached_property
    def navigation(self) -> tuple[NavigationItem, ...]:
        """The screens this person may open at this lender, in the fixed order of the top bar."""
        return tuple(
            NavigationItem(d.label, d.path, d.key, self._is_current(d))
            for d in _DESTINATIONS
            if self.roles & d.roles and _exists(d.path)
        )

    def _is_current(self, destination: _Destination) -> bool:
        if destination.path == "/":
            return self.path == "/"
        return self.path.startswith((destination.path, *destination.also))


def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


class StaffRequest(HttpRequest):
    """A request that came through a screen's gate: `staff` is there, `lender` and `roles` are shorthands for it."""

    staff: Staff
    lender: Lender
    roles: frozenset[Role]
    user: User


def read_staff(request: HttpRequest) -> Staff | None:
    """The person behind the session, or None when nobody is signed in or the person belongs to no lender.

    The lender is the one chosen in this session, else the one last used, else the first by name.
    """
    user_id = request.session.get("_auth_user_id")
    if user_id is None or not request.user.is_authenticated:
        return None
    memberships = list(
        Membership.objects.filter(user_id=user_id)
        .select_related("lender", "user__preference")
        .order_by("lender__name", "role")
    )
    if not memberships:
        return None
    user = memberships[0].user
    preference: Preference | None = getattr(user, "preference", None)
    lenders = {membership.lender_id: membership.lender for membership in memberships}
    chosen = request.session.get(LENDER_SESSION_KEY) or (preference.lender_id if preference else None)
    lender = lenders.get(chosen or 0) or memberships[0].lender
    roles = frozenset(Role(m.role) for m in memberships if m.lender_id == lender.pk)
    return Staff(
        user=user, lender=lender, lenders=tuple(lenders.values()), roles=roles, path=request.path,
        preference=preference, environment=environment_name(),
    )  # fmt: skip


def environment_name() -> str:
    """What the top bar calls this installation; nothing where it is live."""
    if getattr(settings, "UW_DEMO", False):
        return "Demo"
    return "" if settings.SESSION_COOKIE_SECURE else "Test"


def actor_of(request: StaffRequest) -> Actor:
    """Who acts, for the audit trail: the person, the roles held at this lender, and the request."""
    return Actor(
        kind=ActorKind.USER, user_id=request.staff.user.pk, name=request.staff.user.name,
        role=", ".join(sorted(role.value for role in request.staff.roles)),
        request_id=request_id(request), ip_address=request.META.get("REMOTE_ADDR") or None, browser=request.staff.browser,
    )  # fmt: skip
