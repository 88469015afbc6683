"""Reading the queue for screens: rows, counts, neighbours, held and recent decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from review_queue.models import HeldDecision, ReviewCase
from review_queue.queue import VIEWS, QueueQuery, beyond, matching, sorted_cases, view_condition
from review_queue.waiting import AT_WORK
from underwriting.enums import CaseKind, CaseState, HeldState
from underwriting.models import Party
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
    sort_value: Any
    kind: CaseKind
    not_for_id: int | None
    assigned_to: str
    waiting_until: datetime | None
    clock_stands: bool

    def is_held(self, now: datetime) -> bool:
        return self.holder_id is not None and self.lease_until is not None and self.lease_until > now


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`following` is the sort value and key to continue after, None on the last page."""

    rows: Sequence[QueueRow]
    following: tuple[Any, int] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in a view: its position (from 1) of `total`, and the numbers of its neighbours."""

    position: int
    total: int
    previous: int | None
    following: int | None


def queue_page(
    query: QueueQuery,
    *,
    now: datetime,
    after: tuple[Any, int] | None = None,
    size: int = PAGE_ROWS,
    only: Q | None = None,
) -> QueuePage:
    """One page of the queue, by key; `only` narrows it further. Two statements: cases with what a row shows, and the names of their applicants."""
    cases = sorted_cases(matching(query, now=now).filter(only or Q()), query.sort)
    if after is not None:
        cases = beyond(cases, sort=query.sort, value=after[0], key=after[1])
    found = list(_row_columns(cases)[: size + 1])
    names = applicant_names([row["application_id"] for row in found[:size]])
    rows = [_row(row, names.get(row["application_id"], "")) for row in found[:size]]
    following = (rows[-1].sort_value, rows[-1].key) if len(found) > size else None
    return QueuePage(rows=rows, following=following)


def view_counts(query: QueueQuery) -> dict[str, int]:
    """How many open cases each view holds, without the page's filters; one statement."""
    cases = ReviewCase.objects.filter(lender_id=query.lender_id, state=CaseState.OPEN)
    counted: dict[str, int] = cases.aggregate(
        **{
            name.replace("-", "_"): Count("pk", filter=view_condition(name, query) or Q(pk__isnull=False))
            for name in VIEWS
        }
    )
    return {name: counted[name.replace("-", "_")] for name in VIEWS}


def is_any_due_today(query: QueueQuery) -> bool:
    """Whether any open case of the lender is late or due before its day ends."""
    cases = ReviewCase.objects.filter(lender_id=query.lender_id, state=CaseState.OPEN)
    return cases.filter(view_condition("due-today", query)).exists()


def counts_without_each_filter(query: QueueQuery, *, now: datetime) -> dict[str, int]:
    """For an empty page: how many cases match when one of the filters in use is dropped, by filter, where any do."""
    without = {
        "words": replace(query, words=""),
        "tag": replace(query, tag=""),
        "held": replace(query, held=""),
        "amount": replace(query, amount=""),
        "channel": replace(query, channel=""),
        "product": replace(query, product=""),
        "kind": replace(query, kind=""),
    }
    counted = {name: matching(wider, now=now).count() for name, wider in without.items() if wider != query}
    return {name: count for name, count in counted.items() if count}


def place_of(case: ReviewCase, query: QueueQuery, *, now: datetime) -> Place | None:
    """The case's place in a view; None when it is not (any more) in it."""
    cases = sorted_cases(matching(query, now=now), query.sort)
    mine = cases.filter(pk=case.pk).first()
    if mine is None:
        return None
    own = getattr(mine, "sort_value")  # noqa: B009 - an annotation
    earlier = beyond(cases, sort=query.sort, value=own, key=case.pk, back=True)
    later = beyond(cases, sort=query.sort, value=own, key=case.pk)
    before, after = earlier.count(), later.count()
    return Place(
        position=before + 1,
        total=before + 1 + after,
        previous=earlier.reverse().values_list("number", flat=True).first() if before else None,
        following=later.values_list("number", flat=True).first() if after else None,
    )


