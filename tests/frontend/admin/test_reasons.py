"""The reason library: what applicants read in each language, and own words from the draft to being in force."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from explanations.reason_codes.catalogue import current_catalogue, shipped_catalogue
from explanations.reason_codes.own_words import shipped_words
from tests.factories import make_lender, make_user
from underwriting.enums import Role, WordingState
from underwriting.models import AuditEntry, Lender, User, WordingProposal

pytestmark = pytest.mark.django_db
OWN = "Your credit report shows that you went bankrupt."
LIBRARY, PROPOSAL = "/admin-area/reasons/", "/admin-area/reasons/own-wording/"


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def signed_in(lender: Lender, *roles: Role, name: str = "Wanda Writer") -> Client:
    client = Client()
    client.force_login(make_user(name, *((lender, role) for role in roles)))
    return client


def words(code: str = "PR02", language: str = "en", *, revision: int = 0, **changed: str) -> dict[str, str]:
    own = shipped_words(shipped_catalogue(), code, language) | changed
    return {name.replace(".", "-"): text for name, text in own.items()} | {"seen_revision": str(revision)}


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


@pytest.mark.parametrize(
    ("language", "sentence", "reading"),
    [
        ("en", "You applied for credit 3 times in the last 90 days.", "grade 2.6, 11 words"),
        ("es", "Pidió crédito 3 veces en los últimos 90 días.", "9 words"),
        ("hi", "पिछले 90 दिनों में आपने 3 बार क्रेडिट माँगा।", "9 words"),
    ],
)
def test_the_library_shows_every_code_with_sample_figures_and_how_hard_it_reads(
    lender: Lender, language: str, sentence: str, reading: str
) -> None:
    page = text_of(signed_in(lender, Role.ADMIN), f"{LIBRARY}?language={language}")

    enabled = [code for code in shipped_catalogue().codes.values() if code.enabled]
    assert all(f'<a href="/admin-area/reasons/{code.code}/' in page for code in enabled)
    _, _, after = page.partition(sentence)
    assert f"With the applicant's own figure, {reading}<" in after[:200]


def test_the_library_can_be_narrowed(lender: Lender) -> None:
    admin = signed_in(lender, Role.ADMIN)
    admin.post(f"{LIBRARY}PR02/", words(text=OWN))

    own = text_of(admin, f"{LIBRARY}?show=own")
    hard = text_of(admin, f"{LIBRARY}?show=hard")

    assert own.count('scope="row"') == 1
    assert "/reasons/PR02/" in own
    assert 'href="/admin-area/reasons/EN01/' in hard
    assert 'href="/admin-area/reasons/PR06/' not in hard


@pytest.mark.parametrize("path", ["?language=fr", "PR99/", "BS01/", "PR02/?language=fr"])
def test_what_is_not_told_is_not_found(lender: Lender, path: str) -> None:
    assert signed_in(lender, Role.ADMIN).get(LIBRARY + path).status_code == 404


def test_own_words_go_from_the_form_to_the_applicant_through_two_people(lender: Lender) -> None:
    admin = signed_in(lender, Role.ADMIN)
    approver = signed_in(lender, Role.RISK_APPROVER, name="Ada Approver")

    saved = admin.post(f"{LIBRARY}PR02/", words(text=f"  {OWN} "), follow=True)
    assert "PR02 saved in English" in unescape(saved.text)
    page = text_of(admin, PROPOSAL)
    assert "<del>Your credit report shows a bankruptcy.</del>" in page
    assert f"<ins>{OWN}</ins>" in page
    assert "Written by Wanda Writer." in page
    assert admin.post(f"{PROPOSAL}submit/").status_code == 303
    assert current_catalogue(lender.pk) is shipped_catalogue()
    assert "Approve the wording" in text_of(approver, PROPOSAL)

    assert approver.post(f"{PROPOSAL}approve/").status_code == 303

    assert current_catalogue(lender.pk).codes["PR02"].text == OWN
    assert OWN in text_of(approver, LIBRARY)
    trail = text_of(admin, "/admin-area/")
    assert "Wording approved" in trail
    assert f"PR02 en text: <del>Your credit report shows a bankruptcy.</del> → <ins>{OWN}</ins>" in trail


def test_nobody_approves_their_own_words(lender: Lender) -> None:
    both = signed_in(lender, Role.ADMIN, Role.RISK_APPROVER)
    both.post(f"{LIBRARY}PR02/", words(text=OWN))
    both.post(f"{PROPOSAL}submit/")

    page = text_of(both, PROPOSAL)
    answer = both.post(f"{PROPOSAL}approve/")

    assert "You wrote in this wording, so somebody else approves it." in page
    assert "Approve the wording" not in page
    assert answer.status_code == 409
    assert "somebody else approves it" in answer.text
    assert WordingProposal.objects.get().state == WordingState.SUBMITTED


@pytest.mark.parametrize(
    ("code", "language", "changed", "complaint"),
    [
        ("PR02", "en", {"text": "Your score is low."}, "'score' is not a specific reason: Your score is low."),
        ("PR02", "en", {"factor": ""}, "Neutral name: this may not be empty"),
        ("UT01", "es", {"text_value": "Usa {value} de {label}."}, "has not the placeholders of the English"),
        ("UT01", "es", {"do": "Baje " + "muy " * 25 + "pronto."}, "is too hard to read: 27 words, at most 20 words a sentence"),
        ("PU01", "hi", {"adverse_values-wedding": "हमारी नीति"}, "'नीति' is not a specific reason: हमारी नीति"),
        ("PR02", "en", {"text": "x" * 301}, "at most 300 characters"),
    ],
)  # fmt: skip
def test_words_that_may_not_be_used_stay_in_the_form_with_the_reason(
    lender: Lender, code: str, language: str, changed: dict[str, str], complaint: str
) -> None:
    answer = signed_in(lender, Role.ADMIN).post(
        f"{LIBRARY}{code}/?language={language}", words(code, language) | changed
    )

    assert answer.status_code == 422
    assert complaint in unescape(answer.text)
    assert all(text in unescape(answer.text) for text in changed.values())
    assert not WordingProposal.objects.exists()


def test_a_save_over_somebody_elses_keeps_what_was_typed(lender: Lender) -> None:
    admin, other = signed_in(lender, Role.ADMIN), signed_in(lender, Role.ADMIN, name="Otto Other")
    admin.post(f"{LIBRARY}PR02/", words(text=OWN))

    late = other.post(f"{LIBRARY}PR06/", words("PR06", factor="Liens for tax"))

    assert late.status_code == 409
    assert "Somebody saved other words meanwhile" in late.text
    assert "Liens for tax" in late.text
    again = other.post(f"{LIBRARY}PR06/", words("PR06", revision=2, factor="Liens for tax"))
    assert again.status_code == 303


def test_a_submitted_wording_is_sent_back_with_a_word_on_why(lender: Lender) -> None:
    admin = signed_in(lender, Role.ADMIN)
    approver = signed_in(lender, Role.RISK_APPROVER, name="Ada Approver")
    admin.post(f"{LIBRARY}PR02/", words(text=OWN))
    admin.post(f"{PROPOSAL}submit/")

    assert approver.post(f"{PROPOSAL}send-back/", {"comment": ""}).status_code == 422
    assert approver.post(f"{PROPOSAL}send-back/", {"comment": "Shorter, please"}).status_code == 303

    assert "Sent back: “Shorter, please”" in text_of(admin, PROPOSAL)
    assert admin.post(f"{PROPOSAL}discard/").status_code == 303
    assert "No wording is on its way" in text_of(admin, PROPOSAL)
    assert admin.post(f"{PROPOSAL}submit/").status_code == 404
    assert list(AuditEntry.objects.filter(object_type="wording").order_by("pk").values_list("action", flat=True)) == [
        "wording.saved", "wording.submitted", "wording.sent_back", "wording.discarded",
    ]  # fmt: skip


def test_another_lenders_words_are_not_seen(lender: Lender) -> None:
    signed_in(lender, Role.ADMIN).post(f"{LIBRARY}PR02/", words(text=OWN))
    stranger = signed_in(make_lender("northgate"), Role.ADMIN, name="Nora North")

    assert OWN not in text_of(stranger, f"{LIBRARY}PR02/")
    assert "No wording is on its way" in text_of(stranger, PROPOSAL)


def test_what_could_not_be_told_is_said_on_top(lender: Lender) -> None:
    lender.country = "IN"
    lender.save(update_fields=["country"])

    assert "follows the law of US" in text_of(signed_in(lender, Role.AUDITOR), LIBRARY)


def test_an_auditor_looks_and_changes_nothing(lender: Lender) -> None:
    auditor = signed_in(lender, Role.AUDITOR)

    page = text_of(auditor, f"{LIBRARY}PR02/")

    assert "An administrator changes these." in page
    assert '<fieldset class="card__body" disabled>' in page
    assert auditor.post(f"{LIBRARY}PR02/", words(text=OWN)).status_code == 403
    assert User.objects.count() == 1
