"""What a lender's models and policies can say no with, against the catalogue in force there: is each of it telling?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from explanations.reason_codes.checks import check_catalogue, check_model_inputs
from explanations.reason_codes.codes import Catalogue
from underwriting.enums import Language, ModelState, PolicyState
from underwriting.facts.features import FeatureSpec
from underwriting.models import Lender, ModelVersion, PolicyVersion
from underwriting.policy.check import check_policy


def untold(lender: Lender) -> list[str]:
    """What this lender could decline somebody for and could not tell them, one sentence each, naming input, rule or language.

    Looks at its champions and shadows and at its policies in force or approved, in every language that applications may name.
    Empty when the lender may decide.
    """
    codes = current_catalogue(lender.pk)
    found = [f"Reason catalogue {codes.version}: {complaint}" for complaint in check_catalogue(codes)]
    found += _of_the_lender(lender, codes)
    for model in ModelVersion.objects.filter(
        lender=lender, state__in=[ModelState.CHAMPION, ModelState.SHADOW]
    ).defer("text"):
        found += [f"Model {model}: {complaint}" for complaint in of_model(model.manifest, codes)]
    versions = PolicyVersion.objects.filter(
        policy__lender=lender, state__in=[PolicyState.APPROVED, PolicyState.ACTIVE]
    ).select_related("policy")
    for version in versions:
        found += [f"Policy {version}: {complaint}" for complaint in _of_policy(version.document, codes)]
    return found


def of_model(manifest: Mapping[str, Any], codes: Catalogue) -> list[str]:
    """Inputs of a stored manifest with an adverse value that no enabled code speaks about."""
    if "features" not in manifest:
        return ["its manifest names no inputs"]
    specs = [FeatureSpec.from_json(feature) for feature in manifest["features"]]
    return check_model_inputs(specs, codes)


def _of_the_lender(lender: Lender, codes: Catalogue) -> Iterator[str]:
    country = codes.document["catalogue"]["country"]
    if country != lender.country:
        yield f"Reason catalogue {codes.version} follows the law of {country}, and {lender.name} is in {lender.country}"
    for language in sorted(set(Language) - set(codes.languages)):
        yield f"Reason catalogue {codes.version} has no words in '{language}'"


def _of_policy(document: Mapping[str, Any], codes: Catalogue) -> list[str]:
    return [
        f"{complaint.place}: {complaint.message}"
        for complaint in check_policy(document, reason_codes=policy_codes(codes))
        if complaint.blocks and complaint.place.endswith("/reason_code")
    ]
