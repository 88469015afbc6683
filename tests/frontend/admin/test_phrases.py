"""C-25: a lender's phrases: put on the list and taken off by an administrator, in the trail, and offered in its notes alone."""

from __future__ import annotations

import pytest
from django.test import Client

from review_queue.models import Phrase
from tests.factories import make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender

pytestmark = pytest.mark.django_db
PATH = "/admin-area/phrases/"
WORDS = "Asked for payslips of three months by telephone."
HX = {"HX-Request": "true"}


def test_a_phrase_is_added_and_removed_and_both_are_in_the_trail(admin: Client, lender: Lender) -> None:
    added = admin.post(PATH, {"name": "Payslips", "text": WORDS})
    page = admin.get(added["Location"]).content.decode()
    phrase = Phrase.objects.get(lender=lender)
    removed = admin.post(f"{PATH}{phrase.pk}/removal/")

    assert (added.status_code, removed.status_code) == (303, 303)
    assert "/payslips" in page
    assert WORDS in page
    assert not Phrase.objects.exists()
    entries = AuditEntry.objects.filter(object_type="lender").order_by("pk")
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        ("lender.phrase_added", None, {"payslips": WORDS}),
        ("lender.phrase_removed", {"payslips": WORDS}, None),
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("", WORDS, "Enter a short name"),
        ("two words", WORDS, "Use letters, digits and hyphens only"),
        ("payslips", "", "Enter the words"),
        ("there", WORDS, "There is a phrase of this name already"),
        ("There", WORDS, "There is a phrase of this name already"),
    ],
)
def test_what_will_not_do_is_said_beside_what_was_typed(
    admin: Client, lender: Lender, name: str, text: str, words: str
) -> None:
    Phrase.objects.create(lender=lender, name="there", text="As on file.")
    answer = admin.post(PATH, {"name": name, "text": text})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert text in answer.content.decode()
    assert Phrase.objects.count() == 1


def test_a_note_offers_the_phrases_of_its_own_lender(client: Client, lender: Lender) -> None:
    case = make_case(make_desk(lender))
    Phrase.objects.create(lender=lender, name="payslips", text=WORDS)
    Phrase.objects.create(lender=make_lender("northgate"), name="theirs", text="Not ours.")
    client.force_login(make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER)))
    for headers in ({}, HX):
        lists = client.get(f"/cases/{case}/notes/people/", headers=headers).content.decode()
        assert f'data-text="{WORDS}"' in lists
        assert "Not ours." not in lists
