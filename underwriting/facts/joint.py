"""Several people, one application: how each party's evidence becomes the application's. Pure.

Amounts add up. A fact with a risk direction takes the worst party's value and keeps that party's id, so that a reason can be
told to the right person; a two-sided one takes the primary applicant's.
"""

from __future__ import annotations

from collections.abc import Sequence

from underwriting.facts.values import Absence, FactSource, FactValue


def added_up(values: Sequence[FactValue]) -> FactValue:
    """Add one amount of all parties (primary first). With one of them missing the total is missing: UNKNOWN before NOT_ASKED.

    A sum names every source it was made of; with one amount set right from a document it counts as read from documents.
    """
    primary = values[0]
    is_corrected = any(value.source is FactSource.DOCUMENT for value in values)
    source = FactSource.DOCUMENT if is_corrected else primary.source
    origin = "; ".join(dict.fromkeys(value.origin for value in values))
    absence = _absence(values)
    known_at = max(value.known_at for value in values)
    party_id = primary.party_id if len(values) == 1 else None
    if absence is not None:
        return FactValue(None, absence, source, known_at, party_id, origin)
    total = sum(value.value for value in values if isinstance(value.value, int))
    return FactValue(total, None, source, known_at, party_id, origin)


def worst_or_primary(values: Sequence[FactValue], *, risk_sign: int) -> FactValue:
    """Choose one party's value (primary first in `values`; the first of equals stays).

    NEVER is the safest there is, so it stands only when nobody has a value and nobody's is UNKNOWN. A party whose value is
    not known cannot hide what is known of another.
    """
    if risk_sign == 0:
        return values[0]
    known = [value for value in values if isinstance(value.value, int | float)]
    if known:
        return max(known, key=lambda value: risk_sign * float(value.value))  # type: ignore[arg-type]
    for absence in (Absence.UNKNOWN, Absence.NEVER):
        for value in values:
            if value.absence is absence:
                return value
    return values[0]


def _absence(values: Sequence[FactValue]) -> Absence | None:
    absences = {value.absence for value in values}
    return next((a for a in (Absence.UNKNOWN, Absence.NOT_ASKED, Absence.NEVER) if a in absences), None)
