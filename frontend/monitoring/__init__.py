"""Screens about how the machine does over time."""
