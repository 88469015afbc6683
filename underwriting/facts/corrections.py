"""Corrections of facts: which may be corrected, what stood before, and the newest of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, Facts, FactSource
from underwriting.models import Application, CreditReport, FactCorrection, Party

# What is asked for is a wish and no fact: another amount is another application. What is worked out follows by itself.
WISHES = frozenset({"requested_amount", "requested_term_months", "purpose"})
OF_A_PERSON = frozenset({FactSource.APPLICATION, FactSource.BUREAU, FactSource.RECORD})


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


def value_before(*, application: Application, party: Party, fact: str) -> Any:
    """What stands for this party now, as a raw value or `{"absence": ...}`; None where there is nothing."""
    earlier = (
        FactCorrection.objects.filter(application=application, party=party, fact=fact).order_by("-pk").first()
    )
    if earlier is not None:
        return earlier.value
    if catalogue()[fact].source is FactSource.APPLICATION:
        return party.stated.get(fact)
    report = (
        CreditReport.objects.filter(lender_id=party.lender_id, person_index=bytes(party.person_index))
        .filter(consent_id=party.consent_id)
        .order_by("-received_at", "-pk")
        .first()
    )
    if report is None or catalogue()[fact].source is not FactSource.BUREAU:
        return None
    return report.bureau_score if fact == "bureau_score" else report.body.get(fact)
