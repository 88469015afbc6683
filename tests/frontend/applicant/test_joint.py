"""Disputing what was added up over all who applied: any of them may say that it is wrong, and nobody reads the sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from review_queue.models import Appeal
from tests.explanations import situations
from tests.explanations.test_compose import DECIDED_AT
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import BIRTH_DATE
from underwriting.enums import ApplicationStatus
from underwriting.models import Application, Lender
from underwriting.people.links import link_token

SUMS = ["$99,000", "62%"]


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def application(db: None) -> Iterator[Application]:
    """Declined a day ago on the income and the debts of both together."""
    made = situations.joint_sums().application
    Application.objects.update(status=ApplicationStatus.DECLINED, decided_at=DECIDED_AT)
    with time_machine.travel(DECIDED_AT + timedelta(days=1), tick=False):
        yield Application.objects.get(pk=made.pk)


def reader(application: Application, ordinal: int) -> tuple[Client, str]:
    client, path = Client(), f"/a/{link_token(application.parties.get(ordinal=ordinal))}/"
    client.post(path, BIRTH_DATE)
    return client, path


@pytest.mark.parametrize("ordinal", [1, 2])
@pytest.mark.parametrize(
    ("language", "title", "together"),
    [
        ("en", "About all of you together", "Yearly income, of all of you together"),
        ("es", "De todas las personas juntas", "Ingreso al año, de todas las personas juntas"),
        ("hi", "आप सबके बारे में एक साथ", "सालाना आमदनी, आप सबको मिलाकर"),
    ],
)
def test_a_sum_is_chosen_without_its_value_by_either_of_them(
    application: Application, ordinal: int, language: str, title: str, together: str
) -> None:
    Application.objects.update(language=language)
    client, path = reader(application, ordinal)

    choice = client.get(f"{path}dispute/")
    chosen = client.post(f"{path}dispute/", {"part": ["annual_income"]})
    words = client.get(f"{path}dispute/words/")
    client.post(f"{path}dispute/words/", {"text": "My pay is higher."})
    check = client.get(f"{path}dispute/check/")
    client.post(f"{path}dispute/check/")

    assert b'value="annual_income"' in choice.content
    # the primary reads the sums as reasons, and chooses them there
    assert (title in text_of(choice)) == (ordinal == 2)
    assert chosen["Location"].endswith("dispute/words/")
    assert together in text_of(words)
    assert together in text_of(check)
    assert [said for page in (choice, words, check) for said in SUMS if said in text_of(page)] == []
    assert Appeal.objects.get().facts == ["annual_income"]


def test_the_reasons_of_the_letter_can_be_chosen_where_they_speak_of_a_sum(application: Application) -> None:
    client, path = reader(application, 1)

    page = client.get(f"{path}dispute/").content.decode()

    reasons = re.findall(r'<label for="part-(\w+)">(.*?)</label>', page.partition("<details")[0])
    assert ("annual_income", "Yearly income, of all applicants together") in reasons


def test_more_parts_than_a_dispute_may_name_are_refused_where_they_are_chosen(lender: Lender) -> None:
    applicant = scenes.decided(lender)
    applicant.answer()
    page = applicant.get("dispute/").content.decode()
    every = re.findall(r'name="part" value="(\w+)"', page)

    refused = applicant.post("dispute/", part=every)

    assert len(every) > 20
    assert refused.status_code == 422
    assert "Choose at most 20 parts." in text_of(refused)
