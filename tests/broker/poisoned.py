"""A worker that dies in native code over one application: `celery -A tests.broker.poisoned`.

Whoever asks for POISON_AMOUNT_MINOR brings the process down when the model would read them, as a fault in a native library
does: no exception, no clean-up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

from celery.signals import worker_process_init

from underwriting.config.celery import app

__all__ = ["POISON_AMOUNT_MINOR", "app"]

POISON_AMOUNT_MINOR = 1_313_100


@worker_process_init.connect
def die_over_the_poison(**_: Any) -> None:
    """In each child, once Django is there."""
    from scoring.pipeline import run

    module: Any = run
    score = module.score

    def deadly(assembled: Sequence[Any], **rest: Any) -> Any:
        if any(one.request.application.requested_amount_minor == POISON_AMOUNT_MINOR for one in assembled):
            os.kill(os.getpid(), signal.SIGSEGV)
        return score(assembled, **rest)

    module.score = deadly
