"""How a document is being looked at: which page, how large, how turned; all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from underwriting.models import Document

PDF = "application/pdf"
ZOOMS = ("fit", "100", "150", "200")
QUARTER, WHOLE_TURN = 90, 360
OPENING_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True)
class DocumentView:
    """`page` counts from 1 up to `pages`; `turn` is in degrees clockwise; `opening` marks when it was opened (documents.opening_of).

    `fineness` is how many of the picture's pixels go on one of the screen's at 100 %.
    """

    page: int
    pages: int
    fineness: int
    zoom: str
    turn: int
    opening: str

    def fields(self) -> dict[str, str]:
        """What the address carries."""
        return {
            "page": str(self.page), "zoom": self.zoom, "turn": str(self.turn), "opening": self.opening,
        }  # fmt: skip

    def address(self, **changes: str | int) -> str:
        """The query string of this view, with changes."""
        return urlencode(replace(self, **changes).fields())  # type: ignore[arg-type]

    @property
    def next_page(self) -> str:
        return self.address(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_page(self) -> str:
        return self.address(page=self.page - 1) if self.page > 1 else ""

    @property
    def larger(self) -> str:
        return self._zoomed(1)

    @property
    def smaller(self) -> str:
        return self._zoomed(-1)

    @property
    def fitted(self) -> str:
        return self.address(zoom=ZOOMS[0])

    @property
    def turned(self) -> str:
        return self.address(turn=(self.turn + QUARTER) % WHOLE_TURN)

    @property
    def density(self) -> str:
        """How many of the picture's pixels go on one of the screen's; empty where the picture is as wide as there is room."""
        return "" if self.zoom == ZOOMS[0] else f"{100 * self.fineness / int(self.zoom):.4g}"

    @property
    def picture(self) -> str:
        """What the picture depends on: zooming asks for no other."""
        return urlencode({"page": self.page, "turn": self.turn, "opening": self.opening})

    def _zoomed(self, by: int) -> str:
        place = ZOOMS.index(self.zoom) + by
        return self.address(zoom=ZOOMS[place]) if 0 <= place < len(ZOOMS) else ""


def read_view(parameters: Mapping[str, str], document: Document) -> DocumentView:
    """The view of this document that the address asks for; what is not known counts as not given."""
    page, turn, zoom = (parameters.get(name, "") for name in ("page", "turn", "zoom"))
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
    return DocumentView(
        page=max(1, min(number, document.page_count)),
        pages=document.page_count,
        # a PDF's page is drawn twice as fine as a screen shows it (render_child.PIXELS_A_POINT), a picture as it is
        fineness=2 if document.media_type == PDF else 1,
        zoom=zoom if zoom in ZOOMS else ZOOMS[0],
        turn=int(turn) if turn in {"90", "180", "270"} else 0,
        opening=parameters.get("opening", "").replace("\x00", "")[:OPENING_CHARACTERS_MAX],
    )
