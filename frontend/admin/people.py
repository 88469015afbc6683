"""S26: people of a lender: invite, roles, suspend, reinstate, and help for somebody who cannot get in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, put_value, saved, sections, sent
from frontend.admin.forms import InviteForm, RolesForm, SuspensionForm
from frontend.admin.handover import held_case_count, suspend_and_hand_over
from frontend.session.gate import screen
from frontend.session.staff import ROLE_WORDS, StaffRequest, actor_of
from underwriting.enums import Role
from underwriting.models import Lender, Membership, User
from underwriting.people import staffing
from underwriting.people.access import access_person
from underwriting.people.duties import clashes_of

OWN_ROLES = "You cannot change your own access. Ask another administrator."
NOT_ONLY_HERE = "Another lender employs this person, too: this lender alone cannot do this."


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


@screen(write=ADMINS)
def new_invitation(request: StaffRequest, user_id: int) -> HttpResponse:
    """Make an invitation again; its address is shown once, and earlier ones end."""
    user = access_person(request.lender, user_id)
    form = _roles_form(request, user)
    try:
        invited = staffing.renew_invitation(
            lender=request.lender, user=user, actor=actor_of(request), now=timezone.now()
        )
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
    except staffing.NotOnlyHere:
        form.add_error(None, NOT_ONLY_HERE)
    except staffing.NothingToChange:
        form.add_error(None, f"{user.name} has chosen a password already.")
    else:
        return _person_page(request, user, form, status=200, invited=invited)
    return _person_page(request, user, form, status=422)


@screen(write=ADMINS)
def second_step_reset(request: StaffRequest, user_id: int) -> HttpResponse:
    """Take the second step of somebody who lost it away; they set up a new one at the next sign-in."""
    user = access_person(request.lender, user_id)
    form = _roles_form(request, user)
    try:
        staffing.reset_second_step(
            lender=request.lender, user=user, actor=actor_of(request), now=timezone.now()
        )
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
    except staffing.NotOnlyHere:
        form.add_error(None, NOT_ONLY_HERE)
    except staffing.NothingToChange:
        sentence = f"{user.name} has no second step; they set one up at the next sign-in."
        return saved(request, sentence, "admin-person", user_id=user.pk)
    else:
        sentence = f"{user.name} sets up a new second step at the next sign-in."
        return saved(request, sentence, "admin-person", user_id=user.pk)
    return _person_page(request, user, form, status=422)


def _roles_form(request: StaffRequest, user: User) -> RolesForm:
    """The form of the roles as they are, bound so that it can carry a sentence of refusal."""
    standing = staffing.standing_of(user=user, lender=request.lender)
    return RolesForm(_initial(standing.roles))


def _person_page(
    request: StaffRequest,
    user: User,
    form: RolesForm,
    *,
    status: int,
    invited: staffing.Invitation | None = None,
) -> HttpResponse:
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
        "is_only_here": staffing.is_only_here(user=user, lender=request.lender),
        "invited": invited,
        "invitation_url": request.build_absolute_uri(invited.path) if invited else "",
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
    form = SuspensionForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            return saved(request, _suspend_or_reinstate(request, user, form), "admin-person", user_id=user.pk)
        except staffing.OwnRoles:
            form.add_error(None, OWN_ROLES)
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


def _suspend_or_reinstate(request: StaffRequest, user: User, form: SuspensionForm) -> str:
    """Do what the button said, never its opposite, however often it was pressed; returns what to say. Raises OwnRoles."""
    wanted, reason = form.cleaned_data["wanted"], form.cleaned_data["reason"]
    actor, now = actor_of(request), timezone.now()
    try:
        if wanted == SuspensionForm.SUSPEND:
            count = suspend_and_hand_over(
                lender=request.lender, user=user, reason=reason, actor=actor, now=now
            )
            return _suspended_sentence(user, count)
        staffing.reinstate_person(lender=request.lender, user=user, reason=reason, actor=actor, now=now)
    except staffing.NothingToChange:
        state = "is suspended" if wanted == SuspensionForm.SUSPEND else "is not suspended"
        return f"{user.name} {state} already; this changed nothing."
    return f"{user.name} has their roles back."


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
