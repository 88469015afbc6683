"""What is taken and what is refused, by content alone, in the process that opens files."""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from tests.underwriting.documents.files import (
    archive,
    pdf,
    pdf_in_object_stream,
    picture,
    wide_png,
)
from underwriting.documents import child
from underwriting.documents.inspect import Inspected, inspect_file
from underwriting.documents.refusals import BYTES_LIMIT, SENTENCES, DocumentRefused

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def refusal(content: bytes) -> str:
    with pytest.raises(DocumentRefused) as refused:
        inspect_file(content)
    assert refused.value.message == SENTENCES[refused.value.code]
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(), Inspected("application/pdf", 1)),
        (pdf(pages=30), Inspected("application/pdf", 30)),
        (pdf_in_object_stream(b""), Inspected("application/pdf", 1)),
        (pdf_in_object_stream(b"", predictor=True), Inspected("application/pdf", 1)),
        (picture("PNG"), Inspected("image/png", 1)),
        (picture("JPEG"), Inspected("image/jpeg", 1)),
    ],
)
def test_a_plain_file_is_taken_for_what_it_is(content: bytes, expected: Inspected) -> None:
    assert inspect_file(content) == expected


ACTIVE = {
    "open action": pdf(catalog=b"/OpenAction " + SCRIPT),
    "script by name": pdf(catalog=b"/Names << /JavaScript << /Names [(a) 4 0 R] >> >>", more=[SCRIPT]),
    "additional action": pdf(catalog=b"/AA << /WC 4 0 R >>", more=[b"<< /S /URI /URI (x) >>"]),
    "launch": pdf(more=[b"<< /S /Launch /F (run.exe) >>"]),
    "attachment": pdf(
        catalog=b"/Names << /EmbeddedFiles << /Names [(a) 4 0 R] >> >>",
        more=[b"<< /Type /Filespec /F (a) /EF << /F 5 0 R >> >>", b"<< /Type /EmbeddedFile /Length 1 >>\nstream\nx\nendstream"],
    ),
    "rich media": pdf(more=[b"<< /Type /Annot /Subtype /RichMedia >>"]),
    "xfa": pdf(catalog=b"/AcroForm << /XFA 4 0 R >>", more=[b"<< /Length 1 >>\nstream\nx\nendstream"]),
    "form that sends": pdf(more=[b"<< /S /SubmitForm /F (https://elsewhere.test) >>"]),
    "escaped name": pdf(catalog=b"/Open#41ction << /S /J#61vaScript /#4a#53 (x) >>"),
    "in an object stream": pdf_in_object_stream(b"/OpenAction " + SCRIPT),
    "escaped in an object stream": pdf_in_object_stream(b"/#4fpenAction << /S /GoTo >>"),
    "in an object stream under a predictor": pdf_in_object_stream(b"/OpenAction " + SCRIPT, predictor=True),
    "object stream of numbered objects": pdf_in_object_stream(
        b"/OpenAction 9 0 R", more={9: b"<< /S /Launch /F (run.exe) >>"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", ACTIVE.values(), ids=ACTIVE)
def test_a_pdf_that_could_act_is_refused(content: bytes) -> None:
    assert refusal(content) == "active_content"


def test_a_stream_word_inside_a_text_hides_no_action() -> None:
    assert refusal(pdf(catalog=b"/X (stream\n) /OpenAction " + SCRIPT)) == "active_content"


def test_an_encrypted_pdf_is_refused() -> None:
    locked = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (" + b"x" * 32 + b") /U (" + b"y" * 32 + b") /P -4 >>"
    )
    assert refusal(pdf(trailer=locked + b" /ID [(a) (b)]")) == "encrypted"


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7\nnothing of the kind\n%%EOF\n", pdf()[:-30], picture("PNG")[:-20], picture("JPEG")[:300],
     picture("PNG")[:40] + b"\0" * 20 + picture("PNG")[60:]],
    ids=["no PDF", "cut PDF", "cut PNG", "cut JPEG", "changed PNG"],
)  # fmt: skip
def test_what_does_not_open_is_refused(content: bytes) -> None:
    assert refusal(content) == "damaged"


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90\0", b"GIF89a\1\0\1\0", b"<html><script>alert(1)</script>", archive(), b"II*\0", b"\0" + pdf(),
     b"RIFF\0\0\0\0WEBPVP8 "],
    ids=["empty", "program", "gif", "page", "archive", "tiff", "pdf after a byte", "webp"],
)  # fmt: skip
def test_other_types_are_refused_whatever_they_are_called(content: bytes) -> None:
    assert refusal(content) == ("type_unknown" if content else "empty")


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG") + archive(), picture("JPEG") + pdf(), picture("PNG") + archive(), picture("PNG") + b"<script>x</script>",
        picture("PNG") + b"more", pdf()[:-7] + archive() + b"%%EOF\n", pdf().replace(b"\n1 0 obj", b"\n%<html><script>x</script>\n1 0 obj", 1),
    ],
    ids=["jpeg and zip", "jpeg and pdf", "png and zip", "png and page", "png and more", "pdf and zip", "pdf and page"],
)  # fmt: skip
def test_a_file_that_is_two_things_is_refused(content: bytes) -> None:
    assert refusal(content) == "two_in_one"


def test_size_pages_and_pixels_have_limits() -> None:
    assert refusal(pdf(pages=31)) == "too_many_pages"
    assert refusal(b"%PDF-1.7" + b"\0" * BYTES_LIMIT) == "too_large"
    assert refusal(wide_png(20_000, 20_000)) == "too_many_pixels"


def bomb(times: int) -> bytes:
    packed = zlib.compress(zlib.compress(bytes(1_000_000) * 300, 9) * 1, 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(packed),
        packed,
    )
    return pdf(more=[stream] * times)


def test_a_bomb_is_refused_before_it_takes_the_machine() -> None:
    began = time.monotonic()
    assert refusal(bomb(2)) == "unpacks_too_large"
    assert time.monotonic() - began < child.CHILD_SECONDS


def test_a_child_that_falls_over_or_hangs_refuses_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script, python = tmp_path / "child", sys.executable
    for body, code in (("import os; os.abort()", "damaged"), ("import time; time.sleep(60)", "not_checked")):
        script.write_text(f"#!{python}\n{body}\n")
        script.chmod(0o700)
        monkeypatch.setattr(child, "CHILD_SECONDS", 1)
        monkeypatch.setattr(sys, "executable", str(script))
        assert refusal(pdf()) == code


def test_nobody_waits_long_for_files_of_others() -> None:
    """Every slot is taken: the thread goes back to those who want pages, and the sender hears when to try again."""
    for _ in range(child.AT_ONCE):
        child._room.acquire()
    try:
        began = time.monotonic()
        assert refusal(pdf()) == "busy"
        assert time.monotonic() - began < 3
    finally:
        for _ in range(child.AT_ONCE):
            child._room.release()


def test_the_child_takes_its_limits_before_it_opens_anything() -> None:
    """A picture that needs more memory than the limit ends the child, not the test."""
    probe = (
        "import sys; from underwriting.documents import inspect_child as child\n"
        "child.MEMORY_LIMIT_BYTES = 200_000_000; child.PIXELS_LIMIT = 10**12; child.main()"
    )
    done = subprocess.run([sys.executable, "-c", probe], input=wide_png(30_000, 60_000), capture_output=True, check=False)  # fmt: skip
    assert done.returncode != 0 or b"damaged" in done.stdout
