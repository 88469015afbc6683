"""The check of the whole decision: asked for with each document of a draft, done by a worker, required before submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from underwriting.enums import ModelState, WorkKind, WorkState
from underwriting.models import ModelVersion, PolicyCheckResult, PolicyVersion, WorkItem
from underwriting.policy.check import KnownReasonCode, check_policy
from underwriting.policy.schema import Complaint
from underwriting.work.put import put


class CheckState(StrEnum):
    CHECKED = "CHECKED"
    BEING_CHECKED = "BEING_CHECKED"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class Checks:
    """All complaints about a version's document as it is; `state` says whether those that need the model are among them.

    `said`: what the live decision says of a complaint's people, by the complaint's place and message.
    """

    complaints: tuple[Complaint, ...]
    state: CheckState
    finished_at: datetime | None
    said: Mapping[tuple[str, str], tuple[str, str]]


def ask_for_check(version: PolicyVersion, now: datetime) -> None:
    """Have the whole decision checked; call it in the transaction that saved the document.

    One wish of a version waits at a time: the worker reads the document as it is then.
    """
    if not _wishes(version).filter(state=WorkState.READY).exists():
        put(kind=WorkKind.POLICY_CHECK, lender_id=version.policy.lender_id, subject_id=version.pk, now=now)


def _wishes(version: PolicyVersion) -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(
        kind=WorkKind.POLICY_CHECK, lender_id=version.policy.lender_id, subject_id=version.pk
    )


def result_of(version: PolicyVersion) -> PolicyCheckResult | None:
    """The newest result for exactly the version's document and today's champion; None: it is not checked."""
    champion = ModelVersion.objects.filter(lender_id=version.policy.lender_id, state=ModelState.CHAMPION)
    results = PolicyCheckResult.objects.filter(version=version, document_sha256=version.document_sha256)
    newest = results.order_by("-id").first()
    if newest is None or newest.model_version_id is None:
        return newest
    return newest if champion.filter(pk=newest.model_version_id).exists() else None


def checks_of(version: PolicyVersion, reason_codes: Mapping[str, KnownReasonCode]) -> Checks:
    """Everything to be said about a version's document now."""
    found = check_policy(version.document, reason_codes=reason_codes)
    return with_whole_check(version, found)


def with_whole_check(version: PolicyVersion, found: Sequence[Complaint]) -> Checks:
    """The plain complaints about a version's document, and those of the whole decision where the worker has them."""
    result = result_of(version)
    if result is None:
        is_open = _wishes(version).filter(state__in=(WorkState.READY, WorkState.LEASED)).exists()
        state = CheckState.BEING_CHECKED if is_open else CheckState.NOT_CHECKED
        return Checks(tuple(found), state, None, {})
    stored = [Complaint.from_json(row["complaint"]) for row in result.complaints]
    said = {
        (complaint.place, complaint.message): (row["person_says"], row["other_says"])
        for complaint, row in zip(stored, result.complaints, strict=True)
    }
    return Checks((*found, *stored), CheckState.CHECKED, result.finished_at, said)
