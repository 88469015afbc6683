"""A POST whose effect and answer are one transaction: it happened and was answered, or neither."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse

from underwriting.api.idempotency import (
    KeyedRequest,
    StoredAnswer,
    claim_key,
    earlier_answer,
    in_progress,
    store_answer,
)


def replay(keyed: KeyedRequest) -> HttpResponse | None:
    """The first answer to this key again; None when the key is free. Raises Problem (409, 422) like `earlier_answer`."""
    earlier = earlier_answer(keyed)
    return earlier.response(replayed=True) if isinstance(earlier, StoredAnswer) else None


def answer_once(keyed: KeyedRequest, act: Callable[[], StoredAnswer]) -> HttpResponse:
    """Do it and remember the answer, under the key; or give the answer of the twin that was faster.

    `act` runs inside the transaction and does nothing slow. What it raises undoes everything and leaves the key free.
    """
    with transaction.atomic():
        attempt = claim_key(keyed)
        if attempt is not None:
            answer, replayed = store_answer(keyed, attempt, act())
            return answer.response(replayed=replayed)
    twin = replay(keyed)
    if twin is None:
        raise in_progress()
    return twin
