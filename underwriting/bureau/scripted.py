"""Named test applicants with fixed outcomes: who they are, what they state, what the bureau knows and how it behaves. Pure.

The simulated bureau knows them by national id, or by given and family name (`Approve Clean` is `approve.clean`), so that
anybody can type one in. Amounts are minor units. The outcomes hold for the demonstration's policies of an instalment loan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

NEVER = {"absence": "NEVER"}


class Behaviour(StrEnum):
    """What the simulated bureau does when it is asked about somebody."""

    ANSWERS = "ANSWERS"
    NEVER_ANSWERS = "NEVER_ANSWERS"
    SLOW = "SLOW"  # answers after 30 s
    ANSWER_LOST = "ANSWER_LOST"  # makes the report, but its answer never arrives; by reference it can be had
    SERVER_ERROR = "SERVER_ERROR"
    WRONG_PERSON = "WRONG_PERSON"
    EMPTY = "EMPTY"  # 200 without a body
    NO_FILE = "NO_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedApplicant:
    """`party` and `application` hold what is stated, by fact name; `report` what the bureau has on file."""

    key: str
    number: int
    about: str
    party: Mapping[str, int | str]
    application: Mapping[str, int | str]
    report: Mapping[str, Any]
    bureau_score: int | None
    behaviour: Behaviour = Behaviour.ANSWERS

    @property
    def given_name(self) -> str:
        return self.key.partition(".")[0].title()

    @property
    def family_name(self) -> str:
        return self.key.partition(".")[2].replace("_", " ").capitalize()

    @property
    def national_id(self) -> str:
        return f"TEST-{self.number:04d}"

    @property
    def birth_date(self) -> date:
        return date(1980, 1, 1 + self.number % 28)


CLEAN_PARTY: Mapping[str, int | str] = {
    "annual_income": 9_600_000,
    "monthly_obligations": 90_000,
    "monthly_obligations_without_mortgage": 60_000,
    "employment_type": "salaried",
    "employment_tenure_months": 96,
    "housing": "mortgage",
}
CLEAN_LOAN: Mapping[str, int | str] = {
    "requested_amount": 600_000,
    "requested_term_months": 36,
    "purpose": "car",
}
CLEAN_REPORT: Mapping[str, Any] = {
    "bureau_hit_flag": 1,
    "thin_file_flag": 0,
    "dpd30_count_12m": 0,
    "dpd90_count_12m": 0,
    "delinquency_30d_count_24m": 0,
    "delinquency_30_59d_count_24m": 0,
    "delinquency_60_89d_count_24m": 0,
    "delinquency_90d_count_24m": 0,
    "months_since_last_delinquency": NEVER,
    "months_since_last_public_record": NEVER,
    "worst_delinquency_severity_12m": 0,
    "worst_delinquency_severity_ever": 0,
    "account_60d_ever_count": 0,
    "account_90d_ever_count": 0,
    "never_delinquent_share_ratio": 1.0,
    "past_due_account_count": 0,
    "past_due_amount": 0,
    "public_record_count": 0,
    "bankruptcy_count": 0,
    "tax_lien_count": 0,
    "enquiry_count_90d": 0,
    "enquiry_count_6m": 0,
    "enquiry_count_6m_without_last_7d": 0,
    "enquiry_count_6m_without_auto_and_mortgage": 0,
    "months_since_last_enquiry_without_last_7d": NEVER,
    "revolving_utilisation_ratio": 0.08,
    "revolving_balance": 320_000,
    "oldest_account_age_months": 264,
    "newest_account_age_months": 30,
    "average_account_age_months": 120,
    "account_opened_count_12m": 0,
    "open_account_count": 10,
    "total_account_count": 26,
    "satisfactory_account_count": 26,
    "real_estate_account_count": 1,
    "secured_share_ratio": 0.85,
    "instalment_account_share_ratio": 0.35,
    "instalment_burden_ratio": 0.4,
    "revolving_account_with_balance_count": 3,
    "instalment_account_with_balance_count": 1,
    "high_utilisation_account_count": 0,
    "account_with_balance_share_ratio": 0.4,
}
CARD_USE: Mapping[str, Any] = {
    "revolving_utilisation_ratio": 0.93,
    "revolving_balance": 2_400_000,
    "high_utilisation_account_count": 5,
    "revolving_account_with_balance_count": 7,
    "account_with_balance_share_ratio": 0.9,
    "enquiry_count_90d": 2,
    "enquiry_count_6m": 3,
    "enquiry_count_6m_without_last_7d": 3,
    "enquiry_count_6m_without_auto_and_mortgage": 3,
    "months_since_last_enquiry_without_last_7d": 1,
    "account_opened_count_12m": 2,
    "newest_account_age_months": 4,
}
BANKRUPTCY: Mapping[str, Any] = {
    "bankruptcy_count": 1,
    "public_record_count": 1,
    "months_since_last_public_record": 20,
    "worst_delinquency_severity_ever": 5,
    "account_60d_ever_count": 3,
    "account_90d_ever_count": 3,
    "never_delinquent_share_ratio": 0.8,
    "satisfactory_account_count": 21,
}
LATE_PAYMENTS: Mapping[str, Any] = {
    "dpd30_count_12m": 5,
    "dpd90_count_12m": 2,
    "delinquency_30d_count_24m": 7,
    "delinquency_30_59d_count_24m": 4,
    "delinquency_60_89d_count_24m": 2,
    "delinquency_90d_count_24m": 2,
    "months_since_last_delinquency": 1,
    "worst_delinquency_severity_12m": 4,
    "worst_delinquency_severity_ever": 4,
    "account_60d_ever_count": 4,
    "account_90d_ever_count": 2,
    "never_delinquent_share_ratio": 0.6,
    "past_due_account_count": 2,
    "past_due_amount": 84_000,
    "satisfactory_account_count": 15,
    "enquiry_count_90d": 6,
    "enquiry_count_6m": 8,
    "enquiry_count_6m_without_last_7d": 7,
    "enquiry_count_6m_without_auto_and_mortgage": 8,
    "months_since_last_enquiry_without_last_7d": 0,
    "revolving_utilisation_ratio": 0.97,
}
THIN: Mapping[str, Any] = {
    "bureau_hit_flag": 1,
    "thin_file_flag": 1,
    "open_account_count": 1,
    "total_account_count": 1,
    "satisfactory_account_count": 1,
    "oldest_account_age_months": 4,
    "newest_account_age_months": 4,
    "average_account_age_months": 4,
    "revolving_utilisation_ratio": 0.2,
    "dpd30_count_12m": 0,
    "delinquency_30d_count_24m": 0,
    "months_since_last_delinquency": NEVER,
    "months_since_last_public_record": NEVER,
    "bankruptcy_count": 0,
    "public_record_count": 0,
    "enquiry_count_6m": 1,
}


def _clean(
    key: str,
    number: int,
    about: str,
    *,
    report: Mapping[str, Any] = CLEAN_REPORT,
    party: Mapping[str, int | str] = CLEAN_PARTY,
    application: Mapping[str, int | str] = CLEAN_LOAN,
    bureau_score: int | None = 790,
    behaviour: Behaviour = Behaviour.ANSWERS,
) -> ScriptedApplicant:
    return ScriptedApplicant(
        key=key, number=number, about=about, party=party, application=application, report=report,
        bureau_score=bureau_score, behaviour=behaviour,
    )  # fmt: skip


SCRIPTED: Mapping[str, ScriptedApplicant] = {
    one.key: one
    for one in (
        _clean("approve.clean", 1, "A long record without a blemish, and means to spare."),
        _clean(
            "refer.card_use", 2, "Pays on time, but every card is near its limit.",
            report={**CLEAN_REPORT, **CARD_USE}, bureau_score=655,
        ),
        _clean(
            "decline.bankruptcy", 3, "A bankruptcy on file.",
            report={**CLEAN_REPORT, **BANKRUPTCY}, bureau_score=560,
        ),
        _clean(
            "decline.late_payments", 4, "Several payments 90 days late in the last year.",
            report={**CLEAN_REPORT, **LATE_PAYMENTS}, bureau_score=520,
            party={**CLEAN_PARTY, "annual_income": 3_600_000, "monthly_obligations": 110_000, "housing": "rent"},
            application={**CLEAN_LOAN, "requested_amount": 1_500_000, "requested_term_months": 60, "purpose": "small_business"},
        ),
        _clean("error.bureau_timeout", 5, "The bureau never answers.", behaviour=Behaviour.NEVER_ANSWERS),
        _clean("error.bureau_5xx", 6, "The bureau answers with a server error.", behaviour=Behaviour.SERVER_ERROR),
        _clean("wrong.person", 7, "The bureau answers about somebody else.", behaviour=Behaviour.WRONG_PERSON),
        _clean("empty.file", 8, "The bureau answers 200 without a report.", behaviour=Behaviour.EMPTY),
        _clean("slow.30s", 9, "The bureau answers after 30 s, long after the deadline.", behaviour=Behaviour.SLOW),
        _clean("lost.answer", 10, "The answer gets lost; the bureau still has it.", behaviour=Behaviour.ANSWER_LOST),
        _clean("thin.file", 11, "One account, four months old.", report=THIN, bureau_score=640),
        _clean("no.file", 12, "The bureau has no file.", report={}, bureau_score=None, behaviour=Behaviour.NO_FILE),
    )
}  # fmt: skip
_BY_ID = {re.sub(r"[^0-9A-Z]", "", one.national_id): one for one in SCRIPTED.values()}


def scripted_applicant(*, national_id: str, given_name: str, family_name: str) -> ScriptedApplicant | None:
    """The test applicant with this national id, else the one with this name, else None."""
    plain = re.sub(r"[^0-9A-Z]", "", national_id.upper())
    name = f"{given_name}.{family_name}".strip().lower().replace(" ", "_")
    return _BY_ID.get(plain) or SCRIPTED.get(name)
