"""Numbers and words that claim, finish and reclaim share."""

from __future__ import annotations

MAX_ATTEMPTS = 3
# Phase of a ready item whose batch failed for an unknown reason: claimed alone, without a counted attempt.
SPLIT = "split"