def late_count(*, lender_id: int, now: datetime) -> int:
    """How many open cases are past their due time; those put aside are counted when they come back."""
    return ReviewCase.objects.filter(
        AT_WORK, lender_id=lender_id, state=CaseState.OPEN, due_at__lt=now
    ).count()


def newest_key(*, lender_id: int) -> int:
    """The key of the newest case of a lender, 0 where there is none: what a queue page remembers to count new arrivals."""
    return (
        ReviewCase.objects.filter(lender_id=lender_id).order_by("-id").values_list("pk", flat=True).first()
        or 0
    )


def arrivals_since(query: QueueQuery, *, key: int, now: datetime) -> int:
    """How many cases of the page's view and filters are newer than the page."""
    return matching(query, now=now).filter(pk__gt=key).count()


def next_due(*, lender_id: int) -> datetime | None:
    """When the next open case is due; None when there is none."""
    return (
        ReviewCase.objects.filter(AT_WORK, lender_id=lender_id, state=CaseState.OPEN)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )


def standing_held_decision(*, user_id: int, lender_id: int, now: datetime) -> HeldDecision | None:
    """The person's newest decision that can still be taken back: what the undo bar speaks about."""
    return (
        HeldDecision.objects.filter(
            decided_by_id=user_id, case__lender_id=lender_id, state=HeldState.HELD, held_until__gt=now
        )
        .select_related("case")
        .order_by("-id")
        .first()
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
        state__in=[HeldState.HELD, HeldState.RELEASED],
    ).count()


def channels_and_products(*, lender_id: int) -> tuple[list[str], list[tuple[str, str]]]:
    """What open cases came through and ask for: channels, and products as (code, name)."""
    rows = (
        ReviewCase.objects.filter(lender_id=lender_id, state=CaseState.OPEN)
        .values_list("application__channel", "application__product__code", "application__product__name")
        .distinct()
        .order_by()
    )
    found = list(rows)
    return sorted({row[0] for row in found}), sorted({(row[1], row[2]) for row in found})


def applicant_names(application_ids: Iterable[int]) -> dict[int, str]:
    """Names of primary applicants by application key: `M. Okafor`, with `+1` for each further applicant."""
    found: dict[int, str] = {}
    others: dict[int, int] = {}
    for party in Party.objects.filter(application_id__in=list(application_ids)).order_by(
        "application_id", "ordinal"
    ):
        if party.application_id in found:
            others[party.application_id] = others.get(party.application_id, 0) + 1
        else:
            found[party.application_id] = _short_name(party)
    return {key: f"{name} +{others[key]}" if key in others else name for key, name in found.items()}


def _short_name(party: Party) -> str:
    try:
        identity = open_identity(party)
    except Erased:
        return "Erased"
    except Unreadable:
        return "Name unreadable"
    return f"{identity.given_name[:1]}. {identity.family_name}"


def _row_columns(cases: QuerySet[ReviewCase]) -> QuerySet[ReviewCase, Any]:
    # values, not rows: an assessment's facts and findings are large and a queue shows none of them
    return cases.annotate(
        approve=F("assessment__policy_version__document__cut_offs__approve"),
        refer=F("assessment__policy_version__document__cut_offs__refer"),
    ).values(
        "pk", "number", "kind", "not_for_id", "why", "is_technical", "due_at", "opened_at", "lease_until", "holder_id", "holder__name", "sort_value",
        "application_id", "application__reference", "application__requested_amount_minor", "application__requested_term_months",
        "application__currency", "application__product__name", "assessment__score", "approve", "refer",
        "assigned_to__name", "waiting_until", "working_time_left",
    )  # fmt: skip


def _row(row: Mapping[str, Any], applicant: str) -> QueueRow:
    return QueueRow(
        number=row["number"],
        key=row["pk"],
        applicant=applicant,
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
        sort_value=row["sort_value"],
        kind=CaseKind(row["kind"]),
        not_for_id=row["not_for_id"],
        assigned_to=row["assigned_to__name"] or "",
        waiting_until=row["waiting_until"],
        clock_stands=row["working_time_left"] is not None,
    )
