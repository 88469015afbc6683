"""The scan by itself, without a reader of PDFs behind it: escapes, object streams, streams that hide objects, bombs."""

from __future__ import annotations

import zlib

import pytest

from tests.underwriting.documents.files import pdf, pdf_in_object_stream
from underwriting.documents.pdf_scan import Objection, scan

SCRIPT = b"<< /S /GoTo /D (x) >>"


def objection(content: bytes) -> str:
    with pytest.raises(Objection) as objected:
        scan(content)
    return objected.value.code


@pytest.mark.parametrize(
    "content",
    [
        pdf(catalog=b"/Open#41ction " + SCRIPT),
        pdf(catalog=b"/#41#41 " + SCRIPT),
        pdf_in_object_stream(b"/OpenAction " + SCRIPT),
        pdf_in_object_stream(b"/#41A " + SCRIPT),
        pdf(catalog=b"/X (stream\n) /OpenAction " + SCRIPT),
    ],
    ids=[
        "escaped",
        "short and escaped",
        "object stream",
        "escaped in an object stream",
        "behind a false stream",
    ],
)
def test_names_are_found_wherever_they_stand(content: bytes) -> None:
    assert objection(content) == "active_content"


def test_a_short_name_counts_as_a_name_alone_and_not_inside_the_bytes_of_a_picture() -> None:
    scan(pdf(more=[b"<< /Length 9 >>\nstream\nx/AA /JS y\nendstream"]))
    scan(pdf(catalog=b"/AAPL 1 /JSON 2"))
    assert objection(pdf(catalog=b"/AA 1 0 R")) == "active_content"


def test_deflate_data_goes_on_after_a_false_end_of_its_stream() -> None:
    """A stored block spells `endstream`; what follows in the same data is still read."""
    head = b"1 0 2 30 %endstream\n"
    packer = zlib.compressobj(level=0)
    data = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(level=9, wbits=-15)
    body = rest.compress(b"<< /AA << >> >>" * 3) + rest.flush()
    stream = data + body + b"\0\0\0\0"
    assert (
        objection(pdf(more=[b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)]))
        == "active_content"
    )


def test_layers_within_layers_are_not_followed_for_ever() -> None:
    data = b"x"
    for _ in range(5):
        data = zlib.compress(data)
    assert (
        objection(pdf(more=[b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)]))
        == "unpacks_too_large"
    )
