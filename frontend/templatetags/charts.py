"""The drawn components: each takes data and returns SVG with title and description; colours come from classes."""

from __future__ import annotations

from typing import Any

from django import template

from frontend.charts.band import Band, mini
from frontend.charts.contributions import Contributions
from frontend.charts.histogram import Histogram
from frontend.charts.payment_strip import PaymentStrip
from frontend.charts.sparkline import Sparkline

register = template.Library()


@register.inclusion_tag("charts/band.html")
def band_chart(chart: Band, name: str = "score-line") -> dict[str, Any]:
    """The score on its line. `name` makes the ids of the drawing unique on the page."""
    return {"band": chart, "name": name}


@register.inclusion_tag("charts/mini_band.html")
def mini_band(score: int | None, refer: int | None, approve: int | None) -> dict[str, Any]:
    """The line of one queue row, 60 pixels wide; nothing where there is no score. The number beside it says the same."""
    if score is None or refer is None or approve is None:
        return {"band": None}
    return {"band": mini(score=score, refer=refer, approve=approve)}


@register.inclusion_tag("charts/contributions.html")
def contribution_list(
    chart: Contributions, as_table: bool = False, sheet_of: object = None
) -> dict[str, Any]:
    """Two-sided bars, or the table with the same numbers; with the case `sheet_of`, each row opens the sheet of its fact."""
    return {"chart": chart, "as_table": as_table, "sheet_of": sheet_of}


@register.inclusion_tag("charts/histogram.html")
def score_histogram(chart: Histogram, name: str = "scores") -> dict[str, Any]:
    """Bars of scores with thresholds. `name` makes the ids of the drawing unique on the page."""
    return {"chart": chart, "name": name}


@register.inclusion_tag("charts/sparkline.html")
def approval_line(line: Sparkline | None) -> dict[str, Any]:
    """The daily rates of a row; nothing where there are too few days. The number beside it says where it ended up."""
    return {"line": line}


@register.inclusion_tag("charts/payment_strip.html")
def payment_months(strip: PaymentStrip, name: str = "payments") -> dict[str, Any]:
    """The squares of 24 months. `name` makes the ids of the drawing unique on the page."""
    return {"strip": strip, "name": name}
