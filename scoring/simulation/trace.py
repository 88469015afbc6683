"""One flip opened: what both policies said of it, finding by finding, from the documents that were simulated."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.simulation.past import case_of
from underwriting.models import Assessment, Backtest, BacktestFlip
from underwriting.policy.compile import compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import PolicyResult


@dataclass(frozen=True, slots=True)
class Traces:
    """Both results. `agrees`: they are those that the backtest stored."""

    live: PolicyResult
    draft: PolicyResult
    agrees: bool


def traces_of(flip: BacktestFlip, backtest: Backtest) -> Traces:
    """Evaluate the flip's application again under both documents. Raises PolicyRefused for a document that today's checks refuse."""
    assessment = Assessment.objects.select_related("application__product").get(pk=flip.assessment_id)
    case = case_of(assessment, assessment.application.product)
    live = evaluate(compile_policy(backtest.live_version.document), case)
    draft = evaluate(compile_policy(backtest.document), case)
    stored = [
        {"outcome": r.outcome.value, "offer": None if r.offer is None else r.offer.to_json()}
        for r in (live, draft)
    ]
    return Traces(live, draft, agrees=stored == [flip.before, flip.after])
