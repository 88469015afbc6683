"""Read-only pages of what an audit entry links to: one assessment, the models and one model version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, LEADS, OFFICERS, RISK, StaffRequest
from frontend.templatetags.ui import money
from review_queue.blind import blind_case
from underwriting.decisions.selectors import access_assessment
from underwriting.enums import ModelState, Role
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.models import Assessment, ModelVersion

MODEL_READERS = RISK | AUDITORS | {Role.MODEL_OWNER, Role.ADMIN}
ASSESSMENT_READERS = MODEL_READERS | OFFICERS | LEADS
MODELS_LIMIT = 200
STATE_ORDER = [ModelState.CHAMPION, ModelState.SHADOW, ModelState.CANDIDATE, ModelState.RETIRED]


@screen(read=ASSESSMENT_READERS)
def assessment(request: StaffRequest, assessment_id: int) -> HttpResponse:
    """Everything one assessment was made of, as it was frozen."""
    found = _assessment(request, assessment_id)
    blind = blind_case(
        application_id=found.application_id, user_id=request.staff.user.pk, roles=request.roles
    )
    if blind is not None:
        return render(request, "operations/hidden.html", {"case": blind}, status=403)
    context = {
        "assessment": found,
        "application": found.application,
        "facts": sorted(
            (_fact_row(name, fact, found.application.currency) for name, fact in found.facts.items()),
            key=lambda row: (bool(row["absence"]), row["label"]),
        ),
        "contributions": found.contributions,
        "shares": _shares(found.contributions),
        "may_open_model": bool(request.roles & MODEL_READERS),
        "zone": request.lender.time_zone,
    }
    return render(request, "audit/assessment.html", context)


@screen(read=MODEL_READERS)
def models(request: StaffRequest) -> HttpResponse:
    """This lender's model versions, the champion first."""
    found = list(_versions(request).order_by("-created_at", "-id")[:MODELS_LIMIT])
    found.sort(key=lambda version: STATE_ORDER.index(ModelState(version.state)))
    return render(request, "audit/models.html", {"versions": found, "zone": request.lender.time_zone})


@screen(read=MODEL_READERS)
def model_version(request: StaffRequest, name: str, version: str) -> HttpResponse:
    """One model version: how it was made, how it did on its test set, what it reads, and its hashes."""
    if "\x00" in version:  # the database holds no such text, and cannot be asked for it either
        raise Http404
    try:
        found = _versions(request).get(name=name, version=version)
    except ModelVersion.DoesNotExist:
        raise Http404 from None
    manifest = found.manifest
    context = {
        "version": found,
        "manifest": manifest,
        "features": [_feature_row(spec) for spec in manifest.get("features", [])],
        "metrics": _scalars(manifest.get("metrics", {})),
        "data": _scalars(manifest.get("data", {})),
        "zone": request.lender.time_zone,
    }
    return render(request, "audit/model_version.html", context)


def _assessment(request: StaffRequest, assessment_id: int) -> Assessment:
    try:
        return access_assessment(lender_id=request.lender.pk, assessment_id=assessment_id)
    except Assessment.DoesNotExist:
        raise Http404 from None


def _versions(request: StaffRequest) -> Any:
    """Without the texts, which are megabytes."""
    return ModelVersion.objects.filter(lender=request.lender).defer("text")


def _fact_row(name: str, fact: dict[str, Any], currency: str) -> dict[str, Any]:
    definition = catalogue().get(name)
    unit = definition.unit.value if definition else ""
    value = fact["value"]
    if value is not None and unit == Unit.MONEY:
        value = money(value, currency)
    elif isinstance(value, float):
        value = f"{value:.4f}".rstrip("0").rstrip(".")
    return {
        "label": definition.label if definition else name,
        "unit": "" if unit in (Unit.MONEY, Unit.CATEGORY) else unit,
        "value": value,
        "absence": {"NEVER": "Never happened", "UNKNOWN": "Not known", "NOT_ASKED": "Not asked"}.get(
            fact["absence"] or "", ""
        ),
        "origin": fact["origin"],
    }


def _feature_row(spec: dict[str, Any]) -> dict[str, str]:
    directions = {1: "A higher value raises the risk", -1: "A higher value lowers the risk", 0: "Free"}
    definition = catalogue().get(spec["fact"])
    return {
        "name": spec["name"],
        "label": definition.label if definition else spec["fact"],
        "category": spec["category"] or "",
        "direction": directions[spec["monotone"]],
    }


def _shares(contributions: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Contributions, the largest first, whichever way they point."""
    shares: list[dict[str, Any]] = (contributions or {}).get("features", [])
    return sorted(shares, key=lambda share: -abs(share["points"]))


def _scalars(values: dict[str, Any]) -> list[tuple[str, Any]]:
    """Figures and words of a JSON object; lists by their length in words, nested objects flattened once."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        label = name.replace("_", " ").capitalize()
        if isinstance(value, dict):
            rows += [(f"{label}: {inner.replace('_', ' ')}", _short(part)) for inner, part in value.items()]
        else:
            rows.append((label, _short(value)))
    return rows


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(str(_short(part)) for part in value) or "none"
    return "none" if value is None else value
