"""The checker of printed sentences: it calls true what the source row says, and nothing else; and it is nobody's relative."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import checker
from benchmarks.checker.claims import Phrasebook, windows
from benchmarks.checker.judge import Checker, Reference, source_of
from benchmarks.checker.source import Source

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "scoring" / "training" / "mappings"
DOCUMENT: dict[str, Any] = {
    "codes": [
        {"code": "A1", "facts": ["delinquency_30d_count_24m"], "adverse": "high", "factor": "Late payments",
         "text": "You had payments that were late in the last 24 months.", "text_value": "You had {value:payment,payments} late in the last 24 months."},
        {"code": "A2", "facts": ["revolving_utilisation_ratio"], "adverse": "high", "factor": "Use of limits",
         "text": "You use more of your limits than is usual.", "text_value": "You are using {value_pct} of your limits."},
        {"code": "A3", "facts": ["annual_income"], "adverse": "low", "factor": "Income",
         "text": "Your income is lower than is usual.", "text_value": "Your yearly income is {value}."},
        {"code": "A4", "facts": ["purpose"], "adverse": "category", "factor": "Purpose",
         "text": "The purpose counted against you.", "text_value": "You said the loan is for: {label}.",
         "adverse_values": {"car": "a car", "wedding": "a wedding"}},
        {"code": "A5", "facts": ["enquiry_count_6m_without_auto_and_mortgage"], "adverse": "high", "factor": "Enquiries",
         "text": "You asked for credit more often in the last six months than is usual. Car and home loans are left out."},
        {"code": "A6", "facts": ["enquiry_count_6m"], "adverse": "high", "factor": "All enquiries",
         "text": "You asked for credit more often in the last six months than is usual."},
        {"code": "A7", "facts": ["bureau_hit_flag"], "adverse": "absent", "factor": "Record", "text": "We could not find a credit record for you."},
        {"code": "A8", "facts": [], "adverse": "missing", "factor": "Missing", "text": "Your credit report has no figure for this: {factor}."},
        {"code": "A9", "facts": ["housing"], "adverse": "neutral", "factor": "Housing situation", "text": "Housing situation"},
        {"code": "B1", "facts": ["dpd90_count_12m"], "adverse": "high", "factor": "Seriously late", "text": "You had payments 90 days late."},
    ]
}  # fmt: skip
COLUMNS = (
    "delinquency_30d_count_24m", "revolving_utilisation_ratio", "annual_income", "purpose_is_car",
    "enquiry_count_6m_without_auto_and_mortgage", "housing_is_rent", "loan_to_income_ratio",
)  # fmt: skip
ROW = {
    "loan_amnt": "10000", "term": "36", "purpose": "car", "annual_inc": "48000", "dti": "12.5", "emp_length": "2 years",
    "home_ownership": "RENT", "delinq_2yrs": "2", "earliest_cr_line": "2000-03-01", "inq_last_6mths": "3",
    "mths_since_last_delinq": "0", "mths_since_last_record": "", "open_acc": "9", "pub_rec": "0", "revol_bal": "12000",
    "revol_util": "0.846", "total_acc": "20", "pub_rec_bankruptcies": "0", "tax_liens": "0", "acc_now_delinq": "0",
    "delinq_amnt": "0", "issue_d": "2008-04-01",
}  # fmt: skip


def mapping(name: str = "lending_club_2007_2011") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def reader() -> Checker:
    people = [[0, 0.3, 60_000, 0, 1, 0, 0.2]] * 3
    return Checker(Phrasebook(DOCUMENT), Reference(COLUMNS, people))


def source(**changes: str) -> Source:
    return source_of(ROW | changes, mapping())


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (
            "You had payments that were late in the last 24 months.",
            "You had 2 payments late in the last 24 months.",
        ),
        ("You use more of your limits than is usual.", "You are using 84.6% of your limits."),
        ("Your income is lower than is usual.", "Your yearly income is $48,000."),
        ("The purpose counted against you.", "You said the loan is for: a car."),
        (
            "You asked for credit more often in the last six months than is usual. Car and home loans are left out.",
            "",
        ),
        ("Housing situation", ""),
    ],
)
def test_what_the_row_says_is_true(reader: Checker, text: str, detail: str) -> None:
    verdict = reader.check(text, detail, source())

    assert (verdict.is_true, verdict.why) == (True, "")
    assert verdict.kind == ("neutral" if text == "Housing situation" else "catalogue")


@pytest.mark.parametrize(
    ("text", "detail", "why"),
    [
        ("You had payments that were late in the last 24 months.", "You had 3 payments late in the last 24 months.", "prints 3"),
        ("You use more of your limits than is usual.", "You are using 84.7% of your limits.", "prints 0.847"),
        ("Your income is lower than is usual.", "Your yearly income is $48,001.", "prints 48001"),
        ("The purpose counted against you.", "You said the loan is for: a wedding.", "prints 'a wedding'"),
        ("You asked for credit more often in the last six months than is usual.", "", "no such column"),
        ("You had payments that were late in the last 12 months.", "", "no template"),
        ("Your income is lower than is usual.", "You are using 84.6% of your limits.", "something else"),
        ("We could not find a credit record for you.", "", "said to be absent"),
        ("Your credit report has no figure for this: late payments.", "", "the source has it"),
        ("Seriously late", "", "not weighed"),
    ],
)  # fmt: skip
def test_what_the_row_does_not_say_is_not(reader: Checker, text: str, detail: str, why: str) -> None:
    verdict = reader.check(text, detail, source())

    assert not verdict.is_true
    assert why in verdict.why


def test_a_comparison_needs_the_bad_side_of_the_median(reader: Checker) -> None:
    text = "You use more of your limits than is usual."

    assert reader.check(text, "", source(revol_util="0.31")).is_true
    assert not reader.check(text, "", source(revol_util="0.30")).is_true


def test_a_window_that_the_source_does_not_count(reader: Checker) -> None:
    """The same number over another window is another sentence."""
    changed = mapping()
    changed["columns"]["delinq_2yrs"]["window"] = "12 months"
    text = "You had payments that were late in the last 24 months."

    verdict = reader.check(text, "", Source(ROW, changed))

    assert (verdict.is_true, "counts '12 months'" in verdict.why) == (False, True)


def test_a_missing_figure_is_missing_in_the_source(reader: Checker) -> None:
    text = "Your credit report has no figure for this: use of limits."

    assert reader.check(text, "", source(revol_util="")).is_true
    assert not reader.check(text, "", source()).is_true


def test_no_credit_record(reader: Checker) -> None:
    gone = source(earliest_cr_line="", total_acc="", open_acc="")

    assert reader.check("We could not find a credit record for you.", "", gone).is_true
    assert gone.quantity("revolving_utilisation_ratio") is not None
    assert gone.quantity("revolving_utilisation_ratio").value is None  # type: ignore[union-attr]


def test_codes_and_dates_are_read_as_the_mapping_says() -> None:
    early, late = source(), source(issue_d="2009-04-01")

    assert early.quantity("months_since_last_delinquency").absence == "NEVER"  # type: ignore[union-attr]
    assert late.quantity("months_since_last_delinquency").value == 0  # type: ignore[union-attr]
    assert early.quantity("oldest_account_age_months").value == 97  # type: ignore[union-attr]
    assert early.quantity("employment_tenure_months").value == 24  # type: ignore[union-attr]


def test_ratios_are_worked_out_from_the_columns() -> None:
    def value(fact: str) -> float:
        found = source().quantity(fact)
        assert found is not None
        assert isinstance(found.value, float)
        return found.value

    assert value("loan_to_income_ratio") == pytest.approx(10_000 / 48_000)
    assert value("debt_to_income_without_mortgage_ratio") == pytest.approx(0.125)
    assert value("instalment_to_income_ratio") == pytest.approx(332.14 * 12 / 48_000, abs=1e-5)
    assert source().quantity("average_account_age_months") is None


def test_a_sum_worked_out_of_a_share_is_in_whole_cents() -> None:
    owed = source(dti="12.49999").quantity("monthly_obligations_without_mortgage")

    assert owed is not None
    assert owed.value == 500.0


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("late in the last 24 months", "24 months"),
        (
            "more often in the last six months than is usual. Car and home loans are left out.",
            "6 months, auto and mortgage left out",
        ),
        (
            "more often in the last six months than is usual. The last seven days are left out.",
            "6 months, last 7 days left out",
        ),
        ("30 to 59 days late in the last 24 months", "24 months"),
        ("You have 3 cards near the limit.", ""),
    ],
)
def test_windows_are_read_from_the_words(text: str, window: str) -> None:
    assert windows(text) == window


def test_the_checker_imports_nothing_of_the_product() -> None:
    imported = set()
    for path in Path(checker.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported |= {
                name for name in names if name.split(".")[0] in PRODUCT or name.startswith("benchmarks")
            }
    assert imported == {"benchmarks.checker.claims", "benchmarks.checker.source"}


PRODUCT = {"underwriting", "explanations", "review_queue", "scoring", "frontend"}
