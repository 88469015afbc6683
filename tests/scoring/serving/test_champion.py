"""A champion answers as registered, in time, or not at all."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import lightgbm as lgb
import numpy as np
import pytest

from scoring.features.matrix import Matrix, Vector
from scoring.registry.manifest import sha256_of
from scoring.registry.register import register_model
from scoring.serving.bulkhead import AnswerLate, Bulkhead
from scoring.serving.champion import (
    Champion,
    ChampionLate,
    ChampionRefused,
    LightGbmScorer,
    champion_for,
    champion_from,
    load_all_champions,
    loaded_hashes,
)
from tests.factories.lending import make_lender
from tests.scoring.models import bundle_of, small_bundle, small_text, train_text
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState
from underwriting.facts.values import Absence, Facts, FactSource, FactValue
from underwriting.models import Lender, ModelVersion

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class SlowScorer:
    """Answers as the model does, after a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.calls = 0
        self._scorer = LightGbmScorer(lgb.Booster(model_str=small_text()))

    def __call__(self, matrix: Matrix) -> Vector:
        self.calls += 1
        time.sleep(self.seconds)
        return self._scorer(matrix)


def _months(since: int | Absence) -> FactValue:
    if isinstance(since, Absence):
        return FactValue(None, since, FactSource.BUREAU, NOW)
    return FactValue(since, None, FactSource.BUREAU, NOW)


def _facts(
    amount: int = 1_000_000, income: int = 5_000_000, since: int | Absence = 24, purpose: str = "car"
) -> Facts:
    return {
        "requested_amount": FactValue(amount, None, FactSource.APPLICATION, NOW),
        "annual_income": FactValue(income, None, FactSource.APPLICATION, NOW),
        "months_since_last_delinquency": _months(since),
        "purpose": FactValue(purpose, None, FactSource.APPLICATION, NOW),
    }


def _champion(scorer: SlowScorer | None = None) -> Champion:
    booster = lgb.Booster(model_str=small_text())
    return Champion.of(model_version_id=1, manifest=small_bundle().manifest, booster=booster, scorer=scorer)


def _registered(lender: Lender | None = None, state: ModelState = ModelState.CHAMPION) -> ModelVersion:
    return register_model(
        lender_id=(lender or make_lender()).pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=state,
    )


def test_a_batch_scores_as_its_members_do_one_by_one() -> None:
    champion = _champion()
    rows = [_facts(amount=100_000 * (k + 1), income=2_000_000 + 70_000 * k, since=k) for k in range(60)]

    batch = champion.score(rows, deadline_ms=5_000)

    assert batch == [champion.score([row], deadline_ms=5_000)[0] for row in rows]
    assert len({answer.margin for answer in batch}) > 10


def test_score_points_and_probability_follow_from_the_margin() -> None:
    champion = _champion()

    [answer] = champion.score([_facts()], deadline_ms=5_000)

    manifest = champion.manifest
    assert answer.points == manifest.points(answer.margin)
    assert answer.score == int(np.floor(answer.points))
    assert answer.probability_of_default == manifest.probability(answer.margin)


def test_never_is_at_least_as_safe_as_any_number_of_months() -> None:
    champion = _champion()

    never, *numbers = champion.score(
        [_facts(since=s) for s in (Absence.NEVER, 0, 6, 24, 119)], deadline_ms=5_000
    )

    assert all(never.points >= number.points for number in numbers)
    assert never.points > numbers[0].points


def test_unknown_and_not_asked_are_the_same_missing_value_and_not_never() -> None:
    champion = _champion()

    unknown, not_asked, never = champion.score(
        [_facts(since=s) for s in (Absence.UNKNOWN, Absence.NOT_ASKED, Absence.NEVER)], deadline_ms=5_000
    )

    assert unknown == not_asked
    assert unknown != never


def test_more_money_is_never_safer() -> None:
    champion = _champion()

    answers = champion.score([_facts(amount=a) for a in range(50_000, 3_600_000, 12_500)], deadline_ms=5_000)

    points = [answer.points for answer in answers]
    assert points == sorted(points, reverse=True)
    assert points[0] > points[-1]


def test_nothing_to_score_is_no_answer() -> None:
    assert _champion().score([]) == []


def test_a_slow_model_is_given_up_at_its_deadline() -> None:
    champion = _champion(SlowScorer(0.6))
    began = time.monotonic()

    with pytest.raises(ChampionLate, match=r"no answer after \d+ ms"):
        champion.score([_facts()], deadline_ms=100)

    assert time.monotonic() - began < 0.4


def test_a_call_that_waits_behind_a_slow_one_is_late_and_never_begun() -> None:
    scorer = SlowScorer(0.5)
    bulkhead = Bulkhead(scorer)
    matrix = small_matrix()
    with pytest.raises(AnswerLate):
        bulkhead.answer(matrix, timeout_seconds=0.05)

    with pytest.raises(AnswerLate):
        bulkhead.answer(matrix, timeout_seconds=0.05)

    time.sleep(0.6)
    assert scorer.calls == 1


