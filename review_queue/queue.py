"""Views, filters and orders of the review queue, as query sets. The address of a queue page says all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from review_queue.impartial import second_look_of
from review_queue.models import ReviewCase
from underwriting.enums import CaseKind, CaseState

VIEWS = {
    "due-today": "Due today",
    "mine": "Mine",
    "second-look": "Second look",
    "all": "All open",
    "technical": "Technical",
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
    if query.words:
        cases = cases.filter(_named(query.words))
    return cases


def view_condition(view: str, query: QueueQuery) -> Q:
    """What makes a case part of a view."""
    match view:
        case "mine":  # a first answer waits for somebody else, whoever held the case last
            return Q(holder_id=query.user_id) & (Q(awaited_answer=1) | second_look_of(query.user_id))
        case "second-look":
            return second_look_of(query.user_id)
        case "technical":
            return Q(is_technical=True)
        case "due-today":
            return Q(due_at__lt=query.today_ends)
        case _:
            return Q()


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

    A case that waits for a second approver is handed only to who may be that.
    """
    free = matching(query, now=now).filter(_unheld(now) | Q(holder_id=user_id))
    return sorted_cases(free.filter(Q(awaited_answer=1) | second_look_of(user_id)), query.sort)


def _unheld(now: datetime) -> Q:
    return Q(holder__isnull=True) | Q(lease_until__lte=now)


def _named(words: str) -> Q:
    plain = words.strip().upper()
    number = plain.removeprefix("C-")
    named = Q(application__reference__icontains=plain)
    if number.isascii() and number.isdigit() and len(number) < 10:
        named |= Q(number=int(number))
    return named
