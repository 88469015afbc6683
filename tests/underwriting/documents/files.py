"""Files for the upload checks, written byte by byte: a writer of PDFs would not write what attackers do."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from PIL import Image

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"


def pdf(*, catalog: bytes = b"", pages: int = 1, more: Sequence[bytes] = (), trailer: bytes = b"") -> bytes:
    """A PDF of empty pages. `catalog` is added to the catalogue, `more` are objects from number 3 + pages on."""
    kids = b" ".join(b"%d 0 R" % (3 + n) for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        *[PAGE] * pages,
        *more,
    ]
    return _with_table(objects, trailer)


def _with_table(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(out)


def pdf_in_object_stream(
    catalog: bytes, *, more: Mapping[int, bytes] | None = None, predictor: bool = False
) -> bytes:
    """A PDF whose catalogue stands in a compressed object stream, with a cross-reference stream as PDF 1.5 has them."""
    packed = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: PAGE,
    } | dict(more or {})
    bodies, heads, at = [], [], 0
    for number, body in packed.items():
        heads.append(b"%d %d" % (number, at))
        bodies.append(body + b" ")
        at += len(body) + 1
    head = b" ".join(heads) + b"\n"
    content = head + b"".join(bodies)
    parms = b""
    if predictor:
        content, parms = _up(content, 8), b"/DecodeParms << /Predictor 12 /Columns 8 >>"
    stream_number, table_number = max(packed) + 1, max(packed) + 2
    data = zlib.compress(content)
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    stream_at = len(out)
    out += (
        b"%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode %s /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        % (stream_number, len(packed), len(head), parms, len(data), data)
    )
    table_at = len(out)
    rows = [b"\0\0\0\0\xff"]
    rows += [
        b"\2" + stream_number.to_bytes(3, "big") + bytes((list(packed).index(n),))
        if n in packed
        else b"\0\0\0\0\0"
        for n in range(1, stream_number)
    ]
    rows += [b"\1" + stream_at.to_bytes(3, "big") + b"\0", b"\1" + table_at.to_bytes(3, "big") + b"\0"]
    table = zlib.compress(b"".join(rows))
    out += (
        b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 3 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        % (table_number, table_number + 1, len(table), table)
    )
    out += b"startxref\n%d\n%%%%EOF\n" % table_at
    return bytes(out)


def _up(content: bytes, columns: int) -> bytes:
    """Rows under the PNG predictor "up", which a scan of unpacked bytes cannot read."""
    content += b" " * (-len(content) % columns)
    out, above = bytearray(), bytes(columns)
    for at in range(0, len(content), columns):
        row = content[at : at + columns]
        out += b"\2" + bytes((now - before) % 256 for now, before in zip(row, above, strict=True))
        above = row
    return bytes(out)


def picture(form: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """A plain picture as PNG or JPEG."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 220, 240)).save(out, form)
    return out.getvalue()


def archive() -> bytes:
    """A small ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("run.js", "alert(1)")
    return out.getvalue()


def wide_png(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is huge, its rows all there: a picture to fill somebody's memory with."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((1, 0, 0, 0, 0))
    rows = zlib.compress(bytes(height * (1 + (width + 7) // 8)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def stream(head: bytes, body: bytes) -> bytes:
    """A stream object; `head` is added to its dictionary."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(body), body)


def sheet(box: bytes = b"0 0 612 792", *, rest: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of one page of this size; `rest` is added to the page, `more` are objects from number 4 on."""
    page = PAGE.replace(b"[0 0 612 792] >>", b"[" + box + b"] " + rest + b" >>")
    return pdf(more=more).replace(PAGE, page)


def payslip(pages: int = 1) -> bytes:
    """A PDF with something to read on each page."""
    lines = [
        b"Harbour Foods Ltd",
        b"Payslip, July 2026",
        b"Yearly pay 52,200.00",
        b"Employed since July 2019",
    ]
    text = b"BT /F 24 Tf 72 700 Td 36 TL " + b" ".join(b"(%s) Tj T*" % line for line in lines) + b" ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    first = 3 + pages
    rest = b"/Contents %d 0 R /Resources << /Font << /F %d 0 R >> >>" % (first, first + 1)
    page = PAGE.replace(b" >>", b" " + rest + b" >>")
    return _with_table(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>"
            % (pages, b" ".join(b"%d 0 R" % (3 + n) for n in range(pages))),
            *[page] * pages,
            stream(b"", text),
            font,
        ],
        b"",
    )
