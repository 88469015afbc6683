"""Rows that several packages point at live here, whoever fills them."""

from underwriting.models.application import ApplicantLink, Application, IdempotencyKey, Party, TryWindow
from underwriting.models.audit import AuditEntry
from underwriting.models.baseline import BaselineTaken, DeviationReason, PolicyBaseline
from underwriting.models.change import (
    ApprovalVoid,
    EmergencyReview,
    PolicyApproval,
    PolicyComment,
    PolicyRevision,
    PolicyRollout,
    ShadowResult,
)
from underwriting.models.checks import PolicyCheckResult
from underwriting.models.clock import NoticeClock
from underwriting.models.dealings import Document, FactCorrection, Mail, StandingOffer
from underwriting.models.decisioning import (
    Assessment,
    Decision,
    Disclosure,
    ModelVersion,
    Policy,
    PolicyVersion,
    ReasonCatalogue,
    ReferencePool,
    ReferenceSample,
)
from underwriting.models.editing import SectionLease
from underwriting.models.effect import EffectCell, EffectCounter, EffectCube, PastChunk
from underwriting.models.evidence import BureauPull, CreditReport, CustomerRecord
from underwriting.models.history import HistoryImport
from underwriting.models.lender import ApiClient, ApiKey, Holiday, Lender, Product, RateWindow
from underwriting.models.outcome import LoanEvent
from underwriting.models.person import Membership, Preference, SignInGuard, User
from underwriting.models.policy_exception import PolicyException
from underwriting.models.simulation import Backtest, BacktestFlip, BacktestSlice
from underwriting.models.wording import WordingProposal
from underwriting.models.work import Alert, WorkerHeartbeat, WorkItem, WorkTurn

__all__ = [
    "Alert",
    "ApiClient",
    "ApiKey",
    "ApplicantLink",
    "Application",
    "ApprovalVoid",
    "Assessment",
    "AuditEntry",
    "Backtest",
    "BacktestFlip",
    "BacktestSlice",
    "BaselineTaken",
    "BureauPull",
    "CreditReport",
    "CustomerRecord",
    "Decision",
    "DeviationReason",
    "Disclosure",
    "Document",
    "EffectCell",
    "EffectCounter",
    "EffectCube",
    "EmergencyReview",
    "FactCorrection",
    "HistoryImport",
    "Holiday",
    "IdempotencyKey",
    "Lender",
    "LoanEvent",
    "Mail",
    "Membership",
    "ModelVersion",
    "NoticeClock",
    "Party",
    "PastChunk",
    "Policy",
    "PolicyApproval",
    "PolicyBaseline",
    "PolicyCheckResult",
    "PolicyComment",
    "PolicyException",
    "PolicyRevision",
    "PolicyRollout",
    "PolicyVersion",
    "Preference",
    "Product",
    "RateWindow",
    "ReasonCatalogue",
    "ReferencePool",
    "ReferenceSample",
    "SectionLease",
    "ShadowResult",
    "SignInGuard",
    "StandingOffer",
    "TryWindow",
    "User",
    "WordingProposal",
    "WorkItem",
    "WorkTurn",
    "WorkerHeartbeat",
]
