"""Typst makes the PDF. Only workers call this: the compiler is a large library that no web process should load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_name("templates")
TEMPLATE = "letter.typ"


class CannotBeRendered(Exception):
    """The template and its data made no letter without complaint; the message names the complaints, not the data."""


def render(content: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The letter as a tagged PDF (PDF/UA-1). The same content and moment give the same bytes. Raises CannotBeRendered.

    Content goes in as data and is never read as markup. A warning is an error: a missing typeface is only warned of.
    """
    import typst  # noqa: PLC0415 - 80 MB that only a rendering worker needs

    try:
        pdf, warnings = typst.compile_with_warnings(
            str(PLACE / TEMPLATE),
            root=str(PLACE),
            sys_inputs={"letter": json.dumps(content, ensure_ascii=False)},
            font_paths=[str(files("fontpkg_noto_sans_devanagari") / "files")],
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise CannotBeRendered(str(error.args[0])) from error
    if warnings:
        raise CannotBeRendered("; ".join(str(warning) for warning in warnings))
    made: bytes = pdf
    return made


def page_count(pdf: bytes) -> int:
    """Pages of a PDF, counted by a reader that is not its writer."""
    from pypdfium2 import PdfDocument  # noqa: PLC0415 - as above

    with PdfDocument(pdf) as document:
        return len(document)


@cache
def renderer() -> str:
    """Compiler and template by version and hash: the same make the same bytes."""
    template = hashlib.sha256((PLACE / TEMPLATE).read_bytes()).hexdigest()
    return f"typst {version('typst')}, letter {template[:12]}"
