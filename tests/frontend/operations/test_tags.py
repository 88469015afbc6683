"""Words on cases: bounded, per lender, and a filter in the queue's address."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.tag import TAGS_OF_A_LENDER_MAX, TagRefused, tag_case, untag_case
from review_queue.models import ReviewCase, Tag
from review_queue.permissions import MayNotDecide
from tests.factories import actor_of, make_lender
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import url
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, User

pytestmark = pytest.mark.django_db


def tag(case: ReviewCase, user: User, name: str, role: Role = Role.CREDIT_OFFICER) -> ReviewCase:
    return tag_case(case_id=case.pk, roles={role}, name=name, actor=actor_of(user), now=timezone.now())


def test_a_word_is_put_on_found_by_and_taken_off(officer: Client, desk: Desk, case: ReviewCase) -> None:
    other = make_case(desk, now=timezone.now())
    assert officer.post(url(case, "tags/"), {"add": "  Self  Employed "}).status_code == 303
    officer.post(url(case, "tags/"), {"add": "self employed"})
    assert "self employed" in officer.get(url(case)).content.decode()

    page = officer.get("/queue/?view=all&tag=self+employed").content.decode()
    assert f'id="case-{case.number}"' in page
    assert f'id="case-{other.number}"' not in page
    assert '<input type="hidden" name="tag" value="self employed">' in page, "Start keeps to the filter"
    assert "1 matches without <em>Tag</em>" not in page
    nothing = officer.get("/queue/?view=all&tag=nothing").content.decode()
    assert "2 match without <em>Tag</em>" in nothing

    officer.post(url(case, "tags/"), {"remove": "self employed"})
    assert Tag.objects.count() == 0
    entries = AuditEntry.objects.filter(action__in=["case.tagged", "case.untagged"]).order_by("pk")
    assert [(e.action, e.before, e.after) for e in entries] == [
        ("case.tagged", None, {"tag": "self employed"}), ("case.untagged", {"tag": "self employed"}, None),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "x" * 25, "<b>", "-x"])
def test_what_is_no_tag_is_refused_and_stays_in_the_field(
    officer: Client, case: ReviewCase, name: str
) -> None:
    answer = officer.post(url(case, "tags/"), {"add": name})
    assert answer.status_code == 422
    assert "Use letters, digits, spaces and hyphens, at most 24 characters." in answer.content.decode()


def test_a_case_has_five_tags_and_a_lender_forty(
    desk: Desk, case: ReviewCase, ana: User, harbour: Lender
) -> None:
    for number in range(5):
        tag(case, ana, f"tag {number}")
    with pytest.raises(TagRefused, match="A case has at most 5 tags"):
        tag(case, ana, "one more")
    Tag.objects.bulk_create(Tag(lender=harbour, name=f"more {n}") for n in range(TAGS_OF_A_LENDER_MAX - 5))
    other = make_case(desk, now=timezone.now())
    with pytest.raises(TagRefused, match="There are 40 tags already"):
        tag(other, ana, "one more")
    assert tag(other, ana, "tag 1").tags.count() == 1


def test_tags_are_the_lenders_own_and_not_for_readers(case: ReviewCase, ana: User) -> None:
    Tag.objects.create(lender=make_lender("northgate"), name="vip")
    tag(case, ana, "vip")
    assert Tag.objects.filter(name="vip").count() == 2
    with pytest.raises(MayNotDecide):
        tag(case, ana, "x", Role.AUDITOR)
    with pytest.raises(MayNotDecide):
        untag_case(case_id=case.pk, roles={Role.AUDITOR}, name="vip", actor=actor_of(ana), now=timezone.now())
