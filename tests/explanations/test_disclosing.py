"""A held notice: let go by a person, or composed again from the same decision; and the worker that renders what was told."""

from __future__ import annotations

from typing import Any

import pytest

from explanations.models import Letter, Notice
from explanations.notices.compose import compose_incompleteness
from explanations.notices.disclosing import MayNotBeTold, disclose, is_told, recompose
from explanations.notices.selectors import standing_notice, told_notice
from explanations.tasks import work
from tests.explanations.situations import application, by_score, declined, party_of
from tests.explanations.test_compose import DECIDED_AT
from tests.factories import actor_of, make_user
from tests.scoring.pipeline.world import be_patient
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind, ApplicationStatus, Role, WorkKind, WorkState
from underwriting.models import Alert, Application, AuditEntry, Disclosure, Lender, Mail, WorkItem
from underwriting.work.claim import ClaimedItem, claim

pytestmark = pytest.mark.django_db
PROVEN_FALSE = "The risk would not fall."


def held(*, because: str = "", **lender: Any) -> Notice:
    made = application(lender=lender)
    notice = declined(made, by_score(made), held_because=because)
    assert notice.held_because
    return notice


def somebody(lender: Lender) -> Actor:
    user = make_user("Grace Lindqvist", (lender, Role.TEAM_LEAD))
    return actor_of(user)


def rendering(notice: Notice) -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind=WorkKind.RENDER_NOTICE, subject_id=notice.pk))


def test_a_person_lets_a_notice_go_that_failed_a_test_of_its_reasons() -> None:
    notice = held(because=PROVEN_FALSE)
    actor = somebody(notice.application.lender)

    disclose(notice, actor=actor, now=DECIDED_AT)
    disclose(notice, actor=actor, now=DECIDED_AT)

    assert is_told(notice)
    assert Disclosure.objects.get().snapshot_sha256 == notice.snapshot_sha256
    assert len(rendering(notice)) == 1
    entry = AuditEntry.objects.get(action="notice.disclosed")
    assert (entry.actor_name, (entry.after or {})["held_because"]) == ("Grace Lindqvist", PROVEN_FALSE)


def test_the_lender_who_wants_a_second_look_gets_one() -> None:
    notice = held(reviews_notices=True)

    assert (
        notice.held_because
        == "The lender wants a second person to look at each adverse notice before it is sent."
    )
    disclose(notice, actor=somebody(notice.application.lender), now=DECIDED_AT)

    assert is_told(notice)


def test_no_person_can_let_a_notice_go_that_lacks_what_the_law_wants_printed() -> None:
    notice = held(agency_name="", because=PROVEN_FALSE)

    with pytest.raises(MayNotBeTold, match="do not name the federal agency"):
        disclose(notice, actor=somebody(notice.application.lender), now=DECIDED_AT)

    assert not Disclosure.objects.exists()
    assert rendering(notice) == []


def test_a_notice_is_composed_again_once_the_setting_is_there() -> None:
    notice = held(agency_name="")
    Lender.objects.update(agency_name="Federal Trade Commission", name="Harbour Again")

    again = recompose(
        Notice.objects.get(pk=notice.pk), actor=somebody(notice.application.lender), now=DECIDED_AT
    )

    assert (again.number, again.held_because, again.decision) == (2, "", notice.decision)
    assert "Federal Trade Commission" in again.snapshot["rights"]["text"]
    assert [one["reasons"] for one in again.snapshot["letters"]] == [
        one["reasons"] for one in notice.snapshot["letters"]
    ]
    assert Disclosure.objects.get().snapshot_sha256 == again.snapshot_sha256
    assert told_notice(notice.application) == again
    assert (len(rendering(notice)), len(rendering(again))) == (0, 1)
    entries = AuditEntry.objects.filter(object_type="notice", object_id=str(again.pk)).order_by("pk")
    assert list(entries.values_list("action", flat=True)) == ["notice.recomposed", "notice.disclosed"]


def test_what_the_proof_found_goes_on_holding_a_notice_that_is_composed_again() -> None:
    notice = held(agency_name="", because=PROVEN_FALSE)
    Lender.objects.update(agency_name="Federal Trade Commission")

    again = recompose(
        Notice.objects.get(pk=notice.pk), actor=somebody(notice.application.lender), now=DECIDED_AT
    )

    assert again.held_because == PROVEN_FALSE
    assert not Disclosure.objects.exists()
    with pytest.raises(MayNotBeTold, match="look at the newest"):
        disclose(notice, actor=somebody_else(), now=DECIDED_AT)
    disclose(again, actor=somebody_else(), now=DECIDED_AT)
    assert is_told(again)
    assert not is_told(notice)


