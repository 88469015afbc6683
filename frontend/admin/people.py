"""S26: people of a lender: invite, roles, suspend, reinstate, and help for somebody who cannot get in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
from underwriting.models import Lender, User
from underwriting.people import invitations, staffing
from underwriting.people.access import access_person
from underwriting.people.duties import clashes_of

OWN_ROLES = "You cannot change your own access. Ask another administrator."
NOT_ONLY_HERE = "Another lender employs this person, too: this lender alone cannot do this."


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of people. What their account is like is told of those alone who have joined."""

    user: User
    standing: staffing.Standing
    roles: str
    has_second_step: bool
    is_over: bool
    clash_count: int


@screen(read=LOOKERS, write=ADMINS)
def people(request: StaffRequest) -> HttpResponse:
    """The list; a POST invites. The link is shown once, to be handed over."""
    form = InviteForm(sent(request))
    invited = None
    status = 200
    if request.method == "POST":
        invited = _invite(request, form) if form.is_valid() else None
        status = 200 if invited else 422
    context = {
        "sections": sections("admin-people"),
        "rows": list(_rows(request.lender, timezone.now())),
        "form": InviteForm() if invited else form,
        "invited": invited,
        "invitation_url": request.build_absolute_uri(invited.path) if invited else "",
        "may_change": may_change(request),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/people.html", context, status=status)


def _invite(request: StaffRequest, form: InviteForm) -> invitations.Invitation | None:
    try:
        return invitations.invite_person(
            lender=request.lender,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            roles=_roles(form.cleaned_data["roles"]),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
    except invitations.AlreadyHere:
        form.add_error(
            "email", "This person is here already. Change roles, or make a new invitation, on their page."
        )
    return None


@screen(read=LOOKERS, write=ADMINS)
def person(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """One person; a POST replaces their roles."""
    user = access_person(request.lender, person_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = RolesForm(sent(request), initial=_initial(standing.roles))
    status = 200
    if request.method == "POST":
        status = _change_roles(request, user, form)
        if status == 303:
            return saved(request, f"Roles of {standing.name} saved.", "admin-person", person_id=person_id)
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
def new_invitation(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Make an invitation again; its link is shown once, and earlier ones end."""
    user = access_person(request.lender, person_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = RolesForm(_initial(standing.roles))
    try:
        invited = invitations.renew_invitation(
            lender=request.lender, user=user, actor=actor_of(request), now=timezone.now()
        )
    except staffing.NothingToChange:
        why = "has joined already" if standing.has_joined else "is suspended: reinstate them first"
        form.add_error(None, f"{standing.name} {why}.")
        return _person_page(request, user, form, status=422)
    return _person_page(request, user, form, status=200, invited=invited)


@screen(write=ADMINS)
def second_step_reset(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Take the second step of somebody who lost it away; they set up a new one at the next sign-in."""
    user = access_person(request.lender, person_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = RolesForm(_initial(standing.roles))
    try:
        staffing.reset_second_step(
            lender=request.lender, user=user, actor=actor_of(request), now=timezone.now()
        )
    except staffing.OwnRoles:
        form.add_error(None, OWN_ROLES)
    except staffing.NotJoined:
        form.add_error(None, f"{standing.name} has not joined yet.")
    except staffing.NotOnlyHere:
        form.add_error(None, NOT_ONLY_HERE)
    except staffing.NothingToChange:
        sentence = f"{standing.name} has no second step; they set one up at the next sign-in."
        return saved(request, sentence, "admin-person", person_id=person_id)
    else:
        sentence = f"{standing.name} is signed out and sets up a new second step at the next sign-in."
        return saved(request, sentence, "admin-person", person_id=person_id)
    return _person_page(request, user, form, status=422)


def _person_page(
    request: StaffRequest,
    user: User,
    form: RolesForm,
    *,
    status: int,
    invited: invitations.Invitation | None = None,
) -> HttpResponse:
    standing = staffing.standing_of(user=user, lender=request.lender)
    clashes = [
        (ROLE_WORDS[clash.one], ROLE_WORDS[clash.other], clash.why) for clash in clashes_of(standing.roles)
    ]
    ends_at = invitations.ends_at(standing.invited_at) if standing.invited_at else None
    context = {
        "sections": sections("admin-people"),
        "person": user,
        "standing": standing,
        "invitation_ends_at": ends_at,
        "is_over": ends_at is not None and timezone.now() >= ends_at,
        "has_second_step": standing.has_joined and user.pk in _with_second_step([user.pk]),
        "clashes": clashes,
        "form": form,
        "is_own": user.pk == request.staff.user.pk,
        "has_joined_only_here": staffing.has_joined_only_here(user=user, lender=request.lender),
        "invited": invited,
        "invitation_url": request.build_absolute_uri(invited.path) if invited else "",
        "may_change": may_change(request),
        "history": history(request.lender, object_types=("person",), object_id=str(user.public_id)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/person.html", context, status=status)


@screen(read=LOOKERS, write=ADMINS)
def suspension(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """A panel that states what a suspension (or its end) does; a POST does it."""
    user = access_person(request.lender, person_id)
    standing = staffing.standing_of(user=user, lender=request.lender)
    form = SuspensionForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            sentence = _suspend_or_reinstate(request, user, standing, form)
            return saved(request, sentence, "admin-person", person_id=person_id)
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


def _suspend_or_reinstate(
    request: StaffRequest, user: User, standing: staffing.Standing, form: SuspensionForm
) -> str:
    """Do what the button said, never its opposite, however often it was pressed; returns what to say. Raises OwnRoles."""
    wanted, reason = form.cleaned_data["wanted"], form.cleaned_data["reason"]
    actor, now = actor_of(request), timezone.now()
    try:
        if wanted == SuspensionForm.SUSPEND:
            count = suspend_and_hand_over(
                lender=request.lender, user=user, reason=reason, actor=actor, now=now
            )
            return _suspended_sentence(standing, count)
        staffing.reinstate_person(lender=request.lender, user=user, reason=reason, actor=actor, now=now)
    except staffing.NothingToChange:
        state = "is suspended" if wanted == SuspensionForm.SUSPEND else "is not suspended"
        return f"{standing.name} {state} already; this changed nothing."
    if not standing.has_joined:
        return f"{standing.name} is invited again, with the same link while it lasts."
    return f"{standing.name} has their roles back."


def _rows(lender: Lender, now: datetime) -> Iterable[PersonRow]:
    people = staffing.standings_at(lender)
    second_steps = _with_second_step(user.pk for user, standing in people if standing.has_joined)
    for user, standing in people:
        yield PersonRow(
            user=user,
            standing=standing,
            roles=", ".join(word for role, word in ROLE_WORDS.items() if role in standing.roles),
            has_second_step=user.pk in second_steps,
            is_over=standing.invited_at is not None and now >= invitations.ends_at(standing.invited_at),
            clash_count=len(clashes_of(standing.roles)),
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


def _suspended_sentence(standing: staffing.Standing, case_count: int) -> str:
    if not standing.has_joined:
        return f"{standing.name} is suspended and cannot join."
    cases = (
        ""
        if case_count == 0
        else f" {case_count} held case{'s' if case_count != 1 else ''} went back to the queue."
    )
    return f"{standing.name} has no access any more.{cases}"
