"""Who may not take a case: whoever has a conflict of interest in it, and whoever would look a second time at their own file.

Their own is what they decided before, what they gave an answer to, and what they decided for the same people.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from review_queue.authority import OUT_OF_REACH
from review_queue.models import Conflict, HeldDecision, ReviewCase
from review_queue.transitions import NotForThisPerson, require_another_person
from underwriting.enums import CaseKind, HeldState
from underwriting.models import Membership, Party, User
from underwriting.people.identity import open_identity
from underwriting.people.sealing import Unreadable

STOOD = [HeldState.WAITING, HeldState.HELD, HeldState.RELEASED]
OWN = "You gave the first answer to this case. The second look is another officer's."
ANSWERED = "You have answered this case as second approver. A third person takes it from here."
RELATED = "You decided another case of the same applicant. Another officer has to look at this one."
APPLICANT = "You are named on this application yourself. Another officer has to take it."
CONFLICT = (
    "You said that you have a conflict of interest in this application. A different officer has to take it."
)


def require_not_barred(case: ReviewCase, *, user_id: int) -> None:
    """Raises NotForThisPerson, whose message says why: they decided what it looks at again, or have a conflict of interest."""
    require_another_person(not_for_id=case.not_for_id, user_id=user_id)
    if Conflict.objects.filter(application_id=case.application_id, user_id=user_id).exists():
        raise NotForThisPerson(CONFLICT)


def barred_for(user_id: int) -> Q:
    """The cases that this person may not take, whatever they wait for."""
    conflicts = Conflict.objects.filter(application=OuterRef("application"), user_id=user_id)
    return Q(not_for_id=user_id) | Q(Exists(conflicts))


def partiality(case: ReviewCase, *, user_id: int) -> str:
    """Why this person may not take a case that is looked at again, as a sentence; empty where they may. At most four statements."""
    if case.awaited_answer == 1 and case.kind != CaseKind.APPEAL:
        return ""
    if case.awaited_answer > 1:
        waiting = HeldDecision.objects.filter(case_id=case.pk, state=HeldState.WAITING)
        if waiting.filter(decided_by_id=user_id).exists():
            return OWN
        if waiting.filter(second_answers__user_id=user_id).exists():
            return ANSWERED
        if not _reaches(case, user_id):
            return OUT_OF_REACH
    return RELATED if has_decided_related(case, user_id=user_id) else ""


def _reaches(case: ReviewCase, user_id: int) -> bool:
    role = case.confirming_role
    members = Membership.objects.filter(user_id=user_id, lender_id=case.lender_id, role=role)
    return not role or members.exists()


def has_decided_related(case: ReviewCase, *, user_id: int) -> bool:
    """Whether this person decided another case of the same people at this lender."""
    same_people = Party.objects.filter(application_id=case.application_id).values("person_index")
    return (
        HeldDecision.objects.filter(
            decided_by_id=user_id,
            case__lender_id=case.lender_id,
            state__in=STOOD,
            case__application__parties__person_index__in=same_people,
        )
        .exclude(case_id=case.pk)
        .exists()
    )


def require_impartial(case: ReviewCase, *, user: User) -> None:
    """Raises NotForThisPerson, with the sentence, where the case is the person's own, related, or one they looked at before."""
    because = partiality(case, user_id=user.pk)
    if because:
        raise NotForThisPerson(because)


def require_no_applicant(case: ReviewCase, *, user: User) -> None:
    """Raises NotForThisPerson where the person is named on the application: by the e-mail address that both gave."""
    own = user.email.strip().casefold()
    for party in Party.objects.filter(application_id=case.application_id):
        try:
            email = open_identity(party).email.strip().casefold()
        except Unreadable:
            continue
        if own and email == own:
            raise NotForThisPerson(APPLICANT)


def second_look_of(user_id: int) -> Q:
    """The cases that this person may be the second approver of: none of their own or related ones, and within the role they hold."""
    waiting = HeldDecision.objects.filter(case_id=OuterRef("pk"), state=HeldState.WAITING)
    answered = waiting.filter(Q(decided_by_id=user_id) | Q(second_answers__user_id=user_id))
    same_people = Party.objects.filter(application_id=OuterRef(OuterRef("application_id")))
    related = HeldDecision.objects.filter(
        decided_by_id=user_id,
        case__lender_id=OuterRef("lender_id"),
        state__in=STOOD,
        case__application__parties__person_index__in=same_people.values("person_index"),
    ).exclude(case_id=OuterRef("pk"))
    role = Membership.objects.filter(
        user_id=user_id, lender_id=OuterRef("lender_id"), role=OuterRef("confirming_role")
    )
    return (
        Q(awaited_answer__gt=1)
        & ~Q(Exists(answered))
        & ~Q(Exists(related))
        & (Q(confirming_role="") | Q(Exists(role)))
    )
