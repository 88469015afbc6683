"""Reading the queue for screens: rows, counts, neighbours, held and recent decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models import Count as CountOf

from review_queue.counting import Count, counts_and_firsts
from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from review_queue.names import OF_UNDECIDED, initials_and_region
from review_queue.papers import ASKED, CAME, Papers, papers_of
from review_queue.queue import (
    DECIDED,
    PLACE_COLUMNS,
    VIEWS,
    Place,
    QueueQuery,
    beyond,
    matching,
    place_in_order,
    sorted_cases,
    view_condition,
)
from review_queue.search import people_with
from review_queue.waiting import AT_WORK
from underwriting.enums import CaseKind, CaseState, HeldState, PartyRole
from underwriting.models import ApiClient, Party, Product
from underwriting.people.identity import open_identity
from underwriting.people.sealing import Erased, Unreadable

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue. Money in minor units; `approve` and `refer` are the cut-offs of the version that assessed it."""

    number: int
    key: int
    applicant: str
    reference: str
    amount_minor: int | None
    term_months: int | None
    currency: str
    product: str
    score: int | None
    approve: int | None
    refer: int | None
    why: str
    more_reasons: int
    is_technical: bool
    due_at: datetime
    opened_at: datetime
    holder_id: int | None
    holder: str
    lease_until: datetime | None
    kind: CaseKind
    state: CaseState
    not_for_id: int | None
    assigned_to: str
    waiting_until: datetime | None
    clock_stands: bool
    papers: Papers

    def is_held(self, now: datetime) -> bool:
        return self.holder_id is not None and self.lease_until is not None and self.lease_until > now


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`following` is the place to continue after, None on the last page."""

    rows: Sequence[QueueRow]
    following: Place | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands in a view: its position (from 1) of `total`, and the numbers of its neighbours."""

    position: Count
    total: Count
    previous: int | None
    following: int | None


def queue_page(
    query: QueueQuery,
    *,
    now: datetime,
    after: Place | None = None,
    size: int = PAGE_ROWS,
    only: Q | None = None,
) -> QueuePage:
    """One page of the queue, from the place of the row before it; `only` narrows it further. One statement."""
    cases = sorted_cases(matching(query, now=now).filter(only or Q()), query.sort)
    if after is not None:
        cases = beyond(cases, sort=query.sort, place=after)
    found = list(_row_columns(cases)[: size + 1])
    rows = [_row(row) for row in found[:size]]
    following = place_in_order(found[size - 1], query.sort) if len(found) > size else None
    return QueuePage(rows=rows, following=following)


def view_counts(query: QueueQuery, *, now: datetime) -> dict[str, Count]:
    """How many open cases each view holds, without the page's filters; one statement.

    For a search also how many cases match that are not open any more, as the view DECIDED, and how many people, as `people`.
    """
    cases = ReviewCase.objects.filter(lender_id=query.lender_id)
    views: dict[str, QuerySet[Any]] = {name: cases.filter(view_condition(name, query)) for name in VIEWS}
    if query.is_search:
        views[DECIDED] = matching(replace(query, view=DECIDED), now=now)
    if query.person:
        views["people"] = people_with(query.person, lender_id=query.lender_id)
    return counts_and_firsts(views, lender_id=query.lender_id)[0]


def is_any_due_today(query: QueueQuery) -> bool:
    """Whether any open case of the lender is late or due before its day ends."""
    cases = ReviewCase.objects.filter(lender_id=query.lender_id)
    return cases.filter(view_condition("due-today", query)).exists()


def counts_without_each_filter(query: QueueQuery, *, now: datetime) -> dict[str, Count]:
    """For an empty page: how many cases match when one of the filters in use is dropped, by filter, where any do."""
    without = {
        "words": replace(query, words=""),
        "person": replace(query, person=""),
        "tag": replace(query, tag=""),
        "held": replace(query, held=""),
        "amount": replace(query, amount=""),
        "channel": replace(query, channel=""),
        "product": replace(query, product=""),
        "kind": replace(query, kind=""),
    }
    wider = {name: matching(one, now=now) for name, one in without.items() if one != query}
    counted, _ = counts_and_firsts(wider, lender_id=query.lender_id)
    return {name: count for name, count in counted.items() if count}


