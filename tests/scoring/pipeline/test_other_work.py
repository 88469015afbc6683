"""The other kinds of work: reference people, trials; and the worker's sign of life."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.pipeline.heartbeat import beat
from scoring.pipeline.run import run_batch
from scoring.pipeline.work import work_until_empty
from scoring.serving.champion import champion_for
from tests.factories import make_lender, make_policy_version
from tests.scoring.pipeline.world import (
    NOW,
    World,
    apply,
    claimed,
    clock,
    harbour_policy,
    make_model,
    make_world,
)
from underwriting.enums import ModelState, PolicyState, WorkKind, WorkState
from underwriting.models import (
    Assessment,
    AuditEntry,
    Decision,
    ModelVersion,
    PolicyVersion,
    ReferenceSample,
    WorkerHeartbeat,
    WorkItem,
)
from underwriting.policy.compile import canonical_sha256
from underwriting.work.put import put


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def work() -> None:
    WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW)
    work_until_empty(worker="test", max_batches=5, clock=clock)


class TestReferencePeople:
    def submitted(
        self, world: World, cut_off: int = 660, state: PolicyState = PolicyState.SUBMITTED
    ) -> PolicyVersion:
        document = harbour_policy()
        document["cut_offs"]["approve"] = cut_off
        version = make_policy_version(
            world.product,
            document,
            document_sha256=canonical_sha256(document),
            number=2,
            state=state,
            active_from=None,
        )
        put(kind=WorkKind.DRAW_REFERENCE, lender_id=world.lender_id, subject_id=version.pk, now=NOW)
        return version

    def test_they_are_drawn_for_the_cut_off_and_told_in_the_trail(self, world: World) -> None:
        version = self.submitted(world)

        work()

        version.refresh_from_db()
        sample = version.reference_sample
        assert sample is not None
        assert (sample.model_version, version.model_version, sample.approve_cut_off) == (
            world.model,
            world.model,
            660,
        )
        assert 300 <= len(sample.rows) <= 500
        entry = AuditEntry.objects.get(action="policy.reference_drawn")
        assert entry.before == {"reference_sample": None}
        assert entry.after == {
            "reference_sample": sample.pk, "people": len(sample.rows), "approve_cut_off": 660, "seed": sample.seed,
        }  # fmt: skip
        assert (entry.object_type, entry.object_id) == ("policy_version", str(version.pk))

    def test_a_draft_gets_none(self, world: World) -> None:
        version = self.submitted(world, state=PolicyState.DRAFT)

        work()

        version.refresh_from_db()
        assert version.reference_sample is None
        assert WorkItem.objects.get().state == WorkState.DONE

    def test_an_approved_version_keeps_the_people_it_was_approved_with(self, world: World) -> None:
        version = self.submitted(world)
        work()
        version.refresh_from_db()
        approved = version.reference_sample
        assert approved is not None
        PolicyVersion.objects.filter(pk=version.pk).update(state=PolicyState.APPROVED)
        ModelVersion.objects.update(state=ModelState.RETIRED)
        make_model(world.lender_id, version="next")
        put(kind=WorkKind.DRAW_REFERENCE, lender_id=world.lender_id, subject_id=version.pk, now=NOW)

        work()

        version.refresh_from_db()
        assert (version.reference_sample, version.model_version) == (approved, world.model)
        assert AuditEntry.objects.filter(action="policy.reference_drawn").count() == 1
        assert WorkItem.objects.latest("pk").state == WorkState.DONE

    def test_a_draw_takes_the_lock_under_which_versions_are_approved(self, world: World) -> None:
        self.submitted(world)

        with CaptureQueriesContext(connection) as captured:
            work()

        locks = [
            query["sql"] for query in captured if "FOR UPDATE" in query["sql"] and "_policy" in query["sql"]
        ]
        assert ['FROM "underwriting_policy"' in sql for sql in locks] == [True]

    def test_a_cut_off_that_too_few_reach_is_tried_and_then_left_with_its_reason(self, world: World) -> None:
        version = self.submitted(world, cut_off=2_000)

        for _ in range(4):
            work()

        version.refresh_from_db()
        assert version.reference_sample is None
        item = WorkItem.objects.get()
        assert item.state == WorkState.QUARANTINED
        assert "people of the pool score 2000 or more" in item.last_error
        assert ReferenceSample.objects.count() == 1


class TestTrial:
    @pytest.fixture
    def assessment(self, world: World) -> Assessment:
        apply(world)
        run_batch(claimed(), clock=clock)
        return Assessment.objects.get()

    def tried(self, world: World, **payload: Any) -> dict[str, Any]:
        item = put(kind=WorkKind.TRIAL, lender_id=world.lender_id, now=NOW, payload=payload)
        work()
        item.refresh_from_db()
        assert item.state == WorkState.DONE
        assert isinstance(item.result, dict)
        return item.result

    def test_without_changes_it_is_the_assessment_again(self, world: World, assessment: Assessment) -> None:
        result = self.tried(world, assessment_id=assessment.pk)

        assert result["outcome"] == assessment.outcome
        assert result["score"] == assessment.scores[0]
        assert result["offer"] == assessment.offer
        assert result["findings"] == assessment.findings

    def test_with_another_fact_it_changes_nothing_but_its_answer(
        self, world: World, assessment: Assessment
    ) -> None:
        result = self.tried(world, assessment_id=assessment.pk, facts={"bankruptcy_count": 2})

        assert (result["outcome"], result["stage"]) == ("DECLINE", "knockout")
        assert [reason["code"] for reason in result["reasons"]] == ["PR02"]
        assert Assessment.objects.get() == assessment
        assert Decision.objects.count() == 1

    def test_with_another_amount_what_rests_on_it_follows(self, world: World, assessment: Assessment) -> None:
        result = self.tried(world, assessment_id=assessment.pk, facts={"requested_amount": 90_000_000})

        assert result["score"]["amount_minor"] == 90_000_000
        assert result["score"]["score"] < assessment.score
        assert result["outcome"] != "APPROVE"

    def test_under_another_policy_version(self, world: World, assessment: Assessment) -> None:
        document = harbour_policy()
        document["rules"] = [rule for rule in document["rules"] if rule["id"] != "K-01"]
        draft = make_policy_version(
            world.product, document, document_sha256=canonical_sha256(document), number=2, state=PolicyState.DRAFT,
            active_from=None, reference_sample=world.policy.reference_sample,
        )  # fmt: skip

        result = self.tried(
            world, assessment_id=assessment.pk, facts={"bankruptcy_count": 2}, policy_version_id=draft.pk
        )

        assert result["outcome"] != "DECLINE"

    @pytest.mark.parametrize(
        "payload", [{"facts": {"shoe_size": 9}}, {"policy_version_id": 0}, {"assessment_id": 0}]
    )
    def test_what_is_not_there_is_an_error_kept_with_the_item(
        self, world: World, assessment: Assessment, payload: dict[str, Any]
    ) -> None:
        item = put(
            kind=WorkKind.TRIAL,
            lender_id=world.lender_id,
            now=NOW,
            payload={"assessment_id": assessment.pk, **payload},
        )

        work()

        item.refresh_from_db()
        assert (item.state, item.result, item.attempt_count) == (WorkState.READY, None, 1)
        assert item.last_error

    def test_another_lenders_assessment_is_not_there(self, world: World, assessment: Assessment) -> None:
        item = put(
            kind=WorkKind.TRIAL,
            lender_id=make_lender("northgate").pk,
            now=NOW,
            payload={"assessment_id": assessment.pk},
        )

        work()

        item.refresh_from_db()
        assert item.result is None
        assert item.last_error.startswith("DoesNotExist")


def test_a_sign_of_life_names_what_is_loaded(world: World) -> None:
    champion_for(world.lender_id)

    beat("here:1")
    beat("here:1")

    sign = WorkerHeartbeat.objects.get()
    assert sign.worker == "here:1"
    assert world.model.text_sha256 in sign.model_hashes
