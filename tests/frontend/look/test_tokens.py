"""The colours of the style sheet hold their contrast in both themes; templates hold nothing the content policy refuses."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from tests.frontend.look.colours import VISIONS, contrast, difference

FRONTEND = Path(__file__).resolve().parents[3] / "frontend"
SHEET = (FRONTEND / "static" / "frontend" / "app.css").read_text(encoding="utf-8")
THEMES = {"light": 0, "dark": 1}
TEXTS = ("text", "text-2", "text-3", "accent", "approve", "refer", "decline")
GROUNDS = ("surface", "canvas", "sunken")
TEXT_RATIO, PART_RATIO = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
STATUSES = ("approve", "refer", "decline")
# the ratios the colours were chosen for: on surface, canvas, sunken, and on the colour's own tint
MEASURED = {
    "light": {
        "text": (16.4, 15.3, 14.1), "text-2": (8.0, 7.5, 6.9), "text-3": (6.0, 5.6, 5.2), "accent": (8.7, 8.1, 7.5, 7.3),
        "approve": (6.2, 5.8, 5.3, 5.3), "refer": (5.4, 5.1, 4.7, 4.8), "decline": (11.4, 10.7, 9.8, 9.4), "control": (4.7, 4.3, 4.0),
    },
    "dark": {
        "text": (14.6, 15.7, 13.0), "text-2": (9.2, 9.9, 8.2), "text-3": (6.8, 7.4, 6.1), "accent": (8.5, 9.2, 7.6, 6.6),
        "approve": (8.0, 8.6, 7.1, 6.2), "refer": (12.4, 13.4, 11.1, 9.5), "decline": (6.5, 7.0, 5.8, 5.6), "control": (4.8, 5.2, 4.3),
    },
}  # fmt: skip
# status colours stay this far apart for every kind of colour vision (CIEDE2000)
APART = 16.8
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


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_ground_and_on_its_own_tint(theme: str) -> None:
    colours = tokens(theme)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [(text, f"{text}-tint") for text in ("accent", "approve", "refer", "decline")]
    pairs += [("on-solid", solid) for solid in ("accent", "approve", "refer", "decline")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < TEXT_RATIO} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_has_the_contrast_it_was_chosen_for(theme: str) -> None:
    colours = tokens(theme)
    found = {}
    for name, ratios in MEASURED[theme].items():
        grounds = (*GROUNDS, f"{name}-tint")[: len(ratios)]
        found[name] = tuple(round(contrast(colours[name], colours[ground]), 1) for ground in grounds)
    assert found == MEASURED[theme]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_the_three_statuses_are_told_apart_by_every_kind_of_colour_vision(theme: str, vision: str) -> None:
    colours = tokens(theme)
    apart = {
        (one, other): round(difference(colours[one], colours[other], vision), 1)
        for one, other in combinations(STATUSES, 2)
    }
    assert {pair: distance for pair, distance in apart.items() if distance < APART} == {}


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
