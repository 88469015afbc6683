"""What the screens of a change say and do: clashes chosen, lines commented on, trials, moments, the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_application, make_assessment, make_backtest
from tests.frontend.risk.screens import SLUG, seen, text, typed_cut_offs
from tests.frontend.risk.test_maker_checker import TICKED, approved, submitted_in, url
from tests.underwriting.policy.conftest import REASON, Desk, acting
from tests.underwriting.policy.test_approvals import LARGE, replace_live
from underwriting.decisions.record import NewDecision, record_decisions
from underwriting.enums import ApplicationStatus, Outcome, PolicyState, RolloutMode
from underwriting.models import PolicyComment, PolicyRollout, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.lifecycle import create_draft, save_draft

pytestmark = pytest.mark.django_db


def page_of(number: int, tab: str = "words") -> str:
    return f"/policies/{SLUG}/changes/{number}/?tab={tab}"


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    """A draft that moves a cut-off, a limit in minor units and the service level."""
    now = database_now()
    document = desk.document(632)
    document["rules"][2]["when"]["value"] = 90_000
    document["sla"] = {"working_minutes": 240}
    version = create_draft(policy=desk.policy, actor=acting(desk.manager), now=now)
    return save_draft(
        version=version,
        document=document,
        expected_sha256=version.document_sha256,
        actor=acting(desk.manager),
        now=now,
    )


def test_the_difference_is_read_in_four_forms_at_one_address(manager: Client, draft: PolicyVersion) -> None:
    words, tables, lines = (text(manager.get(page_of(2, tab))) for tab in ("words", "tables", "text"))

    assert "Changed: Approve at: 640 632" in words
    assert "over $500. Decline when “Amount past due now” is over $900." in words
    assert "~ Changed Cut-offs Approve at 640 632" in tables
    assert "value: 90000" in lines
    assert "There is no backtest of exactly this document" in text(manager.get(page_of(2, "effect")))
    assert text(manager.get(page_of(2, "nonsense"))) == words


def test_the_text_of_a_change_is_the_yaml_that_is_exported(manager: Client, draft: PolicyVersion) -> None:
    exported = manager.get(f"/policies/{SLUG}/versions/{draft.number}/export/yaml/").content.decode()
    said = re.findall(r"<code>(.*?)</code>", manager.get(page_of(2, "text")).content.decode())

    added = [line for line in exported.splitlines() if line.startswith("  approve: ")]
    assert len(added) == 1
    assert added[0] in said
    assert "cut_offs:" in said


def test_the_text_of_a_draft_nobody_can_read_yet_is_shown_as_it_is_stored(
    manager: Client, draft: PolicyVersion
) -> None:
    PolicyVersion.objects.filter(pk=draft.pk).update(document={**draft.document, "cut_offs": {"approve": 1}})

    page = manager.get(page_of(2, "text"))

    assert page.status_code == 200
    assert "  approve: 1" in page.content.decode()


def test_clashes_are_told_chosen_in_words_and_applied_whole(
    manager: Client, desk: Desk, draft: PolicyVersion
) -> None:
    replace_live(desk, 645)
    told = text(manager.get(page_of(2)))
    assert "Live is now v50. Your draft was based on v1. 1 clash: approve at." in told
    screen = url(draft, "rebase")
    shown = text(manager.get(screen))
    assert ("Mine: 632" in shown, "Live, v50: 645" in shown) == (True, True)
    wish = {"sha256": draft.document_sha256, "live": "50"}

    open_clash = manager.post(screen, wish)
    assert (
        open_clash.status_code,
        "Choose for approve at first. Nothing was changed." in text(open_clash),
    ) == (
        422,
        True,
    )
    assert manager.post(screen, {**wish, "live": "49", "choice:cut_offs/approve": "mine"}).status_code == 409
    draft.refresh_from_db()
    assert draft.document["cut_offs"]["approve"] == 632
    assert draft.based_on == desk.live
    done = manager.post(screen, {**wish, "choice:cut_offs/approve": "live"}, follow=True)

    draft.refresh_from_db()
    assert "v2 is a draft on v50 now" in text(done)
    assert draft.document["cut_offs"]["approve"] == 645
    assert draft.document["sla"] == {"working_minutes": 240}


def test_a_line_is_commented_on_and_the_comment_resolved(
    manager: Client, approver: Client, draft: PolicyVersion
) -> None:
    at = url(draft, "comments")
    said = {"anchor": "cut-offs:approve-at", "tab": "words", "text": "Why so <far> down?"}

    assert approver.post(at, {**said, "text": " "}).status_code == 422
    assert approver.post(at, {**said, "anchor": "rules:k-99"}).status_code == 409
    page = approver.post(at, said, follow=True).content.decode()
    assert "Why so &lt;far&gt; down?" in page
    comment = PolicyComment.objects.get()
    assert (comment.quote, comment.anchor) == ("Approve at 640 632", "cut-offs:approve-at")
    assert "On: Approve at 640 632" in text(approver.get(page_of(2, "text")))
    assert manager.post(f"{at}{comment.pk}/resolve/", {"tab": "words"}, follow=True).status_code == 200
    assert manager.post(f"{at}{comment.pk}/resolve/", {"tab": "words"}).status_code == 409
    assert manager.post(f"{at}{comment.pk + 1}/resolve/").status_code == 404
    assert f"Resolved by {comment.version.author.name}" in text(manager.get(page_of(2)))  # type: ignore[union-attr]


def test_what_changed_since_an_approval_is_on_the_page(manager: Client, approver: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    approved(approver, version)
    manager.post(url(version, "take-back"))
    version.refresh_from_db()
    manager.post(
        f"/policies/{SLUG}/drafts/{version.number}/edit/cut-offs/",
        typed_cut_offs(version, 620, 600),
    )

    page = text(manager.get(page_of(version.number)))

    assert f"Counts no more {desk.approver.name}" in page
    assert "Approve at: 632 → 620" in page


def test_the_page_says_who_is_missing_and_why(manager: Client, approver: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    make_backtest(version, desk.live, summary=LARGE)

    page = text(approver.get(page_of(version.number)))
    assert (
        "Two people, one of compliance: the approval rate moves by 6.0 points, which is more than 2." in page
    )
    assert "Missing: a risk approver and compliance." in page
    approver.post(url(version, "approve"), seen(version))
    after = text(approver.get(page_of(version.number)))
    assert ("Missing: compliance." in after, f"Approve v{version.number}" in after) == (True, False)


@pytest.mark.parametrize(("mode", "share"), [(RolloutMode.SHADOW, None), (RolloutMode.SHARE, 10)])
def test_an_approved_version_is_tried_and_the_trial_stopped(
    manager: Client, approver: Client, desk: Desk, mode: RolloutMode, share: int | None
) -> None:
    version = approved(approver, submitted_in(manager, desk))
    wish: dict[str, Any] = {"when": mode.value, "days": "14", "share_percent": str(share or "")}

    assert approver.post(url(version, "activate"), {**wish, "days": ""}).status_code == 422
    tried = approver.post(url(version, "activate"), wish, follow=True)

    rollout = PolicyRollout.objects.get()
    assert (rollout.mode, rollout.share_percent, rollout.against) == (mode, share, desk.live)
    assert ("In shadow beside v1" if share is None else "Decides 10 % of applicants") in text(tried)
    assert "is no longer tried." in text(approver.post(url(version, "stop-trial"), follow=True))


def test_the_way_back_and_the_decisions_that_stay(manager: Client, approver: Client, desk: Desk) -> None:
    version = approved(approver, submitted_in(manager, desk))
    approver.post(url(version, "activate"), {**TICKED, "when": "now"})
    application = make_application(desk.policy.product, status=ApplicationStatus.IN_ASSESSMENT)
    assessment = make_assessment(
        application, outcome=Outcome.APPROVE, policy_version=version, created_at=database_now()
    )
    new = NewDecision(
        assessment=assessment, outcome=Outcome.APPROVE, stage=None, offer=None, reasons=[], versions={}
    )
    record_decisions([new], actor=acting(desk.manager), now=database_now())
    page = text(manager.get(f"/policies/{SLUG}/"))
    assert "1 of 1 approved" in page
    assert "Prepare rollback to v1" in page

    ready = manager.post(f"/policies/{SLUG}/versions/1/rollback/", {"reason": REASON}, follow=True)
    back = PolicyVersion.objects.latest("pk")
    assert (back.state, back.undoes) == (PolicyState.DRAFT, version)
    assert "It needs a backtest." in text(ready)
    listed = text(approver.get(f"/policies/{SLUG}/versions/{version.number}/decided/"))
    assert ("1 decision" in listed, application.reference in listed) == (True, True)
