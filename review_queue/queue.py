"""Views, filters and orders of the review queue, as query sets. The address of a queue page says all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from review_queue.impartial import barred_for, second_look_of
from review_queue.models import ReviewCase, Skip
from review_queue.search import has_id, is_about
from review_queue.waiting import AT_WORK, CAME_BACK, WAITING
from underwriting.enums import CaseKind, CaseState

# Of a search only: the cases that are not open any more.
DECIDED = "decided"
VIEWS = {
    "due-today": "Due today",
    "mine": "Mine",
    "second-look": "Second look",
    "came-back": "Came back",
    "all": "All open",
    "technical": "Technical",
    "waiting": "Waiting",
}
SORTS = {
    "due": "late first, then by due time, then the largest amount",
    "amount": "largest amount first",
    "score": "highest score first",
    "age": "longest in the queue first",
}
HELD_BY = {"": "anyone", "nobody": "nobody", "me": "me"}
AMOUNTS = {"": "any", "small": "under 5,000", "middle": "5,000 to 15,000", "large": "15,000 and over"}
COLUMNS = {"": "usual", "age": "with the time in the queue"}
KINDS = {
    "": "any",
    "referral": "Referral",
    "appeal": "Appeal",
    "notice-review": "Notice review",
    "conditions": "Conditions",
}
_KIND_OF_WORD = {
    "referral": CaseKind.REFERRAL,
    "appeal": CaseKind.APPEAL,
    "notice-review": CaseKind.NOTICE_REVIEW,
    "conditions": CaseKind.CONDITIONS,
}
_AMOUNT_BOUNDS_MINOR = {"small": (0, 500_000), "middle": (500_000, 1_500_000), "large": (1_500_000, None)}
_LARGEST_FIRST = ExpressionWrapper(F("queue_amount_minor") * -1, output_field=BigIntegerField())
# What each order goes by, its last part the key. One direction for all parts, so that one comparison of rows, which an index
# can begin at, says "after this row"; this is what the indexes of ReviewCase are made of.
_ORDERS: Mapping[str, tuple[Any, ...]] = {
    "due": (F("due_at"), _LARGEST_FIRST, F("id")),
    "age": (F("opened_at"), F("id")),
    "amount": (F("queue_amount_minor"), F("id")),
    "score": (F("queue_score"), F("id")),
}
_DESCENDING = frozenset({"amount", "score"})
PLACE_COLUMNS = ("due_at", "opened_at", "queue_amount_minor", "queue_score", "pk")
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What one queue page asks for. `today_ends` is the end of the lender's day, in UTC.

    `words` is the id of a case or an application, `person` words about a person (review_queue.search). The view DECIDED is
    there for these only. `columns` are those shown beside the usual ones; `saved` is the key of the saved view it came from.
    """

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
    person: str = ""
    columns: str = ""
    saved: str = ""

    @property
    def is_search(self) -> bool:
        return bool(self.words or self.person)


def matching(query: QueueQuery, *, now: datetime) -> QuerySet[ReviewCase]:
    """The view's cases that pass the filters, in no order."""
    cases = ReviewCase.objects.filter(view_condition(query.view, query), lender_id=query.lender_id)
    if query.kind:
        cases = cases.filter(kind=_KIND_OF_WORD[query.kind])
    if query.product:
        cases = cases.filter(application__product__code=query.product)
    if query.channel:
        cases = cases.filter(application__channel=query.channel)
    if query.amount:
        low, high = _AMOUNT_BOUNDS_MINOR[query.amount]
        cases = cases.filter(queue_amount_minor__gte=low)
        if high is not None:
            cases = cases.filter(queue_amount_minor__lt=high)
    if query.held == "nobody":
        cases = cases.filter(_unheld(now))
    elif query.held == "me":
        cases = cases.filter(holder_id=query.user_id)
    if query.tag:
        cases = cases.filter(tags__name=query.tag)
    if query.words:
        cases = cases.filter(has_id(query.words))
    if query.person:
        cases = cases.filter(is_about(query.person, lender_id=query.lender_id))
    return cases


def view_condition(view: str, query: QueueQuery) -> Q:
    """What makes a case part of a view."""
    is_open = Q(state=CaseState.OPEN)
    at_work = is_open & AT_WORK
    mine = Q(holder_id=query.user_id) | Q(assigned_to_id=query.user_id)
    second = second_look_of(query.user_id)
    conditions = {
        "waiting": is_open & WAITING,
        "came-back": is_open & CAME_BACK & Q(assigned_to_id=query.user_id),
        # a first answer waits for somebody else, whoever held the case last
        "mine": at_work & mine & (Q(awaited_answer=1) | second),
        "second-look": at_work & second,
        "technical": at_work & Q(is_technical=True),
        "due-today": at_work & Q(due_at__lt=query.today_ends),
        DECIDED: ~is_open,
    }
    # who searches finds what was put aside as well
    return conditions.get(view, is_open if query.is_search else at_work)


def sorted_cases(cases: QuerySet[ReviewCase], sort: str) -> QuerySet[ReviewCase]:
    """In the order of a sort; `beyond` continues it from a row."""
    direction = "desc" if sort in _DESCENDING else "asc"
    return cases.order_by(*(getattr(part, direction)() for part in _ORDERS[sort]))


def place_in_order(row: Mapping[str, Any], sort: str) -> Place:
    """Where a row, with its PLACE_COLUMNS, stands in the order of a sort: what `beyond` continues from."""
    match sort:
        case "due":
            return row["due_at"], -row["queue_amount_minor"], row["pk"]
        case "age":
            return row["opened_at"], row["pk"]
        case "amount":
            return row["queue_amount_minor"], row["pk"]
        case _:
            return row["queue_score"], row["pk"]


def beyond(
    cases: QuerySet[ReviewCase], *, sort: str, place: Place, back: bool = False
) -> QuerySet[ReviewCase]:
    """Rows of a sorted query after (or, with `back`, before) the place of a row in that order."""
    lookup = TupleLessThan if (sort in _DESCENDING) != back else TupleGreaterThan
    return cases.filter(lookup(Tuple(*_ORDERS[sort]), place))


def unheld_in_order(query: QueueQuery, *, user_id: int, now: datetime) -> QuerySet[ReviewCase]:
    """What Start and Next hand out: the view's cases that nobody holds, or that this person holds already.

    Left out is what waits, what this person may not take or has passed by, and, while it is not late, what is a colleague's to do.
    A case that waits for a second approver is handed only to who may be that.
    """
    free = _unheld(now) | Q(holder_id=user_id)
    cases = matching(query, now=now).filter(AT_WORK, free, for_this_person(user_id, now=now))
    return sorted_cases(cases.filter(Q(awaited_answer=1) | second_look_of(user_id)), query.sort)


def for_this_person(user_id: int, *, now: datetime) -> Q:
    """What may be handed to a person without their asking for it."""
    passed_by = Skip.objects.filter(case=OuterRef("pk"), user_id=user_id)
    theirs = Q(assigned_to=None) | Q(assigned_to_id=user_id) | Q(due_at__lt=now)
    return theirs & ~barred_for(user_id) & ~Q(Exists(passed_by))


def _unheld(now: datetime) -> Q:
    return Q(holder__isnull=True) | Q(lease_until__lte=now)
