"""The situations of the golden letters: each makes the notice of one application, as the product would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from explanations.merge import merge_for_person
from explanations.models import Notice
from explanations.notices.compose import compose_incompleteness
from explanations.officer_reasons import reasons_from_officer
from explanations.principal_reasons import principal_reasons
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary
from explanations.recourse.levers import Change, Suggestion
from explanations.recourse.words import suggestion_line
from explanations.rule_reasons import rule_reasons
from tests.explanations.synthetic import SPECS, facts_of
from tests.explanations.test_compose import DECIDED_AT, OFFER, READ_AT, notify
from tests.explanations.test_people_and_rules import CASE, FACTS, finding
from tests.explanations.test_principal_reasons import ADVERSE, NOTHING, USUAL
from tests.explanations.test_reports_used import facts_of as bureau_facts
from tests.explanations.test_reports_used import report
from tests.factories import make_application, make_lender, make_party, make_product, make_user
from underwriting.enums import ApplicationStatus, DecisionStage, Outcome, Role
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, Party
from underwriting.people.links import create_links
from underwriting.policy.types import FindingKind

FOUR = {
    "revolving_utilisation_ratio": 0.9,
    "dpd30_count_12m": 0.5,
    "enquiry_count_90d": 0.4,
    "annual_income": 0.3,
}
FIVE_FACTORS = [
    "Balances on cards are high compared with their limits",
    "Payments were late in the last year",
    "The oldest account is new",
    "Too few accounts were paid as agreed",
    "Number of inquiries in the last year",
]
AS_ASKED = {**OFFER, "amount_minor": 1_000_000, "instalment_minor": 33_450}
PEOPLE = (("Maria", "Okafor"), ("Tobias", "Lindqvist"))
INDIAN = {
    "country": "IN", "currency": "INR", "time_zone": "Asia/Kolkata", "letter_paper": "A4", "name": "Sagar", "legal_name": "Sagar Finance Limited",
    "address": "14 Marine Lines\nMumbai 400020", "telephone": "+91 22 5555 0100", "agency_name": "", "agency_address": "",
}  # fmt: skip


def application(*, people: int = 1, lender: Mapping[str, Any] | None = None, **changes: Any) -> Application:
    made = make_application(
        make_product(make_lender(**(lender or {})), name="Personal loan"), reference="A-7Q4M-2K", **changes
    )
    parties = [
        make_party(made, ordinal=number, given_name=given, family_name=family)
        for number, (given, family) in enumerate(PEOPLE[:people], start=1)
    ]
    create_links(application=made, parties=parties, now=made.received_at)
    return made


def party_of(made: Application, ordinal: int = 1) -> Party:
    return made.parties.get(ordinal=ordinal)


def by_score(
    made: Application,
    shares: Mapping[str, float] = FOUR,
    *,
    whose: int = 1,
    row: tuple[float, ...] = ADVERSE,
    facts: Mapping[str, FactValue] | None = None,
) -> PrincipalReasons:
    """What the score's part says about one party, in the application's language."""
    codes = current_catalogue()
    found = principal_reasons(
        shares={**NOTHING, **shares},
        specs=SPECS,
        facts=facts_of(row, **(facts or {})),
        reference=ReferenceSummary(USUAL),
        codes=codes,
        points_share=lambda log_odds: -28.85 * log_odds,
        currency=made.currency,
        language=made.language,
    )
    assert found.held_because == ""
    return PrincipalReasons(owned(found.reasons, party_of(made, whose)))


def owned(reasons: Sequence[Reason], party: Party) -> tuple[Reason, ...]:
    return tuple(Reason.from_json({**reason.to_json(), "party": str(party.public_id)}) for reason in reasons)


def declined(made: Application, found: PrincipalReasons, **more: Any) -> Notice:
    return notify(made, reasons=found.reasons, **more)


def knock_out() -> Notice:
    made = application()
    findings = [
        finding("bankrupt", "PR02", 10, bankruptcy_count=1),
        finding("late", "PH02", 20, dpd90_count_12m=2),
    ]
    found = rule_reasons(findings=findings, facts=FACTS, codes=current_catalogue(), currency="USD")
    return declined(made, replace(found, reasons=owned(found.reasons, party_of(made))))


def score_with_nine_lines() -> Notice:
    """Four reasons and five key factors: the longest list the law knows."""
    made = application()
    party = party_of(made)
    report(party, bureau_score_factors=FIVE_FACTORS)
    used = FactValue(0.92, None, FactSource.BUREAU, READ_AT, str(party.public_id))
    suggestion = Suggestion((Change("revolving_utilisation_ratio", 0.92, 0.3),), facts={}, card_share=0.3)
    return declined(
        made,
        by_score(made),
        facts={**bureau_facts(party), "revolving_utilisation_ratio": used},
        used_fallback=True,
        created_at=DECIDED_AT,
        what_would_change=[suggestion_line(suggestion, currency="USD", language="en")],
    )


def judgement() -> Notice:
    made = application()
    officer = make_user("Dana Reyes", (made.lender, Role.CREDIT_OFFICER))
    found = reasons_from_officer(
        ["PR06", "CP10"], stage=DecisionStage.JUDGEMENT, case=CASE, codes=current_catalogue()
    )
    return declined(made, replace(found, reasons=owned(found.reasons, party_of(made))), decided_by=officer)


def grey_band() -> Notice:
    made = application()
    officer = make_user("Dana Reyes", (made.lender, Role.CREDIT_OFFICER))
    person = reasons_from_officer(
        ["PR06", "EN01"], stage=DecisionStage.GREY_BAND, case=CASE, codes=current_catalogue()
    )
    both = merge_for_person(stage=DecisionStage.GREY_BAND, person=person, score=by_score(made), max_reasons=4)
    return declined(made, replace(both, reasons=owned(both.reasons, party_of(made))), decided_by=officer)


def cap() -> Notice:
    made = application()
    values: dict[str, Any] = {
        "instalment_minor": 41_200,
        "monthly_income": 150_000,
        "largest_payment_minor": 30_000,
        "bound": "debts",
    }
    over = replace(finding("cap", "CP15", **values), kind=FindingKind.AFFORDABILITY)
    found = rule_reasons(findings=[over], facts=FACTS, codes=current_catalogue(), currency="USD")
    return declined(made, replace(found, reasons=owned(found.reasons, party_of(made))))


def thin_file() -> Notice:
    """The bureau has no file: its answer was used, and there is no score to tell."""
    made = application()
    party = party_of(made)
    report(party, None, body={"bureau_hit_flag": 0})
    absent = FactValue(None, Absence.UNKNOWN, FactSource.BUREAU, READ_AT, str(party.public_id))
    no_hit = FactValue(0, None, FactSource.BUREAU, READ_AT, str(party.public_id))
    facts = {"revolving_utilisation_ratio": absent, "bureau_hit_flag": no_hit}
    found = by_score(made, {"revolving_utilisation_ratio": 0.8, "annual_income": 0.3}, facts=facts)
    return declined(made, found, facts={"bureau_hit_flag": no_hit}, created_at=DECIDED_AT)


def no_bureau() -> Notice:
    made = application(lender={"bureau": {}})
    stated = {"annual_income": FactValue(3_100_000, None, FactSource.APPLICATION, READ_AT)}
    return declined(made, by_score(made, {"annual_income": 0.6, "loan_to_income_ratio": 0.4}), facts=stated)


def joint() -> Notice:
    """The second person's card use and late payments weighed most; each has a score of their own."""
    made = application(people=2)
    primary, other = made.parties.order_by("ordinal")
    report(primary, 701)
    report(other, 588)
    theirs = by_score(made, {"revolving_utilisation_ratio": 0.9, "dpd30_count_12m": 0.5}, whose=2).reasons
    own = by_score(made, {"enquiry_count_90d": 0.4}, whose=1).reasons
    ranked = [reason.at_rank(rank) for rank, reason in enumerate([*theirs, *own], start=1)]
    facts = {
        **bureau_facts(other),
        "enquiry_count_90d": FactValue(6, None, FactSource.BUREAU, READ_AT, str(primary.public_id)),
    }
    return declined(
        made, PrincipalReasons(tuple(ranked)), facts=facts, used_fallback=True, created_at=DECIDED_AT
    )


