"""The colours of the style sheet hold their contrast in both themes; templates hold nothing the content policy refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).resolve().parents[3] / "frontend"
SHEET = (FRONTEND / "static" / "frontend" / "app.css").read_text(encoding="utf-8")
THEMES = {"light": 0, "dark": 1}
TEXTS = ("text", "text-2", "text-3", "accent", "approve", "refer", "decline")
GROUNDS = ("surface", "canvas", "sunken")
TEXT_RATIO, PART_RATIO = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
REFUSED = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "an inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "a script without a source": re.compile(r"<script(?![^>]*\ssrc=)"),
    "a style element": re.compile(r"<style"),
    "a script address": re.compile(r"javascript:"),
    "htmx that needs eval": re.compile(r"hx-on|js:|hx-trigger=\"[^\"]*\["),
}


def tokens(theme: str) -> dict[str, str]:
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\)", SHEET)
    return {pair[0]: pair[1 + THEMES[theme]] for pair in pairs}


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_ground_and_on_its_own_tint(theme: str) -> None:
    colours = tokens(theme)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [(text, f"{text}-tint") for text in ("accent", "approve", "refer", "decline")]
    pairs += [("on-solid", solid) for solid in ("accent", "approve", "refer", "decline")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < TEXT_RATIO} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_controls_are_seen(theme: str) -> None:
    colours = tokens(theme)
    assert min(contrast(colours["control"], colours[ground]) for ground in GROUNDS) >= PART_RATIO


@pytest.mark.parametrize("template", sorted(FRONTEND.glob("templates/**/*.html")), ids=lambda path: path.name)
def test_a_template_holds_nothing_inline(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert [what for what, pattern in REFUSED.items() if pattern.search(text)] == []


def test_our_script_stays_small() -> None:
    """Small enough to read in one sitting; compressed it is under 5 KB."""
    assert len((FRONTEND / "static" / "frontend" / "app.js").read_bytes()) < 16_000
