"""Every form of a case: what is typed is kept, is on the screen again, also after a session that ended, and is forgotten once sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from frontend.operations.drafts import FORMS, place_of_form
from frontend.session.middleware import IDLE_SECONDS, SEEN_SESSION_KEY
from review_queue.actions.drafts import draft_of
from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from tests.frontend.operations.test_desk import HX, decline_form
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
WORDS = "Her mother's flat, until the end of May."
TEMPLATES = Path("frontend/templates/operations")
# Five minutes are given to change a note; it stands there as it was until then.
NOT_KEPT = {"case-note"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into a form, and who types it."""

    fields: Mapping[str, Any]
    by: Role = Role.CREDIT_OFFICER


TYPED = {
    "approve": Typed({"sentence": WORDS, "mitigating_factor": "collateral"}),
    "counteroffer": Typed({"sentence": WORDS}),
    "decline": Typed({"sentence": WORDS}),
    "own-answer": Typed({"sentence": WORDS, "outcome": ""}),
    "second-look": Typed({"sentence": WORDS, "outcome": ""}),
    "again": Typed({"why": WORDS}),
    "correct": Typed({"source": WORDS, "fact": "", "value": "12"}),
    "ask": Typed({"question": WORDS, "answer_until": "1999-01-01", "party": "1"}),
    "message": Typed({"text": WORDS, "party": "1"}),
    "condition": Typed({"said": WORDS, "code": "payslips"}),
    "escalate": Typed({"why": WORDS, "to": ""}),
    "skip": Typed({"note": WORDS, "reason": ""}),
    "snooze": Typed({"why": WORDS, "until": ""}),
    "give": Typed({"why": WORDS, "to": ""}, Role.TEAM_LEAD),
    "due": Typed({"why": WORDS, "due_on": ""}, Role.TEAM_LEAD),
    "reopen": Typed({"why": WORDS}, Role.TEAM_LEAD),
}


@pytest.fixture
def lena(harbour: Lender) -> User:
    return make_user("Lena Ode", (harbour, Role.TEAM_LEAD))


@pytest.fixture
def held(case: ReviewCase, ana: User) -> ReviewCase:
    return claimed(case, ana)


@pytest.fixture(params=sorted(FORMS))
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def writer(client: Client, ana: User, lena: User, form: str) -> Client:
    client.force_login(lena if TYPED[form].by is Role.TEAM_LEAD else ana)
    return client


def shown_at(case: ReviewCase, form: str) -> str:
    """Where the form is: in its panel, or on the case's page."""
    return url(case) if form == "message" else place_of_form(case, form)


def field(page: str) -> bool:
    """Whether the words stand in a field, not only somewhere on the page."""
    return bool(re.search(r"<textarea[^>]*>[^<]*flat, until the end of May|value=\"[^\"]*flat, until", page))


def test_words_that_were_saved_while_they_were_typed_are_back_in_the_form(
    writer: Client, held: ReviewCase, form: str
) -> None:
    """H-2."""
    assert writer.post(url(held, f"draft/{form}/"), TYPED[form].fields, headers=HX).status_code == 204
    page = writer.get(shown_at(held, form)).content.decode()
    assert field(page)
    assert f'data-draft-url="{url(held, f"draft/{form}/")}"' in page
    assert f"{FORMS[form].words}" in writer.get(url(held)).content.decode().partition('id="kept-draft"')[2]


def test_a_form_that_was_sent_after_the_session_had_ended_is_opened_again_with_every_word(
    writer: Client, held: ReviewCase, form: str, ana: User, lena: User
) -> None:
    """H-5."""
    session = writer.session
    session[SEEN_SESSION_KEY] = int(timezone.now().timestamp()) - IDLE_SECONDS - 1
    session.save()
    page = {"Referer": f"http://testserver{url(held)}?view=all"}
    assert "sign-in" in writer.post(place_of_form(held, form), TYPED[form].fields, headers=page)["Location"]
    writer.force_login(lena if TYPED[form].by is Role.TEAM_LEAD else ana)
    answer = writer.get(f"{url(held)}?view=all", follow=True)
    assert field(answer.content.decode())
    if form != "message":
        assert answer.redirect_chain[0][0].startswith(place_of_form(held, form))
        assert "Your session had ended. Nothing was sent; your text is kept below." in answer.content.decode()


def test_nobody_else_is_shown_them(writer: Client, held: ReviewCase, form: str, harbour: Lender) -> None:
    writer.post(url(held, f"draft/{form}/"), TYPED[form].fields, headers=HX)
    other = Client()
    other.force_login(make_user("Kim Berg", (harbour, Role.TEAM_LEAD), (harbour, Role.CREDIT_OFFICER)))
    assert "until the end of May" not in other.get(shown_at(held, form)).content.decode()


def test_what_was_sent_is_forgotten(officer: Client, held: ReviewCase, ana: User) -> None:
    officer.post(url(held, "draft/skip/"), {"note": "Earlier."}, headers=HX)
    for form, sent in (
        ("skip", {"reason": "OTHER", "note": WORDS}),
        ("message", {"party": "1", "text": WORDS}),
    ):
        answer = officer.post(place_of_form(held, form), sent)
        assert answer.status_code == 303
        held.refresh_from_db()
        assert draft_of(held, user_id=ana.pk, form=form) == {}


def test_an_answer_to_an_appeal_is_forgotten_once_it_is_given(
    officer: Client, desk: Desk, ana: User, harbour: Lender
) -> None:
    appeal = claimed(make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))), ana)
    sent = {"outcome": "DECLINE", "sentence": WORDS}
    officer.post(url(appeal, "draft/own-answer/"), sent, headers=HX)
    assert officer.post(url(appeal, "own-answer/"), sent).status_code == 303
    appeal.refresh_from_db()
    assert draft_of(appeal, user_id=ana.pk, form="own-answer") == {}


def test_a_lead_who_decides_nothing_keeps_no_decision(client: Client, held: ReviewCase, lena: User) -> None:
    client.force_login(lena)
    assert client.post(url(held, "draft/decline/"), decline_form(held)).status_code == 403
    assert client.post(url(held, "draft/give/"), {"why": WORDS}).status_code == 204


def test_every_form_with_a_sentence_in_it_is_one_whose_words_are_kept() -> None:
    found = [
        (path.name, re.sub(r"\s+", " ", form)[:120])
        for path in sorted(TEMPLATES.glob("*.html"))
        for form in re.findall(r"<form.*?</form>", path.read_text(encoding="utf-8"), re.DOTALL)
        if "<textarea" in form
        and "data-draft-url" not in form
        and not any(f"'{name}'" in form for name in NOT_KEPT)
    ]
    assert found == []


def test_a_word_of_the_search_is_no_word_of_the_form(officer: Client, held: ReviewCase, ana: User) -> None:
    """The way back to a view that was searched by a name stands beside what was typed."""
    back = {"view": "all", "person": "okafor", "columns": "age", "saved": ""}
    officer.post(url(held, "draft/escalate/"), {**back, "why": "", "to": ""}, headers=HX)
    assert 'id="kept-draft"' not in officer.get(url(held)).content.decode()
