"""What the case page shows, read out of the case and its assessment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from frontend.charts.band import Band, band
from frontend.charts.contributions import Contributions, contributions, fact_in_words
from frontend.charts.payment_strip import PaymentStrip, payment_strip
from frontend.operations.facts_read import FactState, fact_state
from review_queue.evidence import findings_of
from review_queue.models import ReviewCase
from review_queue.names import initials_and_region
from underwriting.facts.catalogue import FactDefinition, catalogue
from underwriting.facts.values import Absence, Facts, FactSource, FactValue, facts_from_json
from underwriting.models import CreditReport, FactCorrection, Party
from underwriting.people.identity import open_identity
from underwriting.people.sealing import Erased, Unreadable
from underwriting.policy.selectors import active_policy_version
from underwriting.policy.types import Finding, FindingResult
from underwriting.policy.words import value_in_words

ADULT_YEARS = 18
# the eight numbers an officer looks for first, as far as the lender's bureau reports them; the others are one click away
CREDIT_FILE_FIRST = (
    "revolving_utilisation_ratio", "dpd30_count_12m", "dpd90_count_12m", "delinquency_30d_count_24m", "worst_delinquency_severity_12m",
    "enquiry_count_90d", "enquiry_count_6m", "enquiry_count_6m_without_last_7d", "past_due_amount", "bankruptcy_count", "public_record_count",
    "oldest_account_age_months", "open_account_count", "revolving_balance", "bureau_score",
)  # fmt: skip
CREDIT_FILE_NUMBERS = 8


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact: its words, a state glyph with its word, where it came from and when it was known."""

    name: str
    label: str
    value: str
    glyph: str
    state: str
    origin: str
    known_at: datetime
    used_by_score: bool
    party: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    rule_id: str
    result: FindingResult
    sentence: str
    values: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """Findings in the order an officer needs them: those that ask for a person, those that failed, the rest folded."""

    needs_you: tuple[RuleRow, ...]
    failed: tuple[RuleRow, ...]
    not_checked: tuple[RuleRow, ...]
    passed: tuple[RuleRow, ...]

    @property
    def total(self) -> int:
        return len(self.needs_you) + len(self.failed) + len(self.not_checked) + len(self.passed)


@dataclass(frozen=True, slots=True)
class Person:
    """A party as the desk sees it: the name, and that they are of age; nothing the law forbids to weigh."""

    public_id: str
    name: str
    role: str
    is_adult: str


def people_on(parties: Iterable[Party], *, today: date, hides_name: bool) -> list[Person]:
    """The parties as the desk sees them. An identity that cannot be read is said to be so, and hides nothing else."""
    people = []
    for party in parties:
        role = "Applicant" if party.ordinal == 1 else "Co-applicant"
        try:
            identity = open_identity(party)
        except Unreadable as error:
            name = "Erased" if isinstance(error, Erased) else "Name unreadable"
            people.append(Person(str(party.public_id), name, role, "Not known"))
            continue
        name = (
            initials_and_region(identity) if hides_name else f"{identity.given_name} {identity.family_name}"
        )
        people.append(
            Person(str(party.public_id), name, role, "Yes" if _is_adult(identity.birth_date, today) else "No")
        )
    return people


def _is_adult(born: date, today: date) -> bool:
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) >= ADULT_YEARS


def band_of(case: ReviewCase, *, now: datetime) -> Band | None:
    """The score on the line of the policy version that assessed it; None without a score."""
    version, score = case.assessment.policy_version, case.assessment.score
    if version is None or score is None:
        return None
    in_force = active_policy_version(case.application.product_id, now)
    cut_offs = version.document["cut_offs"]
    return band(
        score=score,
        refer=cut_offs["refer"],
        approve=cut_offs["approve"],
        approve_now=in_force.document["cut_offs"]["approve"] if in_force else None,
    )


def contributions_of(case: ReviewCase) -> Contributions | None:
    """What moved the score; None where it was not explained."""
    assessment = case.assessment
    if assessment.contributions is None or assessment.score is None:
        return None
    return contributions(
        assessment.contributions,
        score=assessment.score,
        facts=facts_from_json(assessment.facts),
        currency=case.application.currency,
    )


