"""What passes from stage to stage. Each stage turns a list of one of these into a list of the next, in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explanations.proof import ProofResults
from explanations.reason_codes.codes import Catalogue
from scoring.serving.champion import Champion
from underwriting.decisions.assessments import NewAssessment
from underwriting.enums import Origin
from underwriting.facts.values import Facts
from underwriting.models import (
    Application,
    Assessment,
    CreditReport,
    Decision,
    Lender,
    Party,
    PolicyRollout,
    PolicyVersion,
    ReasonCatalogue,
    ReferenceSample,
)
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.rollouts import in_share
from underwriting.policy.types import PairScore, PolicyCase, PolicyResult, TechnicalFault, Terms
from underwriting.work.claim import ClaimedItem


@dataclass(frozen=True, slots=True)
class ActivePolicy:
    """The policy version in force for a product, compiled, with the people its applicants are compared with.

    `model_fault` is set where the policy and the champion do not belong together: nothing is scored for that product then.
    """

    version: PolicyVersion
    compiled: CompiledPolicy
    rule_digests: Mapping[str, str]
    reference: ReferenceSample | None
    model_fault: TechnicalFault | None = None


@dataclass(frozen=True, slots=True)
class TriedPolicy:
    """An approved version that is tried beside the one in force, ready to decide."""

    rollout: PolicyRollout
    policy: ActivePolicy

    def takes(self, request: Request) -> bool:
        """Whether the applicant is in the share. Imported applications never are."""
        rollout = self.rollout
        if request.application.origin != Origin.RECEIVED or not request.parties:
            return False
        index = bytes(request.parties[0].person_index)
        return in_share(index, salt=rollout.salt, share_percent=rollout.share_percent or 0)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a batch shares: one lender, one model version, one catalogue, and a policy for each product.

    A product without a usable policy has a fault in `policy_faults` instead; a lender whose champion is refused has
    `champion` None and says why in `champion_fault`. `shares` and `shadows`: by product, the version that is tried.
    """

    lender: Lender
    champion: Champion | None
    champion_fault: TechnicalFault | None
    policies: Mapping[int, ActivePolicy]
    policy_faults: Mapping[int, TechnicalFault]
    catalogue: Catalogue
    catalogue_row: ReasonCatalogue
    shares: Mapping[int, TriedPolicy] = field(default_factory=dict)
    shadows: Mapping[int, TriedPolicy] = field(default_factory=dict)

    def policy_of(self, request: Request) -> ActivePolicy | None:
        """The version that decides this application: the one in force, or for a share of the applicants the one tried."""
        product_id = request.application.product_id
        tried = self.shares.get(product_id)
        return tried.policy if tried is not None and tried.takes(request) else self.policies.get(product_id)


@dataclass(frozen=True, slots=True)
class Request:
    """A claimed work item with the application it speaks of and its parties, primary first."""

    item: ClaimedItem
    application: Application
    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Enriched:
    """Evidence by party key: the report or None, and what went wrong."""

    request: Request
    reports: Mapping[int, CreditReport | None]
    faults: tuple[TechnicalFault, ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """Facts at the requested terms, and at each pair of terms to be scored (the requested ones first)."""

    request: Request
    facts: Facts
    terms: tuple[Terms, ...]
    facts_at: tuple[Facts, ...]
    faults: tuple[TechnicalFault, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """`scores` answers `assembled.terms` pair by pair; empty when the model did not answer."""

    assembled: Assembled
    scores: tuple[PairScore, ...]
    model_late: bool
    faults: tuple[TechnicalFault, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the policy says of a case; `case` is exactly what it was shown (None: there was no policy)."""

    scored: Scored
    policy: ActivePolicy | None
    case: PolicyCase | None
    result: PolicyResult
    faults: tuple[TechnicalFault, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Contributions and principal reasons as stored; `held_because` says why reasons may not be disclosed yet.

    `tables_sha256` is the hash of the attribution tables that the contributions were looked up in.
    """

    contributions: Mapping[str, Any] | None
    reasons: tuple[Mapping[str, Any], ...]
    held_because: str = ""
    tables_sha256: str = ""


NOT_EXPLAINED = Explanation(contributions=None, reasons=())


@dataclass(frozen=True, slots=True)
class Explained:
    decided: Decided
    explanation: Explanation
    what_would_change: tuple[Mapping[str, Any], ...]
    proof: ProofResults | None = None

    @property
    def request(self) -> Request:
        return self.decided.scored.assembled.request


@dataclass(frozen=True, slots=True)
class Written:
    """An application after the write. `assessment` None: it had ended; `decision` None: it is referred, or stood already.

    `takes_effect` is false for an assessment beside an open case or a decision: shown, and changing nothing.
    """

    explained: Explained
    application: Application
    new: NewAssessment | None = None
    assessment: Assessment | None = None
    decision: Decision | None = None
    takes_effect: bool = False
