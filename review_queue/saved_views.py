"""Reading saved views: whose they are, what they ask for, and whether a page still shows that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Q, QuerySet
from django.http import Http404

from review_queue.models import SavedView
from review_queue.queue import QueueQuery

FIELDS = ("view", "kind", "product", "channel", "amount", "held", "tag", "sort", "columns")
_USUAL: Mapping[str, str] = dict.fromkeys(FIELDS, "") | {"view": "all", "sort": "due"}
SHOWN_MAX = 60


def saved_views(*, lender_id: int, user_id: int) -> list[SavedView]:
    """The person's own views and those that others share at the lender, by name."""
    return list(_visible(lender_id, user_id).select_related("owner").order_by("name", "pk")[:SHOWN_MAX])


def access_saved_view(*, key: int, lender_id: int, user_id: int) -> SavedView:
    """A view of this person or a shared one of the lender. Raises Http404 for another one as for none."""
    found = _visible(lender_id, user_id).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _visible(lender_id: int, user_id: int) -> QuerySet[SavedView]:
    return SavedView.objects.filter(Q(owner_id=user_id) | Q(is_shared=True), lender_id=lender_id)


def to_save(query: QueueQuery) -> dict[str, str]:
    """What of a page is saved: only what differs from the usual."""
    asked = {name: getattr(query, name) for name in FIELDS}
    return {name: value for name, value in asked.items() if value != _USUAL[name]}


def as_saved(view: SavedView, query: QueueQuery) -> QueueQuery:
    """The page that a view stands for, for whoever asks `query`."""
    kept = {name: str(view.query.get(name, usual)) for name, usual in _USUAL.items()}
    return replace(query, **kept, words="", person="", saved=str(view.pk))  # type: ignore[arg-type]


def is_changed(view: SavedView, query: QueueQuery) -> bool:
    """Whether the page shows something else than the view it came from. A search does not change it."""
    return to_save(as_saved(view, query)) != to_save(query)
