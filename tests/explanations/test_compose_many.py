"""The notices of a batch: what each would be alone, in the same order, in a fixed number of statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from explanations.models import Notice
from explanations.notices.compose import compose_notices
from explanations.notices.gathering import DecisionToTell
from tests.explanations.situations import AS_ASKED, by_score
from tests.explanations.test_compose import DECIDED_AT, OFFER
from tests.explanations.test_reports_used import facts_of, report
from tests.factories import make_application, make_assessment, make_lender, make_party, make_product
from underwriting.enums import Outcome, WorkKind
from underwriting.facts.values import facts_to_json
from underwriting.models import (
    ApplicantLink,
    Application,
    Decision,
    Disclosure,
    Product,
    StandingOffer,
    WorkItem,
)
from underwriting.people.links import create_links

pytestmark = pytest.mark.django_db
PROVEN_FALSE = "The risk would not fall."


def to_tell(
    application: Application,
    outcome: Outcome = Outcome.DECLINE,
    *,
    offer: dict[str, Any] | None = None,
    until: date | None = None,
    held_because: str = "",
) -> DecisionToTell:
    """An automatic decision that nobody was told of; its offer stands until then."""
    parties = list(application.parties.order_by("ordinal"))
    for party in parties:
        report(party)
    assessment = make_assessment(
        application, facts=facts_to_json(facts_of(parties[0])), used_fallback=True, created_at=DECIDED_AT
    )
    reasons = () if outcome is Outcome.APPROVE else by_score(application).reasons
    decision = Decision.objects.create(
        application=application, lender=application.lender, number=1, assessment=assessment, outcome=outcome, offer=offer,
        reasons=[reason.to_json() for reason in reasons], decided_at=DECIDED_AT,
    )  # fmt: skip
    if offer is not None and until is not None:
        terms = {name: value for name, value in offer.items() if name != "price_tier"}
        StandingOffer.objects.create(
            decision=decision, application=application, lender=application.lender, valid_until=until, **terms
        )
    return DecisionToTell(
        decision=decision, assessment=assessment, application=application, parties=parties, lender=application.lender,
        product=application.product, reasons=decision.reasons, held_because=held_because,
    )  # fmt: skip


@pytest.fixture
def product() -> Product:
    return make_product(make_lender(), name="Personal loan")


def applied(product: Product, *, people: int = 1, language: str = "en") -> Application:
    """Each an applicant, or two, of their own."""
    made = make_application(product, language=language)
    parties = [make_party(made, ordinal=number) for number in range(1, people + 1)]
    create_links(application=made, parties=parties, now=DECIDED_AT)
    return made


def a_batch(product: Product) -> list[DecisionToTell]:
    """Each kind, one application of two people, one held, one offer of another last day than the product's."""
    return [
        to_tell(applied(product)),
        to_tell(applied(product), Outcome.APPROVE, offer=AS_ASKED, until=date(2026, 11, 20)),
        to_tell(applied(product, people=2)),
        to_tell(applied(product), held_because=PROVEN_FALSE),
        to_tell(applied(product, language="es"), Outcome.COUNTEROFFER, offer=OFFER),
    ]


def said(notices: list[Notice]) -> list[tuple[Any, ...]]:
    return [
        (
            row.decision_id,
            row.kind,
            row.number,
            row.language,
            row.snapshot_sha256,
            row.held_because,
            row.due_at,
        )
        for row in notices
    ]


def test_a_batch_says_what_each_notice_says_alone(product: Product) -> None:
    batch = a_batch(product)
    with transaction.atomic():
        alone = said([compose_notices([one], now=DECIDED_AT)[0] for one in reversed(batch)])
        transaction.set_rollback(True)

    together = compose_notices(batch, now=DECIDED_AT)

    assert said(together) == alone[::-1]
    assert [notice.held_because for notice in together] == ["", "", "", PROVEN_FALSE, ""]
    assert [notice.snapshot["offer_until"] for notice in together] == [
        "",
        "November 20, 2026",
        "",
        "",
        "3 de diciembre de 2026",
    ]


def test_what_nothing_holds_is_told_in_the_order_of_the_batch(product: Product) -> None:
    first, second, third, _, fifth = together = compose_notices(a_batch(product), now=DECIDED_AT)

    assert list(Notice.objects.order_by("pk")) == together
    told = [first, second, third, fifth]
    assert list(Disclosure.objects.order_by("pk").values_list("decision_id", "snapshot_sha256")) == [
        (notice.decision_id, notice.snapshot_sha256) for notice in told
    ]
    letters = WorkItem.objects.filter(kind=WorkKind.RENDER_NOTICE).order_by("pk")
    assert list(letters.values_list("subject_id", "application_id")) == [
        (notice.pk, notice.application_id) for notice in told
    ]


def test_the_pages_of_all_who_are_sent_a_letter_last_long_enough_and_no_others(product: Product) -> None:
    batch = a_batch(product)
    ApplicantLink.objects.update(expires_at=DECIDED_AT + timedelta(days=1))

    compose_notices(batch, now=DECIDED_AT)

    newest = {link.party_id: link.serial for link in ApplicantLink.objects.order_by("serial")}
    assert [[newest[party.pk] for party in one.parties] for one in batch] == [[2], [2], [2, 2], [1], [2]]


def test_a_notice_that_stands_is_answered_among_new_ones(product: Product) -> None:
    batch = a_batch(product)
    [standing] = compose_notices([batch[2]], now=DECIDED_AT)

    together = compose_notices(batch, now=DECIDED_AT)
    again = compose_notices(batch, now=DECIDED_AT)

    assert together[2] == standing
    assert again == together
    assert [notice.decision_id for notice in together] == [one.decision.pk for one in batch]
    assert (Notice.objects.count(), Disclosure.objects.count()) == (5, 4)


def test_a_batch_takes_as_many_statements_as_one(product: Product, django_assert_num_queries: Any) -> None:
    batch = [to_tell(applied(product), Outcome.APPROVE, offer=AS_ASKED) for _ in range(5)]
    declines = [to_tell(applied(product)) for _ in range(3)]

    # notices that stand, last days of the offers, reports, pulls; then notices, disclosures, offers that open, links that last, letters' work
    with django_assert_num_queries(9):
        compose_notices(batch[:1], now=DECIDED_AT)
    with django_assert_num_queries(9):
        compose_notices(batch[1:], now=DECIDED_AT)
    with django_assert_num_queries(7):  # nobody is offered anything
        compose_notices(declines, now=DECIDED_AT)
    with django_assert_num_queries(0):
        assert compose_notices([], now=DECIDED_AT) == []
