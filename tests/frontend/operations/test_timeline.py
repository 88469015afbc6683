"""The timeline of a case: by kind, a page at a time, with before and after."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from tests.factories import actor_of, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.enums import ActorKind, Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
APPLICANT = Actor(kind=ActorKind.APPLICANT, user_id=None, name="Applicant")
CLIENT = Actor(kind=ActorKind.CLIENT, user_id=None, name="Partner X")


def happened(case: ReviewCase, action: str, actor: Actor = SYSTEM, **more: object) -> None:
    with transaction.atomic():
        record_entry(
            actor=actor, action=action, object_type="case", object_id=str(case.number), lender_id=case.lender_id,
            application_id=case.application_id, now=timezone.now(), **more,  # type: ignore[arg-type]
        )  # fmt: skip


def rows(client: Client, case: ReviewCase, query: str = "") -> list[str]:
    """What each row says, as a fragment."""
    part = client.get(url(case, f"?fragment=timeline&{query}"), headers=HX).content.decode()
    found = re.findall(r'<li class="timeline__row[^"]*">(.*?)</li>', part, re.DOTALL)
    return [" ".join(re.sub(r"<time.*?</time>|<[^>]+>", "", row).split()) for row in found]


def test_it_is_newest_first_with_who_what_before_and_after(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    happened(
        case, "fact.corrected", actor_of(ana), before={"annual_income": 5_220_000}, after={"annual_income": 6_000_000}, reason="Payslip"
    )  # fmt: skip
    happened(case, "case.released", actor_of(ana), before={"holder": "Ana Ruiz"}, after={"holder": None})
    assert rows(officer, case)[:3] == [
        "Ana Ruiz gave the case back Ana Ruiz → nobody",
        "Ana Ruiz corrected a fact Yearly income $52,200 → $60,000“Payslip”",
        "Ana Ruiz claimed the case nobody → Ana Ruiz",
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("people", ["Ana Ruiz wrote a note"]),
        ("system", ["System sent the notice", "API key: Partner X submitted the application"]),
        ("applicant", ["The applicant sent a message"]),
        ("letters", ["The applicant sent a message", "System sent the notice"]),
    ],
)
def test_a_chip_shows_one_kind(
    officer: Client, ana: User, case: ReviewCase, kind: str, expected: list[str]
) -> None:
    happened(case, "application.submitted", CLIENT)
    happened(case, "notice.disclosed")
    happened(case, "note.written", actor_of(ana))
    happened(case, "message.sent", APPLICANT)

    found = rows(officer, case, f"timeline={kind}")

    assert [row for row in found if "opened the case" not in row] == expected
    page = officer.get(url(case, f"?timeline={kind}")).content.decode()
    assert f'id="timeline-{kind}"' in page
    assert re.findall(r'id="(timeline-\w+)"[^>]*aria-current="true"', page) == [f"timeline-{kind}"]


def test_older_entries_follow_by_key_without_gap_or_repeat(officer: Client, case: ReviewCase) -> None:
    for number in range(30):
        happened(case, "case.assessment_requested", after={"score": number})
    seen: list[str] = []
    query = ""
    for _ in range(9):
        page = officer.get(url(case, f"?{query}")).content.decode()
        seen += rows(officer, case, query)
        following = re.search(
            r'id="timeline-more" href="/cases/C-\d+/\?(?:[^"]*&amp;)?timeline=&amp;older=(\d+)#', page
        )
        if following is None:
            break
        query = f"older={following[1]}"
    assert seen[:30] == [
        f"System asked for another assessment: score {number}" for number in reversed(range(30))
    ]
    assert len(seen) == len(rows(officer, case)) + 12 + len(seen[24:])


@pytest.mark.parametrize("query", ["older=x", "older=-1", "older=" + "9" * 40, "timeline=evil", "older=1;2"])
def test_what_no_page_has_counts_as_not_given(officer: Client, case: ReviewCase, query: str) -> None:
    assert rows(officer, case, query) == rows(officer, case)


@pytest.mark.parametrize("kind", ["", "people", "system", "letters"])
def test_on_a_blind_look_no_kind_tells_the_earlier_answer(
    officer: Client, ana: User, harbour: Lender, desk: Desk, kind: str
) -> None:
    case = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    claimed(case, ana)
    told = " ".join(rows(officer, case, f"timeline={kind}"))
    assert not re.search("decid|decline|notice|Tom Berg", told)
    assert ("claimed the case" in told) == (kind in {"", "people"})
