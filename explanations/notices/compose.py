"""A notice: composed once, frozen, and disclosed unless something in it may not be said yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from explanations.models import Notice
from explanations.notices.reports import reports_found, reports_used, scores_on_file, scores_used
from explanations.notices.required import lacks
from explanations.notices.snapshot import snapshot
from explanations.notices.subject import KIND_OF_OUTCOME, OF_THE_LOAN, NoticeSubject, is_primary
from explanations.notices.texts import words
from explanations.reason_codes.codes import canonical_sha256
from explanations.reasons import Reason
from underwriting.clocks.deadlines import start_of
from underwriting.clocks.running import decision_due_at
from underwriting.enums import NoticeKind, Outcome, WorkKind
from underwriting.facts.values import FactValue, facts_from_json
from underwriting.models import (
    Application,
    Assessment,
    CreditReport,
    Decision,
    Disclosure,
    Lender,
    Party,
    Product,
    StandingOffer,
)
from underwriting.people.links import renew_links
from underwriting.work.put import put

PAGE_OUTLASTS_ANSWER = timedelta(days=30)


@transaction.atomic(savepoint=False)  # always inside the decision's, at every decision
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
    """Write the notice of a decision and, unless it is held, its disclosure. A second call answers the same notice.

    `reasons` are those of the decision, as objects or as stored. A notice is held, never lost, where the reasons failed a test
    (`held_because`), where a decline has none, where the lender wants a second look, or where the settings lack something the
    law wants printed. Call it in the transaction of the decision, after its standing offer was made.
    """
    existing = standing_of(application, decision)
    if existing is not None:
        return existing
    subject = subject_of_decision(
        decision=decision,
        assessment=assessment,
        application=application,
        parties=parties,
        lender=lender,
        product=product,
        reasons=[r if isinstance(r, Reason) else Reason.from_json(r) for r in reasons],
        now=now,
    )
    return write_notice(subject, held_because=held_because, number=1, now=now)


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
    return write_notice(subject, held_because="", number=1, now=now)


@transaction.atomic
def compose_withdrawal(*, application: Application, now: datetime) -> Notice:
    """Record that the applicant withdrew. Nothing is sent (comment 9-2), and the record is kept like any notice."""
    existing = standing_of(application, None, NoticeKind.WITHDRAWAL)
    if existing is not None:
        return existing
    subject = subject_without_decision(application=application, kind=NoticeKind.WITHDRAWAL, now=now)
    return write_notice(subject, held_because="", number=1, now=now)


def standing_of(
    application: Application, decision: Decision | None, kind: NoticeKind | None = None
) -> Notice | None:
    """The notice of a decision, or of a kind without decision, that has the highest number."""
    rows = Notice.objects.filter(application=application, decision=decision)
    return (rows if kind is None else rows.filter(kind=kind)).order_by("-number").first()


def subject_of_decision(
    *,
    decision: Decision,
    assessment: Assessment,
    application: Application,
    parties: Sequence[Party],
    lender: Lender,
    product: Product,
    reasons: Sequence[Reason],
    now: datetime,
) -> NoticeSubject:
    """Gather what the notice of a decision says."""
    facts = facts_from_json(assessment.facts)
    found: dict[str, CreditReport] = reports_found(
        assessment=assessment, application=application, parties=parties, facts=facts
    )
    outcome = Outcome(decision.outcome)
    scores = (
        scores_on_file(found, lender=lender)
        if outcome is Outcome.APPROVE
        else scores_used(found, assessment=assessment, facts=facts, lender=lender)
    )
    subject = NoticeSubject(
        kind=KIND_OF_OUTCOME[outcome],
        decision=decision,
        application=application,
        parties=parties,
        lender=lender,
        product=product,
        written_on=date.min,
        reasons=tuple(reasons),
        reports=reports_used(found, application=application, parties=parties, facts=facts, lender=lender),
        scores=scores,
        # what a person decided on grounds of their own would not change with the score
        would_change=_would_change(assessment, facts, parties)
        if outcome is Outcome.DECLINE and decision.stage == assessment.stage
        else (),
    )
    return replace(
        subject,
        written_on=subject.day_of(now),
        offer_until=_offer_until(subject, decision) if decision.offer else None,
    )


def write_notice(subject: NoticeSubject, *, held_because: str, number: int, now: datetime) -> Notice:
    """Freeze what the notice says; where nothing holds it, disclose it and have its letters rendered."""
    application = subject.application
    content = snapshot(subject)
    held = " ".join(part for part in (held_because, *lacks(subject)) if part)
    notice = Notice.objects.create(
        decision=subject.decision,
        application=application,
        number=number,
        kind=subject.kind,
        language=application.language,
        snapshot=content,
        snapshot_sha256=canonical_sha256(content),
        due_at=decision_due_at(application),
        held_because=held,
        created_at=now,
    )
    if not held:
        tell(notice, now=now)
    return notice


def tell(notice: Notice, *, now: datetime) -> None:
    """Let the applicants see the notice from now on, and have its letters rendered once this commits.

    In the transaction that holds the application's lock. The page whose address a letter prints lasts as long as it is of use.
    """
    if notice.decision_id is not None:
        Disclosure.objects.create(
            decision_id=notice.decision_id, disclosed_at=now, snapshot_sha256=notice.snapshot_sha256
        )
    readers = [letter["party"] for letter in notice.snapshot["letters"] if letter["sent"]]
    if readers:
        renew_links(notice.application, party_ids=readers, until=page_needed_until(notice), now=now)
        put(
            kind=WorkKind.RENDER_NOTICE,
            lender_id=notice.application.lender_id,
            application_id=notice.application_id,
            subject_id=notice.pk,
            now=now,
        )


def page_needed_until(notice: Notice) -> datetime:
    """How long at least the page of a notice has to open: beyond the last day on which its reader can answer."""
    lender = notice.application.lender
    if notice.decision is None:
        last_day = date.fromisoformat(notice.snapshot["answer_by_on"])
    else:
        decided_on = notice.decision.decided_at.astimezone(ZoneInfo(lender.time_zone)).date()
        last_day = decided_on + timedelta(days=lender.look_again_days)
    return start_of(last_day + PAGE_OUTLASTS_ANSWER, lender.time_zone)


def subject_without_decision(
    *,
    application: Application,
    kind: NoticeKind,
    needed: Sequence[str] = (),
    answer_by: date | None = None,
    now: datetime,
) -> NoticeSubject:
    """Gather what a notice of incompleteness, or the record of a withdrawal, says."""
    subject = NoticeSubject(
        kind=kind,
        application=application,
        parties=list(Party.objects.filter(application=application).order_by("ordinal")),
        lender=application.lender,
        product=application.product,
        written_on=date.min,
        needed=tuple(needed),
        answer_by=answer_by,
    )
    return replace(subject, written_on=subject.day_of(now))


def _would_change(
    assessment: Assessment, facts: Mapping[str, FactValue], parties: Sequence[Party]
) -> tuple[str, ...]:
    """What the primary applicant can change within stated limits; other terms are an offer or nothing, never a hint.

    A way that asks for something of another applicant is left out: their facts are not for this reader.
    """
    own = {str(party.public_id) for party in parties if is_primary(party)} | (
        {None} if len(parties) == 1 else set()
    )
    return tuple(
        line["sentence"]
        for line in assessment.what_would_change
        if line.get("kind") == "FACTS"
        and all(
            change["fact"] in OF_THE_LOAN
            or (change["fact"] in facts and facts[change["fact"]].party_id in own)
            for change in line["changes"]
        )
    )


def _offer_until(subject: NoticeSubject, decision: Decision) -> date:
    """The last day of the standing offer; before it is made, the product's number of days from the decision."""
    standing = StandingOffer.objects.filter(decision=decision).first()
    if standing is not None:
        return standing.valid_until
    return subject.day_of(decision.decided_at) + timedelta(days=subject.product.offer_valid_days)