def joint_sums() -> Notice:
    """What both earn and owe was added up; neither reads the sums, nor as their own."""
    made = application(people=2)
    for party, score in zip(made.parties.order_by("ordinal"), (701, 588), strict=True):
        report(party, score)
    sums: dict[str, float] = {"annual_income": 9_900_000, "debt_to_income_ratio": 0.62}
    facts = {name: FactValue(value, None, FactSource.APPLICATION, READ_AT) for name, value in sums.items()}
    usual = ReferenceSummary({"annual_income": 120_000.0, "debt_to_income_ratio": 0.3})
    found = reasons_from_officer(
        ["CP10", "CP06"],
        stage=DecisionStage.JUDGEMENT,
        case=replace(CASE, facts=facts, findings=[], reference=usual),
        codes=current_catalogue(),
    )
    officer = make_user("Dana Reyes", (made.lender, Role.CREDIT_OFFICER))
    return declined(made, found, facts=facts, decided_by=officer, created_at=DECIDED_AT)


def counteroffer() -> Notice:
    made = application()
    return declined(
        made,
        by_score(made, {"loan_to_income_ratio": 0.6, "annual_income": 0.4}),
        outcome=Outcome.COUNTEROFFER,
        offer=OFFER,
    )


def incomplete() -> Notice:
    made = application(
        status=ApplicationStatus.INCOMPLETE, completed_at=None, completed_by="",
        missing_fields=["/purpose", "/applicant/annual_income"],
    )  # fmt: skip
    return compose_incompleteness(
        application=made, missing=made.missing_fields, answer_by=date(2026, 12, 4), now=DECIDED_AT
    )


