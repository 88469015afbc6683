"""A page of a document as a picture: bounded, upright, with its forms; what cannot be drawn within the limits says so."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.underwriting.documents.files import pdf, picture, sheet, stream, wide_png
from underwriting.documents import child
from underwriting.documents.render import SENTENCES, NotDrawn, draw_page
from underwriting.documents.render_child import SIDE_PIXELS_MAX

ROTATED_BY_CAMERA = 6  # EXIF: what is up in the picture is at its right
ORIENTATION = 0x0112


def drawn(content: bytes, *, page: int = 1, turn: int = 0) -> Image.Image:
    result = draw_page(content, page=page, turn=turn)
    image = Image.open(io.BytesIO(result.content))
    assert Image.MIME[image.format or ""] == result.media_type
    return image


def refusal(content: bytes, *, page: int = 1) -> str:
    with pytest.raises(NotDrawn) as refused:
        draw_page(content, page=page, turn=0)
    assert str(refused.value) == SENTENCES[refused.value.code]
    return refused.value.code


def black(image: Image.Image) -> bool:
    return image.convert("L").getextrema()[0] == 0


def test_a_page_is_drawn_twice_as_fine_as_a_screen_shows_it_and_turned_in_quarters() -> None:
    content = pdf(pages=2)
    assert drawn(content, page=2).size == (1632, 2112)
    assert drawn(content, turn=90).size == (2112, 1632)
    assert drawn(picture("PNG"), turn=270).size == (40, 60)


def test_a_quarter_is_to_the_right() -> None:
    top_left = sheet(b"0 0 100 100", rest=b"/Contents 4 0 R", more=[stream(b"", b"0 g 0 50 50 50 re f")])
    corner = Image.new("RGB", (40, 40), "white")
    corner.paste("black", (0, 0, 20, 20))
    out = io.BytesIO()
    corner.save(out, "PNG")
    for content in (top_left, out.getvalue()):
        image = drawn(content, turn=90).convert("L")
        width, height = image.size
        assert [image.getpixel((x * width // 4, y * height // 4)) for x, y in ((1, 1), (3, 1), (3, 3))] == [
            255,
            0,
            255,
        ]


@pytest.mark.parametrize(
    "box", [b"0 0 14400 14400", b"0 0 1000000 10", b"0 0 3 2000000000"], ids=["huge", "wide", "high"]
)
def test_a_page_of_any_size_is_drawn_within_the_limit(box: bytes) -> None:
    image = drawn(sheet(box, rest=b"/Contents 4 0 R", more=[stream(b"", b"0 g 0 0 5000 5000 re f")]))
    assert max(image.size) <= SIDE_PIXELS_MAX


def test_a_picture_is_upright_small_and_on_white() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATED_BY_CAMERA
    lying = io.BytesIO()
    Image.new("RGB", (60, 40)).save(lying, "JPEG", exif=exif)
    assert drawn(lying.getvalue()).size == (40, 60)
    assert drawn(picture("JPEG", (6000, 4000))).size == (SIDE_PIXELS_MAX, 1600)
    clear = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(clear, "PNG")
    assert drawn(clear.getvalue()).getpixel((5, 5)) == (255, 255, 255)


def test_a_scan_is_sent_as_jpeg() -> None:
    noise = Image.frombytes("RGB", (1200, 1200), random.Random(4).randbytes(1200 * 1200 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert drawn(out.getvalue()).format == "JPEG"
    assert drawn(picture("JPEG")).format == "PNG"


def test_what_is_filled_into_a_form_is_drawn() -> None:
    form = sheet(
        rest=b"/Annots [4 0 R]",
        more=[
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (pay) /V (4350) /F 4 /Rect [100 600 300 640] /AP << /N 5 0 R >> >>",
            stream(b"/Type /XObject /Subtype /Form /BBox [0 0 200 40]", b"0 g 0 0 200 40 re f"),
        ],
    ).replace(b"/Type /Catalog ", b"/Type /Catalog /AcroForm << /Fields [4 0 R] >> ")
    assert black(drawn(form))


def test_what_does_not_open_or_has_no_such_page_is_not_drawn() -> None:
    assert refusal(b"%PDF-1.7\nnothing of the kind\n%%EOF\n") == "not_drawn"
    assert refusal(picture("PNG")[:-30]) == "not_drawn"
    assert refusal(pdf(), page=2) == "not_drawn"
    assert refusal(b"<html>") == "not_drawn"


def test_a_picture_of_too_many_pixels_is_not_drawn() -> None:
    assert refusal(wide_png(20_000, 20_000)) == "not_drawn"


def test_a_bomb_takes_neither_the_machine_nor_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand times a large picture that is drawn over the whole page: the child is killed when its time is over."""
    monkeypatch.setattr(child, "CHILD_SECONDS", 3)
    image = stream(
        b"/Type /XObject /Subtype /Image /Width 9000 /Height 9000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode",
        zlib.compress(bytes(9000 * 9000 * 3), 9),
    )
    times = stream(b"", b"q 600 0 0 700 0 0 cm /A Do Q\n" * 10_000)
    heavy = sheet(rest=b"/Resources << /XObject << /A 4 0 R >> >> /Contents 5 0 R", more=[image, times])
    began = time.monotonic()
    assert refusal(heavy) == "too_slow"
    assert time.monotonic() - began < 2 * child.CHILD_SECONDS


def test_a_child_that_falls_over_or_hangs_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script, python = tmp_path / "child", sys.executable
    for body, code in (("import os; os.abort()", "not_drawn"), ("import time; time.sleep(60)", "too_slow")):
        script.write_text(f"#!{python}\n{body}\n")
        script.chmod(0o700)
        monkeypatch.setattr(child, "CHILD_SECONDS", 1)
        monkeypatch.setattr(sys, "executable", str(script))
        assert refusal(pdf()) == code


def test_nobody_waits_long_for_pages_of_others() -> None:
    for _ in range(child.AT_ONCE):
        child._room.acquire()
    try:
        assert refusal(pdf()) == "busy"
    finally:
        for _ in range(child.AT_ONCE):
            child._room.release()


def test_the_child_takes_its_limits_before_it_opens_anything() -> None:
    """A picture that needs more memory than the limit ends the child, not the test."""
    probe = (
        "from underwriting.documents import inspect_child as limits, render_child as child\n"
        "limits.MEMORY_LIMIT_BYTES = 200_000_000; child.PIXELS_LIMIT = 10**12; child.main(0, 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], input=wide_png(30_000, 60_000), capture_output=True, check=False)  # fmt: skip
    assert done.returncode != 0
    assert b"MemoryError" in done.stderr
