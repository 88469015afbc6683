"""What each kind of notice holds, to whom it goes, and what holds it: by country, and by what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from explanations.models import Notice
from explanations.notices.compose import compose_incompleteness, compose_withdrawal
from explanations.notices.forms import FORMS
from explanations.notices.reports import key_factors
from explanations.notices.subject import INDIA, UNITED_STATES
from explanations.notices.texts import words
from tests.explanations import situations
from tests.explanations.situations import AS_ASKED, application, by_score, declined, party_of
from tests.explanations.test_compose import DECIDED_AT, OFFER, notify
from tests.explanations.test_reports_used import facts_of, report
from underwriting.enums import Language, NoticeKind, Outcome, WorkKind
from underwriting.facts.values import FactSource, FactValue
from underwriting.models import StandingOffer, WorkItem

pytestmark = pytest.mark.django_db


def all_words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(all_words(one) for one in value.values())
    return " ".join(map(all_words, value)) if isinstance(value, list) else str(value)


def blocks_of(notice: Notice, number: int = 0) -> str:
    return all_words(notice.snapshot["letters"][number]["blocks"])


def test_every_kind_has_a_form_in_every_country() -> None:
    assert FORMS.keys() == {(country, kind) for country in (UNITED_STATES, INDIA) for kind in NoticeKind}


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_sentence_with_the_same_fields(language: Language) -> None:
    assert words(language).sentences.keys() == words("en").sentences.keys()


def test_a_language_that_lacks_a_field_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from explanations.notices import texts

    for language in ("en", "es"):
        text = (texts.PLACE / f"{language}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{language}.yaml").write_text(
            text.replace("Decidimos el {day}", "Decidimos"), encoding="utf-8"
        )
    monkeypatch.setattr(texts, "PLACE", tmp_path)
    texts.words.cache_clear()

    try:
        with pytest.raises(KeyError, match=r"es: summary\.decided"):
            texts.words("es")
    finally:
        texts.words.cache_clear()


def test_the_statement_of_reasons_is_the_primarys_and_each_has_a_notice_of_their_own_report() -> None:
    notice = situations.joint()

    primary, other = notice.snapshot["letters"]
    assert [(one["role"], one["sent"], len(one["reasons"])) for one in (primary, other)] == [
        ("PRIMARY", True, 3),
        ("CO_APPLICANT", True, 2),
    ]
    assert "Equal Credit Opportunity Act" in blocks_of(notice, 0)
    assert "Equal Credit Opportunity Act" not in blocks_of(notice, 1)
    assert [one["score"]["value"] for one in (primary, other)] == [701, 588]


def test_somebody_whose_report_was_not_used_is_sent_nothing() -> None:
    made = application(people=2)
    facts = {
        "dpd30_count_12m": FactValue(3, None, FactSource.BUREAU, DECIDED_AT, str(party_of(made).public_id))
    }

    notice = declined(made, by_score(made), facts=facts)

    assert [(one["role"], one["sent"]) for one in notice.snapshot["letters"]] == [
        ("PRIMARY", True),
        ("CO_APPLICANT", False),
    ]


def test_a_counteroffer_is_combined_with_the_whole_adverse_action_notice_and_names_its_last_day() -> None:
    said = blocks_of(situations.counteroffer())

    for part in ("$7,000", "You can take this offer until December 3, 2026.", "The reasons, most important first",
                 "Demo Bureau did not make the decision", "Equal Credit Opportunity Act"):  # fmt: skip
        assert part in said


def test_the_standing_offer_says_until_when_an_offer_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    from underwriting.models import Decision

    create = Decision.objects.create

    def with_offer(**values: Any) -> Decision:
        decision = create(**values)
        StandingOffer.objects.create(
            decision=decision, application=decision.application, lender=decision.lender, amount_minor=700_000, term_months=36,
            annual_rate_bps=1249, instalment_minor=23_415, valid_until=date(2026, 11, 20),
        )  # fmt: skip
        return decision

    monkeypatch.setattr(Decision.objects, "create", with_offer)

    assert situations.counteroffer().snapshot["offer_until"] == "November 20, 2026"


def test_everybody_who_is_approved_is_told_their_own_score() -> None:
    made = application(people=2)
    for party, score in zip(made.parties.order_by("ordinal"), (701, None), strict=True):
        report(party, score)

    notice = notify(
        made, outcome=Outcome.APPROVE, offer=AS_ASKED, facts=facts_of(party_of(made)), created_at=DECIDED_AT
    )

    assert [one["score_notice"]["form"] for one in notice.snapshot["letters"]] == ["H-4", "H-5"]
    assert all(one["sent"] for one in notice.snapshot["letters"])
    first, second = blocks_of(notice, 0), blocks_of(notice, 1)
    assert "ranks higher than 52% of the people" in first
    assert "701" not in second
    assert "Your score is not available from Demo Bureau." in second
    assert "1-877-322-8228" in first
    assert notice.held_because == ""


def test_an_approval_without_a_report_tells_no_score() -> None:
    notice = notify(application(), outcome=Outcome.APPROVE, offer=AS_ASKED, facts={})

    assert notice.snapshot["letters"][0]["score_notice"] is None
    assert "credit score" not in blocks_of(notice)


def test_an_incomplete_application_is_told_what_is_missing_by_when_and_that_silence_ends_it() -> None:
    notice = situations.incomplete()

    assert (notice.kind, notice.decision, notice.held_because) == (NoticeKind.INCOMPLETENESS, None, "")
    said = blocks_of(notice)
    for part in (
        "What the money is for",
        "Your income in a year, before tax",
        "by December 4, 2026",
        "close it",
    ):
        assert part in said
    assert "credit report" not in said
    assert WorkItem.objects.filter(kind=WorkKind.RENDER_NOTICE, subject_id=notice.pk).exists()
    assert (
        compose_incompleteness(
            application=notice.application, missing=["/purpose"], answer_by=DECIDED_AT.date(), now=DECIDED_AT
        )
        == notice
    )


def test_a_withdrawal_is_recorded_and_nothing_is_sent() -> None:
    notice = compose_withdrawal(application=application(), now=DECIDED_AT)

    assert (notice.kind, [one["sent"] for one in notice.snapshot["letters"]]) == ("WITHDRAWAL", [False])
    assert "You took back your application on November 3, 2026." in notice.snapshot["summary"]
    assert not WorkItem.objects.filter(kind=WorkKind.RENDER_NOTICE).exists()


def test_a_lender_in_india_writes_the_main_reasons_without_the_law_of_the_united_states() -> None:
    said = blocks_of(situations.a4())

    assert "The reasons, most important first" in said
    for foreign in ("1681m", "1002.9", "Equal Credit", "60 days", "federal", "Federal"):
        assert foreign not in said


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        (["a", "b", "c", "d", "e"], ("a", "b", "c", "d")),
        (["a", "b", "c", "d", "Number of inquiries"], ("a", "b", "c", "d", "Number of inquiries")),
        (["a", "Too many enquiries", "c", "d", "Number of inquiries"], ("a", "Too many enquiries", "c", "d")),
        (["a"], ("a",)),
    ],
)
def test_four_key_factors_are_told_and_enquiries_as_a_fifth(
    factors: list[str], told: tuple[str, ...]
) -> None:
    assert key_factors(factors) == told


def test_what_would_change_is_told_for_a_decline_of_ones_own_facts_alone() -> None:
    def line(fact: str) -> dict[str, Any]:
        return {
            "kind": "FACTS",
            "changes": [{"fact": fact, "from": 1, "to": 0, "unit": "ratio"}],
            "sentence": f"Lower {fact}.",
        }

    made = application()
    facts = facts_of(party_of(made))
    lines = [
        line("bureau_score"),
        line("annual_income"),
        {"kind": "SCORE", "points": 3, "sentence": "3 more points."},
    ]

    notice = declined(made, by_score(made), facts=facts, what_would_change=lines)

    assert notice.snapshot["letters"][0]["what_would_change"] == ["Lower bureau_score."]
    assert "What would have changed the answer" in blocks_of(notice)
    assert "points" not in blocks_of(notice)


def test_a_counteroffer_gives_no_hint_beside_its_offer() -> None:
    made = application()
    lines = [{"kind": "FACTS", "changes": [{"fact": "bureau_score"}], "sentence": "Lower it."}]

    notice = notify(
        made, outcome=Outcome.COUNTEROFFER, reasons=by_score(made).reasons, offer=OFFER, facts=facts_of(party_of(made)),
        what_would_change=lines,
    )  # fmt: skip

    assert notice.snapshot["letters"][0]["what_would_change"] == []


def test_where_the_bureau_has_no_file_nothing_speaks_of_a_report_of_it() -> None:
    said = blocks_of(situations.thin_file())

    assert "The answer of Demo Bureau" in said
    assert "What we asked the credit bureau" in said
    assert "a free copy of what Demo Bureau has on you" in said
    assert [
        untrue
        for untrue in ("The credit report we used", "that report", "Your credit report")
        if untrue in said
    ] == []
