"""Which facts each kind of document can bear out. Pure.

Nothing is read by machine: the list says what a person may compare with the page. Who somebody is, is no fact of the catalogue,
so a proof of identity bears out none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from underwriting.enums import DocumentKind
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import FactSource

_DEBTS = ("monthly_obligations", "monthly_obligations_without_mortgage")
_WORK = ("employment_type", "employment_tenure_months")
_STATED: Mapping[DocumentKind, Sequence[str]] = {
    DocumentKind.PAYSLIP: ("annual_income", *_WORK),
    DocumentKind.BANK_STATEMENT: ("annual_income", *_DEBTS),
    DocumentKind.TAX_RETURN: ("annual_income", "employment_type"),
    DocumentKind.IDENTITY: (),
    DocumentKind.OTHER: ("annual_income", *_WORK, *_DEBTS, "housing"),
}


def supported_by(kind: DocumentKind) -> Sequence[str]:
    """The facts that this kind of document can bear out: those of the application, or, for a credit report, the bureau's."""
    if kind is DocumentKind.CREDIT_REPORT:
        return [name for name, known in catalogue().items() if known.source is FactSource.BUREAU]
    return _STATED[kind]
