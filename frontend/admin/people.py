"""S26: people of a lender: invite, roles, suspend, reinstate; and the page where an invited person chooses a password."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, put_value, saved, sections, sent
from frontend.admin.forms import InviteForm, PasswordForm, ReasonForm, RolesForm
from frontend.admin.handover import held_case_count, suspend_and_hand_over
from frontend.session.gate import screen
from frontend.session.staff import ROLE_WORDS, StaffRequest, actor_of
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind, Role
from underwriting.models import Lender, Membership, User
from underwriting.people import staffing
from underwriting.people.access import access_person
from underwriting.people.duties import clashes_of

OWN_ROLES = "You cannot change your own access. Ask another administrator."


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of people."""

    user: User
    roles: str
    has_second_step: bool
    suspended_at: datetime | None
    clash_count: int


@screen(read=LOOKERS, write=ADMINS)
def people(request: StaffRequest) -> HttpResponse:
    """The list; a POST invites. The invitation's address is shown once, to be handed over."""
    form = InviteForm(sent(request))
    invited = None
    status = 200
    if request.method == "POST":
        invited = _invite(request, form) if form.is_valid() else None
        status = 200 if invited else 422
    context = {
        "sections": sections("admin-people"),
        "rows": list(_rows(request.lender)),
        "form": InviteForm() if invited else form,
        "invited": invited,
        "invitation_url": request.build_absolute_uri(invited.path) if invited and invited.path else "",
        "may_change": may_change(request),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/people.html", context, status=status)


def _invite(request: StaffRequest, form: InviteForm) -> staffing.Invitation | None:
    try:
        return staffing.invite_person(
            lender=request.lender,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            roles=_roles(form.cleaned_data["roles"]),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
    except staffing.AlreadyHere:
        form.add_error("email", "This person is here already. Change their roles on their page.")
    return None


@screen(read=LOOKERS, write=ADMINS)
def person(request: StaffRequest, user_id: int) -> HttpResponse:
    """One person; a POST replaces their roles."""
    user = access_person(request.lender, user_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = RolesForm(sent(request), initial=_initial(standing.roles))
    status = 200
    if request.method == "POST":
        status = _change_roles(request, user, form)
        if status == 303:
            return saved(request, f"Roles of {user.name} saved.", "admin-person", user_id=user.pk)
    return _person_page(request, user, form, status=status)


def _change_roles(request: StaffRequest, user: User, form: RolesForm) -> int:
    """303 saved, 409 somebody else was faster (what was chosen stays chosen), 422 not possible."""
    if not form.is_valid():
        return 422
    try:
        staffing.change_roles(
            lender=request.lender,
            user=user,
            roles=_roles(form.cleaned_data["roles"]),
            seen_roles=form.seen_roles(),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except staffing.NothingToChange:
        return 303
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
        return 422
    except staffing.RolesChangedMeanwhile as meanwhile:
        now_words = ", ".join(ROLE_WORDS[role] for role in ROLE_WORDS if role in meanwhile.current) or "none"
        form.add_error(
            None,
            f"Somebody changed these roles while you were choosing. They are now: {now_words}. "
            "What you chose is still marked below; save again to put it in place of that.",
        )
        put_value(form, "seen", _seen(meanwhile.current))
        return 409
    return 303


def _person_page(request: StaffRequest, user: User, form: RolesForm, *, status: int) -> HttpResponse:
    standing = staffing.standing_of(user=user, lender=request.lender)
    clashes = [
        (ROLE_WORDS[clash.one], ROLE_WORDS[clash.other], clash.why) for clash in clashes_of(standing.roles)
    ]
    context = {
        "sections": sections("admin-people"),
        "person": user,
        "standing": standing,
        "has_second_step": user.pk in _with_second_step([user.pk]),
        "clashes": clashes,
        "form": form,
        "is_own": user.pk == request.staff.user.pk,
        "may_change": may_change(request),
        "history": history(request.lender, object_types=("person",), object_id=str(user.pk)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/person.html", context, status=status)


@screen(read=LOOKERS, write=ADMINS)
def suspension(request: StaffRequest, user_id: int) -> HttpResponse:
    """A panel that states what a suspension (or its end) does; a POST does it."""
    user = access_person(request.lender, user_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = ReasonForm(sent(request))
    if request.method == "POST" and form.is_valid():
        values = {
            "lender": request.lender, "user": user, "reason": form.cleaned_data["reason"], "actor": actor_of(request),
            "now": timezone.now(),
        }  # fmt: skip
        try:
            if standing.suspended_at is None:
                count = suspend_and_hand_over(**values)
                return saved(request, _suspended_sentence(user, count), "admin-person", user_id=user.pk)
            staffing.reinstate_person(**values)
            return saved(request, f"{user.name} has their roles back.", "admin-person", user_id=user.pk)
        except staffing.OwnRoles:
            form.add_error(None, OWN_ROLES)
        except staffing.NothingToChange:
            form.add_error(None, "Somebody else has done this already.")
    context = {
        "sections": sections("admin-people"),
        "person": user,
        "standing": standing,
        "roles": [ROLE_WORDS[role] for role in ROLE_WORDS if role in standing.roles],
        "held_case_count": held_case_count(user=user, lender=request.lender, now=timezone.now()),
        "form": form,
        "is_own": user.pk == request.staff.user.pk,
        "may_change": may_change(request),
    }
    return render(request, "admin/suspension.html", context, status=422 if form.errors else 200)


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
    response["Referrer-Policy"] = "no-referrer"
    return response


def _rows(lender: Lender) -> Iterable[PersonRow]:
    rows = (
        Membership.including_suspended.filter(lender=lender)
        .select_related("user")
        .order_by("user__name", "user_id")
    )
    held: dict[int, list[Membership]] = {}
    for row in rows:
        held.setdefault(row.user_id, []).append(row)
    second_steps = _with_second_step(held)
    for user_id, memberships in held.items():
        roles = {Role(membership.role) for membership in memberships}
        yield PersonRow(
            user=memberships[0].user,
            roles=", ".join(word for role, word in ROLE_WORDS.items() if role in roles),
            has_second_step=user_id in second_steps,
            suspended_at=memberships[0].suspended_at,
            clash_count=len(clashes_of(roles)),
        )


def _with_second_step(user_ids: Iterable[int]) -> frozenset[int]:
    return frozenset(
        Authenticator.objects.filter(user_id__in=list(user_ids), type=Authenticator.Type.TOTP).values_list(
            "user_id", flat=True
        )
    )


def _roles(words: Iterable[str]) -> frozenset[Role]:
    return frozenset(Role(word) for word in words)


def _seen(roles: Iterable[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _initial(roles: Iterable[Role]) -> dict[str, object]:
    return {"roles": [role.value for role in roles], "seen": _seen(roles)}


def _suspended_sentence(user: User, case_count: int) -> str:
    cases = (
        ""
        if case_count == 0
        else f" {case_count} held case{'s' if case_count != 1 else ''} went back to the queue."
    )
    return f"{user.name} has no access any more.{cases}"
