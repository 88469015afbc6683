"""Recomputing assessments from what was stored, and naming what does not agree."""
