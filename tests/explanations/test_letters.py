"""Letters: rendered once, the same bytes each time, sealed and hashed, tagged, and of one reader's own data alone."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import qrcode  # type: ignore[import-untyped]
from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from explanations.models import Letter, Notice
from explanations.notices.letters import letter_for_party
from explanations.notices.letters.content import code_drawing, letter_content
from explanations.notices.letters.opening import LetterChanged, letter_pdf
from explanations.notices.letters.render import CannotBeRendered, render
from explanations.notices.letters.store import NotToldYet, render_letters
from tests.explanations import situations
from tests.explanations.situations import SITUATIONS
from tests.explanations.test_compose import DECIDED_AT
from underwriting.models import AuditEntry, Lender, Party
from underwriting.people.links import link_token
from underwriting.people.sealing import Unreadable, seal

pytestmark = pytest.mark.django_db
PAGES_MAX = 2
SIZES = {"a4": (595, 842), "hindi": (595, 842)}
LETTER_SIZE = (612, 792)


def primary_letter(notice: Notice) -> Letter:
    return render_letters(notice, now=DECIDED_AT)[0]


def pages(pdf: bytes) -> Any:
    """As `Any`: a PDF is dictionaries all the way down."""
    return PdfReader(BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pages(pdf).pages)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_letter_is_tagged_and_fits_its_paper(situation: str) -> None:
    for letter in render_letters(SITUATIONS[situation](), now=DECIDED_AT):
        reader = pages(letter_pdf(letter))
        catalogue = reader.root_object
        headings = [tag for tag in structure(catalogue["/StructTreeRoot"]) if tag in ("/H1", "/H2", "/H3")]

        assert catalogue["/MarkInfo"]["/Marked"]
        assert catalogue["/Lang"].split("-")[0] == letter.notice.language
        assert "A-7Q4M-2K" in reader.metadata.title
        assert b"pdfuaid:part" in catalogue["/Metadata"].get_data()
        assert headings.count("/H1") == 1
        assert headings.count("/H2") >= 2
        assert letter.page_count == len(reader.pages) <= PAGES_MAX
        for number, page in enumerate(reader.pages, start=1):
            size = tuple(round(float(side)) for side in page.mediabox[2:])
            assert size == SIZES.get(situation, LETTER_SIZE)
            foot = page.extract_text().splitlines()[-1]
            assert "A-7Q4M-2K" in foot
            assert [int(word) for word in foot.split() if word.isdigit()] == [number, letter.page_count]
        assert inside_margins(letter_pdf(letter))


def structure(element: Any) -> list[str]:
    """Structure types, in reading order."""
    element = element.get_object()
    if not isinstance(element, DictionaryObject):
        return []
    children = element.get("/K", [])
    children = children if isinstance(children, list) else [children]
    own = [str(element["/S"])] if "/S" in element else []
    return own + [tag for child in children for tag in structure(child)]


def inside_margins(pdf: bytes) -> bool:
    """Nothing is drawn within a centimetre of an edge, where it would be cut off."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = (
                page.render(scale=1).to_pil().convert("L").point(lambda level: 255 if level < 200 else 0)
            )
            left, top, right, bottom = picture.getbbox()
            if min(left, top, picture.width - right, picture.height - bottom) < 28:
                return False
    return True


