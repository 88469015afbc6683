"""How long an application is kept: the lender's months after the last thing that was said about it (12 CFR 1002.12)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest

from explanations.models import Notice
from review_queue.models import Appeal, HeldDecision, Message, ReviewCase
from underwriting.decisions.offers import NOT_OVER
from underwriting.enums import (
    ApplicationStatus,
    CaseState,
    HeldState,
    MailState,
    WorkState,
)
from underwriting.models import (
    Application,
    Decision,
    Disclosure,
    Lender,
    Mail,
    NoticeClock,
    StandingOffer,
    WorkItem,
)

UNDECIDED = frozenset(
    {
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.INCOMPLETE,
        ApplicationStatus.IN_ASSESSMENT,
        ApplicationStatus.REFERRED,
    }
)
AT_WORK = (WorkState.READY, WorkState.LEASED)
# A month added to the last of a month ends on the last of the other: that day may stand for four.
MONTH_ENDS = timedelta(days=4)
READ_AT_ONCE = 100


def kept_until(application: Application) -> date:
    """The last day, where the lender is, on which the application is kept; from the next on it may be erased."""
    last = _with_last_word(Application.objects.filter(pk=application.pk)).get()
    return _kept_until(last.last_word, application.lender)  # type: ignore[attr-defined]


def still_open(application: Application) -> str:
    """What is not over yet, as a clause; empty where everything is."""
    if application.status in UNDECIDED:
        return "it is not decided yet"
    of_it = {"application": application}
    unfinished = (
        ("an offer is open", StandingOffer.objects.filter(**of_it, state__in=NOT_OVER)),
        ("a case is open", ReviewCase.objects.filter(**of_it).exclude(state=CaseState.CLOSED)),
        (
            "a decision is held",
            HeldDecision.objects.filter(
                case__application=application, state__in=[HeldState.WAITING, HeldState.HELD]
            ),
        ),
        ("a letter waits to be sent", Mail.objects.filter(**of_it, state=MailState.WAITING)),
        ("work on it is under way", WorkItem.objects.filter(**of_it, state__in=AT_WORK)),
    )
    return next((clause for clause, rows in unfinished if rows.exists()), "")


def falling_due(lender: Lender, *, by: date) -> Iterator[tuple[Application, date]]:
    """Applications of a lender that are kept until before `by` and neither erased nor held, in the order of their keys.

    Read in pages by key, so that one that cannot be erased stands in nobody's way.
    """
    latest = _months_later(by, -lender.retention_months) + MONTH_ENDS
    rows = Application.objects.filter(
        lender=lender,
        erased_at=None,
        legal_hold_at=None,
        received_at__lt=datetime.combine(latest, datetime.min.time(), ZoneInfo(lender.time_zone)),
    ).exclude(status__in=UNDECIDED)
    after = 0
    while page := list(_with_last_word(rows.filter(pk__gt=after)).order_by("pk")[:READ_AT_ONCE]):
        for row in page:
            until = _kept_until(row.last_word, lender)  # type: ignore[attr-defined]
            if until < by:
                yield row, until
        after = page[-1].pk


def _kept_until(last_word: datetime, lender: Lender) -> date:
    return _months_later(last_word.astimezone(ZoneInfo(lender.time_zone)).date(), lender.retention_months)


def _with_last_word(applications: QuerySet[Application]) -> QuerySet[Application]:
    """With the moment of the last event between the lender and the applicant. Postgres' greatest leaves nulls out."""
    return applications.annotate(
        last_word=Greatest(
            F("received_at"),
            F("completed_at"),
            F("decided_at"),
            F("notified_at"),
            _last(Decision.objects, "decided_at"),
            _last(Notice.objects, "created_at"),
            Subquery(
                Disclosure.objects.filter(decision__application=OuterRef("pk"))
                .order_by()
                .values("decision__application")
                .annotate(last=Max("disclosed_at"))
                .values("last")
            ),
            _last(Mail.objects, "sent_at"),
            _last(NoticeClock.objects, "stopped_at"),
            _last(StandingOffer.objects, "answered_at"),
            _last(Appeal.objects, "received_at"),
            _last(Message.objects, "sent_at"),
            output_field=DateTimeField(),
        )
    )


def _last(rows: object, moment: str) -> Subquery:
    """The latest of a table's moments about the application in question."""
    return Subquery(
        rows.filter(application=OuterRef("pk"))  # type: ignore[attr-defined]
        .order_by()
        .values("application")
        .annotate(last=Max(moment))
        .values("last")
    )


def _months_later(day: date, months: int) -> date:
    """The same day of another month; that month's last where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
