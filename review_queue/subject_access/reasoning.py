"""How one assessment came to its answer, as the person it is about may read it (GDPR 15(1)(h), C-203/22).

The procedure that was in fact applied: which facts, which rules with what result, how much each group of facts moved the score,
and what would have changed the answer. No formula, and nothing about anybody else on the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explanations.reason_codes.codes import Catalogue
from review_queue.evidence import findings_of, reason_codes_of
from review_queue.subject_access.viewer import Viewer, label_of
from underwriting.enums import Outcome
from underwriting.facts.values import Absence, FactValue, facts_from_json
from underwriting.models import Assessment
from underwriting.policy.types import Finding, FindingKind, FindingResult

OUTCOME_WORDS = {
    Outcome.APPROVE: "approve",
    Outcome.COUNTEROFFER: "offer other terms",
    Outcome.REFER: "ask a person",
    Outcome.DECLINE: "decline",
}
RESULT_WORDS = {
    FindingResult.PASS: "spoke for the application, or not against it",
    FindingResult.FAIL: "spoke against the application",
    FindingResult.REFER: "asked for a person",
    FindingResult.NOT_CHECKED: "was not checked: a fact was not on file",
}
LEFT_OUT = "It also read data about another applicant; what it found is left out here."
FACTS_LINE = "FACTS"


def assessment_of(viewer: Viewer, assessment: Assessment) -> dict[str, Any]:
    facts = facts_from_json(assessment.facts)
    used = {name: fact for name, fact in facts.items() if fact.absence is not Absence.NOT_ASKED}
    own = {name: fact for name, fact in used.items() if viewer.owns(name, fact.party_id)}
    others = {name: fact for name, fact in used.items() if name not in own}
    model, policy = assessment.model_version, assessment.policy_version
    return {
        "number": assessment.number,
        "made_at": assessment.created_at.isoformat(),
        "proposed": OUTCOME_WORDS[Outcome(assessment.outcome)],
        "facts_about_you": [viewer.fact(name, fact) for name, fact in own.items()],
        "joint_facts": [label_of(name) for name, fact in others.items() if fact.party_id is None],
        "facts_about_others": [label_of(name) for name, fact in others.items() if fact.party_id is not None],
        "rules": [_rule(viewer, finding, used) for finding in findings_of(assessment)],
        "score": _score(assessment),
        "what_moved_the_score": _weights(viewer, assessment, used),
        "what_would_change": _would_change(viewer, assessment, own),
        "model": str(model) if model else None,
        "policy": str(policy) if policy else None,
        "used_simpler_rule": assessment.used_fallback,
        "technical_faults": len(assessment.technical),
    }


def _rule(viewer: Viewer, finding: Finding, facts: Mapping[str, FactValue]) -> dict[str, Any]:
    """A rule and its result. One that read another person's data, or a sum with theirs, says only what it was about."""
    is_own = viewer.is_alone or finding.kind in (FindingKind.CUT_OFF, FindingKind.TECHNICAL)
    if is_own or all(name in facts and viewer.owns(name, facts[name].party_id) for name in finding.values):
        return {"rule": finding.sentence, "result": RESULT_WORDS[finding.result]}
    about = ", ".join(label_of(name) for name in finding.values)
    return {"rule": f"A rule about: {about}", "result": LEFT_OUT}


def _score(assessment: Assessment) -> dict[str, Any] | None:
    """The score against the cut-offs of the policy that was in force; None where there was none."""
    if assessment.score is None or assessment.policy_version is None:
        return None
    cut_offs = assessment.policy_version.document["cut_offs"]
    approve = int(cut_offs["approve"])
    distance = assessment.score - approve
    reached = f"{distance} points above" if distance >= 0 else f"{-distance} points below"
    return {
        "points": assessment.score,
        "approve_from": approve,
        "person_looks_from": int(cut_offs["refer"]),
        "distance": distance,
        "in_words": f"The score was {assessment.score}: {reached} the {approve} from which it alone approves. Higher is safer.",
    }


def _weights(viewer: Viewer, assessment: Assessment, facts: Mapping[str, FactValue]) -> list[dict[str, Any]]:
    """Groups of facts by how far each moved the score, from the one that lowered it most to the one that raised it most."""
    if assessment.contributions is None:
        return []
    codes = reason_codes_of(assessment)
    groups: dict[str, dict[str, Any]] = {}
    for feature in assessment.contributions["features"]:
        fact = facts.get(feature["fact"])
        if fact is not None and fact.party_id is not None and not viewer.owns(feature["fact"], fact.party_id):
            continue
        name = _group(codes, feature["fact"])
        group = groups.setdefault(name, {"group": label_of(name), "points": 0.0, "facts": []})
        group["points"] += feature["points"]
        group["facts"].append(label_of(feature["fact"]))
    ranked = sorted(groups.values(), key=lambda group: float(group["points"]))
    total = sum(abs(group["points"]) for group in ranked) or 1.0
    return [
        {
            **group,
            "points": round(group["points"], 1),
            "share_percent": round(100 * abs(group["points"]) / total),
            "in_words": _moved(group["points"], is_first=place == 0, is_last=place == len(ranked) - 1),
        }
        for place, group in enumerate(ranked)
    ]


def _moved(points: float, *, is_first: bool, is_last: bool) -> str:
    """Compared with people who were only just approved: the reference every score is explained against."""
    size = f"{abs(points):.1f} points"
    if points < 0:
        return f"lowered it most, by {size}" if is_first else f"lowered it by {size}"
    return f"raised it most, by {size}" if is_last else f"raised it by {size}"


def _group(codes: Catalogue, fact: str) -> str:
    return codes.group_of(fact) or fact


def _would_change(viewer: Viewer, assessment: Assessment, own: Mapping[str, FactValue]) -> list[str]:
    """Changes of this person's own facts with which the same model and rules would have said yes."""
    lines = [line for line in assessment.what_would_change if line["kind"] == FACTS_LINE]
    return [
        line["sentence"]
        for line in lines
        if viewer.is_alone or all(change["fact"] in own for change in line["changes"])
    ]
