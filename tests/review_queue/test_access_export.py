"""What a person is given of their data: everything about them, how it was used, and nothing about anybody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from explanations.reasons import Reason
from review_queue.messages import send_message
from review_queue.subject_access.erasure import ErasureReason, erase_application
from review_queue.subject_access.export import access_export
from tests.factories import disclose, make_application, make_assessment, make_lender, make_party, make_product
from tests.factories.personal import (
    DISPUTED,
    E_MAIL,
    FAMILY,
    FILE_NAME,
    NATIONAL_ID,
    STREET,
    TOLD,
    WORDS,
    Remembered,
)
from tests.factories.reviewing import make_case, make_desk
from tests.scoring.pipeline.world import NOW
from underwriting.audit.actor import SYSTEM
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import FactSource, FactValue, facts_to_json
from underwriting.models import Application, AuditEntry, Decision, Party
from underwriting.people.sealing import Erased

pytestmark = pytest.mark.django_db
OTHERS_SECRET, JOINT_SECRET = 7_777, 88_888_800


def export(party: Party) -> dict[str, Any]:
    return access_export(application=party.application, party=party, actor=SYSTEM, now=NOW)


def test_it_holds_everything_about_the_person(remembered: Remembered) -> None:
    found = export(remembered.party)

    assert (found["you"]["name"], found["you"]["email"], found["you"]["identity_number"]) == (
        f"Quintessa {FAMILY}", E_MAIL, NATIONAL_ID,
    )  # fmt: skip
    assert STREET in found["you"]["address"]
    assert [one["from"] for one in found["credit_reports"]] == ["Demo Bureau"]
    assert {"name": "bankruptcy_count", "value": 1}.items() <= next(
        fact for fact in found["credit_reports"][0]["facts"] if fact["name"] == "bankruptcy_count"
    ).items()
    assert [(one["decision"], one["by"]) for one in found["decisions"]] == [
        ("decline", "the lender's rules and model, without a person")
    ]
    assert "bankruptcy" in " ".join(found["decisions"][0]["reasons"]).lower()
    assert "No person took part in the decision. You may ask that one looks at it." in found["procedure"]
    assert [one["name"] for one in found["documents"]] == [FILE_NAME]
    assert [(one["from"], one["text"]) for one in found["messages"]] == [
        ("you", WORDS), ("the lender", f"{TOLD}."),
    ]  # fmt: skip
    assert [one["text"] for one in found["appeals"]] == [DISPUTED]
    assert [one["kind"] for one in found["letters"]] == ["adverse action"]
    assert found["kept_until"] == "2033-11-04"
    assert found["consents"][0]["reference"] == remembered.party.consent_id
    assert found["stated"][0]["label"]
    (assessment,) = found["assessments"]
    income = next(fact for fact in assessment["facts_about_you"] if fact["name"] == "annual_income")
    assert (income["source"], income["in_words"], bool(income["read_at"])) == (
        "what was stated", "$120,000", True,
    )  # fmt: skip
    assert {"rule", "result"} == set(assessment["rules"][0])
    assert any(rule["result"] == "spoke against the application" for rule in assessment["rules"])


def test_it_is_plain_json(remembered: Remembered) -> None:
    found = export(remembered.party)

    assert json.loads(json.dumps(found)) == found


def test_that_it_was_given_is_in_the_trail(remembered: Remembered) -> None:
    export(remembered.party)

    entry = AuditEntry.objects.get(action="access.exported")
    assert (entry.object_id, entry.object_label, entry.after) == (
        str(remembered.party.public_id), remembered.application.reference, {"person": 1, "format": "access-export/1"},
    )  # fmt: skip


def test_nobody_is_exported_who_was_erased(remembered: Remembered) -> None:
    later = datetime(2034, 1, 1, tzinfo=UTC)
    erase_application(
        application=remembered.application, actor=SYSTEM, reason=ErasureReason.RETENTION_ENDED, now=later
    )

    with pytest.raises(Erased):
        export(Party.objects.select_related("application__lender").get(pk=remembered.party.pk))


def test_weights_are_groups_in_order_with_the_distance_to_the_cut_off() -> None:
    case = make_case(make_desk(make_lender()))

    (assessment,) = export(case.application.parties.get())["assessments"]

    moved = assessment["what_moved_the_score"]
    assert [group["points"] for group in moved] == sorted(group["points"] for group in moved)
    assert moved[0]["in_words"] == "lowered it most, by 18.4 points"
    assert moved[-1]["in_words"].startswith("raised it most, by ")
    assert sum(group["points"] for group in moved) == pytest.approx(-26.7, abs=0.05)
    assert 98 <= sum(group["share_percent"] for group in moved) <= 102
    assert (assessment["score"]["distance"], assessment["score"]["in_words"]) == (
        -12, "The score was 628: 12 points below the 640 from which it alone approves. Higher is safer.",
    )  # fmt: skip
    assert (assessment["model"], assessment["proposed"]) == ("harbour-pd 2026-07", "ask a person")


@pytest.fixture
def joint() -> tuple[Party, Party]:
    """Two people on one application; a fact of each, a sum of both, and rules, reasons and hints that read them."""
    application = make_application(make_product(make_lender()))
    own = make_party(application)
    other = make_party(application, ordinal=2, given_name="Barnabas", family_name="Thistlewood")
    send_message(application=application, party=other, author=None, text="A word of the thistle", now=NOW)

    def fact(value: int, party: Party | None, source: FactSource = FactSource.BUREAU) -> FactValue:
        return FactValue(value, None, source, NOW, party_id=str(party.public_id) if party else None)

    facts = {
        "dpd30_count_12m": fact(3, own),
        "enquiry_count_90d": fact(OTHERS_SECRET, other),
        "annual_income": fact(JOINT_SECRET, None, FactSource.APPLICATION),
        "requested_amount": fact(1_000_000, None, FactSource.APPLICATION),
    }
    assessment = make_assessment(
        application, facts=facts_to_json(facts), findings=_findings(),
        contributions={"base_points": 600.0, "features": [_share("dpd30_count_12m"), _share("enquiry_count_90d")]},
        what_would_change=[
            {"kind": "FACTS", "sentence": f"Fewer than {OTHERS_SECRET} enquiries", "changes": [{"fact": "enquiry_count_90d"}]},
            {"kind": "FACTS", "sentence": "Fewer late payments", "changes": [{"fact": "dpd30_count_12m"}]},
            {"kind": "SCORE", "sentence": "12 more points"},
        ],
    )  # fmt: skip
    decision = Decision.objects.create(
        application=application, lender=application.lender, number=1, outcome=Outcome.DECLINE, assessment=assessment,
        decided_at=NOW, reasons=[
            _reason(own, "Late payments"), _reason(other, f"{OTHERS_SECRET} enquiries"), _joint_reason(own, "annual_income"),
            _joint_reason(own, "requested_amount"),
        ],
    )  # fmt: skip
    disclose(decision, now=NOW)
    return own, other


def _findings() -> list[dict[str, Any]]:
    return [
        {"rule_id": "R", "kind": "REVIEW", "result": "REFER", "outcome": "REFER", "sentence": sentence, "values": values,
         "reason_code": None, "priority": 1}
        for sentence, values in (
            ("Late more than twice", {"dpd30_count_12m": 3}),
            (f"Enquiries: {OTHERS_SECRET}", {"enquiry_count_90d": OTHERS_SECRET}),
            (f"Income: {JOINT_SECRET}", {"annual_income": JOINT_SECRET}),
        )
    ]  # fmt: skip


def _share(fact: str) -> dict[str, Any]:
    points = -float(OTHERS_SECRET) if fact == "enquiry_count_90d" else -4.0
    return {"name": fact, "fact": fact, "log_odds": 0.1, "points": points, "value": None, "typical": None}


def _reason(party: Party, text: str) -> dict[str, Any]:
    return Reason(
        code="X", group="g", rank=1, text=text, detail="", factor="Enquiries of late", is_neutral=False, fact="f", value=1, typical=None,
        source="s", source_kind="BUREAU", known_at=None, party=str(party.public_id), share_log_odds=None, share_points=None, do="",
        actionable="no", form_c1="", notice="", stage=DecisionStage.SCORE,
    ).to_json()  # fmt: skip


def _joint_reason(party: Party, fact: str) -> dict[str, Any]:
    """A reason that names nobody: it stems from a sum of both people, or from the loan."""
    text = f"Your figure is {JOINT_SECRET}" if fact == "annual_income" else "You asked for much"
    return {**_reason(party, text), "fact": fact, "factor": "Yearly income", "party": None}


def test_nothing_of_another_person_is_in_it(joint: tuple[Party, Party]) -> None:
    own, other = joint

    found = export(own)

    text = json.dumps(found)
    assert [
        secret
        for secret in (str(OTHERS_SECRET), str(JOINT_SECRET), "888,888", "Barnabas", "Thistlewood", "thistle", str(other.public_id))
        if secret in text
    ] == []  # fmt: skip
    (assessment,) = found["assessments"]
    assert [fact["name"] for fact in assessment["facts_about_you"]] == ["dpd30_count_12m", "requested_amount"]
    assert (assessment["joint_facts"], len(assessment["facts_about_others"])) == (["Yearly income"], 1)
    assert [rule["result"] for rule in assessment["rules"]][1:] == [
        "It also read data about another applicant; what it found is left out here."
    ] * 2
    assert assessment["rules"][0]["rule"] == "Late more than twice"
    assert assessment["what_would_change"] == ["Fewer late payments"]
    assert [group["points"] for group in assessment["what_moved_the_score"]] == [-4.0]
    assert found["others_on_it"] == 1
    assert found["decisions"][0]["reasons"] == [
        "Late payments", "Enquiries of late, in what is on file about another applicant",
        "Yearly income, of all applicants together", "You asked for much",
    ]  # fmt: skip


def test_a_co_applicant_reads_their_own_reasons_alone(joint: tuple[Party, Party]) -> None:
    _, other = joint

    found = export(other)

    assert found["decisions"][0]["reasons"] == [f"{OTHERS_SECRET} enquiries"]
    assert [one["text"] for one in found["messages"]] == ["A word of the thistle"]


def test_reasons_that_are_not_told_yet_are_not_told_here(joint: tuple[Party, Party]) -> None:
    own, _ = joint
    application = Application.objects.get(pk=own.application_id)
    first = Decision.objects.get(application=application)
    Decision.objects.create(
        application=application, lender=application.lender, number=2, outcome=Outcome.DECLINE, assessment=first.assessment,
        decided_at=NOW, replaces=first, reasons=[_reason(own, "Held back")],
    )  # fmt: skip

    text = json.dumps(export(own))

    assert "Held back" not in text
    assert "The reasons are still being checked." in text
