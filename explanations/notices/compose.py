"""A notice: composed once, frozen, and disclosed unless something in it may not be said yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from explanations.models import Notice
from explanations.notices.gathering import DecisionToTell, subject_without_decision, subjects_of_decisions
from explanations.notices.required import lacks
from explanations.notices.snapshot import snapshot
from explanations.notices.subject import NoticeSubject
from explanations.notices.texts import words
from explanations.reason_codes.codes import canonical_sha256
from explanations.reasons import Reason
from underwriting.clocks.deadlines import start_of
from underwriting.clocks.running import decision_due_at
from underwriting.decisions.offers import disclose_decisions
from underwriting.enums import NoticeKind, WorkKind
from underwriting.models import Application, Assessment, Decision, Lender, Party, Product
from underwriting.people.links import renew_links
from underwriting.work.put import NewItem, put_many

PAGE_OUTLASTS_ANSWER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice about to be written. `held_because` holds it, beside what its subject lacks."""

    subject: NoticeSubject
    held_because: str = ""
    number: int = 1


def compose_notice(
    *,
    decision: Decision,
    assessment: Assessment,
    application: Application,
    parties: Sequence[Party],
    lender: Lender,
    product: Product,
    reasons: Sequence[Reason | Mapping[str, Any]],
    held_because: str,
    now: datetime,
) -> Notice:
    """Write the notice of one decision; `compose_notices` says how."""
    one = DecisionToTell(
        decision=decision,
        assessment=assessment,
        application=application,
        parties=parties,
        lender=lender,
        product=product,
        reasons=reasons,
        held_because=held_because,
    )
    return compose_notices([one], now=now)[0]


@transaction.atomic(savepoint=False)  # always inside the decisions', at every decision
def compose_notices(decisions: Sequence[DecisionToTell], *, now: datetime) -> list[Notice]:
    """Write the notice of each decision, in this order, and their disclosures. A second call answers the same notices.

    A notice is held, never lost, where the reasons failed a test, where a decline has none, where the lender wants a second
    look, or where the settings lack something the law wants printed. Call it in the transaction of the decisions, after their
    standing offers were made. As many queries for all as for one.
    """
    rows = Notice.objects.filter(decision__in=[one.decision for one in decisions]).order_by("number")
    notices = {row.decision_id: row for row in rows}
    untold = [one for one in decisions if one.decision.pk not in notices]
    drafts = [
        Draft(subject, held_because=one.held_because)
        for one, subject in zip(untold, subjects_of_decisions(untold, now=now), strict=True)
    ]
    notices |= {row.decision_id: row for row in write_notices(drafts, now=now)}
    return [notices[one.decision.pk] for one in decisions]


@transaction.atomic
def compose_incompleteness(
    *, application: Application, missing: Sequence[str], answer_by: date, now: datetime
) -> Notice:
    """Write the notice of incompleteness (12 CFR 1002.9(c)(2), Form C-6): what is missing, by when, and that silence ends it.

    `missing` are the fields as JSON pointers. A second call answers the same notice.
    """
    existing = standing_of(application, None, NoticeKind.INCOMPLETENESS)
    if existing is not None:
        return existing
    sentences = words(application.language)
    subject = subject_without_decision(
        application=application,
        kind=NoticeKind.INCOMPLETENESS,
        needed=[sentences.item(pointer) for pointer in missing],
        answer_by=answer_by,
        now=now,
    )
    return write_notices([Draft(subject)], now=now)[0]


@transaction.atomic
def compose_withdrawal(*, application: Application, now: datetime) -> Notice:
    """Record that the applicant withdrew. Nothing is sent (comment 9-2), and the record is kept like any notice."""
    existing = standing_of(application, None, NoticeKind.WITHDRAWAL)
    if existing is not None:
        return existing
    subject = subject_without_decision(application=application, kind=NoticeKind.WITHDRAWAL, now=now)
    return write_notices([Draft(subject)], now=now)[0]


def standing_of(
    application: Application, decision: Decision | None, kind: NoticeKind | None = None
) -> Notice | None:
    """The notice of a decision, or of a kind without decision, that has the highest number."""
    rows = Notice.objects.filter(application=application, decision=decision)
    return (rows if kind is None else rows.filter(kind=kind)).order_by("-number").first()


def write_notices(drafts: Sequence[Draft], *, now: datetime) -> list[Notice]:
    """Freeze what each notice says; those that nothing holds are disclosed and have their letters rendered."""
    notices = Notice.objects.bulk_create([_row(draft, now=now) for draft in drafts])
    tell([notice for notice in notices if not notice.held_because], now=now)
    return notices


def _row(draft: Draft, *, now: datetime) -> Notice:
    application, content = draft.subject.application, snapshot(draft.subject)
    return Notice(
        decision=draft.subject.decision,
        application=application,
        number=draft.number,
        kind=draft.subject.kind,
        language=application.language,
        snapshot=content,
        snapshot_sha256=canonical_sha256(content),
        due_at=decision_due_at(application),
        held_because=" ".join(part for part in (draft.held_because, *lacks(draft.subject)) if part),
        created_at=now,
    )


def tell(notices: Sequence[Notice], *, now: datetime) -> None:
    """Let the applicants see these notices from now on, and have their letters rendered once this commits.

    In the transaction that holds the applications' locks. The page whose address a letter prints lasts as long as it is of use.
    """
    disclose_decisions(
        {one.decision: one.snapshot_sha256 for one in notices if one.decision is not None}, now=now
    )
    sent = [notice for notice in notices if _readers(notice)]
    until_of: dict[str, datetime] = {}
    for notice in sent:
        until_of |= dict.fromkeys(_readers(notice), page_needed_until(notice))
    renew_links(until_of, now=now)
    put_many(
        [
            NewItem(
                kind=WorkKind.RENDER_NOTICE,
                lender_id=notice.application.lender_id,
                application_id=notice.application_id,
                subject_id=notice.pk,
            )
            for notice in sent
        ],
        now=now,
    )


def _readers(notice: Notice) -> list[str]:
    """The public ids of the parties that are sent a letter."""
    return [letter["party"] for letter in notice.snapshot["letters"] if letter["sent"]]


def page_needed_until(notice: Notice) -> datetime:
    """How long at least the page of a notice has to open: beyond the last day on which its reader can answer."""
    lender = notice.application.lender
    named = notice.snapshot["answer_by_on"] or notice.snapshot["look_again_until"]
    written_on = notice.created_at.astimezone(ZoneInfo(lender.time_zone)).date()
    last_day = date.fromisoformat(named) if named else written_on + timedelta(days=lender.look_again_days)
    if notice.snapshot["offer"]:
        last_day = max(last_day, written_on + timedelta(days=notice.application.product.offer_valid_days))
    return start_of(last_day + PAGE_OUTLASTS_ANSWER, lender.time_zone)
