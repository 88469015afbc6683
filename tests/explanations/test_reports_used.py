"""The credit report a letter speaks of: the one its own party was assessed with, where there was one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from explanations.notices.reports import Assessed, reports_found
from tests.explanations.test_compose import DECIDED_AT, READ_AT, application_at, by_score, notify
from tests.factories import make_application, make_assessment, make_lender, make_party
from underwriting.enums import PullState
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, BureauPull, CreditReport, Disclosure, Party

pytestmark = pytest.mark.django_db
LATER = DECIDED_AT + timedelta(hours=2)
EARLIER = READ_AT - timedelta(hours=3)


def report(
    party: Party,
    score: int | None = 588,
    *,
    at: datetime = READ_AT,
    of: Application | None = None,
    sent_along: bool = False,
    bureau: str = "Demo Bureau",
    **changes: Any,
) -> CreditReport:
    application = of or party.application
    return CreditReport.objects.create(
        lender=application.lender, application=application, party=party if of is None else of.parties.get(),
        pull=None if sent_along else pull(party if of is None else of.parties.get(), PullState.ANSWERED, at),
        person_index=bytes(party.person_index), bureau=bureau, bureau_score=score,
        reported_at=at, received_at=at,
        **{"consent_id": party.consent_id, "body": {}, "bureau_score_range": "300 to 850", "bureau_score_factors": ["Late payments", "High card balances"], **changes},
    )  # fmt: skip


def pull(party: Party, state: PullState, at: datetime = READ_AT) -> BureauPull:
    return BureauPull.objects.create(
        lender=party.application.lender, application=party.application, party=party, bureau="Demo Bureau",
        consent_id=party.consent_id, state=state, intended_at=at,
    )  # fmt: skip


def facts_of(party: Party, at: datetime = READ_AT, score: int = 588) -> dict[str, FactValue]:
    return {
        name: FactValue(value, None, FactSource.BUREAU, at, str(party.public_id))
        for name, value in {"dpd30_count_12m": 3, "bureau_score": score}.items()
    }


def another_of(application: Application) -> Application:
    other = make_application(application.product, reference="A-8888-88")
    make_party(other)
    return other


def letters(application: Application, facts: dict[str, FactValue], **more: Any) -> list[dict[str, Any]]:
    values: dict[str, Any] = {"created_at": DECIDED_AT, "used_fallback": True, **more}
    found: list[dict[str, Any]] = notify(application, reasons=by_score(), facts=facts, **values).snapshot[
        "letters"
    ]
    return found


@pytest.mark.parametrize("used", [True, False])
def test_a_bureau_score_is_told_to_its_own_party_where_it_was_used(used: bool) -> None:
    application = application_at(make_lender(), parties=2)
    primary, _ = application.parties.order_by("ordinal")
    report(primary)

    found = letters(application, facts_of(primary), used_fallback=used)

    assert [letter["score"] for letter in found] == [
        {
            "value": 588, "range": "300 to 850", "factors": ["Late payments", "High card balances"],
            "made_on": "November 3, 2026", "source": "Demo Bureau",
        } if used else None,
        None,
    ]  # fmt: skip


@pytest.mark.parametrize(("stage", "is_told"), [("score", True), ("knockout", False)])
def test_a_score_that_the_model_read_is_told_unless_a_rule_knocked_the_application_out(
    stage: str, is_told: bool
) -> None:
    application = application_at(make_lender())
    primary = application.parties.get()
    report(primary)
    contributions = {"base_log_odds": 0.0, "base_points": 600.0, "features": [{"fact": "bureau_score"}]}

    [found] = letters(
        application, facts_of(primary), used_fallback=False, stage=stage, contributions=contributions
    )

    assert (found["score"] is not None) is is_told


def test_a_report_that_came_after_the_assessment_is_not_told() -> None:
    application = application_at(make_lender())
    party = application.parties.get()
    report(party)
    report(party, 701, at=LATER, sent_along=True)

    [letter] = letters(application, facts_of(party))

    assert letter["score"]["value"] == 588


def test_a_report_of_another_application_is_told_where_the_facts_name_it() -> None:
    application = application_at(make_lender())
    party = application.parties.get()
    other = another_of(application)
    report(party, 588, of=other, at=EARLIER)
    report(party, 701, of=other, at=READ_AT, sent_along=True, consent_id="another")
    report(party, 702, of=other, at=READ_AT, sent_along=True)

    [letter] = letters(application, facts_of(party, EARLIER))

    assert letter["score"]["value"] == 588


def test_a_party_whose_pull_failed_is_not_told_of_a_report() -> None:
    application = application_at(make_lender(), parties=2)
    primary, other = application.parties.order_by("ordinal")
    report(primary)
    pull(other, PullState.UNKNOWN)
    # kept for the other party by an application under the same consent, after the bureau had been asked in vain
    report(other, 640, of=another_of(application), at=READ_AT)

    first, second = letters(application, facts_of(primary))

    assert first["credit_report"]["bureau"] == "Demo Bureau"
    assert (second["credit_report"], second["score"]) == (None, None)


def test_a_party_of_whose_report_nothing_was_the_worst_is_told_of_it_all_the_same() -> None:
    application = application_at(make_lender(), parties=2)
    primary, other = application.parties.order_by("ordinal")
    report(primary)
    report(other, 640)

    _, second = letters(application, facts_of(primary))

    assert second["credit_report"]["sentences"][0] == (
        "We used facts from a credit report on you that Demo Bureau gave us."
    )
    assert second["score"]["value"] == 640


def test_without_any_report_no_letter_names_a_bureau() -> None:
    application = application_at(make_lender())
    party = application.parties.get()
    pull(party, PullState.UNKNOWN)
    unknown = FactValue(None, Absence.UNKNOWN, FactSource.BUREAU, DECIDED_AT, str(party.public_id))

    [letter] = letters(application, {"dpd30_count_12m": unknown})

    assert letter["credit_report"] is None


@pytest.mark.parametrize(
    ("bureau", "said"),
    [
        (
            "Demo Bureau",
            [
                "We used facts from a credit report on you that was sent to us with your application.",
                "The report was made by Demo Bureau.",
                "Demo Bureau did not make the decision and cannot tell you why it was made.",
            ],
        ),
        (
            "",
            [
                "We used facts from a credit report on you that was sent to us with your application.",
                "The credit bureau that made the report did not make the decision and cannot tell you why it was made.",
                (
                    "You have a right to a free copy of that report from the credit bureau that made the report if you ask "
                    "within 60 days of receiving this notice."
                ),
            ],
        ),
    ],
)
def test_a_report_sent_with_the_application_is_told_as_such(bureau: str, said: list[str]) -> None:
    application = application_at(make_lender())
    party = application.parties.get()
    report(party, sent_along=True, bureau=bureau)

    [letter] = letters(application, facts_of(party))

    assert letter["credit_report"]["bureau"] == bureau
    assert letter["credit_report"]["sentences"][:3] == said


def test_a_bureau_that_is_not_the_lenders_any_more_is_named_and_holds_the_notice() -> None:
    application = application_at(make_lender())
    party = application.parties.get()
    report(party, bureau="Former Bureau")

    [letter] = letters(application, facts_of(party))

    assert (letter["credit_report"]["bureau"], letter["credit_report"]["address"]) == ("Former Bureau", [])
    assert letter["score"]["source"] == "Former Bureau"
    assert not Disclosure.objects.exists()


def test_of_many_assessments_each_has_the_reports_of_its_own_time(django_assert_num_queries: Any) -> None:
    """What came between two assessments of one application counts for the second alone."""
    first = application_at(make_lender())
    party = first.parties.get()
    second = another_of(first)
    report(party, 588)
    report(party, 701, at=LATER, sent_along=True)
    report(second.parties.get(), 640)
    assessed = [
        Assessed(
            assessment=make_assessment(application, number=number, created_at=at),
            application=application,
            parties=list(application.parties.all()),
            facts={},
        )
        for number, (application, at) in enumerate(
            [(first, DECIDED_AT), (first, LATER), (second, DECIDED_AT), (second, EARLIER)], start=1
        )
    ]

    with django_assert_num_queries(2):
        found = reports_found(assessed)

    assert [[row.bureau_score for row in of_it.values()] for of_it in found] == [[588], [701], [640], []]


def test_a_pull_of_another_application_or_of_later_is_no_pull_of_this_one() -> None:
    """A kept report is told unless the bureau had been asked in vain for the same application, before its assessment."""
    kept = application_at(make_lender())
    person = kept.parties.get()
    report(person, 588, at=EARLIER)
    asked = [make_application(kept.product) for _ in range(3)]
    for application in asked:
        party = make_party(application, consent_id=person.consent_id)
        Party.objects.filter(pk=party.pk).update(person_index=person.person_index)
    pull(asked[0].parties.get(), PullState.UNKNOWN)
    pull(asked[1].parties.get(), PullState.UNKNOWN, at=LATER)

    found = reports_found(
        [
            Assessed(
                assessment=make_assessment(application, created_at=DECIDED_AT),
                application=application,
                parties=list(application.parties.all()),
                facts={},
            )
            for application in asked
        ]
    )

    assert [[row.bureau_score for row in of_it.values()] for of_it in found] == [[], [588], [588]]