def test_the_same_notice_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    notice = situations.score_with_nine_lines()
    letter = primary_letter(notice)
    content = tmp_path / "content.json"
    content.write_text(json.dumps(letter_content(notice, letter.party)), encoding="utf-8")
    program = (
        "import hashlib, json, os, sys; from datetime import datetime; from pathlib import Path\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'underwriting.config.settings'; import django; django.setup()\n"
        "from explanations.notices.letters.render import render\n"
        "content = json.loads(Path(sys.argv[1]).read_text(encoding='utf-8'))\n"
        "print(hashlib.sha256(render(content, made_at=datetime.fromisoformat(sys.argv[2]))).hexdigest())"
    )

    again = subprocess.run(
        [sys.executable, "-c", program, str(content), notice.created_at.isoformat()],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert again.stdout.strip() == letter.pdf_sha256 == hashlib.sha256(letter_pdf(letter)).hexdigest()


def test_a_letter_is_rendered_once_and_its_hash_is_in_the_trail() -> None:
    notice = situations.joint()

    first, second = render_letters(notice, now=DECIDED_AT), render_letters(notice, now=DECIDED_AT)

    assert [letter.pk for letter in first] == [letter.pk for letter in second]
    entries = AuditEntry.objects.filter(action="letter.rendered").order_by("pk")
    assert [(entry.after or {})["pdf_sha256"] for entry in entries] == [letter.pdf_sha256 for letter in first]
    assert first[0].renderer.startswith("typst 0.")
    assert b"%PDF" not in bytes(first[0].pdf)


@pytest.mark.parametrize("both", [False, True])
def test_a_letter_that_was_exchanged_with_its_hash_or_without_is_noticed(both: bool) -> None:
    letter = primary_letter(situations.cap())
    forged = b"%PDF-1.7 another"
    sha256 = hashlib.sha256(forged).hexdigest() if both else letter.pdf_sha256
    letter.pdf, letter.pdf_sha256 = seal(forged, party=letter.party, what="letter"), sha256

    with pytest.raises(LetterChanged):
        letter_pdf(letter)


def test_a_letter_opens_for_its_own_party_alone() -> None:
    own, other = render_letters(situations.joint(), now=DECIDED_AT)
    own.party = other.party

    with pytest.raises(Unreadable):
        letter_pdf(own)


def test_nothing_of_another_party_is_in_a_letter() -> None:
    """Looked for in the text, in every stream of the file and in the notice's own entry: names, address, score, figures."""
    notice = situations.joint()
    ours, theirs = render_letters(notice, now=DECIDED_AT)
    hidden = {
        ours: ["Tobias", "Lindqvist", "588", "92%", "3 payments"],
        theirs: ["Maria", "Okafor", "701", "6 times"],
    }

    for letter, words in hidden.items():
        pdf = letter_pdf(letter)
        entry = next(one for one in notice.snapshot["letters"] if one["party"] == str(letter.party.public_id))
        other = next(party for party in (ours.party, theirs.party) if party != letter.party)
        for word in [*words, link_token(other), link_token(other, serial=2), str(other.public_id)]:
            assert word not in text_of(pdf)
            assert word.isdigit() or word.encode() not in unpacked(pdf)  # a file is full of figures
            assert word not in json.dumps(entry, ensure_ascii=False)
    assert all(word in text_of(letter_pdf(theirs)) for word in ("Tobias Lindqvist", "588", "92%"))


def test_a_sum_over_all_applicants_is_told_without_figure_and_as_nobodys_own() -> None:
    """One who knows the sum and their own part knows the other's."""
    notice = situations.joint_sums()
    ours, theirs = render_letters(notice, now=DECIDED_AT)

    assert "Yearly income, of all applicants together" in text_of(letter_pdf(ours))
    assert "all applicants" not in text_of(letter_pdf(theirs))
    everything = json.dumps(notice.snapshot["letters"])
    assert [
        said for said in ("$99,000", "62%", "Your yearly income", "Your debt") if said in everything
    ] == []


def unpacked(pdf: bytes) -> bytes:
    """The file with all that is compressed in it unpacked."""
    found = [pdf]
    for part in pdf.split(b"stream\n")[1:]:
        try:
            found.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return b"".join(found)


def test_no_glyph_is_missing_in_hindi() -> None:
    reader = pages(letter_pdf(primary_letter(situations.hindi())))

    faces = set()
    for page in reader.pages:
        fonts = {name: font.get_object() for name, font in page["/Resources"]["/Font"].items()}
        for font in fonts.values():
            descendant = font["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & descriptor.keys()
            faces.add(descriptor["/FontName"].split("+")[1])
        glyphs = shown_glyphs(ContentStream(page["/Contents"].get_object(), reader))
        assert len(glyphs) > 300
        assert 0 not in glyphs
    assert any(face.startswith("NotoSansDevanagari") for face in faces)


def shown_glyphs(stream: Any) -> list[int]:
    """Glyph ids as shown: two bytes each, under Identity-H."""
    glyphs: list[int] = []
    for operands, operator in stream.operations:
        if operator in (b"Tj", b"TJ"):
            parts = operands[0] if operator == b"TJ" else operands
            for part in parts:
                if not isinstance(part, (int, float)):
                    shown = part if isinstance(part, bytes) else part.original_bytes
                    glyphs += [int.from_bytes(shown[i : i + 2], "big") for i in range(0, len(shown), 2)]
    return glyphs


def test_latin_fields_and_figures_of_a_hindi_letter_read_back_exactly() -> None:
    notice = situations.hindi()
    found = text_of(letter_pdf(primary_letter(notice)))

    for said in (
        "Maria Okafor",
        "Sagar Finance Limited",
        "A-7Q4M-2K",
        "₹10,000",
        "92%",
        "₹31,000",
        "588",
        "Demo Bureau",
        "2026",
    ):
        assert said in found
    assert "Equal Credit Opportunity Act" not in found


def test_data_is_never_read_as_markup_and_a_missing_face_is_an_error() -> None:
    letter = primary_letter(situations.cap())
    content = letter_content(letter.notice, letter.party)
    odd = "#panic() $x$ `raw` *b* @ref <l> \\u{41} //c"

    pdf = render({**content, "addressee": [odd]}, made_at=DECIDED_AT)

    assert odd in text_of(pdf)
    with pytest.raises(CannotBeRendered):
        render({**content, "blocks": [{"kind": "unheard-of"}]}, made_at=DECIDED_AT)


def test_a_letter_keeps_its_paper_whatever_the_settings_become() -> None:
    notice = situations.cap()
    Lender.objects.update(letter_paper="A4")

    [letter] = render_letters(Notice.objects.get(pk=notice.pk), now=DECIDED_AT)

    assert round(float(pages(letter_pdf(letter)).pages[0].mediabox[3])) == LETTER_SIZE[1]


def test_the_code_is_drawn_module_by_module() -> None:
    address = "https://lender.example/a/AbCdEfGhIjKlMnOpQrStUvWx/"
    code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(address)
    matrix = code.get_matrix()

    drawing = code_drawing(address)

    drawn = [[False] * len(matrix) for _ in matrix]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing):
        drawn[int(y)][int(x) : int(x) + int(width)] = [True] * int(width)
    assert drawn == matrix
    assert f'viewBox="0 0 {len(matrix)} {len(matrix)}"' in drawing


def test_a_held_notice_is_not_rendered() -> None:
    made = situations.application(lender={"address": ""})
    notice = situations.declined(made, situations.by_score(made))

    with pytest.raises(NotToldYet):
        render_letters(notice, now=DECIDED_AT)
    assert letter_for_party(application=made, party=Party.objects.get(application=made)) is None


def test_a_party_opens_the_letter_of_the_notice_that_stands() -> None:
    notice = situations.joint()
    letters = render_letters(notice, now=DECIDED_AT)

    for letter in letters:
        assert letter_for_party(application=notice.application, party=letter.party) == letter_pdf(letter)


def test_the_text_of_a_letter_follows_the_order_of_the_page() -> None:
    """The page shows the same blocks: heading, summary, then each block's words, in this order and none left out."""
    notice = situations.score_with_nine_lines()
    found = " ".join(text_of(letter_pdf(primary_letter(notice))).split())

    place = 0
    for said in [
        notice.snapshot["heading"],
        notice.snapshot["summary"],
        *spoken(notice.snapshot["letters"][0]["blocks"]),
    ]:
        place = found.index(" ".join(said.split()), place) + len(said)


def spoken(value: Any) -> list[str]:
    """Every word of the blocks, in order."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        order = ("text", "heading", "label", "value", "from", "source", "head", "rows", "items", "lines")
        kept = ("heading", *order) if "from" in value else order
        return [said for name in dict.fromkeys(kept) if name in value for said in spoken(value[name])]
    return [said for one in value for said in spoken(one)] if isinstance(value, list) else []


@pytest.mark.parametrize("situation", ["approval", "approval_without_score"])
def test_the_credit_score_notice_stands_on_a_page_of_its_own(situation: str) -> None:
    """Segregated from other information (12 CFR 1022.74(e)(2), (f)(2)), with the name of who gives it on top."""
    [letter] = render_letters(SITUATIONS[situation](), now=DECIDED_AT)
    offer, notice = [page.extract_text() for page in pages(letter_pdf(letter)).pages]

    own = [block for block in letter.notice.snapshot["letters"][0]["blocks"] if block["kind"] != "sheet"]
    start = next(place for place, block in enumerate(own) if "credit score" in block.get("text", ""))
    assert notice.startswith("Harbour, Inc.\nYour credit score and the price you pay for credit\n")
    assert offer.splitlines()[-2].startswith("http://localhost:8000/a/")
    assert "What you can do" in offer
    plain = {name: " ".join(text.split()) for name, text in (("offer", offer), ("notice", notice))}
    assert [said for said in spoken(own[start:]) if " ".join(said.split()) not in plain["notice"]] == []
    assert [said for said in spoken(own[start:]) if len(said) > 20 and said in plain["offer"]] == []
    assert [said for said in spoken(own[:start]) if len(said) > 10 and said in plain["notice"]] == []


def test_the_web_process_does_not_load_the_compiler() -> None:
    program = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'underwriting.config.settings'\n"
        "from django.core.wsgi import get_wsgi_application; get_wsgi_application()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "print(sorted({'typst', 'pypdfium2', 'qrcode'} & sys.modules.keys()))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    assert "typst" not in loaded.stdout
    assert "pypdfium2" not in loaded.stdout