def fact_rows(
    case: ReviewCase, people: list[Person], readings: Sequence[FactCorrection]
) -> tuple[list[FactRow], list[FactRow], list[FactRow]]:
    """The facts of the assessment as three lists: application and loan, the credit file's first eight, its others.

    `readings` is what people read in papers (facts_read.readings_of), some of it since the assessment.
    """
    facts = facts_from_json(case.assessment.facts)
    used = {feature["fact"] for feature in (case.assessment.contributions or {}).get("features", [])}
    names = {person.public_id: person.name for person in people} if len(people) > 1 else {}
    rows = {
        name: _fact_row(
            definition,
            facts[name],
            fact_state(
                name,
                facts[name],
                readings,
                assessed_at=case.assessment.created_at,
                party_count=len(people),
            ),
            used=name in used,
            party=names,
            currency=case.application.currency,
        )
        for name, definition in catalogue().items()
        if name in facts and facts[name].absence is not Absence.NOT_ASKED
    }
    # by the catalogue, so that a corrected fact stays where it is looked for
    bureau = [name for name in rows if catalogue()[name].source is FactSource.BUREAU]
    first = [name for name in CREDIT_FILE_FIRST if name in bureau][:CREDIT_FILE_NUMBERS]
    return (
        [row for name, row in rows.items() if name not in bureau],
        [rows[name] for name in first],
        [rows[name] for name in bureau if name not in first],
    )


def _fact_row(
    definition: FactDefinition,
    fact: FactValue,
    state: FactState,
    *,
    used: bool,
    party: dict[str, str],
    currency: str,
) -> FactRow:
    return FactRow(
        name=definition.name,
        label=definition.label,
        value=fact_in_words(definition.name, fact, currency),
        glyph=state.glyph,
        state=state.word,
        origin=state.origin,
        known_at=state.known_at,
        used_by_score=used,
        party=party.get(fact.party_id or "", ""),
    )


def payments_of(
    case: ReviewCase, parties: Sequence[Party], names: Mapping[int, str]
) -> list[tuple[str, PaymentStrip | None]]:
    """By the name of each person with a report, the months of their payments; None where the report holds no history. One statement.

    The report is the one the assessment was made with: the newest under this consent by then, also of an earlier application.
    """
    rows = CreditReport.objects.filter(
        lender_id=case.lender_id,
        person_index__in=[bytes(party.person_index) for party in parties],
        consent_id__in=[party.consent_id for party in parties],
        received_at__lte=case.assessment.created_at,
    ).order_by("received_at", "pk")
    newest = {bytes(row.person_index): row for row in rows}
    return [
        (names[party.ordinal], payment_strip(report.payment_history) if report.payment_history else None)
        for party in parties
        if (report := newest.get(bytes(party.person_index))) is not None
    ]


def file_heading(facts: Facts, zone: str) -> str:
    """Where the credit file came from and when: `Demo Bureau, 2 Nov 2026 14:30`."""
    found = next((fact for fact in facts.values() if fact.source is FactSource.BUREAU), None)
    if found is None:
        return "No credit report"
    local = found.known_at.astimezone(ZoneInfo(zone))
    return (
        f"{found.origin.removeprefix('Credit report, ') or 'Credit report'}, {local.day} {local:%b %Y %H:%M}"
    )


def rule_trace(case: ReviewCase) -> RuleTrace:
    """The findings of the assessment, ordered for an officer."""
    findings = sorted(findings_of(case.assessment), key=lambda f: f.priority)
    facts, currency = facts_from_json(case.assessment.facts), case.application.currency

    def rows(wanted: Iterable[FindingResult]) -> tuple[RuleRow, ...]:
        return tuple(_rule_row(f, facts, currency) for f in findings if f.result in wanted)

    return RuleTrace(
        needs_you=rows([FindingResult.REFER]),
        failed=rows([FindingResult.FAIL]),
        not_checked=rows([FindingResult.NOT_CHECKED]),
        passed=rows([FindingResult.PASS]),
    )


def _rule_row(finding: Finding, facts: Facts, currency: str) -> RuleRow:
    """A rule with the values it saw, each with where it came from."""
    seen = []
    for fact, value in finding.values.items():
        origin = facts[fact].origin if fact in facts else ""
        source = f" ({origin})" if origin else ""
        seen.append(f"{_label(fact)} {_seen(fact, value, currency)}{source}")
    return RuleRow(finding.rule_id, finding.result, finding.sentence, "; ".join(seen))


def _label(fact: str) -> str:
    definition = catalogue().get(fact)
    return definition.label if definition else fact.replace("_", " ").capitalize()


def _seen(fact: str, value: object, currency: str) -> str:
    absent = _ABSENT_WORDS.get(value) if isinstance(value, str) else None
    return absent or value_in_words(fact, value, currency)


_ABSENT_WORDS = {
    Absence.NEVER.value: "has not happened",
    Absence.UNKNOWN.value: "not provided",
    Absence.NOT_ASKED.value: "not asked",
}
