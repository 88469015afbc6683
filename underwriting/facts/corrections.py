"""What people read in papers: which facts may be corrected, what is on file of one party, and the newest reading of each fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from underwriting.facts.assemble import APPLICATION_ORIGIN, corrected_origin
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, Facts, FactSource
from underwriting.models import Application, CreditReport, FactCorrection, Party

# What is asked for is a wish and no fact: another amount is another application. What is worked out follows by itself.
WISHES = frozenset({"requested_amount", "requested_term_months", "purpose"})
OF_A_PERSON = frozenset({FactSource.APPLICATION, FactSource.BUREAU, FactSource.RECORD})


@dataclass(frozen=True, slots=True)
class OnFile:
    """What stands for one party now: `value` raw, or `{"absence": ...}`; `reading` is who set it right or verified it, if anybody did."""

    value: Any
    source: FactSource
    origin: str
    known_at: datetime
    reading: FactCorrection | None = None


def newest_corrections(application_ids: Sequence[int]) -> dict[tuple[int, str], FactCorrection]:
    """The newest correction of each fact, by party key and fact. One statement for the batch."""
    rows = FactCorrection.objects.filter(application_id__in=application_ids).order_by("pk")
    return {(row.party_id, row.fact): row for row in rows}


def correctable(facts: Facts) -> list[str]:
    """The names of an assessment's facts that may be corrected, in the catalogue's order."""
    return [
        name
        for name, definition in catalogue().items()
        if name not in WISHES
        and definition.source in OF_A_PERSON
        and name in facts
        and facts[name].absence is not Absence.NOT_ASKED
    ]


def on_file(*, application: Application, party: Party) -> dict[str, OnFile]:
    """What stands for this party now, by fact; a fact with nothing on file is left out. Two statements.

    What a person read comes before what was stated or reported. Our own record of earlier loans is not among it.
    """
    found = _stated(application, party) | _reported(party)
    readings = (
        FactCorrection.objects.filter(application=application, party=party)
        .select_related("corrected_by")
        .order_by("pk")
    )
    for row in readings:
        found[row.fact] = OnFile(
            row.value, FactSource.DOCUMENT, corrected_origin(row), row.corrected_at, reading=row
        )
    return {name: one for name, one in found.items() if one.value is not None}


def value_before(*, application: Application, party: Party, fact: str) -> Any:
    """What stands for this party now, as a raw value or `{"absence": ...}`; None where there is nothing."""
    found = on_file(application=application, party=party).get(fact)
    return found.value if found else None


def _stated(application: Application, party: Party) -> dict[str, OnFile]:
    known_at = application.completed_at or application.received_at
    return {
        name: OnFile(value, FactSource.APPLICATION, APPLICATION_ORIGIN, known_at)
        for name, value in party.stated.items()
        if name in catalogue() and catalogue()[name].source is FactSource.APPLICATION
    }


def _reported(party: Party) -> dict[str, OnFile]:
    """The newest report on this person under the consent they gave."""
    report = (
        CreditReport.objects.filter(lender_id=party.lender_id, person_index=bytes(party.person_index))
        .filter(consent_id=party.consent_id)
        .order_by("-received_at", "-pk")
        .first()
    )
    if report is None:
        return {}
    given = {**report.body, "bureau_score": report.bureau_score}
    return {
        name: OnFile(given[name], FactSource.BUREAU, f"Credit report, {report.bureau}", report.reported_at)
        for name, definition in catalogue().items()
        if definition.source is FactSource.BUREAU and name in given
    }