def place_of(case: ReviewCase, query: QueueQuery, *, now: datetime) -> Standing | None:
    """The case's place in a view; None when it is not (any more) in it. One statement."""
    cases = sorted_cases(matching(query, now=now), query.sort)
    place = place_in_order({name: getattr(case, name) for name in PLACE_COLUMNS}, query.sort)
    earlier = beyond(cases, sort=query.sort, place=place, back=True)
    later = beyond(cases, sort=query.sort, place=place)
    counted, found = counts_and_firsts(
        {"before": earlier, "after": later},
        {
            "own": cases.filter(pk=case.pk).values("number"),
            "previous": earlier.reverse().values("number"),
            "following": later.values("number"),
        },
        lender_id=query.lender_id,
    )
    if found["own"] is None:
        return None
    position = counted["before"].value + 1
    return Standing(
        position=Count(position),
        total=Count(position + counted["after"].value),
        previous=found["previous"],
        following=found["following"],
    )


def late_count(*, lender_id: int, now: datetime) -> Count:
    """How many open cases are past their due time; those put aside are counted when they come back."""
    late = ReviewCase.objects.filter(AT_WORK, lender_id=lender_id, state=CaseState.OPEN, due_at__lt=now)
    return counts_and_firsts({"late": late}, lender_id=lender_id)[0]["late"]


def arrivals_since(query: QueueQuery, *, key: int, now: datetime) -> Count:
    """How many cases of the page's view and filters are newer than the page."""
    newer = matching(query, now=now).filter(pk__gt=key)
    return counts_and_firsts({"newer": newer}, lender_id=query.lender_id)[0]["newer"]


def next_due(*, lender_id: int) -> datetime | None:
    """When the next open case is due; None when there is none."""
    return (
        ReviewCase.objects.filter(AT_WORK, lender_id=lender_id, state=CaseState.OPEN)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )


def standing_held_decision(*, user_id: int, lender_id: int, now: datetime) -> HeldDecision | None:
    """The person's newest decision that can still be taken back: what the undo bar speaks about.

    It is one they made, a first answer among them, or one that they confirmed as second approver.
    """
    held = HeldDecision.objects.filter(_can_be_taken_back(user_id=user_id, lender_id=lender_id, now=now))
    return held.select_related("case").order_by("-id").first()


def _can_be_taken_back(*, user_id: int, lender_id: int, now: datetime) -> Q:
    confirmed = SecondAnswer.objects.filter(
        held_id=OuterRef("pk"), user_id=user_id, outcome=OuterRef("outcome")
    )
    whose = Q(decided_by_id=user_id, state__in=[HeldState.WAITING, HeldState.HELD]) | Q(
        Exists(confirmed), state=HeldState.HELD
    )
    return whose & Q(case__lender_id=lender_id, held_until__gt=now)


def held_decisions_on_case(
    case: ReviewCase, *, user_id: int, now: datetime
) -> tuple[HeldDecision | None, HeldDecision | None]:
    """The person's newest decision that can still be taken back, on whichever case, and this case's newest one. One statement."""
    mine = _can_be_taken_back(user_id=user_id, lender_id=case.lender_id, now=now)
    rows = list(
        HeldDecision.objects.annotate(is_mine=ExpressionWrapper(mine, output_field=BooleanField()))
        .filter(Q(case=case) | Q(is_mine=True))
        .select_related("case", "decided_by")
        .order_by("-id")
    )
    return (
        next((row for row in rows if row.is_mine), None),
        next((row for row in rows if row.case_id == case.pk), None),
    )


def last_decisions(*, user_id: int, lender_id: int, limit: int = 10) -> list[HeldDecision]:
    """The person's newest decisions, held, let go, taken back or refused, newest first."""
    return list(
        HeldDecision.objects.filter(decided_by_id=user_id, case__lender_id=lender_id)
        .select_related("case__application")
        .order_by("-id")[:limit]
    )


def decided_since(*, user_id: int, lender_id: int, since: datetime) -> int:
    """How many decisions of the person took or will take effect since then."""
    return HeldDecision.objects.filter(
        decided_by_id=user_id,
        case__lender_id=lender_id,
        decided_at__gte=since,
        state__in=[HeldState.WAITING, HeldState.HELD, HeldState.RELEASED],
    ).count()


