"""An appeal over HTTP: not for who decided, blind for the others until they have answered, both answers side by side after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.take_next import take_next
from review_queue.models import Appeal, HeldDecision, ReviewCase
from review_queue.queue import QueueQuery
from review_queue.tasks import work_on_cases
from tests.factories import make_user
from tests.factories.appealing import NOTE, OFFER, REASON, make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, CaseState, Outcome, Role
from underwriting.models import Application, AuditEntry, Decision, Lender, Party, User
from underwriting.outbox.mail import send_later

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
HIDDEN = (
    NOTE,
    REASON,
    "Declined",
    "recorded the decision",
    "Tom Berg",
    "points short",
    "Needs you",
    "passed",
)


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


def fragments(case: ReviewCase) -> Iterator[str]:
    """Everything an officer can ask about an application, as a page and as a fragment."""
    for path in ("", "own-answer/", "correct/", "decide/approve/", "decide/decline/", "decide/counteroffer/"):
        yield url(case, path)
    yield url(case, "decide/decline/preview/?reasons=UT01")
    yield f"/assessments/{case.assessment_id}/"
    party = Party.objects.get(application=case.application)
    letter = send_later(
        application=case.application,
        party=party,
        subject="A letter",
        text=f"{NOTE} {REASON}",
        now=timezone.now(),
    )
    yield f"/letters/{letter.public_id}/letter/"
    yield "/queue/?view=all"
    yield f"/queue/?view=all&words={case.application.reference}"
    for other in ReviewCase.objects.filter(application=case.application).exclude(pk=case.pk):
        yield url(other)


def leaks(client: Client, case: ReviewCase) -> list[str]:
    found = []
    for path in fragments(case):
        for headers in ({}, HX):
            page = client.get(path, headers=headers).content.decode()
            found += [f"{path}: {word}" for word in HIDDEN if word in page]
    for path in ("explain/", "advice/"):
        page = client.post(url(case, path), headers=HX).content.decode()
        found += [f"{path}: {word}" for word in (*HIDDEN, "By the score alone") if word in page]
    return found


@pytest.mark.parametrize("by_system", [False, True])
def test_nothing_of_the_earlier_answer_reaches_an_officer_before_theirs(
    officer: Client, ana: User, tom: User, desk: Desk, by_system: bool
) -> None:
    case = make_appeal(desk, None if by_system else tom, text="I was never late.")
    assert leaks(officer, case) == []
    claimed(case, ana)
    assert leaks(officer, case) == []

    page = officer.get(url(case)).content.decode()
    assert "The earlier answer is hidden from you" in page
    assert "I was never late." in page
    assert "<strong>628</strong> points" in page
    assert "Share of card and line limits in use" in page
    assert 'id="open-approve"' not in page


def test_the_walk_above_finds_what_is_not_hidden(
    client: Client, harbour: Lender, tom: User, desk: Desk
) -> None:
    """Who only reads sees everything: the words are there to be found."""
    case = make_appeal(desk, tom)
    client.force_login(make_user("Lena Lead", (harbour, Role.TEAM_LEAD)))
    found = " ".join(leaks(client, case))
    assert all(word in found for word in (NOTE, REASON, "Declined", "Tom Berg", "points short", "passed"))


def test_after_ones_own_answer_both_stand_side_by_side(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)

    sent = officer.post(
        url(case, "own-answer/"), {"outcome": "APPROVE", "sentence": "The income carries it."}
    )
    page = officer.get(url(case)).content.decode()

    assert sent.status_code == 303
    assert "Your answer and the earlier one" in page
    for words in (
        "The income carries it.",
        NOTE,
        REASON,
        "Tom Berg",
        'id="open-approve"',
        'id="open-decline"',
    ):
        assert words in page
    again = officer.post(url(case, "own-answer/"), {"outcome": "DECLINE", "sentence": "I changed my mind."})
    assert (again.status_code, "It stands as you gave it." in again.content.decode()) == (422, True)
    entry = AuditEntry.objects.get(action="case.answered_blind")
    assert (entry.actor_name, entry.after, entry.reason) == (
        "Ana Ruiz",
        {"outcome": "APPROVE"},
        "The income carries it.",
    )


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"sentence": "Because."}, "Choose what you would answer."),
        ({"outcome": "REFER", "sentence": "Because."}, "Choose what you would answer."),
        ({"outcome": "APPROVE", "sentence": " "}, "Give your reason in a sentence"),
    ],
)
def test_an_answer_without_outcome_or_sentence_is_none(
    officer: Client, ana: User, tom: User, desk: Desk, form: dict[str, str], sentence: str
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    answer = officer.post(url(case, "own-answer/"), form)
    assert (answer.status_code, sentence in answer.content.decode(), NOTE in answer.content.decode()) == (
        422,
        True,
        False,
    )


def test_what_one_officer_answered_opens_nothing_for_the_next(
    officer: Client, client: Client, harbour: Lender, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    officer.post(url(case, "own-answer/"), {"outcome": "DECLINE", "sentence": "Too high."})
    officer.post(url(case, "release/"))
    other = Client()
    other.force_login(make_user("Rui Dias", (harbour, Role.SENIOR_OFFICER)))
    assert leaks(other, case) == []


def test_who_saw_the_earlier_answer_cannot_answer_again_after_another_officer_did(
    officer: Client, harbour: Lender, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    other = Client()
    rui = make_user("Rui Dias", (harbour, Role.SENIOR_OFFICER))
    other.force_login(rui)
    for client, user in ((officer, ana), (other, rui)):
        claimed(case, user)
        client.post(url(case, "own-answer/"), {"outcome": "DECLINE", "sentence": "Too high."})
        client.post(url(case, "release/"))
    claimed(case, ana)

    again = officer.post(url(case, "own-answer/"), {"outcome": "APPROVE", "sentence": "It carries it."})

    assert (again.status_code, "It stands as you gave it." in again.content.decode()) == (422, True)


def test_who_decided_is_told_in_words_and_has_no_button(
    client: Client, harbour: Lender, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    client.force_login(tom)

    page, queue = client.get(url(case)).content.decode(), client.get("/queue/?view=all").content.decode()
    refused = client.post(url(case, "claim/"))

    assert "A different officer has to take it" in page
    assert "Not yours to take: you decided it" in queue
    for words in ('id="open-own-answer"', "Claim to decide", f"/cases/{case}/claim/"):
        assert words not in page + queue
    assert (refused.status_code, "A different officer has to take it" in refused.content.decode()) == (
        409,
        True,
    )
    query = QueueQuery(harbour.pk, tom.pk, timezone.now(), view="all")
    assert take_next(query=query, user=tom, actor=SYSTEM, now=timezone.now()) is None
    case.refresh_from_db()
    assert case.holder is None


def test_even_a_case_that_got_into_the_wrong_hands_is_not_decided_there(
    client: Client, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    ReviewCase.objects.filter(pk=case.pk).update(holder=tom, lease_until=timezone.now())
    client.force_login(tom)
    form = {"assessment": case.assessment_id, "reasons": ["UT01"]}
    for path, sent in (("decide/decline/", form), ("own-answer/", {"outcome": "DECLINE", "sentence": "x"}),
                       ("correct/", {"fact": "annual_income", "value": "1", "source": "x", "reason": "x"})):  # fmt: skip
        assert client.post(url(case, path), sent).status_code == 409
    assert not HeldDecision.objects.filter(case=case).exists()


def test_before_the_own_answer_nothing_is_decided(officer: Client, ana: User, tom: User, desk: Desk) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    refused = officer.post(
        url(case, "decide/decline/"), {"assessment": case.assessment_id, "reasons": ["UT01"]}
    )
    assert (refused.status_code, "Give your own answer first" in refused.content.decode()) == (409, True)
    assert not HeldDecision.objects.filter(case=case).exists()


def test_the_outcome_stands_is_a_new_decision_with_ones_own_reasons(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    officer.post(url(case, "own-answer/"), {"outcome": "DECLINE", "sentence": "Too many enquiries."})
    Lender.objects.update(hold_seconds=0)

    officer.post(url(case, "decide/decline/"), {"assessment": case.assessment_id, "reasons": ["EN01"]})
    application = Application.objects.get()
    assert application.status == ApplicationStatus.DECLINED
    work_on_cases()

    first, second = Decision.objects.order_by("number")
    assert (second.replaces, second.outcome, second.decided_by, second.number) == (first, "DECLINE", ana, 2)
    assert second.reasons[0]["code"] == "EN01"
    appeal = Appeal.objects.get()
    assert (appeal.answer, appeal.answered_at is not None) == (second, True)
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert AuditEntry.objects.filter(action="appeal.answered").count() == 1


def test_another_outcome_than_ones_own_answer_needs_a_sentence(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom)
    claimed(case, ana)
    officer.post(url(case, "own-answer/"), {"outcome": "APPROVE", "sentence": "The income carries it."})
    form = {"assessment": case.assessment_id, "reasons": ["EN01"]}
    refused = officer.post(url(case, "decide/decline/"), form)
    assert (refused.status_code, "Say what changed your mind." in refused.content.decode()) == (422, True)
    officer.post(url(case, "decide/decline/"), form | {"sentence": "Tom saw a second loan that I had not."})
    assert HeldDecision.objects.get(case=case).note == "Tom saw a second loan that I had not."


def test_the_queue_shows_and_filters_the_kind(
    officer: Client, case: ReviewCase, tom: User, desk: Desk
) -> None:
    appeal = make_appeal(desk, tom)
    everything = officer.get("/queue/?view=all").content.decode()
    appeals = officer.get("/queue/?view=all&kind=appeal").content.decode()
    assert str(case) in everything
    assert str(appeal) in everything
    assert (str(case) in appeals, str(appeal) in appeals) == (False, True)
    assert '<span class="tag tag--info">Appeal</span>' in appeals
    assert "Drop kind" in appeals
    assert "1 matches without <em>Kind</em>" not in appeals
    empty = officer.get("/queue/?view=all&kind=notice-review").content.decode()
    assert "2 match without <em>Kind</em>" in empty


def test_an_offer_that_stands_is_upheld_and_not_declined_away(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_appeal(desk, tom, outcome=Outcome.COUNTEROFFER)
    claimed(case, ana)
    before = officer.get(url(case)).content.decode()
    officer.post(url(case, "own-answer/"), {"outcome": "DECLINE", "sentence": "Too much debt."})

    page = officer.get(url(case)).content.decode()
    panel = officer.get(url(case, "decide/decline/")).content.decode()
    typed = {"assessment": str(case.assessment_id), "reasons": "UT01"}
    declined = officer.post(url(case, "decide/decline/"), typed)
    upheld = officer.post(url(case, "decide/counteroffer/"), typed)

    assert "Uphold the offer" not in before
    assert "Uphold the offer" in page
    assert "uphold it, or decide something better." in panel
    assert declined.status_code == 422
    assert "uphold it, or decide something better." in declined.content.decode()
    assert upheld.status_code == 303
    assert HeldDecision.objects.get(case=case).offer == OFFER
