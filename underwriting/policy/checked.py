"""What a document must have passed before anybody is asked to approve it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from underwriting.models import PolicyVersion
from underwriting.policy.check import KnownReasonCode, check_policy
from underwriting.policy.schema import Complaint, PolicyRefused
from underwriting.policy.version_rows import LifecycleRefused
from underwriting.policy.whole_check import result_of, why_failed

SHORTEST_COMMENT = 3


class CheckMissing(LifecycleRefused):
    """The whole decision of exactly this document was not checked yet."""


def warning_key(complaint: Complaint) -> str:
    """Names a warning for as long as it says the same of the same place; a form field can carry it."""
    return hashlib.sha256(f"{complaint.place}\n{complaint.message}".encode()).hexdigest()[:16]


def require_checked(
    document: Mapping[str, Any],
    *,
    reason_codes: Mapping[str, KnownReasonCode],
    comments: Mapping[str, str],
    beside: Sequence[Complaint] = (),
) -> list[dict[str, str]]:
    """Every warning with what its author says to it, as stored with the version.

    `comments` by warning_key; `beside`: complaints of the whole decision. Raises PolicyRefused with every complaint that blocks, LifecycleRefused for a warning
    without a comment.
    """
    found = [*check_policy(document, reason_codes=reason_codes), *beside]
    if blocking := [complaint for complaint in found if complaint.blocks]:
        raise PolicyRefused(blocking)
    return _commented(found, comments)


def whole_complaints_of(version: PolicyVersion) -> list[Complaint]:
    """What the worker found out about exactly the version's document; nothing while it has not looked."""
    result = result_of(version)
    return [] if result is None else [Complaint.from_json(row["complaint"]) for row in result.complaints]


def require_whole_check(version: PolicyVersion) -> None:
    """Raises CheckMissing until the worker has looked at exactly the version's document."""
    if result_of(version) is not None:
        return
    if why := why_failed(version):
        raise CheckMissing(f"The whole decision could not be checked. {why} It is being checked again.")
    raise CheckMissing(
        "The whole decision is still being checked: model, rules, prices and authority together. Try again in a moment."
    )


def _commented(warnings: Sequence[Complaint], comments: Mapping[str, str]) -> list[dict[str, str]]:
    stored = []
    for warning in warnings:
        comment = comments.get(warning_key(warning), "").strip()
        if len(comment) < SHORTEST_COMMENT:
            raise LifecycleRefused(f"Say why this warning may stand: {warning.message}")
        stored.append({"place": warning.place, "message": warning.message, "comment": comment})
    return stored
