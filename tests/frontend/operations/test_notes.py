"""Notes on the case page and the list of those that name one, with script and without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.write_note import Written, write_note
from review_queue.models import Note, NoteMention, ReviewCase
from tests.factories import actor_of, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import Role
from underwriting.models import Lender, Party, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


def written(
    case: ReviewCase, author: User, text: str, *, ago: timedelta = timedelta(0), is_for_risk: bool = False
) -> Note:
    party = Party.objects.get(application=case.application)
    return write_note(
        case=case, written=Written(text, party, is_for_risk), author=author, roles={Role.CREDIT_OFFICER}, actor=actor_of(author),
        now=timezone.now() - ago,
    )  # fmt: skip


def page(client: Client, case: ReviewCase) -> str:
    return client.get(url(case)).content.decode()


def test_a_note_is_written_without_script_and_read_by_the_next_person(
    officer: Client, tom: User, case: ReviewCase
) -> None:
    sent = officer.post(url(case, "notes/"), {"text": "Employer confirmed\r\n@Tom Berg"})
    assert (sent.status_code, sent["Location"]) == (303, url(case) + "#notes")

    reader = Client()
    reader.force_login(tom)
    assert "Employer confirmed<br>@Tom Berg" in page(reader, case)


def test_with_script_the_notes_alone_come_back_with_an_empty_box(officer: Client, case: ReviewCase) -> None:
    sent = officer.post(url(case, "notes/"), {"text": "Employer confirmed"}, headers=HX)
    text = sent.content.decode()
    assert sent.status_code == 200
    assert text.lstrip().startswith('<section class="card" id="notes"')
    assert "Employer confirmed" in text
    assert "✓ The note is kept." in text
    assert 'data-key-label="Write a note"></textarea>' in text


@pytest.mark.parametrize("headers", [{}, HX])
def test_a_refused_note_keeps_every_word_and_says_what_to_do(
    officer: Client, case: ReviewCase, headers: dict[str, str]
) -> None:
    sent = officer.post(
        url(case, "notes/"), {"text": "Ask <@Zed> about it", "for_risk": "on"}, headers=headers
    )
    text = sent.content.decode()
    assert sent.status_code == 422
    assert '<a href="#note-text">Nobody who reads this case is called “@Zed”' in text
    assert "Ask &lt;@Zed&gt; about it</textarea>" in text
    assert 'name="for_risk" checked' in text


def test_what_is_typed_is_there_again_after_the_tab_was_killed(officer: Client, case: ReviewCase) -> None:
    """Nobody needs to hold the case for it."""
    assert officer.post(url(case, "notes/draft/"), {"text": "Half a sent"}, headers=HX).status_code == 204
    text = page(officer, case)
    assert "Half a sent</textarea>" in text
    assert "Kept unsent since" in text
    assert officer.post(url(case, "notes/draft/"), {"text": "x" * 2_001}).status_code == 422


def test_an_own_note_is_changed_for_five_minutes(officer: Client, ana: User, case: ReviewCase) -> None:
    note = written(case, ana, "Employed since spring")
    form = officer.get(url(case, f"notes/{note.pk}/"), headers=HX).content.decode()
    assert 'id="note-changed"' in form
    assert "Employed since spring</textarea>" in form

    assert officer.post(url(case, f"notes/{note.pk}/"), {"text": "Employed since autumn"}).status_code == 303
    text = page(officer, case)
    assert "Employed since autumn" in text
    assert "since spring" not in text


def test_after_five_minutes_the_words_stand_as_a_new_note_that_corrects_it(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    note = written(case, ana, "Employed since spring", ago=timedelta(minutes=6))
    assert f'id="change-note-{note.pk}"' not in page(officer, case)

    late = officer.post(url(case, f"notes/{note.pk}/"), {"text": "Employed since autumn"})
    text = late.content.decode()

    assert late.status_code == 409
    assert "A note can be changed for five minutes." in text
    assert "Employed since autumn</textarea>" in text
    assert f'<option value="{note.pk}" selected>' in text
    officer.post(url(case, "notes/"), {"text": "Employed since autumn", "corrects": str(note.pk)})
    text = page(officer, case)
    assert "Corrected below" in text
    assert f'corrects <a href="#note-{note.pk}">' in text


def test_nobody_opens_a_note_of_somebody_elses_to_change_it(
    officer: Client, tom: User, case: ReviewCase
) -> None:
    note = written(case, tom, "Mine")
    assert officer.get(url(case, f"notes/{note.pk}/")).status_code == 404
    assert officer.post(url(case, f"notes/{note.pk}/"), {"text": "Yours"}).status_code == 404


def test_a_note_for_risk_is_no_part_of_an_officers_page(
    client: Client, officer: Client, harbour: Lender, tom: User, case: ReviewCase
) -> None:
    written(case, tom, "The payslip looks altered", is_for_risk=True)
    assert "altered" not in page(officer, case)
    assert "altered" not in officer.post(url(case, "notes/"), {"text": "Hello"}, headers=HX).content.decode()

    senior = Client()
    senior.force_login(make_user("Sena Kaya", (harbour, Role.SENIOR_OFFICER)))
    assert "altered" in page(senior, case)
    assert "Risk only" in page(senior, case)


def test_in_a_blind_look_notes_of_others_come_after_ones_own_answer(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    written(case, tom, "I declined for the card use")
    claimed(case, ana)
    hidden = [
        page(officer, case),
        officer.post(url(case, "notes/"), {"text": "Hello"}, headers=HX).content.decode(),
        officer.post(url(case, "notes/"), {"text": ""}, headers=HX).content.decode(),
    ]
    assert all("for the card use" not in text for text in hidden)
    assert all("shown after you have given your own answer" in text for text in hidden)

    officer.post(url(case, "own-answer/"), {"outcome": "APPROVE", "sentence": "The income carries it."})
    assert "I declined for the card use" in page(officer, case)


def test_home_lists_where_one_was_named_until_it_was_opened(
    officer: Client, ana: User, tom: User, case: ReviewCase
) -> None:
    written(case, tom, "@Ana Ruiz the rent is wrong")
    mention = NoteMention.objects.get()
    home = officer.get("/").content.decode()
    assert f"Tom Berg named you in a note on {case}" in home
    assert '<span class="tag tag--info">New</span>' in home
    assert "the rent is wrong" not in home

    opened = officer.post(f"/mentions/{mention.pk}/")
    assert (opened.status_code, opened["Location"]) == (303, url(case) + "#notes")
    home = officer.get("/").content.decode()
    assert '<span class="small muted">Seen</span>' in home
    assert '<span class="tag tag--info">New</span>' not in home


def test_a_mention_is_opened_by_the_one_it_names(
    officer: Client, ana: User, tom: User, case: ReviewCase
) -> None:
    written(case, ana, "@Tom Berg look")
    assert officer.post(f"/mentions/{NoteMention.objects.get().pk}/").status_code == 404
    assert NoteMention.objects.get().seen_at is None


def test_who_only_reads_has_no_box(client: Client, harbour: Lender, case: ReviewCase) -> None:
    client.force_login(make_user("Agnes Test", (harbour, Role.AUDITOR)))
    assert 'id="note-text"' not in page(client, case)
    assert client.post(url(case, "notes/"), {"text": "Hello"}).status_code == 403


def test_the_people_who_can_be_named_are_a_page_and_a_list(
    officer: Client, tom: User, case: ReviewCase
) -> None:
    whole = officer.get(url(case, "notes/people/")).content.decode()
    part = officer.get(url(case, "notes/people/"), headers=HX).content.decode()
    assert "<h1>Who can be named in a note</h1>" in whole
    assert part.startswith('<ul class="plain" id="note-people">')
    assert part.count("<li ") == 2
    assert "Tom Berg</li>" in part