def test_a_model_that_is_late_too_often_is_left_alone_and_tried_again_after_its_rest() -> None:
    scorer = SlowScorer(0.12)
    bulkhead = Bulkhead(scorer, late_limit=2, rest_seconds=0.3)
    matrix = small_matrix()
    for _ in range(2):
        with pytest.raises(AnswerLate):
            bulkhead.answer(matrix, timeout_seconds=0.01)
        time.sleep(0.15)
    called = scorer.calls

    with pytest.raises(AnswerLate, match="left alone"):
        bulkhead.answer(matrix, timeout_seconds=0.01)
    resting = (bulkhead.is_resting, scorer.calls - called)
    time.sleep(0.35)
    scorer.seconds = 0.0
    answer = bulkhead.answer(matrix, timeout_seconds=5.0)

    assert resting == (True, 0)
    assert answer.shape == (1,)
    assert not bulkhead.is_resting


def test_an_input_the_model_cannot_read_does_not_count_as_lateness() -> None:
    bulkhead = Bulkhead(LightGbmScorer(lgb.Booster(model_str=small_text())), late_limit=1)

    for _ in range(3):
        with pytest.raises(lgb.basic.LightGBMError, match="number of features"):
            bulkhead.answer(np.zeros((1, 2)), timeout_seconds=5.0)

    assert not bulkhead.is_resting


def small_matrix() -> Matrix:
    return _champion().matrix([_facts()])


@pytest.mark.django_db
def test_the_champion_is_loaded_once_and_reported_by_its_hash() -> None:
    lender = make_lender()
    version = _registered(lender)

    first, second = champion_for(lender.pk), champion_for(lender.pk)

    assert first is second
    assert (first.model_version_id, first.manifest) == (version.pk, small_bundle().manifest)
    assert version.text_sha256 in loaded_hashes()


@pytest.mark.django_db
def test_a_lender_without_a_champion_is_refused_and_gets_no_other_model() -> None:
    _registered(make_lender("harbour"))
    other = make_lender("northgate")

    with pytest.raises(ChampionRefused, match="no model is in charge"):
        champion_for(other.pk)


@pytest.mark.django_db
def test_a_promoted_model_answers_from_the_next_batch_on() -> None:
    lender = make_lender()
    _registered(lender)
    before = champion_for(lender.pk)
    other = bundle_of(train_text(learning_rate=0.2), version="2")
    register_model(lender_id=lender.pk, bundle=other, actor=SYSTEM, now=NOW, state=ModelState.CHAMPION)

    after = champion_for(lender.pk)

    assert (before.manifest.version, after.manifest.version) == ("1", "2")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: text.replace("leaf_value=", "leaf_value=-9 ", 1), "the model text has hash"),
        (lambda text: text[: len(text) // 2], "the model text has hash"),
        (lambda _: "", "the model text is missing"),
    ],
)
def test_a_changed_cut_or_missing_text_is_refused_before_it_is_opened(damage: object, complaint: str) -> None:
    lender = make_lender()
    version = _registered(lender)
    ModelVersion.objects.filter(pk=version.pk).update(text=damage(version.text))  # type: ignore[operator]

    with pytest.raises(ChampionRefused, match=complaint):
        champion_for(lender.pk)


@pytest.mark.django_db
def test_a_text_changed_together_with_its_stored_hash_does_not_fit_the_manifest() -> None:
    lender = make_lender()
    version = _registered(lender)
    text = train_text(learning_rate=0.3)
    ModelVersion.objects.filter(pk=version.pk).update(text=text, text_sha256=sha256_of(text))

    with pytest.raises(ChampionRefused, match="the manifest belongs to another model text"):
        champion_for(lender.pk)


@pytest.mark.django_db
def test_a_changed_manifest_is_refused() -> None:
    lender = make_lender()
    version = _registered(lender)
    manifest = replace(small_bundle().manifest, points_offset=900.0).to_json()
    ModelVersion.objects.filter(pk=version.pk).update(manifest=manifest)

    with pytest.raises(ChampionRefused, match="the manifest is not the one that was registered"):
        champion_for(lender.pk)


@pytest.mark.django_db
def test_a_row_is_verified_again_although_its_model_is_loaded() -> None:
    lender = make_lender()
    version = _registered(lender)
    champion_for(lender.pk)
    ModelVersion.objects.filter(pk=version.pk).update(text=version.text + "\n")

    with pytest.raises(ChampionRefused, match="the model text has hash"):
        champion_from(ModelVersion.objects.get(pk=version.pk))


@pytest.mark.django_db
def test_one_lender_s_damaged_model_leaves_the_others_at_work() -> None:
    sound, damaged = make_lender("harbour"), make_lender("northgate")
    _registered(sound)
    version = _registered(damaged)
    ModelVersion.objects.filter(pk=version.pk).update(text="tree\n")

    refused = load_all_champions()

    assert list(refused) == [damaged.pk]
    assert champion_for(sound.pk).score([_facts()], deadline_ms=5_000)


@pytest.mark.django_db
def test_a_forked_child_loads_its_own_and_answers() -> None:
    lender = make_lender()
    version = _registered(lender)
    champion = champion_for(lender.pk)
    [expected] = champion.score([_facts()], deadline_ms=5_000)
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        inherited = loaded_hashes()
        watchdog = threading.Timer(20, os._exit, [9])
        watchdog.start()
        [answer] = champion_from(version).score([_facts()], deadline_ms=15_000)
        os.write(writing, f"{inherited} {answer.margin!r}".encode())
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert os.read(reading, 1_000).decode() == f"[] {expected.margin!r}"
