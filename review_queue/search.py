"""What somebody types into the queue's search box: the id of a case or an application, or whole words about a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from review_queue.counting import COUNT_MAX
from underwriting.models import Party
from underwriting.people.finding import typed_words, word_indexes

PERSON_WORDS_MAX = 8
PEOPLE_MAX = COUNT_MAX  # of one search: a name that more people bear is searched with a second word
_CASE = re.compile(r"(?:C-?[0-9]{1,9}|[0-9]{1,7})", re.IGNORECASE)
_REFERENCE = re.compile(r"A-([0-9A-Z]{4})-?([0-9A-Z]{2})", re.IGNORECASE)
_PUBLIC_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PERSON = re.compile(rf"[0-9a-f]{{16}}(?:\.[0-9a-f]{{16}}){{0,{PERSON_WORDS_MAX - 1}}}")
_BITS = 64


class TooManyWords(ValueError):
    """More words than one search takes."""


@dataclass(frozen=True, slots=True)
class Search:
    """One of both: an id as people write it, or a person's words as `person`, which names nobody."""

    words: str = ""
    person: str = ""


def read_search(typed: str, *, lender_id: int) -> Search:
    """What was typed, as an address may carry it; empty where there is no word in it.

    An id names nobody and is carried as it is. Words about a person would: addresses are logged, kept by browsers and pasted
    to colleagues. So what is carried are the keyed hashes that these words are found by, and they cannot be turned back.

    Raises:
        TooManyWords.
    """
    plain = typed.strip()
    named = read_id(plain)
    if named:
        return Search(words=named)
    words = typed_words(plain)
    if len(words) > PERSON_WORDS_MAX:
        raise TooManyWords
    indexes = word_indexes(words, lender_id=lender_id)
    return Search(person=".".join(f"{index % 2**_BITS:016x}" for index in indexes))


def read_id(text: str) -> str:
    """The id of a case or an application in its usual form; empty for anything else."""
    plain = text.strip().upper()
    if _CASE.fullmatch(plain):
        return f"C-{plain.removeprefix('C').removeprefix('-')}"
    if reference := _REFERENCE.fullmatch(plain):
        return f"A-{reference[1]}-{reference[2]}"
    return plain.lower() if _PUBLIC_ID.fullmatch(plain) else ""


def read_person(text: str) -> str:
    """What `read_search` gave for words about a person; empty for anything else."""
    return text if _PERSON.fullmatch(text) else ""


def has_id(named: str) -> Q:
    """The case, or the cases of the application, with an id as `read_id` gives it."""
    if named.startswith("C-"):
        return Q(number=int(named.removeprefix("C-")))
    if named.startswith("A-"):
        return Q(application__reference=named)
    return Q(application__public_id=UUID(named))


def people_with(person: str, *, lender_id: int) -> QuerySet[Party]:
    """Everybody at the lender who has all these words."""
    return Party.objects.filter(lender_id=lender_id, word_indexes__contains=_indexes(person))


def is_about(person: str, *, lender_id: int) -> Q:
    """The cases of applications on which one person has all these words."""
    # The limit makes the people be found first, by their index; without it the planner may walk the queue and ask of each case.
    found = people_with(person, lender_id=lender_id).order_by().values("application_id")
    return Q(application_id__in=found[:PEOPLE_MAX])


def _indexes(person: str) -> list[int]:
    numbers = (int(part, 16) for part in person.split("."))
    return [number - 2**_BITS if number >= 2 ** (_BITS - 1) else number for number in numbers]
