"""A POST whose effect and answer are one transaction: it happened and was answered, or neither."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from underwriting.api.idempotency import (
    KeyedRequest,
    StoredAnswer,
    claim_key,
    earlier_answer,
    in_progress,
    store_answer,
)
from underwriting.api.schemas import ApplicationAnswer


def replay(keyed: KeyedRequest) -> HttpResponse | None:
    """The first answer to this key again; None when the key is free. Raises Problem (409, 422) like `earlier_answer`."""
    earlier = earlier_answer(keyed)
    return earlier.response(replayed=True) if isinstance(earlier, StoredAnswer) else None


def to_store(described: ApplicationAnswer, *, status_code: int = 200) -> StoredAnswer:
    """The answer of a POST that is about this application, with its address."""
    location = reverse("api-application", kwargs={"public_id": described.id})
    return StoredAnswer(status_code=status_code, body=described.model_dump_json().encode(), location=location)


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
