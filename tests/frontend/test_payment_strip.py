"""The squares of 24 months: each state looks its own way and is said in words."""

from __future__ import annotations

from django.template import Context, Template

from frontend.charts.payment_strip import PaymentStrip, Square, StripRow, payment_strip

HISTORY = {
    "newest_month": "2026-02",
    "accounts": [
        {"type": "Cards", "months": "0360" + "9" + "-" * 19},
        {"type": "Mortgage", "months": "0" * 24},
    ],
}


def test_the_oldest_month_is_left_and_every_month_is_said() -> None:
    strip = payment_strip(HISTORY)
    assert (strip.first, strip.last, strip.width) == ("Mar 2024", "Feb 2026", 312)
    assert [row.words for row in strip.rows] == [
        (
            "Mar 2024 to Sep 2025 no data; Oct 2025 90 or more days late; Nov 2025 paid on time; Dec 2025 60 days late; "
            "Jan 2026 30 days late; Feb 2026 paid on time"
        ),
        "Mar 2024 to Feb 2026 paid on time",
    ]
    assert [square.look for square in strip.rows[0].squares[18:]] == [
        "none", "late90", "ontime", "late60", "late30", "ontime",
    ]  # fmt: skip
    assert [look for look, _ in strip.legend] == ["ontime", "late30", "late60", "late90", "none"]


def test_the_legend_names_what_occurs_and_no_more() -> None:
    strip = payment_strip({"newest_month": "2026-02", "accounts": [HISTORY["accounts"][1]]})
    assert strip.legend == [("ontime", "paid on time")]


def test_drawn_it_has_no_inline_style_and_an_alternative_in_words() -> None:
    strip = PaymentStrip(
        [StripRow("Cards", [Square(1, "late30"), Square(14, "none")], "Jan 2026 30 days late; Feb 2026 no data")], "Jan 2026", "Feb 2026",
        [("late30", "30 days late"), ("none", "no data")],
    )  # fmt: skip
    drawn = Template("{% load charts %}{% payment_months strip 'p-1' %}").render(Context({"strip": strip}))
    assert "style=" not in drawn
    assert 'aria-label="Cards: Jan 2026 30 days late; Feb 2026 no data"' in drawn
    assert '<rect class="p-late30" x="1" y="1" width="11" height="11" fill="url(#p-1-late30)"/>' in drawn
    assert '<path class="p-dash" d="M14 6.5m3 0h5"/>' in drawn
    assert "<dd>Jan 2026 30 days late; Feb 2026 no data.</dd>" in drawn
