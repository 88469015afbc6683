"""Words on cases: a lender's own, few enough to be read."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.models import ReviewCase, Tag
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.trail import case_entry
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entries
from underwriting.enums import Role
from underwriting.models import Lender

NAME = re.compile(r"[a-z0-9][a-z0-9 -]{0,23}")
TAGS_OF_A_LENDER_MAX = 40
TAGS_OF_A_CASE_MAX = 5


class TagRefused(ValueError):
    """The word cannot be put on the case; the message says what to do."""


@transaction.atomic
def tag_case(*, case_id: int, roles: Collection[Role], name: str, actor: Actor, now: datetime) -> ReviewCase:
    """Put a word on a case; a word that the lender did not have yet becomes one of its own.

    Raises MayNotDecide for who neither decides nor leads, and TagRefused.
    """
    _require_role(roles)
    case = lock_case(case_id=case_id)
    word = " ".join(name.lower().split())
    if not NAME.fullmatch(word):
        raise TagRefused("Use letters, digits, spaces and hyphens, at most 24 characters.")
    if case.tags.filter(name=word).exists():
        return case
    if case.tags.count() >= TAGS_OF_A_CASE_MAX:
        raise TagRefused(f"A case has at most {TAGS_OF_A_CASE_MAX} tags. Take one off first.")
    # two new words at once are counted one after the other
    Lender.objects.select_for_update().get(pk=case.lender_id)
    tag = Tag.objects.filter(lender_id=case.lender_id, name=word).first()
    if tag is None:
        if Tag.objects.filter(lender_id=case.lender_id).count() >= TAGS_OF_A_LENDER_MAX:
            raise TagRefused(f"There are {TAGS_OF_A_LENDER_MAX} tags already. Use one of them.")
        tag = Tag.objects.create(lender_id=case.lender_id, name=word)
    tag.cases.add(case)
    record_entries([case_entry(case, "case.tagged", actor=actor, now=now, after={"tag": word})])
    return case


@transaction.atomic
def untag_case(
    *, case_id: int, roles: Collection[Role], name: str, actor: Actor, now: datetime
) -> ReviewCase:
    """Take a word off a case; one that no case bears any more is the lender's no longer. Raises MayNotDecide."""
    _require_role(roles)
    case = lock_case(case_id=case_id)
    tag = Tag.objects.filter(lender_id=case.lender_id, name=name, cases=case).first()
    if tag is None:
        return case
    tag.cases.remove(case)
    if not tag.cases.exists():
        tag.delete()
    record_entries([case_entry(case, "case.untagged", actor=actor, now=now, before={"tag": name})])
    return case


def _require_role(roles: Collection[Role]) -> None:
    if Role.TEAM_LEAD not in roles and not DECIDERS & frozenset(roles):
        raise MayNotDecide("officers and leads put words on cases")
