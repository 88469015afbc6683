"""The panels by which a case moves between people and time, as a browser with and without script sends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.hand_over import give_case
from review_queue.models import ApplicantRequest, Conflict, Message, ReviewCase, Skip, Watch
from tests.factories import actor_of, make_lender, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import CaseState, Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lena(harbour: Lender) -> User:
    return make_user("Lena Ford", (harbour, Role.TEAM_LEAD), (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def lead(lena: User) -> Client:
    client = Client()
    client.force_login(lena)
    return client


def day(days: int) -> str:
    today = timezone.now().astimezone(ZoneInfo("America/New_York")).date()
    return (today + timedelta(days=days)).isoformat()


def asked(**changes: Any) -> dict[str, Any]:
    return {"items": ["payslips"], "question": "Since when?", "answer_until": day(5), "view": "all"} | changes


def test_the_message_is_shown_as_it_will_be_read_and_then_sent(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    panel = officer.get(url(case, "ask/"), headers=HTMX).content.decode()
    preview = officer.post(url(case, "ask/preview/"), asked(), headers=HTMX).content.decode()
    sent = officer.post(url(case, "ask/"), asked())

    assert 'id="panel-title" tabindex="-1" autofocus' in panel
    assert "Your payslips of the last three months." in preview
    assert "Since when?" in preview
    assert (sent.status_code, sent["Location"]) == (303, "/queue/?view=all")
    page = officer.get(url(case)).content.decode()
    assert "<strong>Waiting for the applicant</strong>" in page
    assert "Stop waiting and claim" in page
    assert ApplicantRequest.objects.get().items == ["payslips"]


def test_the_message_is_in_the_language_of_the_application(officer: Client, ana: User, desk: Desk) -> None:
    case = make_case(desk, now=timezone.now(), language="es")
    claimed(case, ana)
    preview = officer.post(url(case, "ask/preview/"), asked()).content.decode()
    assert 'lang="es">' in preview
    assert "Sus recibos de sueldo de los últimos tres meses." in preview


def test_what_is_wrong_with_it_is_said_and_every_word_stays(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    answer = officer.post(url(case, "ask/"), asked(answer_until="1999-01-01"), headers=HTMX)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#answer-until">Choose a day from ' in shown
    assert ">Since when?</textarea>" in shown
    assert 'value="payslips" checked' in shown
    assert Message.objects.count() == 0


def test_a_look_at_the_message_without_script_sends_nothing(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    page = officer.post(url(case, "ask/"), asked(look="1"))
    assert page.status_code == 200
    assert "Your payslips of the last three months." in page.content.decode()
    assert Message.objects.count() == 0


def test_the_ask_panel_keeps_its_draft(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    assert officer.post(url(case, "draft/ask/"), asked()).status_code == 204
    shown = officer.get(url(case, "ask/"), headers=HTMX).content.decode()
    assert ">Since when?</textarea>" in shown
    assert 'value="payslips" checked' in shown


def test_a_panel_that_was_sent_is_empty_when_the_case_comes_back(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    officer.post(url(case, "draft/escalate/"), {"why": "Abroad.", "to": ""})
    officer.post(url(case, "ask/"), asked())
    officer.post(url(case, "claim/"))
    asking, passing_on = (
        officer.get(url(case, part), headers=HTMX).content.decode() for part in ("ask/", "escalate/")
    )
    assert ("Since when?" in asking, 'value="payslips" checked' in asking, ">Abroad.</textarea>" in passing_on) == (
        False, False, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("panel", "sent", "kept"),
    [
        ("ask/", {"question": "Since when?", "items": ["payslips"]}, ">Since when?</textarea>"),
        ("escalate/", {"why": "Abroad.", "to": ""}, ">Abroad.</textarea>"),
        ("snooze/", {"why": "Tomorrow.", "until": "2030-01-01"}, ">Tomorrow.</textarea>"),
    ],
)
def test_who_lost_the_case_is_told_and_keeps_the_text(
    officer: Client, harbour: Lender, case: ReviewCase, ana: User, panel: str, sent: dict[str, Any], kept: str
) -> None:
    claimed(case, ana, ago=timedelta(hours=1))
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    answer = officer.post(url(case, panel), sent, headers=HTMX)
    assert answer.status_code == 409
    assert (
        "Tom Berg holds this case. Nothing was changed; your text is kept below." in answer.content.decode()
    )
    assert kept in answer.content.decode()


def test_a_case_is_passed_on_to_a_person_of_the_list(
    officer: Client, ana: User, case: ReviewCase, lena: User, harbour: Lender
) -> None:
    other = make_user("Zoe Else", (make_lender("northgate"), Role.SENIOR_OFFICER))
    claimed(case, ana)
    panel = officer.get(url(case, "escalate/"), headers=HTMX).content.decode()
    assert f'<option value="{lena.public_id}">Lena Ford, senior officer</option>' in panel
    assert "Ana Ruiz" not in panel
    refused = officer.post(url(case, "escalate/"), {"to": str(other.public_id), "why": "x"}, headers=HTMX)
    assert refused.status_code == 422
    sent = officer.post(url(case, "escalate/"), {"to": str(lena.public_id), "why": "Abroad."})
    case.refresh_from_db()
    assert (sent.status_code, case.assigned_to) == (303, lena)
    page = officer.get(url(case)).content.decode()
    assert "Ana Ruiz passed it on to Lena Ford: Abroad." in page, "who passed it on reads it still"
    assert "Given to <strong>Lena Ford</strong>" in page


def test_a_conflict_of_interest_takes_the_button_away(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    sent = officer.post(url(case, "skip/"), {"reason": "CONFLICT_OF_INTEREST", "note": ""})
    claim = officer.post(url(case, "claim/"))
    page = officer.get(url(case)).content.decode()

    words = "You said that you have a conflict of interest in this application. A different officer has to take it"
    assert (sent.status_code, claim.status_code) == (303, 409)
    assert words in claim.content.decode()
    assert f"{words}, so there is no button here." in page
    assert Conflict.objects.get().user == ana


def test_a_skip_without_a_reason_is_asked_for_one(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    answer = officer.post(url(case, "skip/"), {"note": "hm"}, headers=HTMX)
    assert answer.status_code == 422
    assert '<a href="#skip-reason">Choose a reason.</a>' in answer.content.decode()
    assert ">hm</textarea>" in answer.content.decode()
    assert Skip.objects.count() == 0


def test_the_holder_hears_at_the_next_sign_of_life_who_took_the_case_and_why(
    officer: Client, lead: Client, ana: User, lena: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    taken = lead.post(url(case, "give/"), {"to": str(lena.public_id), "why": "Ana is away."})
    heard = officer.post(url(case, "heartbeat/"))

    assert taken.status_code == 303
    assert (heard.status_code, heard.content.decode()) == (
        409, "Lena Ford took this case over: “Ana is away.” Your text is kept.",
    )  # fmt: skip


def test_another_way_of_losing_a_case_is_not_put_on_the_lead(
    officer: Client, ana: User, lena: User, case: ReviewCase, harbour: Lender
) -> None:
    claimed(case, ana)
    tom = make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))
    give_case(
        case_id=case.pk, by=lena, roles={Role.TEAM_LEAD}, to=tom, why="x", actor=actor_of(lena), now=timezone.now()
    )  # fmt: skip
    told = officer.post(url(case, "heartbeat/")).content.decode()
    claimed(case, ana)
    ReviewCase.objects.update(holder=tom, assigned_to=None)
    ReviewCase.objects.update(holder=lena)
    later = officer.post(url(case, "heartbeat/")).content.decode()
    assert told == "Lena Ford gave this case to Tom Berg: “x” Your text is kept."
    assert later == "Lena Ford holds this case now. Your text is kept."


def test_who_waits_for_a_case_is_told_when_it_is_free(
    officer: Client, ana: User, case: ReviewCase, harbour: Lender
) -> None:
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    assert officer.post(url(case, "watch/")).status_code == 303
    assert officer.post(url(case, "watch/")).status_code == 303
    assert Watch.objects.get().user == ana
    assert 'id="freed"' in officer.get(url(case)).content.decode()
    assert officer.get(url(case, "freed/")).status_code == 204
    ReviewCase.objects.update(lease_until=timezone.now())
    assert f"{case} is free now." in officer.get(url(case, "freed/")).content.decode()
    claimed(case, ana)
    assert not Watch.objects.exists(), "who has it waits for it no more"


def test_a_lead_moves_the_due_time_and_opens_a_closed_case_again(
    lead: Client, officer: Client, case: ReviewCase
) -> None:
    working = next(d for d in range(7, 12) if datetime.fromisoformat(day(d)).isoweekday() < 6)
    moved = lead.post(url(case, "due/"), {"due_on": day(working), "why": "Holiday."})
    assert moved.status_code == 303
    ReviewCase.objects.update(state=CaseState.CLOSED)
    assert "open-reopen" in lead.get(url(case)).content.decode()
    assert "open-reopen" not in officer.get(url(case)).content.decode()
    opened = lead.post(url(case, "reopen/"), {"why": "A payslip was overlooked."})
    again = ReviewCase.objects.get(reopens=case)
    assert (opened.status_code, opened["Location"].split("?")[0]) == (303, f"/cases/{again}/")
    assert f'Opens <a href="/cases/{case}/">{case}</a> again.' in lead.get(url(again)).content.decode()


def test_views_of_what_waits_and_what_came_back(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    officer.post(url(case, "ask/"), asked())
    waiting = officer.get("/queue/?view=waiting").content.decode()
    assert f'id="case-{case.number}"' in waiting
    assert "Clock stands still" in waiting
    assert f'id="case-{case.number}"' not in officer.get("/queue/?view=all").content.decode()
    ReviewCase.objects.update(
        waits_for="", waiting_until=None, came_back_at=timezone.now(), came_back_because="ANSWERED"
    )
    assert f'id="case-{case.number}"' in officer.get("/queue/?view=came-back").content.decode()
    assert "the applicant answered" in officer.get(url(case)).content.decode()
