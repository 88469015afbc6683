"""What has to be seen in the live engine for a complaint to be true."""

from __future__ import annotations

from typing import Any

from review_queue.authority import Stakes, confirming_role, second_look_needs
from review_queue.permissions import AuthorityExceeded
from underwriting.enums import Outcome, OverrideSide, Role
from underwriting.policy.compile import compile_as_written
from underwriting.policy.evaluate import evaluate, offer_at
from underwriting.policy.schema import Complaint, Fault, ShownBy
from underwriting.policy.soundness.show import case_of
from underwriting.policy.types import Finding, PolicyResult

RANK = {Outcome.APPROVE: 0, Outcome.COUNTEROFFER: 1, Outcome.REFER: 1, Outcome.DECLINE: 2}
RATE = 1_200


def shows(document: dict[str, Any], complaint: Complaint, codes: Any) -> bool:  # noqa: PLR0911 - one answer for each kind
    """Whether the complaint's person, before the live engine, shows the fault."""
    person, other = complaint.person, complaint.other
    if person is None or complaint.fault is None:
        return False
    policy = compile_as_written(document)
    result = evaluate(policy, case_of(policy, person, RATE))
    said = {finding.rule_id: finding for finding in result.findings}
    rules = [said[name] for name in complaint.about if name in said]
    fault = complaint.fault
    if fault is Fault.DUPLICATE:
        return len(rules) == 2 and _against(rules[0]) and rules[0].outcome is rules[1].outcome
    if fault is Fault.DEAD:
        return _adds_nothing(result, rules, complaint)
    if fault is Fault.GAP:
        if complaint.place.startswith("/rules"):
            return len(rules) == 2 and not any(_against(rule) for rule in rules)
        is_let_in = said["CUT-OFF"].outcome is not Outcome.DECLINE
        offer = offer_at(policy, case_of(policy, person, RATE).scores[0], case_of(policy, person, RATE).facts)
        return is_let_in and offer is None
    if fault is Fault.OVERLAP:
        one, two = rules
        return (one.outcome, one.reason_code) != (two.outcome, two.reason_code) and (
            _against(one) or _against(two)
        )
    if fault is Fault.ORDER:
        return _out_of_order(document, complaint, result, rules)
    if fault is Fault.MISSING_CODE:
        bad = [f for f in result.findings if f.outcome is Outcome.DECLINE and not (f.reason_code in codes and codes[f.reason_code].enabled)]  # fmt: skip
        wrong = [f for f in result.findings if f.outcome is Outcome.DECLINE and f.reason_code in codes and f.rule_id in complaint.about and not codes[f.reason_code].facts & set(f.values)]  # fmt: skip
        return bool([f for f in bad if f.rule_id != "CUT-OFF"] or wrong)
    if fault is Fault.OVERRIDE_HOLE:
        return _nobody_may(document, complaint, result)
    if other is None:
        return False
    return _pair(document, complaint, person, other)


def _against(finding: Finding) -> bool:
    return finding.outcome is not Outcome.APPROVE


def _adds_nothing(result: PolicyResult, rules: list[Finding], complaint: Complaint) -> bool:
    if not complaint.place.startswith("/rules"):
        return result.outcome is Outcome.DECLINE  # a tier below the scores that are declined
    mine, *others = rules
    if any(finding.rule_id == "SEGMENT" for finding in result.findings) or not _against(mine):
        return True
    return any(RANK[one.outcome] >= RANK[mine.outcome] for one in others)


def _out_of_order(document: Any, complaint: Complaint, result: PolicyResult, rules: list[Finding]) -> bool:
    assert complaint.person is not None
    if complaint.place.startswith("/rules"):
        narrow, wide = rules
        return _against(narrow) and _against(wide) and wide.priority <= narrow.priority
    if complaint.place.startswith("/cut_offs"):
        return (complaint.person.score or 0) < document["cut_offs"]["refer"] and any(
            f.rule_id == "CUT-OFF" and f.outcome is Outcome.APPROVE for f in result.findings
        )
    if complaint.place.startswith("/price_grid"):
        tier = next(t for t in document["price_grid"] if t["name"] == complaint.about[0])
        policy = compile_as_written(document)
        case = case_of(policy, complaint.person, RATE)
        offer = offer_at(policy, case.scores[0], case.facts)
        return case.scores[0].score >= tier["score_from"] and (
            offer is None or offer.price_tier != tier["name"]
        )
    amount = Stakes(amount_minor=int(complaint.person.facts["requested_amount"]))
    return bool(second_look_needs(document, [Role.SENIOR_OFFICER], amount)) and not second_look_needs(document, [Role.CREDIT_OFFICER], amount)  # fmt: skip


def _nobody_may(document: Any, complaint: Complaint, result: PolicyResult) -> bool:
    assert complaint.person is not None
    if complaint.place.startswith("/delegation/exception_rules"):
        lost = document["delegation"]["exception_rules"][int(complaint.place.rsplit("/", 1)[1])]
        return all(finding.rule_id != lost for finding in result.findings)
    is_override = complaint.place == "/delegation/override_minor"
    stakes = Stakes(
        amount_minor=int(complaint.person.facts["requested_amount"]),
        price_tier=complaint.person.price_tier,
        override=OverrideSide.LOW_SIDE if is_override else None,
    )
    try:
        confirming_role(document, stakes)
    except AuthorityExceeded:
        return True
    return False


def _pair(document: Any, complaint: Complaint, person: ShownBy, other: ShownBy) -> bool:
    policy = compile_as_written(document)
    cases = [case_of(policy, one, RATE) for one in (person, other)]
    ranks = [RANK[evaluate(policy, case).outcome] for case in cases]
    offers = [offer_at(policy, case.scores[0], case.facts) for case in cases]
    rates = [offer.annual_rate_bps if offer else 0 for offer in offers]
    amounts = [offer.amount_minor if offer else 0 for offer in offers]
    if complaint.fault is Fault.PRICE_AGAINST_RISK:
        is_safer = (person.score or 0) > (other.score or 0)
        return is_safer and (rates[0] > rates[1] or amounts[0] < amounts[1])
    if complaint.fault is Fault.CLIFF:
        allowed = document["steps"]
        is_one_point = abs((person.score or 0) - (other.score or 0)) == 1
        most = allowed.get("limit_minor_max")
        return is_one_point and (
            rates[0] - rates[1] > allowed["rate_bps_max"]
            or (most is not None and amounts[1] - amounts[0] > most)
        )
    return ranks[0] > ranks[1]
