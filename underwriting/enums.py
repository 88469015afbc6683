"""Words that every package shares. Standard lending terms; values are stored and shown in the API as they stand."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What an assessment proposes. A decision is one of the first, second or fourth; REFER opens a case."""

    APPROVE = "APPROVE"
    COUNTEROFFER = "COUNTEROFFER"
    REFER = "REFER"
    DECLINE = "DECLINE"

    @property
    def severity(self) -> int:
        """0 (APPROVE) to 3 (DECLINE): the worst of several findings is the one with the highest severity."""
        return list(Outcome).index(self)


class ApplicationStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    INCOMPLETE = "INCOMPLETE"
    IN_ASSESSMENT = "IN_ASSESSMENT"
    REFERRED = "REFERRED"
    APPROVED = "APPROVED"
    COUNTEROFFERED = "COUNTEROFFERED"
    DECLINED = "DECLINED"
    ACCEPTED = "ACCEPTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CLOSED_INCOMPLETE = "CLOSED_INCOMPLETE"


class Origin(StrEnum):
    """How an application came. IMPORTED: a past one, assessed as of its day; nobody is told, no case is opened."""

    RECEIVED = "RECEIVED"
    IMPORTED = "IMPORTED"


class LoanEventKind(StrEnum):
    """What happened to a loan on a day: an instalment paid, days past due reached, paid off whole, charged off."""

    PAID = "PAID"
    LATE = "LATE"
    PAID_OFF = "PAID_OFF"
    CHARGED_OFF = "CHARGED_OFF"


class PartyRole(StrEnum):
    PRIMARY = "PRIMARY"
    CO_APPLICANT = "CO_APPLICANT"


class ProductKind(StrEnum):
    """INSTALMENT: an amount over a term. LINE: no amount asked, the grid assigns a limit. PRESCREEN: bureau-only line."""

    INSTALMENT = "INSTALMENT"
    LINE = "LINE"
    PRESCREEN = "PRESCREEN"


