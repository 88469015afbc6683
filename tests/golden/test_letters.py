"""Letters as agreed on: their whole text, read from the PDF by a reader that is not its writer.

Texts are written to `letters/` when UW_WRITE_GOLDEN is set, and read in the diff. The address of the applicant's page is
another in each run and stands there as PAGE.
"""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from explanations.notices.letters.opening import letter_pdf
from explanations.notices.letters.store import render_letters
from tests.explanations.situations import SITUATIONS
from tests.explanations.test_compose import DECIDED_AT

pytestmark = pytest.mark.django_db
PLACE = Path(__file__).with_name("letters")
PAGE = re.compile(r"/a/[\w-]{24}/")
LETTER, A4 = (612.0, 792.0), (595.3, 841.9)


LATIN = re.compile(r"[!-~₹]+")


def text_of(pdf: bytes, *, language: str) -> str:
    """The whole text. Conjuncts of Devanagari read back damaged, so of a Hindi letter all that is not Devanagari, line by line."""
    pages = [PAGE.sub("/a/PAGE/", page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]
    if language == "hi":
        pages = ["\n".join(" ".join(LATIN.findall(line)) for line in page.splitlines()) for page in pages]
    return "\n\n".join(pages) + "\n"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_letter_reads_as_agreed(situation: str) -> None:
    letters = render_letters(SITUATIONS[situation](), now=DECIDED_AT)

    for number, letter in enumerate(letters, start=1):
        pdf = letter_pdf(letter)
        if place := os.environ.get("UW_KEEP_LETTERS"):
            (Path(place) / f"{situation}_{number}.pdf").write_bytes(pdf)
        path = PLACE / f"{situation}_{number}.txt"
        found = text_of(pdf, language=letter.notice.language)
        if os.environ.get("UW_WRITE_GOLDEN"):
            path.write_text(found, encoding="utf-8")
        assert found == path.read_text(encoding="utf-8")
    assert {path.name for path in PLACE.glob(f"{situation}_[0-9].txt")} == {
        f"{situation}_{number}.txt" for number in range(1, len(letters) + 1)
    }
