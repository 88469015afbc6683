"""Hindi as the letter prints it and as Chromium draws it: the same sentences, the same typeface, two shapers.

Text that is read back from a PDF is no test here: conjuncts come back damaged although their shapes are right. So the ink is
compared. A sentence whose signs stand in another order must not pass for the right one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import pypdfium2
import pytest
import yaml
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Browser

from explanations.notices.letters.render import render
from explanations.notices.texts import PLACE, words

pytestmark = pytest.mark.browser
PIXELS_A_POINT = 4
POINTS = 11
# Two rasterisers differ at edges; measured over 165 sentences: 0.991 and more.
LEAST_OVERLAP = 0.97
PLAIN = re.compile(r"[\u0900-\u097F ,0-9]{12,62}")


def sentences() -> list[str]:
    """Standing sentences and catalogue sentences that fill one line at most and have no place for a figure."""
    standing = list(words("hi").sentences.values())
    catalogue = PLACE.parents[1] / "reason_codes" / "languages" / "hi.yaml"
    codes = yaml.safe_load(catalogue.read_text(encoding="utf-8"))["codes"].values()
    told = [code[name] for code in codes for name in ("text", "do", "factor") if name in code]
    return list(dict.fromkeys(one for one in [*standing, *told] if PLAIN.fullmatch(one)))


def letter_of(said: Sequence[str]) -> bytes:
    """The product's own template with these sentences as its paragraphs."""
    content: dict[str, Any] = {
        "language": "hi", "paper": "a4", "title": "पत्र", "sender": ["S"], "lender": "S", "addressee": ["A"], "about": [],
        "reference": "", "page": "{number}{count}", "heading": "पत्र", "summary": "",
        "blocks": [{"kind": "text", "text": one} for one in said], "online": None,
    }  # fmt: skip
    return render(content, made_at=datetime(2026, 11, 4, tzinfo=UTC))


def lines_of(pdf: bytes) -> list[Image.Image]:
    """Every line of ink of every page, cropped."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.render(scale=PIXELS_A_POINT).to_pil().convert("L") for page in document]
    return [line for page in pages for line in _lines(page)]


def _lines(page: Image.Image) -> list[Image.Image]:
    ink = page.point(lambda level: 255 if level < 160 else 0)
    rows = [bool(row.any()) for row in np.asarray(ink)]
    found, start, blank = [], None, 0
    for y, has_ink in enumerate([*rows, *[False] * 99]):
        if has_ink:
            start, blank = y if start is None else start, 0
        elif start is not None:
            blank += 1
            if blank > 6:  # a dot above its line is nearer than the next line
                found.append(_cropped(ink.crop((0, start, ink.width, y - blank + 1))))
                start = None
    return found


def _cropped(ink: Image.Image) -> Image.Image:
    return ink.crop(ink.getbbox())


@pytest.fixture
def draw(browser: Browser) -> Any:
    """Draw lines in Chromium with the very file that the letter embeds; answers one picture a line."""
    face = next((files("fontpkg_noto_sans_devanagari") / "files").iterdir())
    encoded = base64.b64encode(face.read_bytes()).decode()
    page = browser.new_page(device_scale_factor=PIXELS_A_POINT * 3 / 4, viewport={"width": 900, "height": 80})
    page.set_content(
        "<style>@font-face{font-family:F;src:url(data:font/ttf;base64," + encoded + ");font-weight:100 900}"
        f"p{{margin:20px;font:{POINTS}pt F;white-space:nowrap}}</style><p lang=hi>क</p>"
    )
    page.evaluate("document.fonts.ready")

    def drawn(said: Sequence[str]) -> list[Image.Image]:
        page.evaluate(
            "said => document.body.replaceChildren(...said.map(one => {"
            " const line = document.createElement('p'); line.lang = 'hi'; line.textContent = one; return line }))",
            list(said),
        )
        return _lines(Image.open(BytesIO(page.screenshot(full_page=True))).convert("L"))

    return drawn


def overlap(one: Image.Image, other: Image.Image) -> float:
    """How much of either's ink has the other's within a pixel; 0 where the sizes differ by more than 1 % and 3 pixels."""
    if (
        abs(one.width - other.width) > 0.01 * one.width + 3
        or abs(one.height - other.height) > 0.01 * one.height + 3
    ):
        return 0.0
    fitted = other.resize(one.size).point(lambda level: 255 if level > 127 else 0)
    return min(_covered(one, fitted), _covered(fitted, one))


def _covered(ink: Image.Image, other: Image.Image) -> float:
    return (
        ImageChops.darker(ink, other.filter(ImageFilter.MaxFilter(3))).histogram()[255] / ink.histogram()[255]
    )


def test_hindi_is_shaped_as_chromium_shapes_it(draw: Any) -> None:
    said = sentences()
    assert len(said) >= 60

    printed, drawn = lines_of(letter_of(said)), draw(said)

    assert len(drawn) == len(said)
    shares = [[overlap(line, picture) for line in printed] for picture in drawn]
    best = [max(range(len(printed)), key=row.__getitem__) for row in shares]
    assert best == sorted(set(best))  # each its own line, in the order in which they were said
    assert [
        one for one, row, place in zip(said, shares, best, strict=True) if row[place] < LEAST_OVERLAP
    ] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("हमने आपकी क्रेडिट रिपोर्ट देखी", "हमने आपकी क\u200cरेडिट रिपोर\u200cट देखी"),  # no reordering, no conjunct
        ("किसी व्यक्ति ने देखा", "कसिी वयक्ति ने देखा"),
        ("पिछले 24 महीनों में", "पिछले 42 महीनों में"),
    ],
)
def test_a_sentence_shaped_wrongly_does_not_pass(draw: Any, right: str, wrong: str) -> None:
    printed = lines_of(letter_of([right]))

    assert max(overlap(line, picture) for line in printed for picture in draw([right])) >= LEAST_OVERLAP
    assert max(overlap(line, picture) for line in printed for picture in draw([wrong])) < LEAST_OVERLAP
