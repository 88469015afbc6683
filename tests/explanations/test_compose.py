"""Notices: what each kind of decline prints, to whom, and when it is held instead of disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from explanations.models import Notice
from explanations.notices.compose import compose_notice
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reason_codes.codes import canonical_sha256
from explanations.reasons import Reason
from explanations.rule_reasons import rule_reasons
from tests.explanations.golden import golden
from tests.explanations.test_people_and_rules import CASE, finding
from tests.explanations.test_people_and_rules import FACTS as CASE_FACTS
from tests.explanations.test_principal_reasons import given_reasons
from tests.factories import (
    make_application,
    make_assessment,
    make_lender,
    make_party,
    make_product,
    make_user,
)
from underwriting.enums import DecisionStage, Outcome, ProductKind, Role
from underwriting.facts.values import FactSource, FactValue, facts_to_json
from underwriting.models import Application, Decision, Disclosure, Lender, User

pytestmark = pytest.mark.django_db
DECIDED_AT = datetime(2026, 11, 4, 2, 30, tzinfo=UTC)  # still 3 November in New York
READ_AT = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
REPORT = {
    "dpd30_count_12m": FactValue(3, None, FactSource.BUREAU, READ_AT, None, "Credit report, Demo Bureau")
}
OFFER = {
    "amount_minor": 700_000,
    "term_months": 36,
    "annual_rate_bps": 1249,
    "instalment_minor": 23_415,
    "price_tier": "C",
}


def notify(
    application: Application,
    *,
    outcome: Outcome = Outcome.DECLINE,
    reasons: Sequence[Reason] = (),
    held_because: str = "",
    facts: dict[str, FactValue] | None = None,
    offer: dict[str, Any] | None = None,
    decided_by: User | None = None,
    conditions: Sequence[str] = (),
    **assessment: Any,
) -> Notice:
    decision = Decision.objects.create(
        application=application,
        lender=application.lender,
        number=1,
        assessment=make_assessment(
            application, facts=facts_to_json(REPORT if facts is None else facts), **assessment
        ),
        outcome=outcome,
        offer=offer,
        conditions=list(conditions),
        reasons=[reason.to_json() for reason in reasons],
        decided_by=decided_by,
        decided_at=DECIDED_AT,
    )
    return compose_notice(
        decision=decision,
        assessment=decision.assessment,
        application=application,
        parties=list(application.parties.order_by("ordinal")),
        lender=application.lender,
        product=application.product,
        reasons=reasons,
        held_because=held_because,
        now=DECIDED_AT,
    )


def application_at(
    lender: Lender, *, parties: int = 1, kind: ProductKind = ProductKind.INSTALMENT, **changes: Any
) -> Application:
    application = make_application(make_product(lender, kind=kind), reference="A-7Q4M-2K", **changes)
    for ordinal in range(1, parties + 1):
        make_party(application, ordinal=ordinal)
    return application


def by_score(party: str = "party-1") -> tuple[Reason, ...]:
    found = given_reasons(
        {
            "revolving_utilisation_ratio": 0.9,
            "dpd30_count_12m": 0.5,
            "annual_income": 0.3,
            "housing_rent": 0.2,
        }
    )
    return tuple(Reason.from_json({**reason.to_json(), "party": party}) for reason in found.reasons)


def without_ids(snapshot: dict[str, Any]) -> dict[str, Any]:
    letters = [
        {**letter, "party": f"party {number}"} for number, letter in enumerate(snapshot["letters"], start=1)
    ]
    return {**snapshot, "letters": letters}


def test_a_decline_by_score_is_told_as_agreed() -> None:
    application = application_at(make_lender())

    notice = notify(application, reasons=by_score(str(application.parties.get().public_id)))

    assert without_ids(notice.snapshot) == golden("decline_by_score", without_ids(notice.snapshot))
    assert (notice.kind, notice.held_because) == ("ADVERSE_ACTION", "")
    assert notice.snapshot_sha256 == canonical_sha256(notice.snapshot)
    assert notice.due_at == datetime(2026, 12, 3, 4, 59, 59, tzinfo=UTC)
    disclosure = Disclosure.objects.get(decision=notice.decision)
    assert (disclosure.snapshot_sha256, disclosure.disclosed_at) == (notice.snapshot_sha256, DECIDED_AT)


def test_a_decline_by_a_knock_out_rule_is_told_as_agreed() -> None:
    found = rule_reasons(
        findings=[finding("bankrupt", "PR02", bankruptcy_count=1)],
        facts=CASE_FACTS,
        codes=current_catalogue(),
        currency="USD",
    )

    notice = notify(application_at(make_lender()), reasons=found.reasons)

    assert without_ids(notice.snapshot) == golden("decline_by_knock_out", without_ids(notice.snapshot))


def test_a_decline_by_a_person_is_told_as_agreed() -> None:
    from explanations.officer_reasons import reasons_from_officer

    lender = make_lender()
    officer = make_user("Dana Reyes", (lender, Role.CREDIT_OFFICER))
    found = reasons_from_officer(
        ["PR06", "CP10"], stage=DecisionStage.JUDGEMENT, case=CASE, codes=current_catalogue()
    )

    notice = notify(application_at(lender), reasons=found.reasons, decided_by=officer)

    assert without_ids(notice.snapshot) == golden("decline_by_person", without_ids(notice.snapshot))
    assert "Dana" not in str(notice.snapshot)


def test_a_joint_decline_names_the_other_partys_reason_neutrally_and_without_figure() -> None:
    application = application_at(make_lender(), parties=2)
    primary, other = application.parties.order_by("ordinal")

    notice = notify(application, reasons=by_score(str(other.public_id)))

    assert without_ids(notice.snapshot) == golden("decline_joint", without_ids(notice.snapshot))
    letters = {letter["party"]: letter for letter in notice.snapshot["letters"]}
    assert "92%" not in str(letters[str(primary.public_id)])
    assert "You are using 92%" in str(letters[str(other.public_id)])


def test_a_counteroffer_shows_old_and_new_side_by_side() -> None:
    notice = notify(
        application_at(make_lender()), outcome=Outcome.COUNTEROFFER, reasons=by_score(), offer=OFFER
    )

    assert (notice.kind, notice.snapshot["heading"]) == ("COUNTEROFFER", "We can offer you a different loan")
    assert notice.snapshot["changes"] == [{"label": "Amount", "asked": "$10,000", "offered": "$7,000"}]
    assert [(row["label"], row["value"]) for row in notice.snapshot["offer"]] == [
        ("Amount", "$7,000"),
        ("Monthly payment", "$234.15"),
        ("Time to repay", "36 months"),
        ("Total to repay", "$8,429.40"),
        ("Cost of the loan", "$1,429.40"),
        ("Yearly rate (APR)", "12.49%"),
    ]
    assert Disclosure.objects.filter(decision=notice.decision).exists()


def test_an_approved_line_shows_its_limit_and_no_reasons() -> None:
    application = application_at(
        make_lender(), kind=ProductKind.LINE, requested_amount_minor=None, requested_term_months=None
    )

    notice = notify(
        application,
        outcome=Outcome.APPROVE,
        offer={
            "amount_minor": 600_000,
            "term_months": None,
            "annual_rate_bps": 1999,
            "instalment_minor": None,
            "price_tier": "B",
        },
    )

    assert (notice.kind, notice.snapshot["rights"]) == ("APPROVAL", None)
    assert notice.due_at == datetime(
        2026, 12, 3, 4, 59, 59, tzinfo=UTC
    )  # an approval is told in the same thirty days
    assert [letter["reasons"] for letter in notice.snapshot["letters"]] == [[]]
    assert notice.snapshot["summary"].startswith(
        "On November 2, 2026 you asked us for a credit line. We decided on November 3, 2026."
    )
    assert notice.snapshot["offer"] == [
        {"label": "Credit limit", "value": "$6,000"},
        {"label": "Yearly rate (APR)", "value": "19.99%"},
    ]
    assert Disclosure.objects.filter(decision=notice.decision).exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"agency_name": ""}, "The lender's settings do not name the federal agency and its address"),
        ({"agency_address": " \n"}, "The lender's settings do not name the federal agency and its address"),
        ({"address": ""}, "The lender's settings have no postal address"),
        (
            {"bureau": {"adapter": "INLINE", "name": "Demo Bureau"}},
            "do not give name, address and telephone of the credit bureau",
        ),
    ],
)
def test_a_setting_the_law_wants_printed_holds_the_notice_and_does_not_lose_it(
    settings: dict[str, Any], said: str
) -> None:
    notice = notify(application_at(make_lender(**settings)), reasons=by_score())

    assert said in notice.held_because
    assert not Disclosure.objects.exists()
    assert [reason["heading"] for reason in notice.snapshot["letters"][0]["reasons"]] != []


def test_reasons_that_failed_a_test_are_held_with_what_failed() -> None:
    notice = notify(
        application_at(make_lender()), reasons=by_score(), held_because="The risk would not fall."
    )

    assert notice.held_because == "The risk would not fall."
    assert not Disclosure.objects.exists()


def test_a_decline_without_a_reason_is_held() -> None:
    notice = notify(application_at(make_lender()))

    assert notice.held_because == "There is no principal reason that may be disclosed."
    assert not Disclosure.objects.exists()


def test_composing_twice_answers_the_same_notice() -> None:
    application = application_at(make_lender())
    first = notify(application, reasons=by_score())
    assert first.decision is not None

    second = compose_notice(
        decision=first.decision, assessment=first.decision.assessment, application=application, parties=[],
        lender=application.lender, product=application.product, reasons=[], held_because="later", now=DECIDED_AT,
    )  # fmt: skip

    assert second == first
    assert (Notice.objects.count(), Disclosure.objects.count()) == (1, 1)


def test_without_a_credit_report_no_bureau_is_named() -> None:
    stated = {"annual_income": FactValue(3_100_000, None, FactSource.APPLICATION, READ_AT)}

    notice = notify(application_at(make_lender(bureau={})), reasons=by_score(), facts=stated)

    assert notice.held_because == ""
    assert notice.snapshot["letters"][0]["credit_report"] is None


def test_a_notice_and_its_disclosure_cannot_be_changed() -> None:
    notice = notify(application_at(make_lender()), reasons=by_score())

    with connection.cursor() as cursor:
        for table in ("explanations_notice", "underwriting_disclosure"):
            cursor.execute("SAVEPOINT before")
            with pytest.raises(Exception, match=r"append-only|permission denied"):
                cursor.execute(
                    f"UPDATE {table} SET snapshot_sha256 = 'x' WHERE decision_id = %s", [notice.decision_id]
                )
            cursor.execute("ROLLBACK TO SAVEPOINT before")
