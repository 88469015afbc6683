"""A model's columns out of its plan: signs from the facts catalogue, categories as 0/1 columns."""

from __future__ import annotations

from scoring.training.mapping import DataMapping
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.features import FeatureSpec

# Derived facts, and the facts they are computed from.
DERIVED_FROM = {
    "loan_to_income_ratio": ("requested_amount", "annual_income"),
    "instalment_to_income_ratio": ("requested_amount", "requested_term_months", "annual_income"),
    "debt_to_income_ratio": ("monthly_obligations", "annual_income"),
    "debt_to_income_without_mortgage_ratio": ("monthly_obligations_without_mortgage", "annual_income"),
    "bureau_hit_flag": (),
}


def feature_specs(mapping: DataMapping) -> tuple[FeatureSpec, ...]:
    """In the plan's order. A two-sided fact may get a sign for one product, with its reason, in the mapping file."""
    specs: list[FeatureSpec] = []
    for feature in mapping.model.features:
        definition = catalogue()[feature.fact]
        if definition.unit is Unit.CATEGORY:
            specs += [
                FeatureSpec(name=f"{feature.fact}_is_{value}", fact=feature.fact, category=value, monotone=0)
                for value in definition.values
            ]
        else:
            sign = definition.risk_sign if feature.monotone is None else feature.monotone
            specs.append(FeatureSpec(name=feature.fact, fact=feature.fact, category=None, monotone=sign))
    return tuple(specs)


def columns_of_inputs(mapping: DataMapping) -> tuple[list[str], list[str]]:
    """Source columns that reach the model, directly or through a derived fact, and those that are facts alone."""
    reached = {
        fact
        for feature in mapping.model.features
        for fact in (feature.fact, *DERIVED_FROM.get(feature.fact, ()))
    }
    inputs = [column for column, meaning in mapping.columns.items() if meaning.fact in reached]
    return inputs, [column for column in mapping.columns if column not in inputs]
