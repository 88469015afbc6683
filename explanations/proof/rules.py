"""Where rules spoke: each stated reason has its failed rule, and the first four failed rules have their reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explanations.proof.results import FailedTest, ProofTest
from explanations.reason_codes.codes import Catalogue
from underwriting.policy.types import Finding, FindingResult


def rule_omissions(
    stated: Sequence[str], rules: Sequence[Finding], codes: Catalogue, *, is_held: bool
) -> Iterator[FailedTest]:
    """What is wrong with the stated codes (comment 9(b)(2)-8). `is_held`: a reason could not be worded, which is said already."""
    names = list(
        dict.fromkeys(
            rule.reason_code or rule.rule_id
            for rule in sorted(rules, key=lambda rule: rule.priority)
            if rule.result is FindingResult.FAIL
        )
    )[: codes.max_reasons]
    allowed = {name: {name, *_stand_ins(name, codes)} for name in names}
    for code in stated:
        if not any(code in others for others in allowed.values()):
            yield FailedTest(ProofTest.OMITTED, f"No rule failed that has the reason code {code}.")
    for name, others in allowed.items():
        if not is_held and not others & set(stated):
            yield FailedTest(ProofTest.OMITTED, f"A rule with the reason code {name} failed and is left out.")


def _stand_ins(name: str, codes: Catalogue) -> Iterator[str]:
    """The code that speaks in another's place where a cap was reached by income alone."""
    code = codes.codes.get(name)
    if code is not None and code.income_alone:
        yield code.income_alone
