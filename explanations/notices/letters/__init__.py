"""Letters: the frozen content of a notice and its reader's name and address as a tagged PDF, rendered once."""

from __future__ import annotations

from explanations.models import Letter
from explanations.notices.letters.opening import letter_pdf
from explanations.notices.selectors import told_notice
from underwriting.models import Application, Party


def stored_letter(*, application: Application, party: Party) -> Letter | None:
    """This party's letter of the notice that stands; None until that was told and rendered."""
    notice = told_notice(application)
    if notice is None:
        return None
    return Letter.objects.filter(notice=notice, party=party).select_related("party", "notice").first()


def letter_for_party(*, application: Application, party: Party) -> bytes | None:
    """The PDF of `stored_letter`. Raises LetterChanged and Unreadable as `letter_pdf` does."""
    letter = stored_letter(application=application, party=party)
    return None if letter is None else letter_pdf(letter)
