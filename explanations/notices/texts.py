"""Standing sentences of a notice. What the law wants in its own words is quoted, with its source. Pure."""

from __future__ import annotations

from underwriting.enums import Outcome, ProductKind

NOUNS = {
    ProductKind.INSTALMENT: "loan",
    ProductKind.LINE: "credit line",
    ProductKind.PRESCREEN: "credit line",
}
HEADINGS = {
    Outcome.APPROVE: "We can offer you this {noun}",
    Outcome.COUNTEROFFER: "We can offer you a different {noun}",
    Outcome.DECLINE: "We cannot offer you this {noun}",
}
KINDS = {
    Outcome.APPROVE: "APPROVAL",
    Outcome.COUNTEROFFER: "COUNTEROFFER",
    Outcome.DECLINE: "ADVERSE_ACTION",
}
BY_SYSTEM = "The decision was made automatically. No person took part in it."
BY_PERSON = "A person at {lender} made the decision."
NOTHING_TO_DO = "Nothing to do here."
TIME_ALONE = "Nothing to do here. Time alone changes this."
NO_PROMISE = "These are directions, not promises. We cannot promise a different result."

ECOA_SOURCE = "12 CFR 1002.9(b)(1)"
# The regulation asks for wording substantially like its own, so it is quoted.
ECOA_TEXT = (
    "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit applicants on the basis "
    "of race, color, religion, national origin, sex, marital status, age (provided the applicant has the capacity to enter "
    "into a binding contract); because all or part of the applicant's income derives from any public assistance program; or "
    "because the applicant has in good faith exercised any right under the Consumer Credit Protection Act. The Federal agency "
    "that administers compliance with this law concerning this creditor is {agency}."
)
FCRA_SOURCE = "15 USC 1681m(a)"
FCRA_GIVEN = "We used facts from a credit report on you that {bureau} gave us."
FCRA_SENT = "We used facts from a credit report on you that was sent to us with your application."
FCRA_SENT_EARLIER = (
    "We used facts from a credit report on you that was sent to us with an earlier application of yours."
)
FCRA_MADE_BY = "The report was made by {bureau}."
UNNAMED_BUREAU = "the credit bureau that made the report"
FCRA_SENTENCES = (
    "{bureau} did not make the decision and cannot tell you why it was made.",
    "You have a right to a free copy of that report from {bureau} if you ask within 60 days of receiving this notice.",
    "If a fact in the report is wrong or missing, you have a right to dispute it with {bureau}.",
)
