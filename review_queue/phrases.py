"""Phrases that a lender's people write often: a short name after a slash in a note becomes the words (C-25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from review_queue.models import Phrase
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import Lender
from underwriting.people.access import NotYours

NAME_PATTERN = r"^[\w-]+$"
NAME_CHARACTERS_MAX = 24
TEXT_CHARACTERS_MAX = 400


class PhraseThere(Exception):
    """The lender has a phrase of this name already."""


def phrases_of(lender_id: int) -> list[Phrase]:
    """All phrases of a lender, by name."""
    return list(Phrase.objects.filter(lender_id=lender_id).order_by("name"))


def access_phrase(lender: Lender, phrase_id: int) -> Phrase:
    """A phrase of the lender. Raises NotYours otherwise."""
    phrase = Phrase.objects.filter(lender=lender, pk=phrase_id).first()
    if phrase is None:
        raise NotYours
    return phrase


def add_phrase(*, lender: Lender, name: str, text: str, actor: Actor, now: datetime) -> Phrase:
    """Put a phrase on the list; its name in small letters. Raises PhraseThere."""
    try:
        with transaction.atomic():
            phrase = Phrase.objects.create(lender=lender, name=name.lower(), text=text)
            _record(phrase, "lender.phrase_added", after={phrase.name: phrase.text}, actor=actor, now=now)
    except IntegrityError as error:
        raise PhraseThere(name) from error
    return phrase


def remove_phrase(*, phrase: Phrase, actor: Actor, now: datetime) -> None:
    """Take a phrase off the list; notes that were written with it stay as they are."""
    with transaction.atomic():
        _record(phrase, "lender.phrase_removed", before={phrase.name: phrase.text}, actor=actor, now=now)
        phrase.delete()


def _record(
    phrase: Phrase,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    lender = phrase.lender
    record_entry(
        actor=actor, action=action, object_type="lender", object_id=str(lender.pk), object_label=lender.name,
        lender_id=lender.pk, before=before, after=after, now=now,
    )  # fmt: skip
