"""Notes: who writes and reads them, five minutes to change one, who is told, and what becomes of them for the person they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from review_queue.actions.write_note import (
    MayNotWrite,
    NoteRefused,
    NoteSettled,
    Written,
    change_note,
    save_unsent_note,
    see_mention,
    write_note,
)
from review_queue.models import Note, NoteMention, ReviewCase
from review_queue.notes import Unsent, mentions_of, notes_of
from review_queue.subject_access.erasure import ErasureReason, erase_application
from review_queue.subject_access.export import access_export
from tests.factories import actor_of, make_lender, make_party, make_user
from tests.factories.applying import RECEIVED_AT
from tests.factories.personal import Remembered
from tests.factories.reviewing import Desk, make_case
from tests.review_queue.test_erasure import LATER
from tests.scoring.pipeline.world import NOW as WORLD_NOW
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, Party, User

pytestmark = pytest.mark.django_db
NOW = RECEIVED_AT + timedelta(hours=1)
OFFICER = frozenset({Role.CREDIT_OFFICER})
SENIOR = frozenset({Role.SENIOR_OFFICER})


@pytest.fixture
def case(desk: Desk) -> ReviewCase:
    return make_case(desk)


@pytest.fixture
def sena(harbour: Lender) -> User:
    return make_user("Sena Kaya", (harbour, Role.SENIOR_OFFICER))


def write(case: ReviewCase, author: User, text: str, *, at: Any = NOW, **more: Any) -> Note:
    party = Party.objects.filter(application=case.application).order_by("ordinal")[0]
    roles = frozenset(Role(m.role) for m in author.memberships.all())
    return write_note(
        case=case, written=Written(text, more.pop("party", party), **more), author=author, roles=roles, actor=actor_of(author), now=at
    )  # fmt: skip


def texts(
    case: ReviewCase, user: User, roles: frozenset[Role] = OFFICER, *, is_blind: bool = False
) -> list[str | None]:
    found = notes_of(
        application_id=case.application_id, user_id=user.pk, roles=roles, is_blind=is_blind, now=NOW
    )
    return [row.text for row in found.rows]


def test_a_note_is_sealed_and_the_trail_keeps_no_word_of_it(case: ReviewCase, ana: User, tom: User) -> None:
    note = write(case, ana, "  Called the employer. @Tom Berg please wait. ")

    assert b"employer" not in bytes(note.text)
    assert texts(case, tom) == ["Called the employer. @Tom Berg please wait."]
    entry = AuditEntry.objects.get(action="note.written")
    assert (entry.actor_user_id, entry.object_label, entry.application_id, entry.after, entry.reason) == (
        ana.pk, str(case), case.application_id, {"characters": 43, "named": 1, "for_risk": False, "corrects": None}, "",
    )  # fmt: skip


def test_who_is_named_is_told_once_and_the_author_not(case: ReviewCase, ana: User, tom: User) -> None:
    note = write(case, ana, "@Tom Berg, as I, @Ana Ruiz, said: @Tom Berg")
    (mention,) = mentions_of(user_id=tom.pk, lender_id=case.lender_id)
    assert (mention.note_id, mention.mentioned_at, mention.seen_at) == (note.pk, NOW, None)
    assert mentions_of(user_id=ana.pk, lender_id=case.lender_id) == []

    see_mention(mention=mention, now=NOW + timedelta(hours=1))
    see_mention(mention=mention, now=NOW + timedelta(hours=2))
    assert [m.seen_at for m in mentions_of(user_id=tom.pk, lender_id=case.lender_id)] == [
        NOW + timedelta(hours=1)
    ]


def test_what_was_not_seen_comes_first(case: ReviewCase, ana: User, tom: User) -> None:
    first, second, third = (
        write(case, ana, f"@Tom Berg {n}", at=NOW + n * timedelta(minutes=2)) for n in range(3)
    )
    see_mention(mention=third.mentions.get(), now=NOW)

    found = [m.note_id for m in mentions_of(user_id=tom.pk, lender_id=case.lender_id)]

    assert found == [second.pk, first.pk, third.pk]


@pytest.mark.parametrize("name", ["Nia Walsh", "Rui Costa", "Gone Person", "Adam Test"])
def test_nobody_is_named_who_does_not_read_this_case(
    case: ReviewCase, harbour: Lender, ana: User, name: str
) -> None:
    """Another lender's, a risk manager, one whose account is closed, an administrator."""
    make_user("Nia Walsh", (make_lender("northgate"), Role.CREDIT_OFFICER))
    make_user("Rui Costa", (harbour, Role.RISK_MANAGER))
    make_user("Adam Test", (harbour, Role.ADMIN))
    User.objects.filter(pk=make_user("Gone Person", (harbour, Role.CREDIT_OFFICER)).pk).update(
        is_active=False
    )

    with pytest.raises(
        NoteRefused, match=f"Nobody who reads this case is called “@{name.split()[0]}”"
    ) as refused:
        write(case, ana, f"@{name} should see this")

    assert (refused.value.field, Note.objects.count(), AuditEntry.objects.filter(action="note.written").count()) == (
        "note-text", 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2_001])
