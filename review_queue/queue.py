"""Views, filters and orders of the review queue, as query sets. The address of a queue page says all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from review_queue.barred import barred_for
from review_queue.models import ReviewCase, Skip
from review_queue.waiting import AT_WORK, CAME_BACK, WAITING
from underwriting.enums import CaseKind, CaseState

VIEWS = {
    "due-today": "Due today",
    "mine": "Mine",
    "came-back": "Came back",
    "all": "All open",
    "technical": "Technical",
    "waiting": "Waiting",
}
SORTS = {
    "due": "late first, then by due time",
    "amount": "largest amount first",
    "score": "highest score first",
    "age": "longest in the queue first",
}
HELD_BY = {"": "anyone", "nobody": "nobody", "me": "me"}
AMOUNTS = {"": "any", "small": "under 5,000", "middle": "5,000 to 15,000", "large": "15,000 and over"}
KINDS = {
    "": "any",
    "referral": "Referral",
    "appeal": "Appeal",
    "notice-review": "Notice review",
}
_KIND_OF_WORD = {
    "referral": CaseKind.REFERRAL,
    "appeal": CaseKind.APPEAL,
    "notice-review": CaseKind.NOTICE_REVIEW,
}
_AMOUNT_BOUNDS_MINOR = {"small": (None, 500_000), "middle": (500_000, 1_500_000), "large": (1_500_000, None)}
_DESCENDING = frozenset({"amount", "score"})


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What one queue page asks for. `today_ends` is the end of the lender's day, in UTC; `words` a case or application id."""

    lender_id: int
    user_id: int
    today_ends: datetime
    view: str = "due-today"
    sort: str = "due"
    kind: str = ""
    product: str = ""
    channel: str = ""
    amount: str = ""
    held: str = ""
    words: str = ""
    tag: str = ""


def matching(query: QueueQuery, *, now: datetime) -> QuerySet[ReviewCase]:
    """Open cases of the view that pass the filters, in no order."""
    cases = ReviewCase.objects.filter(
        view_condition(query.view, query), lender_id=query.lender_id, state=CaseState.OPEN
    )
    if query.kind:
        cases = cases.filter(kind=_KIND_OF_WORD[query.kind])
    if query.product:
        cases = cases.filter(application__product__code=query.product)
    if query.channel:
        cases = cases.filter(application__channel=query.channel)
    if query.amount:
        low, high = _AMOUNT_BOUNDS_MINOR[query.amount]
        if low is not None:
            cases = cases.filter(application__requested_amount_minor__gte=low)
        if high is not None:
            cases = cases.filter(application__requested_amount_minor__lt=high)
    if query.held == "nobody":
        cases = cases.filter(_unheld(now))
    elif query.held == "me":
        cases = cases.filter(holder_id=query.user_id)
    if query.tag:
        cases = cases.filter(tags__name=query.tag)
    if query.words:
        cases = cases.filter(_named(query.words))
    return cases


def view_condition(view: str, query: QueueQuery) -> Q:
    """What makes a case part of a view."""
    match view:
        case "waiting":
            return WAITING
        case "came-back":
            return CAME_BACK & Q(assigned_to_id=query.user_id)
        case "mine":
            return AT_WORK & (Q(holder_id=query.user_id) | Q(assigned_to_id=query.user_id))
        case "technical":
            return AT_WORK & Q(is_technical=True)
        case "due-today":
            return AT_WORK & Q(due_at__lt=query.today_ends)
        case _:
            return AT_WORK


def sorted_cases(cases: QuerySet[ReviewCase], sort: str) -> QuerySet[ReviewCase]:
    """In the order of a sort; `sort_value` is what a keyset page continues from, the key breaks ties."""
    values: dict[str, Any] = {
        "due": F("due_at"),
        "age": F("opened_at"),
        "amount": Coalesce(F("application__requested_amount_minor"), Value(-1)),
        "score": Coalesce(F("assessment__score"), Value(-10_000)),
    }
    order = ("-sort_value", "-id") if sort in _DESCENDING else ("sort_value", "id")
    return cases.annotate(sort_value=values[sort]).order_by(*order)


def beyond(
    cases: QuerySet[ReviewCase], *, sort: str, value: Any, key: int, back: bool = False
) -> QuerySet[ReviewCase]:
    """Rows of a sorted query after (or, with `back`, before) the row with this sort value and key."""
    forward = "lt" if (sort in _DESCENDING) != back else "gt"
    return cases.filter(
        Q(**{f"sort_value__{forward}": value}) | Q(sort_value=value, **{f"id__{forward}": key})
    )


def unheld_in_order(query: QueueQuery, *, user_id: int, now: datetime) -> QuerySet[ReviewCase]:
    """What Start and Next hand out: the view's cases that nobody holds, or that this person holds already.

    Left out is what waits, what this person may not take or has passed by, and, while it is not late, what is a colleague's to do.
    """
    free = _unheld(now) | Q(holder_id=user_id)
    cases = matching(query, now=now).filter(AT_WORK, free, for_this_person(user_id, now=now))
    return sorted_cases(cases, query.sort)


def for_this_person(user_id: int, *, now: datetime) -> Q:
    """What may be handed to a person without their asking for it."""
    passed_by = Skip.objects.filter(case=OuterRef("pk"), user_id=user_id)
    theirs = Q(assigned_to=None) | Q(assigned_to_id=user_id) | Q(due_at__lt=now)
    return theirs & ~barred_for(user_id) & ~Q(Exists(passed_by))


def _unheld(now: datetime) -> Q:
    return Q(holder__isnull=True) | Q(lease_until__lte=now)


def _named(words: str) -> Q:
    plain = words.strip().upper()
    number = plain.removeprefix("C-")
    named = Q(application__reference__icontains=plain)
    if number.isascii() and number.isdigit() and len(number) < 10:
        named |= Q(number=int(number))
    return named
