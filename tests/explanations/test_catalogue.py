"""The catalogue covers every fact a model may read, says nothing vague, and is stored as it was used."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from explanations.reason_codes.catalogue import (
    CatalogueAltered,
    catalogue_from,
    current_catalogue,
    ensure_stored,
    policy_codes,
)
from explanations.reason_codes.checks import check_catalogue, check_model_inputs
from explanations.reason_codes.codes import Catalogue, UsedBy, canonical_sha256
from underwriting.facts.catalogue import catalogue as facts_catalogue
from underwriting.facts.features import FeatureSpec
from underwriting.models import ReasonCatalogue

# A third party's score and asking for relief may not be model inputs; a duplicate is a matter of policy.
NEVER_MODEL_INPUTS = {"bureau_score", "prior_restructure_count_24m", "possible_duplicate_flag"}
PROTECTED = {"retired", "benefit"}


def altered(change: Callable[[dict[str, Any]], None]) -> Catalogue:
    document = deepcopy(dict(current_catalogue().document))
    change(document)
    return Catalogue.from_document(document)


def row(document: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in document["codes"] if r["code"] == code)
    return found


def test_every_fact_a_model_may_read_has_a_code_on_every_adverse_side() -> None:
    specs = [
        FeatureSpec(name, name, None, definition.risk_sign)
        for name, definition in facts_catalogue().items()
        if not definition.values and name not in NEVER_MODEL_INPUTS
    ] + [
        FeatureSpec(f"{name}_{value}", name, value, 0)
        for name, definition in facts_catalogue().items()
        for value in definition.values
        if value not in PROTECTED
    ]

    assert check_model_inputs(specs, current_catalogue()) == []


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (
            FeatureSpec("bureau_score", "bureau_score", None, -1),
            "no enabled reason code speaks about bureau_score",
        ),
        (FeatureSpec("age", "age", None, 0), "age is not in the facts catalogue"),
        (
            FeatureSpec("employment_type_benefit", "employment_type", "benefit", 0),
            "may not count against anybody",
        ),
        (
            FeatureSpec("prior_restructure_count_24m", "prior_restructure_count_24m", None, 1),
            "no enabled reason code",
        ),
        (FeatureSpec("dpd30_count_12m", "dpd30_count_12m", None, 0), "covers a low value of dpd30_count_12m"),
    ],
)
def test_an_input_without_a_code_for_an_adverse_value_is_named(spec: FeatureSpec, complaint: str) -> None:
    [found] = check_model_inputs([spec], current_catalogue())

    assert found.startswith(f"{spec.name}: ")
    assert complaint in found


def test_switching_off_the_only_code_of_an_input_is_noticed() -> None:
    codes = altered(lambda document: row(document, "CP10").update(enabled=False))

    assert check_model_inputs([FeatureSpec("annual_income", "annual_income", None, -1)], codes) == [
        "annual_income: no enabled reason code speaks about annual_income"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Your score was too low.",
        "You did not meet our lending policy.",
        "You do not fit our criteria.",
        "Our internal standards were not met.",
        "Our guidelines say no.",
        "The system said no.",
    ],
)
def test_a_vague_sentence_is_refused(sentence: str) -> None:
    complaints = check_catalogue(altered(lambda document: row(document, "UT01").update(text=sentence)))

    assert len(complaints) == 1
    assert complaints[0].endswith(f"is not a specific reason: {sentence}")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"form_c1": "Bad credit"}, "UT01: 'Bad credit' is not a line of Form C-1"),
        (
            {"adverse": "low"},
            "UT01: is adverse on the side where revolving_utilisation_ratio lowers the risk",
        ),
        ({"when_missing": ["RP03"]}, "UT01: when_missing names RP03, which cannot be used"),
        ({"when_missing": []}, "UT01: does not say what holds when the fact is not on file"),
        ({"income_alone": "MI01"}, "UT01: income_alone names MI01, which cannot be used"),
        ({"facts": ["age"]}, "UT01: age is not in the facts catalogue"),
        ({"do": ""}, "UT01: says that something can be done, but not what"),
        (
            {"text": "You use {value_pct}."},
            "UT01: placeholder {value_pct} may not stand in: You use {value_pct}.",
        ),
    ],
)
def test_a_code_that_breaks_a_rule_is_refused(change: dict[str, Any], complaint: str) -> None:
    assert complaint in check_catalogue(altered(lambda document: row(document, "UT01").update(change)))


@pytest.mark.parametrize("code", ["CP04", "CP10", "RQ02", "UT01"])
def test_a_text_that_compares_needs_another_where_a_rule_or_a_person_speaks(code: str) -> None:
    text = current_catalogue().codes[code].text

    complaints = check_catalogue(altered(lambda document: row(document, code).pop("rule_text")))

    assert complaints == [f"{code}: compares with other people where a rule or a person speaks: {text}"]


def test_every_window_of_late_payments_has_a_sentence_of_its_own() -> None:
    sentences = [
        code.text
        for code in current_catalogue().codes.values()
        if code.code in ("PH01", "PH06", "PH07", "PH08", "PH09")
    ]

    assert sentences == [
        "You had payments that were 30 days late or more in the last 12 months.",
        "You had payments that were 30 days late or more in the last 24 months.",
        "You had payments that were 30 to 59 days late in the last 24 months.",
        "You had payments that were 60 to 89 days late in the last 24 months.",
        "You had payments that were 90 days late or more in the last 24 months.",
    ]


def test_a_rule_may_not_use_a_code_meant_for_scores_alone() -> None:
    codes = policy_codes(current_catalogue())

    assert (codes["PR02"].enabled, codes["PR02"].facts) == (True, frozenset({"bankruptcy_count"}))
    assert (codes["CP04"].enabled, codes["BS01"].enabled, codes["MI01"].enabled) == (False, False, False)
    assert not current_catalogue().codes["CP04"].is_for(UsedBy.POLICY)


@pytest.mark.django_db
def test_the_catalogue_is_stored_once_and_read_back_the_same() -> None:
    first, second = ensure_stored(), ensure_stored()

    assert first.pk == second.pk
    assert first.sha256 == canonical_sha256(first.document)
    assert catalogue_from(first).codes == current_catalogue().codes


@pytest.mark.django_db
def test_a_stored_catalogue_whose_sentence_was_changed_is_refused() -> None:
    stored = ensure_stored()
    document = deepcopy(stored.document)
    row(document, "UT01")["text"] = "You use your cards."
    altered_row = ReasonCatalogue(version=stored.version, document=document, sha256=stored.sha256)

    with pytest.raises(CatalogueAltered, match=stored.sha256[:12]):
        catalogue_from(altered_row)
