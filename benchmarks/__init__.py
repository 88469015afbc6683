"""Measurements behind the published numbers: `./run bench NAME`. Never part of the tests: a time is not a promise."""