def channels_and_products(*, lender_id: int) -> tuple[list[str], list[tuple[str, str]]]:
    """What a lender's applications come through and ask for: channels, and products as (code, name); one statement.

    The lender's, not those of the cases that happen to be open: to know these is to read every open case.
    """
    products = Product.objects.filter(lender_id=lender_id).values_list(Value("product"), "code", "name")
    channels = ApiClient.objects.filter(lender_id=lender_id).values_list(
        Value("channel"), "channel", "channel"
    )
    found = sorted(products.union(channels))
    return (
        [code for kind, code, _ in found if kind == "channel"],
        [(code, name) for kind, code, name in found if kind == "product"],
    )


def _applicant(row: Mapping[str, Any]) -> str:
    """`M. Okafor`, with `+1` for each further applicant; in blind mode `M. O., postal area 041`."""
    party = Party(
        public_id=row["applicant__public_id"], lender_id=row["lender_id"],
        sealing_key=row["applicant__sealing_key"], identity=row["applicant__identity"],
    )  # fmt: skip
    try:
        identity = open_identity(party)
    except Erased:
        name = "Erased"
    except Unreadable:
        name = "Name unreadable"
    else:
        hides_name = row["lender__hides_names"] and row["of_undecided"]
        name = (
            initials_and_region(identity)
            if hides_name
            else f"{identity.given_name[:1]}. {identity.family_name}"
        )
    return f"{name} +{row['others']}" if row["others"] else name


def _row_columns(cases: QuerySet[ReviewCase]) -> QuerySet[ReviewCase, Any]:
    # values, not rows: an assessment's facts and findings are large and a queue shows none of them
    others = (
        Party.objects.filter(application_id=OuterRef("application_id"))
        .exclude(role=PartyRole.PRIMARY)
        .order_by()
        .values("application_id")
        .annotate(count=CountOf("pk"))
        .values("count")
    )
    columns: QuerySet[ReviewCase, Any] = cases.annotate(
        approve=F("assessment__policy_version__document__cut_offs__approve"),
        refer=F("assessment__policy_version__document__cut_offs__refer"),
        applicant=FilteredRelation(
            "application__parties", condition=Q(application__parties__role=PartyRole.PRIMARY)
        ),
        others=Subquery(others, output_field=IntegerField()),
        asked=ASKED,
        came=CAME,
        of_undecided=OF_UNDECIDED,
    ).values(
        *PLACE_COLUMNS, "lender_id", "lender__hides_names", "of_undecided", "number", "kind", "state", "not_for_id", "why", "is_technical", "lease_until", "holder_id", "holder__name",
        "application__reference", "application__requested_amount_minor", "application__requested_term_months",
        "application__currency", "application__product__name", "assessment__score", "approve", "refer",
        "applicant__public_id", "applicant__sealing_key", "applicant__identity", "others", "asked", "came",
        "assigned_to__name", "waiting_until", "working_time_left",
    )  # fmt: skip
    return columns


def _row(row: Mapping[str, Any]) -> QueueRow:
    return QueueRow(
        number=row["number"],
        key=row["pk"],
        applicant=_applicant(row),
        reference=row["application__reference"],
        amount_minor=row["application__requested_amount_minor"],
        term_months=row["application__requested_term_months"],
        currency=row["application__currency"],
        product=row["application__product__name"],
        score=row["assessment__score"],
        approve=None if row["approve"] is None else int(row["approve"]),
        refer=None if row["refer"] is None else int(row["refer"]),
        why=row["why"][0] if row["why"] else "No reason was given",
        more_reasons=max(0, len(row["why"]) - 1),
        is_technical=row["is_technical"],
        due_at=row["due_at"],
        opened_at=row["opened_at"],
        holder_id=row["holder_id"],
        holder=row["holder__name"] or "",
        lease_until=row["lease_until"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        not_for_id=row["not_for_id"],
        assigned_to=row["assigned_to__name"] or "",
        waiting_until=row["waiting_until"],
        clock_stands=row["working_time_left"] is not None,
        papers=papers_of(row["asked"], row["came"]),
    )
