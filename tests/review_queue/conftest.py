"""Somebody about whom everything is on file."""

from __future__ import annotations

import pytest

from scoring.pipeline.run import run_batch
from tests.factories.personal import Remembered, remember
from tests.scoring.pipeline.world import NOW, apply, claimed, clock, make_world


@pytest.fixture
def remembered(db: None) -> Remembered:
    """A knock-out decline of the real pipeline, with letter, document, messages, appeal and mail."""
    application = apply(make_world(), report={"bankruptcy_count": 1})
    run_batch(claimed(), clock=clock)
    application.refresh_from_db()
    return remember(application, now=NOW)