class Role(StrEnum):
    CREDIT_OFFICER = "credit_officer"
    SENIOR_OFFICER = "senior_officer"
    TEAM_LEAD = "team_lead"
    RISK_MANAGER = "risk_manager"
    RISK_APPROVER = "risk_approver"
    MODEL_OWNER = "model_owner"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    PARTNER_ENGINEER = "partner_engineer"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key may do."""

    APPLICATIONS_WRITE = "applications:write"
    APPLICATIONS_READ = "applications:read"
    EXPLANATIONS_READ = "explanations:read"
    OUTCOMES_WRITE = "outcomes:write"


class ActorKind(StrEnum):
    SYSTEM = "SYSTEM"
    USER = "USER"
    CLIENT = "CLIENT"
    APPLICANT = "APPLICANT"


class WorkKind(StrEnum):
    """Who claims what: ASSESS, TRIAL, DRAW_REFERENCE, IMPORT_HISTORY, BUILD_EFFECT, BACKTEST, POLICY_CHECK and REVIEW_DUE scoring; RELEASE_DECISION, APPLICATION_ENDED, EVIDENCE_ARRIVED and CASE_DUE review_queue;
    RENDER_NOTICE and NOTICE_DUE explanations; DELIVER underwriting."""

    ASSESS = "ASSESS"
    TRIAL = "TRIAL"
    DRAW_REFERENCE = "DRAW_REFERENCE"
    IMPORT_HISTORY = "IMPORT_HISTORY"
    BUILD_EFFECT = "BUILD_EFFECT"
    BACKTEST = "BACKTEST"
    POLICY_CHECK = "POLICY_CHECK"
    REVIEW_DUE = "REVIEW_DUE"
    RELEASE_DECISION = "RELEASE_DECISION"
    APPLICATION_ENDED = "APPLICATION_ENDED"
    EVIDENCE_ARRIVED = "EVIDENCE_ARRIVED"
    CASE_DUE = "CASE_DUE"
    RENDER_NOTICE = "RENDER_NOTICE"
    NOTICE_DUE = "NOTICE_DUE"
    DELIVER = "DELIVER"


class WorkState(StrEnum):
    READY = "READY"
    LEASED = "LEASED"
    DONE = "DONE"
    QUARANTINED = "QUARANTINED"


class Lane(StrEnum):
    INTERACTIVE = "INTERACTIVE"
    BATCH = "BATCH"


class PullState(StrEnum):
    """A bureau pull is written as an intent before it is made; UNKNOWN is never pulled again automatically."""

    INTENDED = "INTENDED"
    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


class ModelState(StrEnum):
    CANDIDATE = "CANDIDATE"
    CHAMPION = "CHAMPION"
    SHADOW = "SHADOW"
    RETIRED = "RETIRED"


class PolicyState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class ExceptionState(StrEnum):
    """Of a permission to decide outside a policy. OPEN ends by itself with its day or its last use."""

    ASKED = "ASKED"
    OPEN = "OPEN"
    TURNED_DOWN = "TURNED_DOWN"
    ENDED = "ENDED"


class BacktestState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class CubeState(StrEnum):
    """READY: weighed. REFUSED: the document cannot be weighed as it stands, and is not tried again."""

    READY = "READY"
    REFUSED = "REFUSED"


class RolloutMode(StrEnum):
    """SHADOW: assessed beside the version in force, without effect. SHARE: decides a fixed share of applicants."""

    SHADOW = "SHADOW"
    SHARE = "SHARE"


class RolloutEnd(StrEnum):
    """PROMOTED: the version came into force. STOPPED: it did not."""

    PROMOTED = "PROMOTED"
    STOPPED = "STOPPED"


class ReviewVerdict(StrEnum):
    """Of an emergency change, by a second person: it stays, or it is to be taken back."""

    UPHELD = "UPHELD"
    TAKE_BACK = "TAKE_BACK"


class DecisionStage(StrEnum):
    """The part of the process that said no (12 CFR 1002.9 comment 9(b)(2)-7); it decides where reasons may come from."""

    KNOCKOUT = "knockout"
    SCORE = "score"
    CAP = "cap"
    JUDGEMENT = "judgement"
    GREY_BAND = "grey_band"


class CaseState(StrEnum):
    OPEN = "OPEN"
    DECIDED = "DECIDED"
    CLOSED = "CLOSED"


class HeldState(StrEnum):
    """WAITING: a first answer that a second approver has not confirmed. OVERRULED: a third person answered otherwise."""

    WAITING = "WAITING"
    HELD = "HELD"
    OVERRULED = "OVERRULED"
    RELEASED = "RELEASED"
    CANCELLED = "CANCELLED"
    REFUSED = "REFUSED"


class OverrideSide(StrEnum):
    """LOW_SIDE: approved although the system says no. HIGH_SIDE: declined, or offered less, although it says yes."""

    LOW_SIDE = "LOW_SIDE"
    HIGH_SIDE = "HIGH_SIDE"


class CaseKind(StrEnum):
    """REFERRAL: the machine asks. APPEAL: the applicant asks. NOTICE_REVIEW: a notice may not go out unseen.

    CONDITIONS: papers are awaited without which an offer cannot be taken.
    """

    REFERRAL = "REFERRAL"
    APPEAL = "APPEAL"
    NOTICE_REVIEW = "NOTICE_REVIEW"
    CONDITIONS = "CONDITIONS"


class WaitKind(StrEnum):
    """Why an open case is put aside. APPLICANT: they were asked, and its clock stands still. SNOOZE: put off; its clock runs on."""

    APPLICANT = "APPLICANT"
    SNOOZE = "SNOOZE"


class ReturnReason(StrEnum):
    """What brought a case back: the applicant answered, its day came, or a person stopped the wait."""

    ANSWERED = "ANSWERED"
    DAY_CAME = "DAY_CAME"
    STOPPED = "STOPPED"


class HandoverKind(StrEnum):
    """How a case came to another person."""

    ESCALATED = "ESCALATED"
    TAKEN_OVER = "TAKEN_OVER"
    ASSIGNED = "ASSIGNED"
    AUTOMATIC = "AUTOMATIC"


class SkipReason(StrEnum):
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    NEEDS_SPECIALIST = "NEEDS_SPECIALIST"
    WAITING_FOR_COLLEAGUE = "WAITING_FOR_COLLEAGUE"
    LANGUAGE = "LANGUAGE"
    SYSTEM_PROBLEM = "SYSTEM_PROBLEM"
    OTHER = "OTHER"


class SkillKind(StrEnum):
    PRODUCT = "PRODUCT"
    LANGUAGE = "LANGUAGE"


class AppealKind(StrEnum):
    DISPUTE = "DISPUTE"
    LOOK_AGAIN = "LOOK_AGAIN"


class NoticeKind(StrEnum):
    APPROVAL = "APPROVAL"
    COUNTEROFFER = "COUNTEROFFER"
    ADVERSE_ACTION = "ADVERSE_ACTION"
    INCOMPLETENESS = "INCOMPLETENESS"
    WITHDRAWAL = "WITHDRAWAL"


class ClockKind(StrEnum):
    """The duties of 12 CFR 1002.9, by the event that begins them."""

    DECISION_NOTICE = "DECISION_NOTICE"
    ADVERSE_ACTION_NOTICE = "ADVERSE_ACTION_NOTICE"
    INCOMPLETENESS_NOTICE = "INCOMPLETENESS_NOTICE"
    MISSING_ITEMS = "MISSING_ITEMS"
    COUNTEROFFER_ANSWER = "COUNTEROFFER_ANSWER"
    REASONS_REQUEST = "REASONS_REQUEST"
    STATEMENT_OF_REASONS = "STATEMENT_OF_REASONS"
    APPROVAL_ANSWER = "APPROVAL_ANSWER"


class OfferState(StrEnum):
    """HELD: the applicant is not told yet. OPEN: it can be taken until its day."""

    HELD = "HELD"
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"


class DocumentKind(StrEnum):
    PAYSLIP = "PAYSLIP"
    BANK_STATEMENT = "BANK_STATEMENT"
    TAX_RETURN = "TAX_RETURN"
    IDENTITY = "IDENTITY"
    CREDIT_REPORT = "CREDIT_REPORT"
    OTHER = "OTHER"


class MailState(StrEnum):
    """What became of an e-mail, or of a letter on paper."""

    WAITING = "WAITING"
    SENT = "SENT"
    BOUNCED = "BOUNCED"
    FAILED = "FAILED"


class Language(StrEnum):
    """Languages in which applicants are told; BCP 47."""

    ENGLISH = "en"
    SPANISH = "es"
    HINDI = "hi"


class WordingState(StrEnum):
    """Of a lender's own wording: written, looked at by a second person, then in force or put away."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    DISCARDED = "DISCARDED"
