"""A policy beside its baseline: differences with their reasons, and taking in what the baseline changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_lender, make_policy_version, make_product, make_user
from tests.frontend.risk.screens import SLUG, edit_url, own_draft, signed_in, text
from tests.underwriting.policy.conftest import Desk, acting, desk_document
from underwriting.enums import Role
from underwriting.models import (
    AuditEntry,
    BaselineTaken,
    DeviationReason,
    Policy,
    PolicyBaseline,
    PolicyVersion,
)
from underwriting.policy.baseline import name_baseline, say_why, take_over, what_to_take
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.version_rows import DraftChanged, LifecycleRefused, NotAllowed

pytestmark = pytest.mark.django_db
PAGE = f"/policies/{SLUG}/baseline/"
WHY = "Our instalment customers pay from salaries."


@dataclass
class Group:
    """A policy measured against another of its lender, whose approval cut-off and first rate differ."""

    desk: Desk
    parent: Policy
    parent_version: PolicyVersion

    def change_parent(self, change: Any) -> None:
        document = dict(self.parent_version.document)
        change(document)
        self.parent_version.document, self.parent_version.document_sha256 = (
            document,
            canonical_sha256(document),
        )
        self.parent_version.save()

    def named(self) -> Any:
        return name_baseline(policy=self.desk.policy, name=f"policy:{self.parent.slug}", actor=acting(self.desk.manager), now=timezone.now())  # fmt: skip


def group_document() -> Any:
    document = desk_document(655)
    document["price_grid"][0]["annual_rate_bps"] = 699
    return document


@pytest.fixture
def group(desk: Desk) -> Group:
    product = make_product(desk.policy.lender, code="group", name="Group standard")
    document = group_document()
    version = make_policy_version(product, document, document_sha256=canonical_sha256(document))
    return Group(desk, version.policy, version)


def quote(answer: Any, anchor: str) -> str:
    found = re.search(
        rf'name="anchor" value="{anchor}"><input type="hidden" name="quote" value="([^"]*)"',
        answer.content.decode(),
    )
    assert found
    return unescape(found[1])


# Naming ---------------------------------------------------------------------------------------------------------------------


def test_a_policy_is_measured_against_another_or_a_shipped_one(manager: Client, group: Group) -> None:
    assert "This policy has no baseline." in text(manager.get(PAGE))

    for name in ("shipped:harbour", f"policy:{group.parent.slug}"):
        assert manager.post(f"{PAGE}choose/", {"baseline": name}).status_code == 302
    row = PolicyBaseline.objects.get()

    assert (row.source, row.shipped, row.document) == (group.parent, "", group.parent_version.document)
    assert [e.after["baseline"] for e in AuditEntry.objects.filter(action="policy.baseline_named").order_by("pk") if e.after] == [
        "shipped:harbour", f"policy:{group.parent.slug}",
    ]  # fmt: skip


def test_only_a_policy_of_the_lender_for_the_same_kind_is_a_choice(manager: Client, group: Group) -> None:
    foreign = make_policy_version(make_product(make_lender("northgate"), code="foreign"), desk_document())

    for name in (
        f"policy:{foreign.policy.slug}x",
        "shipped:northgate",
        "shipped:nothing",
        f"policy:{SLUG}",
        "",
    ):
        assert manager.post(f"{PAGE}choose/", {"baseline": name}).status_code == 422
    assert "northgate" not in manager.get(PAGE).content.decode()
    assert not PolicyBaseline.objects.exists()


def test_only_a_manager_names_and_explains(group: Group) -> None:
    group.named()
    for role in (Role.RISK_APPROVER, Role.AUDITOR):
        client = signed_in(make_user(f"{role.value} Body", (group.desk.policy.lender, role), password=None))
        assert client.get(PAGE).status_code == 200
        assert "Record the reason" not in client.get(PAGE).content.decode()
        assert client.post(f"{PAGE}choose/", {"baseline": "shipped:harbour"}).status_code == 403
        assert client.post(f"{PAGE}reason/", {}).status_code == 403
    stranger = make_user("Un Known", (make_lender("northgate"), Role.RISK_MANAGER), password=None)
    assert signed_in(stranger).get(PAGE).status_code == 404
    for call in (
        lambda: name_baseline(policy=group.desk.policy, name="shipped:harbour", actor=acting(stranger), now=timezone.now()),
        lambda: say_why(version=group.desk.live, anchor="", quote="", text=WHY, actor=acting(stranger), now=timezone.now()),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            call()


# Why we differ --------------------------------------------------------------------------------------------------------------


def test_each_difference_is_told_with_its_reason_and_those_without_come_first(
    manager: Client, group: Group
) -> None:
    group.named()
    page = manager.get(PAGE)
    assert "2 differences from Group standard" in text(page)
    assert "2 without a reason that still holds" in text(page)

    sent = {
        "version": "1",
        "anchor": "cut-offs:approve-at",
        "quote": quote(page, "cut-offs:approve-at"),
        "text": WHY,
    }
    assert manager.post(f"{PAGE}reason/", sent).status_code == 302
    page = manager.get(PAGE)

    said = text(page)
    assert f"“{WHY}”" in said
    assert "1 without a reason that still holds" in said
    assert said.index("Tier A") < said.index("Approve at")
    row = DeviationReason.objects.get()
    assert (row.quote, row.written_by) == ("Approve at: 655 → 640", group.desk.manager)
    assert AuditEntry.objects.get(action="policy.deviation_explained").reason == WHY


def test_a_reason_for_a_difference_that_reads_otherwise_now_holds_no_more(
    manager: Client, group: Group
) -> None:
    group.named()
    say_why(version=group.desk.live, anchor="cut-offs:approve-at", quote="Approve at: 655 → 640", text=WHY, actor=acting(group.desk.manager), now=timezone.now())  # fmt: skip
    group.change_parent(lambda d: d.update(cut_offs={"approve": 660, "refer": 600}))

    said = text(manager.get(PAGE))

    assert "Changed since" in said
    assert "Said when it read: Approve at: 655 → 640" in said
    assert "2 without a reason that still holds" in said


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"text": "short"}, 422), ({"quote": "Approve at: 1 → 2"}, 409), ({"anchor": "rules:k-01"}, 409), ({"version": "x"}, 404), ({"version": "99"}, 404)],
)  # fmt: skip
def test_a_reason_that_cannot_be_kept_is_refused_and_what_was_typed_stays(
    manager: Client, group: Group, changes: dict[str, str], status: int
) -> None:
    group.named()
    sent = {"version": "1", "anchor": "cut-offs:approve-at", "quote": "Approve at: 655 → 640", "text": WHY}

    answer = manager.post(f"{PAGE}reason/", {**sent, **changes})

    assert answer.status_code == status
    assert not DeviationReason.objects.exists()
    if status == 422:
        assert ">short</textarea>" in answer.content.decode()


def test_reasons_are_never_changed(group: Group) -> None:
    group.named()
    row = say_why(version=group.desk.live, anchor="cut-offs:approve-at", quote="Approve at: 655 → 640", text=WHY, actor=acting(group.desk.manager), now=timezone.now())  # fmt: skip

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE underwriting_deviationreason SET text = 'x' WHERE id = %s", [row.pk])


# Taking over ----------------------------------------------------------------------------------------------------------------


def stricter(document: Any) -> None:
    """The parent changes what the policy deviates in (the cut-off), and two things that it does not."""
    document["cut_offs"] = {"approve": 670, "refer": 600}
    document["sla"] = {"working_minutes": 111}
    document["rules"] = [r for r in document["rules"] if r["id"] != "K-02"]


def test_a_draft_takes_in_what_it_does_not_deviate_in(manager: Client, group: Group) -> None:
    group.named()
    draft = own_draft(group.desk)
    assert "The baseline changed nothing" in text(manager.get(edit_url(2, "baseline")))
    group.change_parent(stricter)

    page = manager.get(edit_url(2, "baseline"))
    said = text(page)
    assert "Rule K-02" in said
    assert "111 working minutes" in said
    assert "Both changed, and the draft keeps its own: approve at." in said
    fields = dict(re.findall(r'name="(sha256|content_sha256)"[^>]*value="([^"]*)"', page.content.decode()))
    assert manager.post(edit_url(2, "baseline"), fields).status_code == 302

    draft.refresh_from_db()
    assert draft.document["cut_offs"]["approve"] == 640
    assert draft.document["sla"] == {"working_minutes": 111}
    assert "K-02" not in [rule["id"] for rule in draft.document["rules"]]
    assert draft.document["price_grid"] == group.desk.live.document["price_grid"]
    assert BaselineTaken.objects.get().document == group.parent_version.document
    assert "The baseline changed nothing" in text(manager.get(edit_url(2, "baseline")))


def test_what_one_draft_took_in_and_dropped_is_offered_to_the_next(group: Group) -> None:
    group.named()
    group.change_parent(stricter)
    actor = acting(group.desk.manager)
    first = own_draft(group.desk)
    found = what_to_take(first, timezone.now())
    assert found is not None
    took = take_over(version=first, expected_sha256=first.document_sha256, merged_sha256=canonical_sha256(found.merged), actor=actor, now=timezone.now())  # fmt: skip

    beside = what_to_take(own_draft(group.desk), timezone.now())
    after = what_to_take(
        create_draft(policy=group.desk.policy, based_on=took, actor=actor, now=timezone.now()), timezone.now()
    )

    assert beside is not None
    assert len(beside.changes) == 2
    assert after is not None
    assert after.changes == ()


def test_what_was_not_shown_is_not_taken(manager: Client, group: Group) -> None:
    group.named()
    draft = own_draft(group.desk)
    group.change_parent(stricter)
    found = what_to_take(draft, timezone.now())
    assert found is not None
    shown = {"sha256": draft.document_sha256, "content_sha256": canonical_sha256(found.merged)}
    group.change_parent(lambda d: d.update(sla={"working_minutes": 222}))

    answer = manager.post(edit_url(2, "baseline"), shown)

    assert answer.status_code == 409
    assert "222 working minutes" in text(answer)
    draft.refresh_from_db()
    assert draft.document == group.desk.live.document
    assert not BaselineTaken.objects.exists()


def test_without_a_baseline_there_is_nothing_to_take(manager: Client, group: Group) -> None:
    draft = own_draft(group.desk)

    assert "This policy has no baseline in force." in text(manager.get(edit_url(2, "baseline")))
    with pytest.raises(LifecycleRefused):
        take_over(
            version=draft,
            expected_sha256="",
            merged_sha256="",
            actor=acting(group.desk.manager),
            now=timezone.now(),
        )
    with pytest.raises(DraftChanged):
        say_why(
            version=draft,
            anchor="x",
            quote="",
            text=WHY,
            actor=acting(group.desk.manager),
            now=timezone.now(),
        )
