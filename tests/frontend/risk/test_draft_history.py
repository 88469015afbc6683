"""Every edit of a draft is listed and can be taken back alone."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from tests.factories import make_user
from tests.frontend.risk.screens import edit_url, own_draft, rule_sha256, text
from tests.underwriting.policy.conftest import Desk, acting
from underwriting.enums import PolicyState, Role
from underwriting.models import AuditEntry, PolicyRevision, PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.draft_history import edits_of, undo_edit
from underwriting.policy.drafting import move_rule, remove_rule, save_part, save_rule
from underwriting.policy.leases import SectionHeld, take_lease
from underwriting.policy.lifecycle import save_draft
from underwriting.policy.parts import part_sha256
from underwriting.policy.version_rows import Clashing, NotAllowed, WrongState

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
Edit = Callable[[PolicyVersion, dict[str, Any]], PolicyVersion]


def cut_offs(draft: PolicyVersion, who: dict[str, Any], approve: int = 633) -> PolicyVersion:
    content = {"cut_offs": {"approve": approve, "refer": 600}}
    return save_part(version=draft, part="cut-offs", content=content, expected_sha256=part_sha256(draft.document, "cut-offs"), **who)  # fmt: skip


def a_rule(draft: PolicyVersion, who: dict[str, Any]) -> PolicyVersion:
    rule = copy.deepcopy(next(rule for rule in draft.document["rules"] if rule["id"] == "K-03"))
    rule["when"]["value"] = 75_000
    return save_rule(version=draft, rule_id="K-03", rule=rule, reason_codes=policy_codes(current_catalogue()), expected_sha256=rule_sha256(draft, "K-03"), **who)  # fmt: skip


def a_removal(draft: PolicyVersion, who: dict[str, Any]) -> PolicyVersion:
    return remove_rule(version=draft, rule_id="R-05", expected_sha256=rule_sha256(draft, "R-05"), **who)


def a_move(draft: PolicyVersion, who: dict[str, Any]) -> PolicyVersion:
    return move_rule(version=draft, rule_id="R-06", position=1, **who)


def the_whole(draft: PolicyVersion, who: dict[str, Any]) -> PolicyVersion:
    document = {**draft.document, "sla": {"working_minutes": 60}}
    return save_draft(version=draft, document=document, expected_sha256=draft.document_sha256, **who)


EDITS: dict[str, tuple[Edit, str]] = {
    "cut-offs": (cut_offs, "thresholds"), "a rule": (a_rule, "rule K-03"), "a removal": (a_removal, "rule R-05 removed"),
    "a move": (a_move, "rule R-06 moved"), "the whole": (the_whole, "the whole document"),
}  # fmt: skip


def by(desk: Desk) -> dict[str, Any]:
    return {"actor": acting(desk.manager), "now": timezone.now()}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_undone_alone_whatever_was_edited_after_it_and_the_undo_undone(
    desk: Desk, kind: str
) -> None:
    edit, _ = EDITS[kind]
    draft = own_draft(desk)
    edited = edit(draft, by(desk))
    first = edits_of(edited)[0]
    other = {**edited.document, "counteroffer": {**edited.document["counteroffer"], "share_of_requested_min": 0.5}}  # fmt: skip
    later = save_draft(version=edited, document=other, expected_sha256=edited.document_sha256, **by(desk))

    undone = undo_edit(version=later, revision_id=first.revision_id, **by(desk))

    assert undone.document == {**draft.document, "counteroffer": other["counteroffer"]}
    again = undo_edit(version=undone, revision_id=edits_of(undone)[0].revision_id, **by(desk))
    assert again.document_sha256 == later.document_sha256
    assert AuditEntry.objects.filter(after__undone=first.revision_id).count() == 1


def test_what_was_changed_again_since_is_not_undone_and_the_later_edit_named(desk: Desk) -> None:
    draft = cut_offs(own_draft(desk), by(desk), 633)
    first = edits_of(draft)[0]
    draft = cut_offs(draft, by(desk), 620)

    with pytest.raises(Clashing, match=r"Changed again since: approve at\. Undo the later edit first\."):
        undo_edit(version=draft, revision_id=first.revision_id, **by(desk))

    assert PolicyVersion.objects.get(pk=draft.pk).document["cut_offs"]["approve"] == 620


def test_an_undone_edit_is_not_undone_twice(desk: Desk) -> None:
    draft = cut_offs(own_draft(desk), by(desk))
    edit = edits_of(draft)[0]
    undone = undo_edit(version=draft, revision_id=edit.revision_id, **by(desk))

    with pytest.raises(WrongState, match="undone already"):
        undo_edit(version=undone, revision_id=edit.revision_id, **by(desk))


def test_who_may_not_edit_may_not_undo(desk: Desk) -> None:
    draft = cut_offs(own_draft(desk), by(desk))
    edit = edits_of(draft)[0].revision_id
    colleague = make_user("Cleo Colleague", (desk.policy.lender, Role.RISK_MANAGER))
    began = PolicyRevision.objects.order_by("pk").first()
    assert began is not None

    with pytest.raises(NotAllowed):
        undo_edit(version=draft, revision_id=edit, actor=acting(desk.approver), now=timezone.now())
    with pytest.raises(NotYours):
        undo_edit(version=draft, revision_id=began.pk, **by(desk))
    take_lease(version=draft, section="cut-offs", actor=acting(colleague), now=timezone.now())
    with pytest.raises(SectionHeld):
        undo_edit(version=draft, revision_id=edit, **by(desk))
    later: dict[str, Any] = {"actor": acting(desk.manager), "now": timezone.now() + timedelta(minutes=3)}
    PolicyVersion.objects.filter(pk=draft.pk).update(state=PolicyState.SUBMITTED)
    with pytest.raises(WrongState):
        undo_edit(version=draft, revision_id=edit, **later)


def test_an_edit_of_another_draft_is_not_there(manager: Client, desk: Desk) -> None:
    other = cut_offs(own_draft(desk), by(desk))
    own_draft(desk)

    answer = manager.post(edit_url(3, "undo", str(edits_of(other)[0].revision_id)))

    assert answer.status_code == 404


def test_the_editor_lists_the_edits_in_words_newest_first(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    for edit, _ in EDITS.values():
        draft = edit(draft, by(desk))

    page = text(manager.get(edit_url(2, "edit")))

    told = page[page.index("History of this draft") :]
    places = [told.index(f"{desk.manager.name}: {words}") for _, words in EDITS.values()]
    assert places == sorted(places, reverse=True)
    assert told.count("Undo") == len(EDITS)


def test_the_answer_is_what_the_undo_changed_and_nothing_else(manager: Client, desk: Desk) -> None:
    edit = edits_of(cut_offs(own_draft(desk), by(desk)))[0]

    answer = manager.post(edit_url(2, "undo", str(edit.revision_id)), headers=HTMX)

    page = answer.content.decode()
    assert answer.headers["HX-Trigger"] == "draft-saved"
    assert 'id="cut-offs" hx-swap-oob="true"' in page
    assert 'value="640"' in page
    assert page.count("hx-swap-oob") == 2, "the section and what is announced"


@pytest.mark.parametrize(
    ("kind", "swaps"),
    [
        ("a rule", ['<li class="rules__row" id="rule-K-03" hx-swap-oob="true">']),
        ("a removal", ['<ul hx-swap-oob="beforebegin:#rule-R-06">']),
        ("a move", ['<div hx-swap-oob="delete:#rule-R-06">', '<ul hx-swap-oob="beforeend:#rules-REVIEW">']),
    ],
)
def test_a_rule_comes_back_to_its_place_and_the_other_rows_stay(
    manager: Client, desk: Desk, kind: str, swaps: list[str]
) -> None:
    """The form of any of them may be open, with something typed."""
    edit = edits_of(EDITS[kind][0](own_draft(desk), by(desk)))[0]

    page = manager.post(edit_url(2, "undo", str(edit.revision_id)), headers=HTMX).content.decode()

    assert re.findall(r"<(?!div id=\"live\")[^>]*hx-swap-oob[^>]*>", page) == swaps


def test_a_refusal_is_told_in_its_place_and_without_scripts_on_a_page(manager: Client, desk: Desk) -> None:
    draft = cut_offs(own_draft(desk), by(desk), 633)
    address = edit_url(2, "undo", str(edits_of(draft)[0].revision_id))
    cut_offs(draft, by(desk), 620)

    for headers in (HTMX, {}):
        answer = manager.post(address, headers=headers)
        assert answer.status_code == 409
        assert "Undo the later edit first." in text(answer)
