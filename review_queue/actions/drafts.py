"""What a person has typed on a case and not sent. Each person's words are their own, whoever holds the case by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.models import ReviewCase
from review_queue.transitions import LEASE
from underwriting.enums import CaseState
from underwriting.models import User

DRAFT_CHARACTERS_MAX = 4_000
DraftFields = Mapping[str, Sequence[str]]


@transaction.atomic
def save_draft(*, case_id: int, user: User, form: str, fields: DraftFields, now: datetime) -> ReviewCase:
    """Keep what this person typed into one of the case's forms; for the holder typing is activity and renews the lease.

    It is kept whatever happened to the case meanwhile: a lease that ran out, a colleague who took it, a decision or a
    withdrawal is no reason to throw words away. Not audited.

    Raises ValueError when the draft is longer than 4,000 characters, or the application was erased.
    """
    if sum(len(value) for values in fields.values() for value in values) > DRAFT_CHARACTERS_MAX:
        raise ValueError(f"a draft holds at most {DRAFT_CHARACTERS_MAX:,} characters")
    case = lock_case(case_id=case_id)
    if case.application.erased_at is not None:
        raise ValueError("nothing is written about an application that was erased")
    owner = str(user.pk)
    kept = {name: list(values) for name, values in fields.items()}
    case.draft = {**case.draft, owner: {**case.draft.get(owner, {}), form: kept}}
    changed = ["draft"]
    if case.holder_id == user.pk and case.state == CaseState.OPEN:
        case.lease_until = now + LEASE
        changed.append("lease_until")
    case.save(update_fields=changed)
    return case


def draft_of(case: ReviewCase, *, user_id: int, form: str) -> DraftFields:
    """What this person has typed into the form and not sent; empty where nothing is kept."""
    kept: DraftFields = case.draft.get(str(user_id), {}).get(form, {})
    return kept


@transaction.atomic
def forget_draft(*, case_id: int, user_id: int, form: str) -> None:
    """The form was sent: it is empty when this person opens it again."""
    case = lock_case(case_id=case_id)
    mine = {name: fields for name, fields in case.draft.get(str(user_id), {}).items() if name != form}
    case.draft = {**case.draft, str(user_id): mine}
    case.save(update_fields=["draft"])
