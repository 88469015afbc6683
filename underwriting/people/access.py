"""The gates: the only way request code gets an object. What is not yours is answered like what is not there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from underwriting.enums import Role
from underwriting.models import ApiClient, Application, Lender, Membership, Product, User

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponseBase]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

ROLE_NAMES = {
    Role.CREDIT_OFFICER: "credit officer",
    Role.SENIOR_OFFICER: "senior officer",
    Role.TEAM_LEAD: "team lead",
    Role.RISK_MANAGER: "risk manager",
    Role.RISK_APPROVER: "risk approver",
    Role.MODEL_OWNER: "model owner",
    Role.AUDITOR: "auditor",
    Role.PARTNER_ENGINEER: "partner engineer",
    Role.ADMIN: "administrator",
}


class NotYours(Http404):
    """There is no such thing, or it belongs to somebody else; the caller cannot tell which."""

    def __init__(self, what: str = "There is nothing here.") -> None:
        super().__init__(what)


class RoleMissing(PermissionDenied):
    """A person is signed in at this lender without the role a page needs. Says which roles do, and who holds them."""

    def __init__(self, *, roles: Collection[Role], holders: Collection[str]) -> None:
        self.roles = tuple(sorted(roles))
        self.holders = tuple(holders)
        names = " or ".join(ROLE_NAMES[role] for role in self.roles)
        held = (
            f" Held by: {', '.join(self.holders)}."
            if self.holders
            else " Nobody holds that role at the moment."
        )
        super().__init__(f"This needs the role {names}.{held}")


@dataclass(frozen=True, slots=True)
class StaffAccess:
    """A person at a lender with the roles in force there."""

    user: User
    lender: Lender
    roles: frozenset[Role]


def access_application(client: ApiClient, public_id: UUID | str) -> Application:
    """An application of the client's lender. Raises NotYours otherwise, also for a malformed id."""
    try:
        wanted = public_id if isinstance(public_id, UUID) else UUID(public_id)
    except ValueError as error:
        raise NotYours("There is no application with this id.") from error
    application = (
        Application.objects.select_related("lender", "product")
        .filter(public_id=wanted, lender_id=client.lender_id)
        .first()
    )
    if application is None:
        raise NotYours("There is no application with this id.")
    return application


def access_product(client: ApiClient, code: str) -> Product:
    """A product of the client's lender, open or not. Raises NotYours otherwise."""
    product = Product.objects.select_related("lender").filter(lender_id=client.lender_id, code=code).first()
    if product is None:
        raise NotYours("There is no product with this code.")
    return product


def access_membership(user: User, lender_code: str, roles: Collection[Role] = ()) -> StaffAccess:
    """A person's standing at a lender.

    Args:
        roles: any one of these is enough; empty means any role will do.

    Raises:
        NotYours: no lender of this code, or the person has no role in force there.
        RoleMissing: the person is there, but with none of `roles`.
    """
    lender = Lender.objects.filter(code=lender_code).first()
    held = roles_of(user, lender) if lender else frozenset()
    if lender is None or not held:
        raise NotYours
    if roles and not held & frozenset(roles):
        raise RoleMissing(roles=roles, holders=holders_of(lender, roles))
    return StaffAccess(user=user, lender=lender, roles=held)


def roles_of(user: User, lender: Lender) -> frozenset[Role]:
    """The roles in force of a person at a lender; none for a suspended or inactive person."""
    if not user.is_active:
        return frozenset()
    return frozenset(
        Role(role)
        for role in Membership.objects.filter(user=user, lender=lender).values_list("role", flat=True)
    )


def holders_of(lender: Lender, roles: Collection[Role]) -> list[str]:
    """Names of those who hold one of the roles at the lender, in alphabetical order, at most five."""
    found = User.objects.filter(
        is_active=True,
        memberships__in=Membership.objects.filter(lender=lender, role__in=[role.value for role in roles]),
    )
    return list(found.distinct().order_by("name").values_list("name", flat=True)[:5])


def require_role(*roles: Role, reads: Collection[Role] = ()) -> Callable[[View[Params]], View[Params]]:
    """Guard a screen: sign-in, a current lender (`request.lender`, set by the session middleware) and one of `roles`.

    Args:
        reads: roles that may look (GET, HEAD) without being able to change anything.
    """

    def decorate(view: View[Params]) -> View[Params]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            lender: Lender | None = getattr(request, "lender", None)
            if lender is None:
                raise NotYours
            allowed = frozenset(roles) | (frozenset(reads) if request.method in SAFE_METHODS else frozenset())
            access_membership(user, lender.code, allowed)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
