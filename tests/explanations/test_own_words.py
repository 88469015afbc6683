"""A lender's own wording: checked at every save, in force only by a second person, frozen once it is used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from explanations.reason_codes.catalogue import (
    catalogue_from,
    catalogue_of,
    current_catalogue,
    ensure_stored,
    shipped_catalogue,
)
from explanations.reason_codes.own_words import differences, shipped_words
from explanations.reason_codes.proposals import (
    WordingRefused,
    WordsRefused,
    approve_proposal,
    changes_in_force,
    discard_proposal,
    open_proposal,
    save_words,
    send_back_proposal,
    submit_proposal,
)
from tests.factories import make_lender, make_user
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role, WordingState
from underwriting.models import AuditEntry, Lender, ReasonCatalogue, User, WordingProposal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
OWN = "Your credit report shows that you went bankrupt."


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def writer(lender: Lender) -> User:
    return make_user("Wanda Writer", (lender, Role.ADMIN))


@pytest.fixture
def approver(lender: Lender) -> User:
    return make_user("Ada Approver", (lender, Role.RISK_APPROVER))


def words(code: str = "PR02", language: str = "en", **changed: str) -> dict[str, str]:
    return shipped_words(shipped_catalogue(), code, language) | changed


def save(lender: Lender, writer: User, seen: int = 0, **given: Any) -> WordingProposal:
    arguments: dict[str, Any] = {"code": "PR02", "language": "en", "words": words(text=OWN)} | given
    return save_words(lender=lender, author=writer, actor=SYSTEM, now=NOW, seen_revision=seen, **arguments)


def approved(lender: Lender, writer: User, approver: User, **given: Any) -> ReasonCatalogue:
    proposal = save(lender, writer, **given)
    submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)
    return approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW)


def test_a_lender_without_own_words_uses_the_shipped_ones(lender: Lender) -> None:
    assert current_catalogue(lender.pk) is shipped_catalogue()
    assert ensure_stored(lender.pk) == ensure_stored()
    assert ensure_stored().lender is None


def test_words_are_in_force_once_a_second_person_approved_them(
    lender: Lender, writer: User, approver: User
) -> None:
    proposal = save(lender, writer)
    assert current_catalogue(lender.pk).codes["PR02"].text == "Your credit report shows a bankruptcy."

    submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)
    row = approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW)

    codes = current_catalogue(lender.pk)
    assert (codes.codes["PR02"].text, codes.version) == (OWN, f"{shipped_catalogue().version}+1")
    assert (row.lender, row.country, row.sha256) == (lender, "US", codes.sha256)
    assert ensure_stored(lender.pk) == row
    assert catalogue_of(row) is catalogue_of(ensure_stored(lender.pk))
    assert catalogue_from(row).codes["PR02"].text == OWN
    assert current_catalogue(make_lender("northgate").pk) is shipped_catalogue()


def test_only_words_change(lender: Lender, writer: User, approver: User) -> None:
    approved(lender, writer, approver)

    own, shipped = current_catalogue(lender.pk).codes, shipped_catalogue().codes
    assert {name for name in own if own[name] != shipped[name]} == {"PR02"}
    assert own["PR02"].facts == shipped["PR02"].facts


def test_words_of_another_language_and_a_label_are_a_lenders_too(
    lender: Lender, writer: User, approver: User
) -> None:
    changed = words("PU01", "es", **{"adverse_values.wedding": "un casamiento"})

    approved(lender, writer, approver, code="PU01", language="es", words=changed)

    codes = current_catalogue(lender.pk)
    assert codes.in_language("es").codes["PU01"].adverse_values["wedding"] == "un casamiento"
    assert codes.codes["PU01"].adverse_values["wedding"] == "a wedding"


def test_nobody_approves_words_that_they_wrote_or_submitted(
    lender: Lender, writer: User, approver: User
) -> None:
    proposal = save(lender, writer)
    other = make_user("Otto Other", (lender, Role.ADMIN))
    proposal = save(
        lender, other, proposal.revision, code="PR06", words=words("PR06", factor="Liens for tax")
    )
    third = make_user("Tess Third", (lender, Role.ADMIN))
    submit_proposal(proposal=proposal, person=third, actor=SYSTEM, now=NOW)

    for person in (writer, other, third):
        with pytest.raises(WordingRefused, match="somebody else approves"):
            approve_proposal(proposal=proposal, person=person, actor=SYSTEM, now=NOW)
    assert not ReasonCatalogue.objects.filter(lender=lender).exists()

    approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (
            {"text": "Your score is too low."},
            ("text", "'score' is not a specific reason: Your score is too low."),
        ),
        ({"factor": " "}, ("factor", "may not be empty")),
        (
            {"text": "Bankruptcy characteristics demonstrate considerable irregularities."},
            ("text", "is too hard to read: grade 38.3, 5 words, at most grade 7"),
        ),
        (
            {"text_value": "Your {values}."},
            ("text_value", "placeholder {values} may not stand in: Your {values}."),
        ),
    ],
)
def test_words_that_break_a_rule_are_not_saved(
    lender: Lender, writer: User, changed: dict[str, str], complaint: tuple[str, str]
) -> None:
    with pytest.raises(WordsRefused) as refused:
        save(lender, writer, words=words(**changed))

    assert [(c.field, c.message) for c in refused.value.complaints] == [complaint]
    assert not WordingProposal.objects.exists()


def test_an_unknown_field_is_refused(lender: Lender, writer: User) -> None:
    with pytest.raises(KeyError, match="PR02"):
        save(lender, writer, words=words() | {"form_c1": "specific"})


def test_a_save_over_somebody_elses_is_refused(lender: Lender, writer: User) -> None:
    save(lender, writer)

    with pytest.raises(WordingRefused, match="saved other words meanwhile"):
        save(lender, writer, words=words(text="Your file shows a bankruptcy."))


def test_what_is_submitted_is_not_written_in(lender: Lender, writer: User, approver: User) -> None:
    proposal = save(lender, writer)
    submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)

    with pytest.raises(WordingRefused, match="is submitted"):
        save(lender, writer, proposal.revision, words=words(text="Your file shows a bankruptcy."))

    send_back_proposal(proposal=proposal, comment="Say it shorter.", actor=SYSTEM, now=NOW)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.comment) == (WordingState.DRAFT, "Say it shorter.")
    save(lender, writer, proposal.revision, words=words(text="Your file shows a bankruptcy."))


def test_a_draft_is_approved_or_discarded_once(lender: Lender, writer: User, approver: User) -> None:
    proposal = save(lender, writer)
    with pytest.raises(WordingRefused, match="draft now"):
        approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW)

    discard_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)

    assert open_proposal(lender) is None
    with pytest.raises(WordingRefused, match="discarded now"):
        submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)


def test_words_that_are_the_shipped_ones_again_are_no_change(
    lender: Lender, writer: User, approver: User
) -> None:
    approved(lender, writer, approver)
    assert changes_in_force(lender) == {"en": {"PR02": {"text": OWN}}}

    proposal = save(lender, writer, words=words())

    assert proposal.changes == {}
    [back] = differences(shipped_catalogue(), proposal.changes, changes_in_force(lender))
    assert (back.before, back.after) == (OWN, "Your credit report shows a bankruptcy.")
    submit_proposal(proposal=proposal, person=writer, actor=SYSTEM, now=NOW)
    approve_proposal(proposal=proposal, person=approver, actor=SYSTEM, now=NOW + timedelta(days=1))
    assert current_catalogue(lender.pk).codes == shipped_catalogue().codes


def test_a_new_draft_begins_with_the_words_in_force(lender: Lender, writer: User, approver: User) -> None:
    approved(lender, writer, approver)

    proposal = save(lender, writer, code="PR06", words=words("PR06", factor="Liens for tax"))

    assert proposal.number == 2
    assert proposal.changes == {"en": {"PR02": {"text": OWN}, "PR06": {"factor": "Liens for tax"}}}


def test_every_step_is_in_the_trail_with_what_was_there_before(
    lender: Lender, writer: User, approver: User
) -> None:
    approved(lender, writer, approver)

    entries = list(AuditEntry.objects.filter(lender=lender, object_type="wording").order_by("pk"))
    assert [entry.action for entry in entries] == ["wording.saved", "wording.submitted", "wording.approved"]
    assert entries[0].before == {"PR02 en text": "Your credit report shows a bankruptcy."}
    assert entries[0].after == {"PR02 en text": OWN}
    assert entries[2].before is not None
    assert entries[2].before["catalogue"] == shipped_catalogue().version


def test_a_version_in_use_is_frozen(lender: Lender, writer: User, approver: User) -> None:
    row = approved(lender, writer, approver)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReasonCatalogue.objects.filter(pk=row.pk).update(version="other")
