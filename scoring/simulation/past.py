"""Past applications as the live engine saw them: one row an application, from its newest assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from underwriting.clocks.selectors import today_of
from underwriting.enums import ApplicationStatus, LoanEventKind, Origin
from underwriting.facts.assemble import at_terms
from underwriting.facts.values import Facts, facts_from_json
from underwriting.models import Application, Assessment, LoanEvent, Product
from underwriting.outcomes.known import KnownOutcome, is_old_enough, outcomes_in_window
from underwriting.policy.types import FaultKind, PairScore, PolicyCase, TechnicalFault, Terms

READ_AT_ONCE = 1_000
# large, and nothing a policy looks at
NOT_READ = ("findings", "contributions", "reasons", "what_would_change", "application__stated")


@dataclass(frozen=True, slots=True)
class PastRow:
    """A past application: what the policy may look at, and what is known of its loan.

    `as_of` is the moment it was assessed as of. `known` is the result within the window (underwriting.outcomes.known), None: nothing
    was lent or nothing told; it is counted only where the application `is_old_enough`.
    """

    assessment_id: int
    application_id: int
    reference: str
    as_of: datetime
    channel: str
    purpose: str
    case: PolicyCase
    known: KnownOutcome | None
    is_old_enough: bool


def past_rows(
    product: Product, *, since: datetime, until: datetime, known_at: datetime, limit: int | None = None
) -> Iterator[PastRow]:
    """Rows of a product's applications received in [since, until), newest first, at most `limit`.

    An application that was never scored nor weighed (a quarantined one) is left out: there is nothing to weigh again.
    """
    keys = past_keys(product, since=since, until=until)[:limit]
    for start in range(0, len(keys), READ_AT_ONCE):
        for row in rows_at(keys[start : start + READ_AT_ONCE], product, known_at=known_at):
            yield row.past()


def past_keys(product: Product, *, since: datetime, until: datetime) -> list[int]:
    """The newest weighed assessment of each application received in [since, until), newest application first."""
    newest = (
        Assessment.objects.filter(
            application__product=product,
            application__received_at__gte=since,
            application__received_at__lt=until,
            hashes__has_key="inputs",
        )
        .order_by("application__received_at", "application_id", "-number")
        .distinct("application__received_at", "application_id")
        .values_list("pk", flat=True)
    )
    return list(newest)[::-1]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A past application as it is stored, before anybody tried to read it."""

    assessment: Assessment
    product: Product
    known: KnownOutcome | None
    is_old_enough: bool
    is_lent: bool

    @property
    def reference(self) -> str:
        return self.assessment.application.reference

    def past(self) -> PastRow:
        """Raises KeyError, TypeError or ValueError for a row that cannot be read."""
        return _row(self)


def rows_at(keys: Sequence[int], product: Product, *, known_at: datetime) -> Iterator[StoredRow]:
    """These assessments in this order, with what was known of their loans on the lender's day of `known_at`. Three statements, or five.

    A loan was made where the offer was accepted, or where servicing told anything of it. Where servicing tells how loans end and no
    payments, one that is still paid has no event: there whatever an imported past approved counts as a loan of which nothing is told.
    """
    found = Assessment.objects.select_related("application").defer(*NOT_READ).in_bulk(list(keys))
    today = today_of(product.lender, known_at)
    applied = {
        row.application_id: today_of(product.lender, row.application.received_at) for row in found.values()
    }
    known = outcomes_in_window(applied, until=today)
    served = LoanEvent.objects.filter(application_id__in=list(applied), occurred_on__lte=today)
    lent = set(served.values_list("application_id", flat=True).distinct())
    if any(_may_be_lent(row.application) and row.application_id not in lent for row in found.values()):
        lent |= _approved_unless_payments_are_told(found.values(), product)
    for key in keys:
        application = found[key].application
        yield StoredRow(
            found[key],
            product,
            known.get(application.pk),
            is_old_enough(applied[application.pk], until=today),
            is_lent=application.pk in lent or application.status == ApplicationStatus.ACCEPTED,
        )


def _may_be_lent(application: Application) -> bool:
    """Imported as approved, by whoever decided then."""
    approved = (ApplicationStatus.APPROVED, ApplicationStatus.COUNTEROFFERED)
    return application.origin == Origin.IMPORTED and application.status in approved


def _approved_unless_payments_are_told(rows: Iterable[Assessment], product: Product) -> set[int]:
    told = LoanEvent.objects.filter(application__product=product)
    if not told.exists() or told.filter(kind=LoanEventKind.PAID).exists():
        return set()
    return {row.application_id for row in rows if _may_be_lent(row.application)}


def _row(stored: StoredRow) -> PastRow:
    assessment, application = stored.assessment, stored.assessment.application
    return PastRow(
        assessment_id=assessment.pk,
        application_id=application.pk,
        reference=application.reference,
        as_of=application.received_at,
        channel=assessment.hashes["inputs"]["channel"],
        purpose=application.purpose,
        case=case_of(assessment, stored.product),
        known=stored.known,
        is_old_enough=stored.is_old_enough,
    )


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """The product's rate on the day of the assessment."""

    reference_rate_bps: int


class FactsAtTerms(Sequence[Facts]):
    """The facts at each pair of terms, worked out when somebody looks: only a counteroffer looks beyond the requested pair."""

    def __init__(self, requested: Facts, terms: tuple[Terms, ...], rate: ReferenceRate) -> None:
        self._requested, self._terms, self._rate = requested, terms, rate

    def __len__(self) -> int:
        return len(self._terms)

    @overload
    def __getitem__(self, index: int) -> Facts: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Facts]: ...
    def __getitem__(self, index: int | slice) -> Facts | Sequence[Facts]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if range(len(self))[index] == 0:
            return self._requested
        return at_terms(self._requested, terms=self._terms[index], product=self._rate)


def case_of(assessment: Assessment, product: Product) -> PolicyCase:
    """The case that the policy weighed, from what the assessment froze; the reference rate is the frozen one."""
    inputs = assessment.hashes["inputs"]
    facts = facts_from_json(assessment.facts)
    scores = tuple(
        PairScore(
            terms=Terms(amount_minor=pair["amount_minor"], term_months=pair["term_months"]),
            margin=pair["margin"],
            points=pair["points"],
            score=pair["score"],
            probability_of_default=pair["probability_of_default"],
        )
        for pair in assessment.scores
    )
    faults = tuple(TechnicalFault.from_json(fault) for fault in assessment.technical)
    application = assessment.application
    return PolicyCase(
        facts=facts,
        requested=scores[0].terms
        if scores
        else Terms(application.requested_amount_minor, application.requested_term_months),
        scores=scores,
        facts_at=FactsAtTerms(
            facts,
            tuple(pair.terms for pair in scores),
            ReferenceRate(inputs.get("reference_rate_bps", product.reference_rate_bps)),
        ),
        faults=faults,
        model_late=any(fault.kind is FaultKind.MODEL_TIMEOUT for fault in faults),
        channel=inputs["channel"],
    )