def spanish() -> Notice:
    made = application(language="es")
    party = party_of(made)
    report(party)
    return declined(
        made, by_score(made), facts=bureau_facts(party), used_fallback=True, created_at=DECIDED_AT
    )


def spanish_counteroffer() -> Notice:
    made = application(language="es")
    found = by_score(made, {"loan_to_income_ratio": 0.6, "annual_income": 0.4})
    return declined(made, found, outcome=Outcome.COUNTEROFFER, offer=OFFER)


def hindi() -> Notice:
    made = application(language="hi", lender=INDIAN)
    party = party_of(made)
    report(party)
    return declined(
        made, by_score(made), facts=bureau_facts(party), used_fallback=True, created_at=DECIDED_AT
    )


def a4() -> Notice:
    made = application(lender=INDIAN)
    return declined(made, by_score(made))


def approval(score: int | None = 701) -> Notice:
    made = application()
    party = party_of(made)
    report(party, score)
    return notify(
        made, outcome=Outcome.APPROVE, offer=AS_ASKED, facts=bureau_facts(party), created_at=DECIDED_AT
    )


def conditional(**changes: Any) -> Notice:
    """An approval of two people that depends on papers of the first; each reads of it what is theirs."""
    made = application(people=2, **changes)
    for party in made.parties.all():
        report(party, 701)
    officer = make_user("Dana Reyes", (made.lender, Role.CREDIT_OFFICER))
    facts = bureau_facts(party_of(made)) | bureau_facts(party_of(made, 2))
    return notify(
        made, outcome=Outcome.APPROVE, offer=AS_ASKED, facts=facts, decided_by=officer, conditions=["payslips", "address"],
        created_at=DECIDED_AT,
    )  # fmt: skip


SITUATIONS: Mapping[str, Callable[[], Notice]] = {
    "knock_out": knock_out,
    "score": score_with_nine_lines,
    "judgement": judgement,
    "grey_band": grey_band,
    "cap": cap,
    "thin_file": thin_file,
    "no_bureau": no_bureau,
    "joint": joint,
    "joint_sums": joint_sums,
    "counteroffer": counteroffer,
    "incomplete": incomplete,
    "spanish": spanish,
    "spanish_counteroffer": spanish_counteroffer,
    "hindi": hindi,
    "a4": a4,
    "approval": approval,
    "approval_without_score": lambda: approval(None),
    "conditional": conditional,
    "spanish_conditional": lambda: conditional(language="es"),
}
