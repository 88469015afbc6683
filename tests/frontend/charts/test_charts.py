"""The drawn components: geometry, sums and sentences, and what they render to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template import Context, Template

from frontend.charts.band import Tick, band, distance, mini
from frontend.charts.contributions import contributions
from tests.factories.reviewing import contributions as stored_contributions
from tests.factories.reviewing import desk_facts
from underwriting.facts.values import FactSource, FactValue

SNAPSHOTS = Path(__file__).parent / "snapshots"
AT = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (560, "560, 40 points short of review"),
        (599, "599, 1 point short of review"),
        (600, "600, 40 points short of approve"),
        (639, "639, 1 point short of approve"),
        (640, "640, exactly on the approve line"),
        (655, "655, 15 points above the approve line"),
    ],
)
def test_the_distance_is_to_the_threshold_that_would_change_the_outcome(score: int, sentence: str) -> None:
    assert distance(score=score, refer=600, approve=640) == sentence


def test_without_a_review_band_the_distance_is_to_approve() -> None:
    drawn = band(score=630, refer=640, approve=640)
    assert [segment.word for segment in drawn.segments] == ["Decline", "Approve"]
    assert drawn.sentence == "630, 10 points short of approve"


def test_bands_cover_the_line_and_the_marks_stand_where_their_numbers_are() -> None:
    drawn = band(score=628, refer=600, approve=640)
    assert round(sum(segment.width for segment in drawn.segments), 1) == 100.0
    assert drawn.ticks[0].x < drawn.marker < drawn.ticks[1].x
    assert drawn.now_approve is None


def test_a_threshold_changed_since_is_a_second_mark_with_its_sentence() -> None:
    drawn = band(score=628, refer=600, approve=640, approve_now=660)
    assert isinstance(drawn.now_approve, Tick)
    assert (drawn.now_approve.value, drawn.now_sentence) == (
        660,
        "The policy in force now approves from 660.",
    )


def test_rows_of_a_list_share_their_scale() -> None:
    near, far = mini(score=628, refer=600, approve=640), mini(score=200, refer=600, approve=640)
    assert near.ticks == far.ticks
    assert 0 < far.marker < near.marker


@pytest.mark.parametrize("score", [611, 628, 655])
def test_start_rows_and_rest_add_up_to_the_score_in_whole_points(score: int) -> None:
    drawn = contributions(stored_contributions(score), score=score, facts=desk_facts(AT), currency="USD")
    assert drawn.start + sum(row.points for row in drawn.rows) + drawn.rest == score
    assert len(drawn.rows) == 7
    assert [abs(row.points) for row in drawn.rows] == sorted(
        (abs(row.points) for row in drawn.rows), reverse=True
    )


def test_columns_of_one_category_are_one_row() -> None:
    columns = [
        {
            "name": f"purpose_{name}",
            "fact": "purpose",
            "log_odds": 0.1,
            "points": -4.0,
            "value": 0,
            "typical": 0.2,
        }
        for name in ("car", "house")
    ]
    facts = {"purpose": FactValue("debt_consolidation", None, FactSource.APPLICATION, AT)}
    drawn = contributions({"base_points": 640.0, "features": columns}, score=632, facts=facts, currency="USD")
    assert [(row.label, row.value, row.typical, row.points) for row in drawn.rows] == [
        ("Purpose of the loan", "debt consolidation", "", -8)
    ]
    assert drawn.rest_label == "Rounding"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("band", "{% load charts %}{% band_chart band %}"),
        ("mini_band", "{% load charts %}{% mini_band 628 600 640 %}"),
        ("contributions", "{% load charts %}{% contribution_list moved %}"),
        ("contributions_table", "{% load charts %}{% contribution_list moved True %}"),
    ],
)
def test_what_is_drawn_is_as_it_was(name: str, source: str) -> None:
    moved = contributions(stored_contributions(), score=628, facts=desk_facts(AT), currency="USD")
    context = Context({"band": band(score=628, refer=600, approve=640, approve_now=650), "moved": moved})
    drawn = re.sub(r"\s+", " ", Template(source).render(context)).replace("> <", ">\n<").strip() + "\n"
    assert "style=" not in drawn
    assert drawn == (SNAPSHOTS / f"{name}.html").read_text(encoding="utf-8")
