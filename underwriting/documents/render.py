"""A page of a document as a picture, drawn by a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

from underwriting.documents.child import ChildBusy, ChildFell, ChildTooSlow, run_child

SENTENCES = {
    "busy": "Many files are open at this moment, so this page was not drawn. Try again in a minute, or save the file.",
    "too_slow": "This page takes too long to draw. Save the file to look at it.",
    "not_drawn": "This page could not be drawn: it is damaged, or it takes more memory than a page may. Save the file to look at it.",
}


class NotDrawn(ValueError):
    """There is no picture of the page; `code` is one of SENTENCES, the message its sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as PNG or JPEG, at most 2,400 pixels wide and high."""

    content: bytes
    media_type: str


def draw_page(content: bytes, *, page: int, turn: int) -> Drawn:
    """Draw one page, counted from 1, turned clockwise by `turn` degrees (a quarter or several). Raises NotDrawn."""
    try:
        drawn = run_child("underwriting.documents.render_child", str(page - 1), str(turn), content=content)
    except ChildBusy:
        raise NotDrawn("busy") from None
    except ChildTooSlow:
        raise NotDrawn("too_slow") from None
    except ChildFell:
        raise NotDrawn("not_drawn") from None
    return Drawn(drawn, "image/png" if drawn.startswith(b"\x89PNG") else "image/jpeg")
