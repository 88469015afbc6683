"""Reasons where rules spoke: the codes of the rules that failed (comment 9(b)(2)-8). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from explanations.principal_reasons import own_figure, reason_from
from explanations.reason_codes.codes import Catalogue, UsedBy
from explanations.reasons import PrincipalReasons, Reason
from underwriting.enums import DecisionStage
from underwriting.facts.values import Facts
from underwriting.policy.types import Finding, FindingKind, FindingResult

_STAGES = {FindingKind.KNOCKOUT: DecisionStage.KNOCKOUT, FindingKind.AFFORDABILITY: DecisionStage.CAP}


def rule_reasons(
    *, findings: Sequence[Finding], facts: Facts, codes: Catalogue, currency: str
) -> PrincipalReasons:
    """The codes of those of the given rules that failed, by priority, then in document order, each once, at most four.

    The caller hands in the findings of the stage that said no: knock-outs, or the affordability cap. Held where a failed
    rule has no code that may be used.
    """
    failed = [f for f in findings if f.result is FindingResult.FAIL]
    reasons: list[Reason] = []
    held: list[str] = []
    seen: set[str] = set()
    for finding in sorted(failed, key=lambda f: f.priority):
        if finding.reason_code in seen or len(seen) == codes.max_reasons:
            continue
        seen.add(finding.reason_code or finding.rule_id)
        code = codes.codes.get(finding.reason_code or "")
        if code is None or not code.is_for(UsedBy.POLICY):
            held.append(f"Rule {finding.rule_id} failed and has no reason code that may be used.")
            continue
        fact_name = next((name for name in finding.values if name in code.facts), next(iter(code.facts)))
        reasons.append(
            reason_from(
                code,
                group=code.group,
                rank=len(reasons) + 1,
                text=code.rule_text,
                detail=own_figure(code, fact_name=fact_name, facts=facts, currency=currency),
                is_neutral=False,
                fact_name=fact_name,
                facts=facts,
                typical=None,
                share_log_odds=None,
                share_points=None,
                stage=_STAGES.get(finding.kind, DecisionStage.KNOCKOUT),
            )
        )
    return PrincipalReasons(tuple(reasons), " ".join(held))
