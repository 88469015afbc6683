"""A model's columns out of its plan: signs from the facts catalogue, categories as 0/1 columns."""

from __future__ import annotations

from scoring.training.mapping import DataMapping
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.features import FeatureSpec


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
