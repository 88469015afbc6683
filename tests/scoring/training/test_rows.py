"""What the source's values mean: money, codes, absences."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scoring.training.mapping import mapping_for
from scoring.training.read_rows import row_facts
from scoring.training.rows import SourceRow, ValueNotUnderstood, source_rows
from underwriting.facts.values import Absence

LOAN = {
    "loan_amnt": "5000", "term": "36", "purpose": "car", "annual_inc": "48000.0", "dti": "12.5", "emp_length": "10+ years",
    "home_ownership": "RENT", "delinq_2yrs": "0.0", "earliest_cr_line": "2001-03-01", "inq_last_6mths": "1.0",
    "mths_since_last_delinq": "", "mths_since_last_record": "", "open_acc": "3.0", "pub_rec": "0.0", "revol_bal": "13648",
    "revol_util": "0.837", "total_acc": "9.0", "pub_rec_bankruptcies": "", "tax_liens": "0.0", "acc_now_delinq": "0.0",
    "delinq_amnt": "0.0", "issue_d": "2011-06-01", "bad": "1",
}  # fmt: skip
CARD = {
    "RevolvingUtilizationOfUnsecuredLines": "0.5", "NumberOfTime30-59DaysPastDueNotWorse": "0", "DebtRatio": "0.25",
    "MonthlyIncome": "4000.0", "NumberOfOpenCreditLinesAndLoans": "8", "NumberOfTimes90DaysLate": "0",
    "NumberRealEstateLoansOrLines": "1", "NumberOfTime60-89DaysPastDueNotWorse": "0", "SeriousDlqin2yrs": "0",
}  # fmt: skip


def _read(tmp_path: Path, lender: str, *rows: dict[str, str]) -> list[SourceRow]:
    mapping = mapping_for(lender)
    path = tmp_path / mapping.data_set / mapping.file
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return list(source_rows(tmp_path, mapping))


def _heloc(**values: str) -> dict[str, str]:
    return dict.fromkeys(mapping_for("quarry").columns, "5") | {
        "MaxDelq2PublicRecLast12M": "7", "MaxDelqEver": "8", "bad": "1", **values
    }  # fmt: skip


def test_a_loan_becomes_statements_and_a_report_in_minor_units_without_its_outcome(tmp_path: Path) -> None:
    [row] = _read(tmp_path, "harbour", LOAN)

    assert row == SourceRow(
        index=0,
        party={
            "annual_income": 4_800_000,
            "monthly_obligations_without_mortgage": 50_000,
            "employment_tenure_months": 120,
            "housing": "rent",
        },
        application={"requested_amount": 500_000, "requested_term_months": 36, "purpose": "car"},
        report={
            "delinquency_30d_count_24m": 0, "oldest_account_age_months": 123,
            "enquiry_count_6m_without_auto_and_mortgage": 1, "months_since_last_delinquency": {"absence": "NEVER"},
            "months_since_last_public_record": {"absence": "NEVER"}, "open_account_count": 3, "public_record_count": 0,
            "revolving_balance": 1_364_800, "revolving_utilisation_ratio": 0.837, "total_account_count": 9,
            "tax_lien_count": 0, "bankruptcy_count": {"absence": "UNKNOWN"}, "past_due_account_count": 0, "past_due_amount": 0, "bureau_hit_flag": 1, "thin_file_flag": 0,
        },
        application_date=date(2011, 6, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("issued", "value", "expected"),
    [
        ("2007-06-01", "0.0", {"absence": "NEVER"}),
        ("2008-12-01", "0.0", {"absence": "NEVER"}),
        ("2009-01-01", "0.0", 0),
        ("2008-12-01", "3.0", 3),
        ("2010-01-01", "", {"absence": "NEVER"}),
    ],
)
def test_zero_means_never_in_the_files_of_2007_and_2008_only(
    tmp_path: Path, issued: str, value: str, expected: Any
) -> None:
    [row] = _read(tmp_path, "harbour", LOAN | {"issue_d": issued, "mths_since_last_delinq": value})

    assert row.report["months_since_last_delinquency"] == expected


def test_a_loan_without_a_credit_record_has_no_report_and_nothing_counts_as_never(tmp_path: Path) -> None:
    empty = {name: "" for name, column in mapping_for("harbour").columns.items() if column.place == "report"}

    [row] = _read(tmp_path, "harbour", LOAN | empty)
    facts = row_facts(row, mapping_for("harbour"))

    assert row.report == {"bureau_hit_flag": 0}
    assert facts["months_since_last_delinquency"].absence is Absence.UNKNOWN


def test_late_payment_codes_96_and_98_are_unknown_and_17_is_a_count(tmp_path: Path) -> None:
    rows = _read(
        tmp_path, "northgate", *(CARD | {"NumberOfTimes90DaysLate": count} for count in ("96", "98", "17"))
    )
    facts = [row_facts(row, mapping_for("northgate"))["delinquency_90d_count_24m"] for row in rows]

    assert [(fact.value, fact.absence) for fact in facts] == [
        (None, Absence.UNKNOWN),
        (None, Absence.UNKNOWN),
        (17, None),
    ]


@pytest.mark.parametrize(
    ("income", "debt", "obligations"),
    [("4000.0", "0.25", 100_000), ("", "1161", 116_100), ("0.0", "968", 96_800), ("1.0", "630", 63_000)],
)
def test_debt_ratio_is_an_amount_where_income_is_not_given(
    tmp_path: Path, income: str, debt: str, obligations: int
) -> None:
    [row] = _read(tmp_path, "northgate", CARD | {"MonthlyIncome": income, "DebtRatio": debt})
    facts = row_facts(row, mapping_for("northgate"))

    assert row.party["monthly_obligations"] == obligations
    assert facts["debt_to_income_ratio"].value == (0.25 if obligations == 100_000 else None)
    assert ("annual_income" in row.party) == (obligations == 100_000)


def test_utilisation_that_is_an_amount_is_unknown(tmp_path: Path) -> None:
    rows = _read(
        tmp_path, "northgate", *(CARD | {"RevolvingUtilizationOfUnsecuredLines": u} for u in ("1.4", "29110"))
    )

    assert [row.report["revolving_utilisation_ratio"] for row in rows] == [1.4, {"absence": "UNKNOWN"}]


def test_minus_nine_throughout_is_no_hit(tmp_path: Path) -> None:
    [row] = _read(tmp_path, "quarry", dict.fromkeys(mapping_for("quarry").columns, "-9") | {"bad": "1"})
    facts = row_facts(row, mapping_for("quarry"))

    assert row.report == {"bureau_hit_flag": 0}
    mapped = {column.fact for column in mapping_for("quarry").columns.values()}
    assert {facts[name].absence for name in mapped} == {Absence.UNKNOWN}


def test_minus_seven_is_never_and_minus_eight_unknown(tmp_path: Path) -> None:
    [row] = _read(tmp_path, "quarry", _heloc(MSinceMostRecentDelq="-7", NetFractionRevolvingBurden="-8"))

    assert row.report["months_since_last_delinquency"] == {"absence": "NEVER"}
    assert row.report["revolving_utilisation_ratio"] == {"absence": "UNKNOWN"}


@pytest.mark.parametrize(
    ("column", "fact", "severities"),
    [
        ("MaxDelq2PublicRecLast12M", "worst_delinquency_severity_12m",
         {"0": 5, "1": 4, "2": 3, "3": 2, "4": 1, "5": None, "6": None, "7": 0, "8": None, "9": None}),
        ("MaxDelqEver", "worst_delinquency_severity_ever",
         {"2": 5, "3": 4, "4": 3, "5": 2, "6": 1, "7": None, "8": 0, "9": None}),
    ],
)  # fmt: skip
def test_delinquency_codes_become_a_severity(
    tmp_path: Path, column: str, fact: str, severities: dict[str, int | None]
) -> None:
    rows = _read(tmp_path, "quarry", *(_heloc(**{column: code}) for code in severities))

    expected = [{"absence": "UNKNOWN"} if severity is None else severity for severity in severities.values()]
    assert [row.report[fact] for row in rows] == expected


def test_a_value_nobody_explained_is_named_with_row_and_column(tmp_path: Path) -> None:
    with pytest.raises(ValueNotUnderstood, match=r"row 0, column home_ownership: .*'CARAVAN'"):
        _read(tmp_path, "harbour", LOAN | {"home_ownership": "CARAVAN"})
