"""Opens one file that somebody sent, in a process of its own: `python -m underwriting.documents.inspect_child` < file.

Readers of pictures and PDFs are large and have had faults; here one may fall over, fill its memory or never end, and nobody is
hurt. Takes its limits before it opens anything. Writes {"media_type", "pages"} or {"refused": code} to standard output.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zlib

from underwriting.documents.pdf_scan import Objection, scan, scan_rewritten
from underwriting.documents.refusals import PAGES_LIMIT

MEMORY_LIMIT_BYTES = 1 << 30
CPU_LIMIT_SECONDS = 10
PIXELS_LIMIT = 50_000_000
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_ZIP_COMMENT_BYTES = 65_535
_MARKUP = re.compile(rb"<(?:html|script|svg|!doctype|iframe)\b|<\?php", re.IGNORECASE)
_HEAD_BYTES = 1024


def media_type_of(content: bytes) -> str:
    """By the first bytes. Raises Objection for anything but the three that are taken."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(_PNG_SIGNATURE):
        return PNG
    raise Objection("type_unknown")


def require_one_thing(content: bytes, media_type: str) -> None:
    """Raises Objection for a file that is something else as well: an archive, a page, a PDF inside a picture."""
    if _is_archive(content):
        raise Objection("two_in_one")
    searched = content[:_HEAD_BYTES] if media_type == PDF else content
    if _MARKUP.search(searched) or (media_type != PDF and b"%PDF-" in content):
        raise Objection("two_in_one")


def _is_archive(content: bytes) -> bool:
    """Whether a reader of ZIP files would find the end of one: the record names what follows it."""
    at = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_COMMENT_BYTES - _ZIP_END_BYTES))
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + _ZIP_END_BYTES + comment <= len(content):
            return True
        at = content.rfind(_ZIP_END, 0, at)
    return False


def pdf_pages(content: bytes) -> int:
    """How many pages; the file is scanned as sent and as the reader writes it out again. Raises Objection."""
    scan(content)
    import pypdfium2 as pdfium  # noqa: PLC0415 - after the limits
    from pypdfium2 import raw  # noqa: PLC0415

    try:
        document = pdfium.PdfDocument(content)
        pages = len(document)
    except pdfium.PdfiumError as error:
        raise Objection("damaged") from error
    if not pages:
        raise Objection("damaged")
    if pages > PAGES_LIMIT:
        raise Objection("too_many_pages")
    if raw.FPDF_GetSecurityHandlerRevision(document) >= 0:
        raise Objection("encrypted")
    if (
        raw.FPDFDoc_GetJavaScriptActionCount(document) > 0
        or raw.FPDFDoc_GetAttachmentCount(document) > 0
        or document.get_formtype() in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND)
    ):
        raise Objection("active_content")
    try:
        for number in range(pages):
            document[number].close()
        rewritten = io.BytesIO()
        document.save(rewritten)
    except pdfium.PdfiumError as error:
        raise Objection("damaged") from error
    scan_rewritten(rewritten.getvalue())
    return pages


def check_picture(content: bytes, media_type: str) -> None:
    """Read the header, hold the pixels against the limit, then decode it all. Raises Objection."""
    if media_type == PNG:
        check_chunks(content)
    from PIL import Image  # noqa: PLC0415 - after the limits

    Image.MAX_IMAGE_PIXELS = None  # the limit is our own, below
    try:
        with Image.open(io.BytesIO(content), formats=["PNG" if media_type == PNG else "JPEG"]) as picture:
            if picture.width * picture.height > PIXELS_LIMIT:
                raise Objection("too_many_pixels")
            picture.load()
    except (OSError, ValueError, SyntaxError, zlib.error) as error:
        if isinstance(error, Objection):
            raise
        raise Objection("damaged") from error


def check_chunks(content: bytes) -> None:
    """A PNG is chunks with checksums and ends with its IEND: nothing may follow. Raises Objection."""
    at, name = len(_PNG_SIGNATURE), b""
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            raise Objection("damaged")
        at = end
        if name == b"IEND" and at < len(content):
            raise Objection("two_in_one")
    if name != b"IEND":
        raise Objection("damaged")


def inspect(content: bytes) -> dict[str, object]:
    """What the file is and how many pages it has, or why it is refused."""
    try:
        media_type = media_type_of(content)
        require_one_thing(content, media_type)
        if media_type == PDF:
            return {"media_type": media_type, "pages": pdf_pages(content)}
        check_picture(content, media_type)
    except Objection as objection:
        return {"refused": objection.code}
    return {"media_type": media_type, "pages": 1}


def take_limits() -> None:
    """Bound this process before it opens anything: memory, time, no file may grow, no core is left behind."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def main() -> None:
    take_limits()
    json.dump(inspect(sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main()