def test_a_note_says_something_and_not_too_much(case: ReviewCase, ana: User, text: str) -> None:
    with pytest.raises(NoteRefused, match="in at most 2,000 characters"):
        write(case, ana, text)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.RISK_MANAGER, Role.ADMIN])
def test_who_does_not_work_on_cases_writes_none(case: ReviewCase, harbour: Lender, role: Role) -> None:
    outsider = make_user("Agnes Test", (harbour, role))
    with pytest.raises(MayNotWrite):
        write(case, outsider, "Hello")


def test_a_double_click_is_one_note(case: ReviewCase, ana: User, tom: User) -> None:
    first = write(case, ana, "@Tom Berg look")
    assert write(case, ana, "@Tom Berg look", at=NOW + timedelta(seconds=2)).pk == first.pk
    assert write(case, tom, "@Tom Berg look").pk != first.pk
    assert write(case, ana, "@Tom Berg look", at=NOW + timedelta(minutes=2)).pk != first.pk
    assert Note.objects.count() == 3


# --- changing ----------------------------------------------------------------------------------------------------------


def test_for_five_minutes_its_author_changes_a_note_and_who_is_named_anew_is_told(
    case: ReviewCase, ana: User, tom: User, sena: User
) -> None:
    note = write(case, ana, "@Tom Berg look")

    change_note(
        note=note, case=case, text="@Sena Kaya look", actor=actor_of(ana), now=NOW + timedelta(seconds=299)
    )

    assert texts(case, tom) == ["@Sena Kaya look"]
    assert list(NoteMention.objects.values_list("user__name", flat=True)) == ["Sena Kaya"]
    entry = AuditEntry.objects.get(action="note.changed")
    assert (entry.before, entry.after) == ({"characters": 14}, {"characters": 15})


def test_who_has_seen_it_stays_on_the_list(case: ReviewCase, ana: User, tom: User) -> None:
    note = write(case, ana, "@Tom Berg look")
    see_mention(mention=note.mentions.get(), now=NOW)

    change_note(note=note, case=case, text="nothing", actor=actor_of(ana), now=NOW)

    assert list(NoteMention.objects.values_list("user__name", flat=True)) == ["Tom Berg"]


@pytest.mark.parametrize(("minutes", "by"), [(5, "ana"), (1, "tom")])
def test_after_five_minutes_or_by_another_it_stands(
    case: ReviewCase, ana: User, tom: User, minutes: int, by: str
) -> None:
    note = write(case, ana, "First words")
    user = {"ana": ana, "tom": tom}[by]
    with pytest.raises(NoteSettled):
        change_note(
            note=note,
            case=case,
            text="Other words",
            actor=actor_of(user),
            now=NOW + timedelta(minutes=minutes),
        )
    assert texts(case, ana) == ["First words"]


def test_a_new_note_corrects_an_own_one_and_both_stand(case: ReviewCase, ana: User, tom: User) -> None:
    wrong = write(case, ana, "Employed since 2019")
    right = write(case, ana, "Employed since 2021", corrects=wrong.pk)

    rows = notes_of(
        application_id=case.application_id, user_id=tom.pk, roles=OFFICER, is_blind=False, now=NOW
    ).rows

    assert [(row.key, row.corrects, row.is_corrected) for row in rows] == [
        (wrong.pk, None, True), (right.pk, wrong.pk, False),
    ]  # fmt: skip
    with pytest.raises(NoteRefused, match="one of your own notes"):
        write(case, tom, "No", corrects=wrong.pk)


# --- who reads ---------------------------------------------------------------------------------------------------------