def somebody_else() -> Actor:
    return Actor(kind=ActorKind.SYSTEM, user_id=None, name="system")


def test_what_was_told_is_never_written_again() -> None:
    made = application()
    notice = declined(made, by_score(made))

    with pytest.raises(MayNotBeTold, match="never written again"):
        recompose(notice, actor=somebody_else(), now=DECIDED_AT)


def held_for_items(*, missing: list[str]) -> Notice:
    """A notice of incompleteness that is held for want of an address, which has been entered since."""
    made = application(
        lender={"address": ""}, status=ApplicationStatus.INCOMPLETE, completed_at=None, missing_fields=missing
    )
    notice = compose_incompleteness(
        application=made, missing=missing, answer_by=DECIDED_AT.date(), now=DECIDED_AT
    )
    assert not is_told(notice)
    Lender.objects.update(address="40 Quay Street")
    return notice


def test_a_notice_of_incompleteness_is_composed_again_with_the_day_it_named() -> None:
    notice = held_for_items(missing=["/purpose"])

    again = recompose(notice, actor=somebody_else(), now=DECIDED_AT)

    assert (again.number, again.held_because, again.snapshot["needed"]) == (2, "", ["What the money is for"])
    assert again.snapshot["answer_by"] == notice.snapshot["answer_by"]
    assert len(rendering(again)) == 1


def test_a_notice_that_is_composed_again_asks_for_nothing_that_came_since() -> None:
    notice = held_for_items(missing=["/purpose", "/applicant/housing"])
    Application.objects.update(missing_fields=["/applicant/housing"])

    again = recompose(notice, actor=somebody_else(), now=DECIDED_AT)

    assert again.snapshot["needed"] == ["Whether you rent or own your home"]
    assert "What the money is for" not in str(again.snapshot["letters"])


def test_a_notice_of_incompleteness_is_not_composed_again_when_all_has_come() -> None:
    notice = held_for_items(missing=["/purpose"])
    Application.objects.update(missing_fields=[])

    with pytest.raises(MayNotBeTold, match="Nothing is missing"):
        recompose(notice, actor=somebody_else(), now=DECIDED_AT)

    assert Notice.objects.count() == 1


def test_reasons_are_not_seen_before_they_are_told() -> None:
    notice = held(because=PROVEN_FALSE)
    party = party_of(notice.application)

    seen = standing_notice(application=notice.application, party=party)

    assert seen is not None
    assert (seen.is_disclosed, seen.letter, told_notice(notice.application)) == (False, None, None)


def claimed(notice: Notice) -> ClaimedItem:
    [item] = claim(kinds=[WorkKind.RENDER_NOTICE], worker="test")
    be_patient()
    assert item.subject_id == notice.pk
    return item


def test_a_worker_renders_what_was_told_and_sends_it_on_its_way() -> None:
    made = application()
    notice = declined(made, by_score(made))

    work(claimed(notice), now=DECIDED_AT)

    letter = Letter.objects.get(notice=notice)
    assert WorkItem.objects.get(kind=WorkKind.RENDER_NOTICE).state == WorkState.DONE
    mail = Mail.objects.get(letter_id=letter.pk)
    assert (mail.on_paper, mail.letter_sha256) == (True, letter.pdf_sha256)


def test_what_cannot_be_rendered_is_tried_again_and_then_left_to_a_person() -> None:
    made = application()
    notice = declined(made, by_score(made))
    party = party_of(made)
    type(party).objects.filter(pk=party.pk).update(identity=b"damaged")

    for _ in range(3):
        WorkItem.objects.update(not_before=DECIDED_AT)
        work(claimed(notice), now=DECIDED_AT)
    WorkItem.objects.update(not_before=DECIDED_AT)
    work(claimed(notice), now=DECIDED_AT)

    assert not Letter.objects.exists()
    assert WorkItem.objects.get(kind=WorkKind.RENDER_NOTICE).state == WorkState.QUARANTINED
    assert Alert.objects.filter(kind="work.quarantined").exists()


def test_a_worker_whose_lease_was_lost_writes_nothing() -> None:
    made = application()
    notice = declined(made, by_score(made))
    item = claimed(notice)
    WorkItem.objects.update(claim_token="00000000-0000-4000-8000-000000000000")

    work(item, now=DECIDED_AT)

    assert not Letter.objects.exists()
