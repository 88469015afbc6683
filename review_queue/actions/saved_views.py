"""Saving a page of the queue under a name, changing it, and taking it away again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from review_queue.models import SavedView
from review_queue.queue import QueueQuery
from review_queue.saved_views import to_save
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import Lender, User

NAME_CHARACTERS_MAX = 40
VIEWS_MAX = 20


class ViewNotSaved(Exception):
    """The message says why, to the person."""


class NotTheOwner(Exception):
    """A shared view is changed and deleted by whoever made it."""


@transaction.atomic
def save_view(
    *, lender: Lender, owner: User, name: str, is_shared: bool, query: QueueQuery, actor: Actor, now: datetime
) -> SavedView:
    """Keep a page under a new name.

    Raises:
        ViewNotSaved: no name, one that is too long or that the person has given before, or a view too many.
    """
    name = " ".join(name.split())
    if not name:
        raise ViewNotSaved("Give the view a name.")
    if len(name) > NAME_CHARACTERS_MAX:
        raise ViewNotSaved(f"Give the view a name of at most {NAME_CHARACTERS_MAX} characters.")
    User.objects.select_for_update().get(pk=owner.pk)  # two saves at once would each see room for one more
    own = SavedView.objects.filter(lender=lender, owner=owner)
    if own.filter(name__iexact=name).exists():
        raise ViewNotSaved(f"You have a view “{name}” already. Choose another name.")
    if own.count() >= VIEWS_MAX:
        raise ViewNotSaved(f"You have {VIEWS_MAX} saved views, and that is the most. Delete one first.")
    view = SavedView.objects.create(
        lender=lender, owner=owner, name=name, is_shared=is_shared, query=to_save(query), created_at=now
    )
    _record(view, "queue_view.saved", before=None, after=_told(view), actor=actor, now=now)
    return view


@transaction.atomic
def change_view(*, view_id: int, user: User, query: QueueQuery, actor: Actor, now: datetime) -> SavedView:
    """Let a view stand for another page from now on. Raises NotTheOwner."""
    view = _lock(view_id, user)
    before = _told(view)
    view.query = to_save(query)
    view.save(update_fields=["query"])
    _record(view, "queue_view.changed", before=before, after=_told(view), actor=actor, now=now)
    return view


@transaction.atomic
def delete_view(*, view_id: int, user: User, actor: Actor, now: datetime) -> None:
    """Take a view away; for everybody, where it was shared. Raises NotTheOwner."""
    view = _lock(view_id, user)
    _record(view, "queue_view.deleted", before=_told(view), after=None, actor=actor, now=now)
    view.delete()


def _lock(view_id: int, user: User) -> SavedView:
    view = SavedView.objects.select_for_update().get(pk=view_id)
    if view.owner_id != user.pk:
        raise NotTheOwner
    return view


def _told(view: SavedView) -> dict[str, object]:
    return {"shared": view.is_shared, **view.query}


def _record(
    view: SavedView,
    action: str,
    *,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    actor: Actor,
    now: datetime,
) -> None:
    record_entry(
        actor=actor, action=action, object_type="queue_view", object_id=str(view.pk), object_label=view.name,
        lender_id=view.lender_id, before=before, after=after, now=now,
    )  # fmt: skip
