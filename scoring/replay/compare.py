"""A recomputed assessment beside the stored one: everything an applicant or an auditor could have seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scoring.pipeline.record import score_json
from scoring.pipeline.types import Explained
from scoring.replay.report import Difference
from underwriting.models import Assessment

TOLERANCE = 1e-9


def result_differences(assessment: Assessment, again: Explained) -> list[Difference]:
    """What the recomputation gives otherwise, named by outcome, score, contribution, rule or reason code."""
    result = again.decided.result
    requested = again.decided.scored.scores[0] if again.decided.scored.scores else None
    found = _plain(
        "outcome",
        {
            "outcome": (assessment.outcome, result.outcome.value),
            "stage": (assessment.stage, result.stage.value if result.stage else ""),
            "offer": (assessment.offer, None if result.offer is None else result.offer.to_json()),
            "score": (assessment.score, None if requested is None else requested.score),
            "probability_of_default": (
                assessment.probability_of_default,
                None if requested is None else requested.probability_of_default,
            ),
            "used_fallback": (assessment.used_fallback, result.used_fallback),
            "technical": (assessment.technical, [fault.to_json() for fault in again.decided.faults]),
            "held_because": (assessment.held_because, again.explanation.held_because),
            "what_would_change": (
                assessment.what_would_change,
                [dict(line) for line in again.what_would_change],
            ),
        },
    )
    found += _scores(assessment.scores, [score_json(score) for score in again.decided.scored.scores])
    found += _findings(assessment.findings, [finding.to_json() for finding in result.findings])
    found += _contributions(assessment.contributions, again.explanation.contributions)
    found += _reasons(assessment.reasons, [dict(reason) for reason in again.explanation.reasons])
    found += _proof(assessment, again)
    return found


def same(stored: Any, computed: Any) -> bool:
    """Equal JSON values, numbers within 1e-9 (absolute, and relative above 1)."""
    if isinstance(stored, bool) or isinstance(computed, bool):
        return stored is computed
    if isinstance(stored, int | float) and isinstance(computed, int | float):
        return math.isclose(stored, computed, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(stored, Mapping) and isinstance(computed, Mapping):
        return stored.keys() == computed.keys() and all(same(stored[key], computed[key]) for key in stored)
    if isinstance(stored, list | tuple) and isinstance(computed, list | tuple):
        return len(stored) == len(computed) and all(same(a, b) for a, b in zip(stored, computed, strict=True))
    return bool(stored == computed)


def _plain(thing: str, pairs: Mapping[str, tuple[Any, Any]]) -> list[Difference]:
    return [
        Difference(
            thing if name == thing else f"assessment {name}",
            name,
            f"stored {stored!r}, recomputed {computed!r}",
        )
        for name, (stored, computed) in pairs.items()
        if not same(stored, computed)
    ]


def _scores(stored: Sequence[Mapping[str, Any]], computed: Sequence[Mapping[str, Any]]) -> list[Difference]:
    if len(stored) != len(computed):
        return [Difference("score", "all", f"{len(stored)} stored, {len(computed)} recomputed")]
    return [
        Difference(
            "score", _terms(then), f"stored {then['points']:.6f} points, recomputed {now['points']:.6f}"
        )
        for then, now in zip(stored, computed, strict=True)
        if not same(then, now)
    ]


def _terms(score: Mapping[str, Any]) -> str:
    return (
        "of the line"
        if score["amount_minor"] is None
        else f"at {score['amount_minor']} over {score['term_months']} months"
    )


def _findings(stored: Sequence[Mapping[str, Any]], computed: Sequence[Mapping[str, Any]]) -> list[Difference]:
    then, now = _by("rule_id", stored), _by("rule_id", computed)
    return [
        Difference("policy rule", rule, _both(then.get(rule), now.get(rule)))
        for rule in dict.fromkeys([*then, *now])
        if not same(then.get(rule), now.get(rule))
    ]


def _contributions(stored: Mapping[str, Any] | None, computed: Mapping[str, Any] | None) -> list[Difference]:
    if stored is None or computed is None:
        return [] if stored == computed else [Difference("contributions", "all", _both(stored, computed))]
    found = _plain(
        "contribution", {key: (stored[key], computed[key]) for key in ("base_log_odds", "base_points")}
    )
    then, now = _by("name", stored["features"]), _by("name", computed["features"])
    return found + [
        Difference("contribution", name, _both(then.get(name), now.get(name)))
        for name in dict.fromkeys([*then, *now])
        if not same(then.get(name), now.get(name))
    ]


def _reasons(stored: Sequence[Mapping[str, Any]], computed: Sequence[Mapping[str, Any]]) -> list[Difference]:
    then, now = _by("code", stored), _by("code", computed)
    return [
        Difference("reason", code, _both(then.get(code), now.get(code)))
        for code in dict.fromkeys([*then, *now])
        if not same(then.get(code), now.get(code))
    ]


def _proof(assessment: Assessment, again: Explained) -> list[Difference]:
    """Test by test: what the stored proof says the model and the policy answered, and what they answer now."""
    stored = getattr(assessment, "proof", None)
    then = None if stored is None else stored.results
    now = None if again.proof is None else again.proof.to_json()
    if then is None or now is None:
        return [] if then is None and now is None else [Difference("proof", "all", _both(then, now))]
    return [
        Difference("proof", part, f"stored {then.get(part)!r}, recomputed {now.get(part)!r}")
        for part in dict.fromkeys([*then, *now])
        if not same(then.get(part), now.get(part))
    ]


def _by(key: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by their name; two technical findings share one."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row[key]), []).append(row)
    return found


def _both(then: Any, now: Any) -> str:
    if then is None or now is None:
        return "only stored" if now is None else "only recomputed"
    parts = [_changed_fields(a, b) for a, b in zip(then, now, strict=False)] if isinstance(then, list) else []
    return "; ".join(part for part in parts if part) or "stored and recomputed differ"


def _changed_fields(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    fields = [name for name in dict.fromkeys([*then, *now]) if not same(then.get(name), now.get(name))]
    return "; ".join(f"{name} stored {then.get(name)!r}, recomputed {now.get(name)!r}" for name in fields)
