"""The regions of the case page: each has its id, each can be asked for alone, and the page costs what is written here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.write_note import Written, write_note
from review_queue.messages import send_message
from review_queue.models import ReviewCase
from tests.factories import actor_of, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.documents.receive import receive_document
from underwriting.enums import DocumentKind, Role
from underwriting.models import Lender, Party, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
IDS = (
    "case-head", "why", "band", "explain", "rules", "facts", "bureau", "docs", "related", "similar", "notes", "timeline", "decision",
)  # fmt: skip


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


def dealt_with(case: ReviewCase, colleague: User) -> ReviewCase:
    """Something in every region: a document, a message, a note."""
    party = Party.objects.get(application=case.application)
    now = timezone.now()
    receive_document(
        application=case.application, party=party, kind=DocumentKind.PAYSLIP, name="July.pdf", content=pdf(), actor=SYSTEM, now=now
    )  # fmt: skip
    send_message(application=case.application, party=party, author=None, text="I moved house.", now=now)
    write_note(
        case=case, written=Written("Called.", party), author=colleague, roles={Role.CREDIT_OFFICER}, actor=actor_of(colleague), now=now
    )  # fmt: skip
    return case


@pytest.mark.parametrize("region", IDS)
def test_each_region_can_be_asked_for_alone(officer: Client, case: ReviewCase, region: str) -> None:
    part = officer.get(url(case, f"?fragment={region}"), headers=HX).content.decode().strip()
    whole = officer.get(url(case)).content.decode()
    assert part.startswith("<")
    assert f'id="{region}"' in part.partition(">")[0]
    assert [name for name in IDS if f' id="{name}"' in part] == [region]
    assert whole.count(f' id="{region}"') == 1


@pytest.mark.parametrize("region", IDS)
def test_each_region_is_there_on_a_blind_look(
    officer: Client, ana: User, tom: User, desk: Desk, region: str
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    assert f' id="{region}"' in officer.get(url(case)).content.decode()
    part = officer.get(url(case, f"?fragment={region}"), headers=HX).content.decode()
    assert f' id="{region}"' in part


def test_without_script_or_for_an_unknown_region_the_page_comes_whole(
    officer: Client, case: ReviewCase
) -> None:
    for answer in (
        officer.get(url(case, "?fragment=facts")),
        officer.get(url(case, "?fragment=secret"), headers=HX),
    ):
        assert answer.content.decode().startswith("<!doctype html>")


@pytest.mark.parametrize(("address", "queries"), [("?view=all", 15), ("", 16)])
def test_the_page_of_a_referral_costs_at_most_eighteen_queries(
    officer: Client,
    ana: User,
    tom: User,
    desk: Desk,
    case: ReviewCase,
    address: str,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    """With neighbours in the view, another application of the person, a document, a message and a note."""
    index = Party.objects.get(application=case.application).person_index
    for hours in (1, 2):
        other = make_case(desk, now=timezone.now() - timedelta(hours=hours))
        Party.objects.filter(application=other.application).update(person_index=index)
    dealt_with(claimed(case, ana), tom)
    officer.get(url(case))  # the session is kept alive once in a while, not with each page

    with django_assert_num_queries(queries):
        page = officer.get(url(case, address)).content.decode()

    assert "I moved house." in page
    assert "July.pdf" in page
    assert "asked for and not decided in 2" in page


@pytest.mark.parametrize(("address", "queries"), [("?view=all", 17), ("", 18)])
def test_the_page_of_an_answered_appeal_costs_at_most_eighteen_queries(
    officer: Client,
    ana: User,
    tom: User,
    desk: Desk,
    address: str,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    case = dealt_with(make_appeal(desk, tom), tom)
    claimed(case, ana)
    officer.post(url(case, "own-answer/"), {"outcome": "APPROVE", "sentence": "The income carries it."})

    with django_assert_num_queries(queries):
        page = officer.get(url(case, address)).content.decode()

    assert "Your answer and the earlier one" in page