def test_a_note_for_risk_is_read_by_seniors_and_its_author(
    case: ReviewCase, ana: User, tom: User, sena: User
) -> None:
    write(case, ana, "The payslip looks altered", is_for_risk=True)

    assert (texts(case, tom), texts(case, ana), texts(case, sena, SENIOR)) == (
        [], ["The payslip looks altered"], ["The payslip looks altered"],
    )  # fmt: skip
    with pytest.raises(NoteRefused, match="Tom Berg may not read a note that is not shown outside risk"):
        write(case, ana, "@Tom Berg and @Sena Kaya", is_for_risk=True)


def test_in_a_blind_look_only_ones_own_notes_are_there(case: ReviewCase, ana: User, tom: User) -> None:
    write(case, tom, "I declined this for the card use")
    write(case, ana, "Called")

    assert texts(case, ana, is_blind=True) == ["Called"]


def test_a_note_on_one_case_is_read_on_every_case_of_the_application_and_on_no_other(
    desk: Desk, case: ReviewCase, ana: User
) -> None:
    write(case, ana, "Here")
    assert texts(make_case(desk), ana) == []


# --- while typing ------------------------------------------------------------------------------------------------------


def unsent(case: ReviewCase, user: User) -> Unsent:
    return notes_of(
        application_id=case.application_id, user_id=user.pk, roles=OFFICER, is_blind=False, now=NOW
    ).unsent


def keep(case: ReviewCase, user: User, text: str, *, at: Any = NOW, is_for_risk: bool = False) -> None:
    party = Party.objects.get(application=case.application, ordinal=1)
    save_unsent_note(
        case=case, written=Written(text, party, is_for_risk), author=user, roles=OFFICER, now=at
    )  # fmt: skip


def test_what_is_typed_is_kept_for_its_author_alone_until_it_is_sent(
    case: ReviewCase, ana: User, tom: User
) -> None:
    keep(case, ana, "Half a sen")
    keep(case, ana, "Half a sentence", at=NOW + timedelta(seconds=2), is_for_risk=True)

    assert unsent(case, ana) == Unsent("Half a sentence", 1, True, None, NOW + timedelta(seconds=2))
    assert (unsent(case, tom), texts(case, tom), texts(case, ana)) == (Unsent(), [], [])
    assert b"sentence" not in bytes(Note.objects.get().text)

    write(case, ana, "Half a sentence more")
    assert unsent(case, ana) == Unsent()


def test_an_emptied_box_drops_it(case: ReviewCase, ana: User) -> None:
    keep(case, ana, "Something")
    keep(case, ana, " ")
    assert Note.objects.count() == 0


# --- whose words they are ----------------------------------------------------------------------------------------------


def test_the_person_may_ask_for_them_and_those_kept_among_risk_are_counted(
    case: ReviewCase, ana: User
) -> None:
    party = Party.objects.get(application=case.application)
    other = make_party(case.application, given_name="Ben", ordinal=2, role="CO_APPLICANT")
    write(case, ana, "Maria called", at=NOW)
    write(case, ana, "Ben called", party=other)
    write(case, ana, "Maria's payslip looks altered", is_for_risk=True)
    keep(case, ana, "half")

    def told(whose: Party) -> Any:
        return access_export(application=case.application, party=whose, actor=SYSTEM, now=NOW)["notes"]

    assert told(party) == [
        {"from": "the lender", "written_at": NOW.isoformat(), "text": "Maria called"},
        {"kept_back": 1, "because": "Notes that may speak of an inquiry are not given without a person's look. "
         "Ask us, and we answer which we can give."},
    ]  # fmt: skip
    assert [note["text"] for note in told(other)] == ["Ben called"]


def test_forgetting_the_person_leaves_no_word(remembered: Remembered) -> None:
    case = ReviewCase.objects.get(application=remembered.application)
    officer = make_user("Noor Haddad", (case.lender, Role.CREDIT_OFFICER))
    write(case, officer, "Quintessa called", at=WORLD_NOW)
    save_unsent_note(
        case=case, written=Written("She", remembered.party), author=officer, roles=OFFICER, now=WORLD_NOW
    )

    erase_application(
        application=remembered.application, actor=SYSTEM, reason=ErasureReason.RETENTION_ENDED, now=LATER
    )

    assert (texts(case, officer), Note.objects.filter(written_at=None).count()) == ([None], 0)
    with pytest.raises(NoteRefused, match="were erased"):
        write(case, officer, "Once more", at=LATER)
