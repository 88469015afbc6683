"""The timeline of a case: what happened to its application, by kind, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q

from frontend.operations.words import TimelineRow, timeline_rows
from frontend.session.staff import AUDITORS, RISK, StaffRequest
from review_queue.blind import SEEN_BLIND, SEEN_ON_SECOND_LOOK, hides_policy
from review_queue.models import ReviewCase
from underwriting.audit.selectors import application_page
from underwriting.enums import ActorKind

ROWS = 12
KEY_DIGITS_MAX = 18
_LETTERS = (
    Q(action__startswith="notice.") | Q(action__startswith="message.") | Q(action__startswith="letter.")
)
# in the order of the chips: what the address calls it, its words, what is of this kind
KINDS: dict[str, tuple[str, Q]] = {
    "": ("All", Q()),
    "people": ("People", Q(actor_kind=ActorKind.USER)),
    "system": ("System", Q(actor_kind__in=[ActorKind.SYSTEM, ActorKind.CLIENT])),
    "applicant": ("Applicant", Q(actor_kind=ActorKind.APPLICANT)),
    "letters": ("Letters", _LETTERS),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of the timeline, newest first. `older` is the query string of the next one, empty on the last."""

    rows: Sequence[TimelineRow]
    chips: Sequence[Chip]
    older: str
    is_older: bool


def timeline_of(request: StaffRequest, found: ReviewCase, *, blind: ReviewCase | None) -> Timeline:
    """What the address asks for; a kind or a place that is not known counts as not given.

    On a blind look (`blind` is the case that hides) entries are there only that tell nothing of the answer so far, whatever
    their kind.
    """
    kind = request.GET.get("timeline", "")
    kind = kind if kind in KINDS else ""
    place = request.GET.get("older", "")
    before_key = (
        int(place) if place.isascii() and place.isdecimal() and len(place) <= KEY_DIGITS_MAX else None
    )
    matching = KINDS[kind][1]
    if blind is not None:
        matching &= Q(action__in=SEEN_BLIND if hides_policy(blind) else SEEN_ON_SECOND_LOOK)
    page = application_page(
        application_id=found.application_id, matching=matching, before_key=before_key, size=ROWS
    )
    return Timeline(
        rows=timeline_rows(
            page.entries,
            currency=found.application.currency,
            with_links=bool(request.roles & (AUDITORS | RISK)) and blind is None,
        ),
        chips=[Chip(label, _address(name), name == kind) for name, (label, _) in KINDS.items()],
        older=_address(kind, page.next_key) if page.next_key is not None else "",
        is_older=before_key is not None,
    )


def _address(kind: str, before_key: int | None = None) -> str:
    return urlencode({"timeline": kind} | ({} if before_key is None else {"older": before_key}))
