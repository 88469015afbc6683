"""Facts of an application: what was stated, what a bureau reported, what this lender's record says, and what follows from it.

What a person set right from a document, or found again in one, takes the place of what was stated, reported or on record, for that
party; what is worked out follows from it.

A value that the catalogue does not allow breaks the contract of its source: the fact is UNKNOWN and a technical fault refers
the application. It is never clipped into range and scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from underwriting.enums import PartyRole
from underwriting.facts.arithmetic import at_terms, ratios_before_the_loan, ratios_with_the_loan
from underwriting.facts.catalogue import FactDefinition, catalogue
from underwriting.facts.joint import added_up, worst_or_primary
from underwriting.facts.ranges import legal_value
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, CreditReport, FactCorrection, Party, Product
from underwriting.outcomes.repaid import RepaymentRecord
from underwriting.policy.types import FaultKind, TechnicalFault

__all__ = ["assemble", "at_terms"]

APPLICATION_ORIGIN = "Application form"
RECORD_ORIGIN = "Our record of earlier loans"
DUPLICATE_ORIGIN = "Applications received in the last 24 hours"
ADDED_UP = ("annual_income", "monthly_obligations", "monthly_obligations_without_mortgage")
OF_THE_PRIMARY = ("employment_type", "employment_tenure_months", "housing")


@dataclass(slots=True)
class _Checked:
    """Makes facts and collects the faults of those that are out of range. A correction comes before what its source says."""

    corrections: Mapping[tuple[int, str], FactCorrection] = field(default_factory=dict)
    faults: list[TechnicalFault] = field(default_factory=list)

    def fact(
        self, name: str, given: Any, *, missing: Absence, known_at: datetime, party: Party | None, origin: str
    ) -> FactValue:
        """A fact from a raw value, an absence as `{"absence": ...}`, or nothing (None: `missing`)."""
        definition, source = catalogue()[name], catalogue()[name].source
        corrected = self.corrections.get((party.pk, name)) if party else None
        if corrected is not None:
            given, source = corrected.value, FactSource.DOCUMENT
            known_at, origin = corrected.corrected_at, corrected_origin(corrected)
        value, absence = None, missing
        if isinstance(given, Mapping):
            absence = self._absence(definition, given)
        elif given is not None:
            value = legal_value(name, given)
            if value is None:
                absence = Absence.UNKNOWN
                self._refuse(definition)
        party_id = str(party.public_id) if party else None
        return FactValue(value, absence if value is None else None, source, known_at, party_id, origin)

    def _absence(self, definition: FactDefinition, given: Mapping[str, Any]) -> Absence:
        try:
            return Absence(given.get("absence", ""))
        except ValueError:
            self._refuse(definition)
            return Absence.UNKNOWN

    def _refuse(self, definition: FactDefinition) -> None:
        sentence = f"{definition.label}: the value from the {_SOURCE_WORDS[definition.source]} is not one this fact can have."
        self.faults.append(TechnicalFault(FaultKind.FACT_OUT_OF_RANGE, sentence))


def corrected_origin(correction: FactCorrection) -> str:
    """Where a fact that a person read came from, in words: `Corrected from: payslip of July 2026`, or `Verified against: …`."""
    return f"{'Verified against' if correction.is_verification else 'Corrected from'}: {correction.source}"


_SOURCE_WORDS = {
    FactSource.APPLICATION: "application",
    FactSource.BUREAU: "credit report",
    FactSource.RECORD: "record with us",
    FactSource.DOCUMENT: "document",
    FactSource.DERIVED: "calculation",
}


def assemble(
    *,
    application: Application,
    parties: Sequence[Party],
    reports: Mapping[int, CreditReport | None],
    records: Mapping[int, RepaymentRecord | None],
    product: Product,
    as_of: datetime,
    duplicate: bool,
    corrections: Mapping[tuple[int, str], FactCorrection] | None = None,
) -> tuple[dict[str, FactValue], list[TechnicalFault]]:
    """Return every fact of the catalogue, and a fault for each value out of range.

    Args:
        parties: in any order; exactly one is the primary applicant.
        reports: by party key; None where there is none (all its bureau facts are UNKNOWN).
        records: by party key; None or absent where the person had no loan here (NOT_ASKED).
        as_of: when this is done; the moment of facts that come from no dated source.
        duplicate: whether the same person applied for the same product within 24 hours.
        corrections: the newest correction by party key and fact; none unless given.
    """
    ordered = sorted(parties, key=lambda party: (party.role != PartyRole.PRIMARY, party.ordinal))
    checked = _Checked(corrections=corrections or {})
    facts = _stated(checked, application, ordered, product)
    for definition in catalogue().values():
        if definition.source is FactSource.BUREAU:
            each = [_reported(checked, definition.name, reports.get(p.pk), p, as_of) for p in ordered]
            facts[definition.name] = worst_or_primary(each, risk_sign=definition.risk_sign)
        elif definition.source is FactSource.RECORD:
            each = [_recorded(checked, definition.name, records.get(p.pk), p, as_of) for p in ordered]
            facts[definition.name] = worst_or_primary(each, risk_sign=definition.risk_sign)
    facts |= ratios_before_the_loan(facts)
    facts |= ratios_with_the_loan(facts, reference_rate_bps=product.reference_rate_bps)
    facts["possible_duplicate_flag"] = FactValue(
        int(duplicate), None, FactSource.DERIVED, as_of, None, DUPLICATE_ORIGIN
    )
    return facts, checked.faults


def _stated(
    checked: _Checked, application: Application, parties: Sequence[Party], product: Product
) -> dict[str, FactValue]:
    """What the application says. A field the contract names and nobody filled in is UNKNOWN; others were NOT_ASKED."""
    asked = {*product.contract.get("application", {}), *product.contract.get("party", {})}
    known_at = application.completed_at or application.received_at

    def fact(name: str, given: Any, party: Party | None) -> FactValue:
        missing = Absence.UNKNOWN if name in asked else Absence.NOT_ASKED
        return checked.fact(
            name, given, missing=missing, known_at=known_at, party=party, origin=APPLICATION_ORIGIN
        )

    return {
        "requested_amount": fact("requested_amount", application.requested_amount_minor, None),
        "requested_term_months": fact("requested_term_months", application.requested_term_months, None),
        "purpose": fact("purpose", application.purpose or None, None),
        **{
            name: added_up([fact(name, party.stated.get(name), party) for party in parties])
            for name in ADDED_UP
        },
        **{name: fact(name, parties[0].stated.get(name), parties[0]) for name in OF_THE_PRIMARY},
    }


def _reported(
    checked: _Checked, name: str, report: CreditReport | None, party: Party, as_of: datetime
) -> FactValue:
    """One party's bureau fact. What a report leaves out its source does not cover; a file not found has no value at all."""
    if report is None:
        return checked.fact(
            name,
            None,
            missing=Absence.UNKNOWN,
            known_at=as_of,
            party=party,
            origin="Credit report, not received",
        )
    given = report.bureau_score if name == "bureau_score" else report.body.get(name)
    no_hit = report.body.get("bureau_hit_flag") == 0
    return checked.fact(
        name,
        given,
        missing=Absence.UNKNOWN if no_hit else Absence.NOT_ASKED,
        known_at=report.reported_at,
        party=party,
        origin=f"Credit report, {report.bureau}",
    )


def _recorded(
    checked: _Checked, name: str, record: RepaymentRecord | None, party: Party, as_of: datetime
) -> FactValue:
    """One party's fact from this lender's own record; NOT_ASKED without an earlier loan here."""
    return checked.fact(
        name,
        None if record is None else _record_value(name, record),
        missing=Absence.NOT_ASKED,
        known_at=as_of if record is None else record.known_at,
        party=party,
        origin=RECORD_ORIGIN,
    )


def _record_value(name: str, record: RepaymentRecord) -> float | int | None:
    if name == "prior_restructure_count_24m":
        return record.restructure_count
    if record.due_count == 0:
        return None
    if name == "prior_on_time_ratio":
        return record.on_time_count / record.due_count
    if name == "prior_days_late_mean":
        return record.days_late_total / record.due_count
    raise ValueError(f"{name}: the record with us does not hold this fact")
