"""Importing past applications: the same facts, model and policy as a live one, as of each row's day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from scoring.history.past_application import ImportReport, PastApplication
from underwriting.audit.actor import Actor
from underwriting.models import Product

__all__ = ["import_history"]


def import_history(
    *, product: Product, rows: Iterable[PastApplication], actor: Actor, now: datetime
) -> ImportReport:
    """Store and assess every row; those that do not fit the product's contract are left out and named in the report.

    All rows are stored before the first is assessed, so that each sees the loans that came before it, whatever their order.
    """
    raise NotImplementedError
