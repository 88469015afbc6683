"""What holds a notice: a country without texts, a setting the law wants printed, a score that cannot be told whole."""

from __future__ import annotations

from typing import Any

import pytest

from explanations.models import Notice
from explanations.notices.compose import compose_incompleteness
from explanations.notices.disclosing import MayNotBeTold, disclose, recompose
from explanations.notices.required import OTHER_BUREAU, setting_that_mends
from tests.explanations.situations import AS_ASKED, INDIAN, application, by_score, declined, party_of
from tests.explanations.test_compose import DECIDED_AT, notify
from tests.explanations.test_reports_used import facts_of, report
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Outcome, WorkKind
from underwriting.models import Disclosure, WorkItem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("outcome", [Outcome.DECLINE, Outcome.APPROVE])
def test_an_indian_notice_needs_no_federal_agency(outcome: Outcome) -> None:
    made = application(lender=INDIAN)
    notice = declined(
        made, by_score(made), outcome=outcome, offer=AS_ASKED if outcome is Outcome.APPROVE else None
    )

    assert notice.held_because == ""


@pytest.mark.parametrize("kind", ["decline", "incomplete"])
def test_a_country_without_texts_is_told_nothing(kind: str) -> None:
    made = application(lender={"country": "FR"})
    notice = (
        declined(made, by_score(made))
        if kind == "decline"
        else compose_incompleteness(
            application=made, missing=["/purpose"], answer_by=DECIDED_AT.date(), now=DECIDED_AT
        )
    )

    assert notice.held_because == "There are no notice texts for the lender's country."
    assert not WorkItem.objects.filter(kind=WorkKind.RENDER_NOTICE).exists()


BUREAU = {
    "adapter": "INLINE",
    "name": "Demo Bureau",
    "address": "1 File Road",
    "telephone": "+1 800 555 0100",
}
RANKS = {"score_ranks": [[300, 1], [700, 52]]}


@pytest.mark.parametrize(
    ("outcome", "bureau", "range_given", "factors", "said"),
    [
        (Outcome.DECLINE, BUREAU, "", ["Late payments"], "Neither the credit report nor the lender's settings give the range"),
        (Outcome.DECLINE, {**BUREAU, "score_range": "300-850"}, "", ["Late payments"], ""),
        (Outcome.DECLINE, BUREAU, "300-850", [], "The credit report names no key factors of the score"),
        (Outcome.APPROVE, {**BUREAU, **RANKS}, "", [], "Neither the credit report nor the lender's settings give the range"),
        (Outcome.APPROVE, BUREAU, "300-850", [], "The lender's settings do not say how scores of this kind are spread"),
        (Outcome.APPROVE, {**BUREAU, **RANKS}, "300-850", [], ""),
        (Outcome.APPROVE, {**BUREAU, **RANKS, "telephone": ""}, "300-850", [], "The lender's settings do not give name, address and telephone of the credit bureau"),
    ],
)  # fmt: skip
def test_a_score_is_told_whole_or_the_notice_is_held(
    outcome: Outcome, bureau: dict[str, Any], range_given: str, factors: list[str], said: str
) -> None:
    made = application(lender={"bureau": bureau})
    party = party_of(made)
    report(party, bureau_score_factors=factors, bureau_score_range=range_given)
    found = by_score(made).reasons if outcome is Outcome.DECLINE else ()

    notice = notify(
        made, outcome=outcome, reasons=found, offer=AS_ASKED if outcome is Outcome.APPROVE else None,
        facts=facts_of(party), used_fallback=True, created_at=DECIDED_AT,
    )  # fmt: skip

    assert notice.held_because.startswith(said)
    assert bool(notice.held_because) is bool(said)
    assert Disclosure.objects.exists() is not bool(said)


@pytest.mark.parametrize("outcome", [Outcome.DECLINE, Outcome.APPROVE])
@pytest.mark.parametrize("telephone", [BUREAU["telephone"], ""])
def test_no_field_is_named_as_lacking_where_the_report_is_of_another_bureau(
    outcome: Outcome, telephone: str
) -> None:
    made = application(lender={"bureau": {**BUREAU, **RANKS, "telephone": telephone}})
    party = party_of(made)
    report(party, bureau="Earlier Bureau")
    found = by_score(made).reasons if outcome is Outcome.DECLINE else ()

    notice = notify(
        made, outcome=outcome, reasons=found, offer=AS_ASKED if outcome is Outcome.APPROVE else None,
        facts=facts_of(party), created_at=DECIDED_AT,
    )  # fmt: skip

    assert notice.held_because == OTHER_BUREAU
    assert setting_that_mends(notice.held_because) == ""
    with pytest.raises(MayNotBeTold, match="is not recorded as one of the bureau"):
        disclose(notice, actor=SYSTEM, now=DECIDED_AT)
    made.lender.bureau = {**BUREAU, **RANKS, "name": "Earlier Bureau"}
    made.lender.save()
    assert recompose(Notice.objects.get(), actor=SYSTEM, now=DECIDED_AT).held_because == ""
