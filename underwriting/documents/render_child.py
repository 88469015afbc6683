"""Draws one page of a file that somebody sent, in a process of its own: `python -m underwriting.documents.render_child 0 90` < file.

The first argument is the page, counted from 0, the second by how many degrees it is turned clockwise. Takes the limits of
inspect_child before it opens anything; what it cannot draw within them ends it without an answer. A picture sent by somebody is
never passed on as it came: it is decoded, turned as its camera held it, made smaller and written anew.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from underwriting.documents.inspect_child import PDF, PIXELS_LIMIT, PNG, media_type_of, take_limits

if TYPE_CHECKING:
    from PIL import Image

SIDE_PIXELS_MAX = 2_400
PIXELS_A_POINT = 192 / 72  # twice as fine as a screen shows a page of its own size
PNG_BYTES_MAX = 1_500_000  # what is larger is a scan or a photograph, which JPEG writes in a tenth
JPEG_QUALITY = 85
PAPER = (255, 255, 255)


def pdf_page(content: bytes, *, page: int, turn: int) -> Image.Image:
    """The page with what is filled into its forms. A page of any size is drawn within SIDE_PIXELS_MAX."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - after the limits

    document = pdfium.PdfDocument(content)
    document.init_forms()
    sheet = document[page]
    scale = min(PIXELS_A_POINT, SIDE_PIXELS_MAX / max(sheet.get_size()))
    drawn: Image.Image = sheet.render(scale=scale, rotation=turn).to_pil()
    return drawn


def picture(content: bytes, *, media_type: str, turn: int) -> Image.Image:
    """The picture upright, on white where it is see-through. Raises ValueError for more pixels than were taken on arrival."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - after the limits

    Image.MAX_IMAGE_PIXELS = None  # the limit is our own
    found = Image.open(io.BytesIO(content), formats=["PNG" if media_type == PNG else "JPEG"])
    if found.width * found.height > PIXELS_LIMIT:
        raise ValueError("too many pixels")
    found.draft("RGB", (SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
    upright = ImageOps.exif_transpose(found)
    upright.thumbnail((SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.new("RGB", seen.size, PAPER)
        upright.paste(seen, mask=seen)
    return upright.convert("RGB").rotate(-turn, expand=True)


def written(image: Image.Image) -> bytes:
    """As PNG, or as JPEG where that would be large."""
    out = io.BytesIO()
    image.save(out, "PNG")
    if out.tell() > PNG_BYTES_MAX:
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def main(page: int, turn: int) -> None:
    take_limits()
    content = sys.stdin.buffer.read()
    media_type = media_type_of(content)
    if media_type == PDF:
        image = pdf_page(content, page=page, turn=turn)
    else:
        image = picture(content, media_type=media_type, turn=turn)
    sys.stdout.buffer.write(written(image))


if __name__ == "__main__":
    main(page=int(sys.argv[1]), turn=int(sys.argv[2]))
