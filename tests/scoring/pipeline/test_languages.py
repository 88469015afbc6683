"""An applicant is told in their own language, officers read English, and a replay reproduces what was told."""

from __future__ import annotations

from typing import Any

import pytest

from explanations.reason_codes.catalogue import current_catalogue, ensure_stored
from explanations.reason_codes.coverage import untold
from explanations.reason_codes.own_words import shipped_words
from explanations.reason_codes.proposals import approve_proposal, save_words, submit_proposal
from explanations.reasons import Reason
from scoring.pipeline.heartbeat import beat, untold_reasons
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from scoring.replay.report import Difference
from tests.factories import make_user
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState, Role
from underwriting.models import Assessment, WorkerHeartbeat

pytestmark = pytest.mark.django_db(transaction=True)
BANKRUPT = {"bankruptcy_count": 2}


def assessed(world: World, *, language: str, **given: Any) -> Assessment:
    application = apply(world, language=language, **given)
    run_batch(claimed(), clock=clock)
    return Assessment.objects.get(application=application)


def reasons(assessment: Assessment) -> list[Reason]:
    return [Reason.from_json(data) for data in assessment.reasons]


def test_a_score_s_reasons_are_told_in_spanish_and_read_in_english() -> None:
    world = make_world()
    told = assessed(world, language="es", someone=3, asked=(3_500_000, 60))
    plain = assessed(world, language="en", someone=3, asked=(3_500_000, 60))

    assert [reason.code for reason in reasons(told)] == [reason.code for reason in reasons(plain)] != []
    spanish = current_catalogue().in_language("es")
    for reason, english in zip(reasons(told), reasons(plain), strict=True):
        assert reason.language == "es"
        assert reason.factor == spanish.codes[reason.code].factor
        assert reason.text not in ("", english.text)
        assert reason.source != english.source
        assert (reason.for_officer.text, reason.for_officer.detail, reason.for_officer.source) == (
            english.text, english.detail, english.source,
        )  # fmt: skip
        assert (reason.share_log_odds, reason.form_c1) == (english.share_log_odds, english.form_c1)


def test_a_rule_s_reasons_are_told_in_hindi() -> None:
    assessment = assessed(make_world(), language="hi", report=BANKRUPT)

    [reason, *_] = [reason for reason in reasons(assessment) if reason.code == "PR02"]
    assert (reason.text, reason.detail) == (
        "आपकी क्रेडिट रिपोर्ट में दिवालियापन दर्ज है।",
        "आपकी क्रेडिट रिपोर्ट में दिवालियापन 2 बार दर्ज है।",
    )
    assert reason.for_officer.text == "Your credit report shows a bankruptcy."


def differences(*assessments: Assessment) -> list[tuple[Difference, ...]]:
    """What a replay of each finds that is not as it was."""
    named = Assessment.objects.filter(pk__in=[one.pk for one in assessments])
    return [tuple(one.differences) for one in replay(named)]


@pytest.mark.parametrize("language", ["es", "hi"])
def test_a_replay_reproduces_what_was_told(language: str) -> None:
    assessment = assessed(make_world(), language=language, someone=3, asked=(3_500_000, 60))

    assert differences(assessment) == [()]


def test_an_own_wording_is_told_from_the_next_assessment_on() -> None:
    world = make_world()
    before = assessed(world, language="en", report=BANKRUPT)
    lender = world.product.lender
    own = "Your credit report shows that you went bankrupt."
    words = shipped_words(current_catalogue(), "PR02", "en") | {"text": own}
    writer, approver = (make_user(name, (lender, Role.ADMIN)) for name in ("Wanda", "Ada"))
    proposal = save_words(
        lender=lender, code="PR02", language="en", words=words, seen_revision=0, author=writer, actor=SYSTEM, now=NOW
    )  # fmt: skip
    submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)
    row = approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW)

    after = assessed(world, language="en", report=BANKRUPT)

    assert own in [reason.text for reason in reasons(after)]
    assert own not in [reason.text for reason in reasons(before)]
    assert after.reason_catalogue == row
    assert before.reason_catalogue == ensure_stored()
    assert differences(before, after) == [(), ()]


def test_a_lender_s_models_and_rules_are_all_told() -> None:
    world = make_world()

    assert untold(world.product.lender) == []


def test_what_could_not_be_told_is_named_and_every_sign_of_life_carries_it() -> None:
    world = make_world()
    lender = world.product.lender
    manifest = world.model.manifest
    manifest["features"].append({"name": "age", "fact": "age", "category": None, "monotone": 0})
    world.model.manifest = manifest
    world.model.save(update_fields=["manifest"])
    document = world.policy.document
    document["rules"][0]["reason_code"] = "CP04"
    type(world.policy).objects.filter(pk=world.policy.pk).update(document=document)
    lender.country = "IN"
    lender.save(update_fields=["country"])

    found = untold(lender)

    assert (
        found[0]
        == f"Reason catalogue {current_catalogue().version} follows the law of US, and {lender.name} is in IN"
    )
    assert found[1] == f"Model {world.model}: age: age is not in the facts catalogue"
    assert all(
        sentence.startswith(f"Policy {world.policy}: /rules/0/reason_code: CP04 ") for sentence in found[2:]
    )
    assert len(found) > 2

    beat("here:1", untold_reasons=untold_reasons())
    assert WorkerHeartbeat.objects.get().untold == found


def test_a_retired_model_is_not_asked_for_reasons() -> None:
    world = make_world()
    world.model.manifest["features"].append({"name": "age", "fact": "age", "category": None, "monotone": 0})
    world.model.state = ModelState.RETIRED
    world.model.save(update_fields=["manifest", "state"])

    assert untold(world.product.lender) == []
