"""The check of the whole decision: asked for with each document of a draft, done by a worker, required before submission.

A result holds for one document and the model in charge. One without a model counts only while no model is in charge: a model that
is refused or late fails the check, which is tried again and then left to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from underwriting.enums import ModelState, PolicyState, WorkKind, WorkState
from underwriting.models import ModelVersion, PolicyCheckResult, PolicyVersion, WorkItem
from underwriting.policy.check import KnownReasonCode, check_policy
from underwriting.policy.schema import Complaint
from underwriting.work.put import put


class CheckImpossible(Exception):
    """The whole decision cannot be checked now; the message is a sentence for the people who wait for it."""


class CheckState(StrEnum):
    CHECKED = "CHECKED"
    WITHOUT_MODEL = "WITHOUT_MODEL"
    BEING_CHECKED = "BEING_CHECKED"
    NOT_CHECKED = "NOT_CHECKED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Checks:
    """All complaints about a version's document as it is; `state` says whether those that need the model are among them.

    `said`: what the live decision says of a complaint's people, by the complaint's place and message. `why`: of a check that
    FAILED every time.
    """

    complaints: tuple[Complaint, ...]
    state: CheckState
    finished_at: datetime | None
    said: Mapping[tuple[str, str], tuple[str, str]]
    why: str = ""


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


def ask_for_drafts(lender_id: int, now: datetime) -> None:
    """Have every open draft of a lender checked with the model that is in charge now, in the transaction that put it in charge."""
    drafts = PolicyVersion.objects.filter(policy__lender_id=lender_id, state=PolicyState.DRAFT)
    for draft in drafts.select_related("policy").order_by("pk"):
        ask_for_check(draft, now)


def result_of(version: PolicyVersion) -> PolicyCheckResult | None:
    """The newest result for exactly the version's document and today's champion; None: it is not checked."""
    champions = ModelVersion.objects.filter(lender_id=version.policy.lender_id, state=ModelState.CHAMPION)
    champion_id = champions.values_list("pk", flat=True).first()
    results = PolicyCheckResult.objects.filter(version=version, document_sha256=version.document_sha256)
    return results.filter(model_version_id=champion_id).order_by("-id").first()


def why_failed(version: PolicyVersion) -> str:
    """Why the last check of a version failed every time; empty where it did not."""
    last = _wishes(version).order_by("-id").first()
    if last is None or last.state != WorkState.QUARANTINED:
        return ""
    kind, _, sentence = last.last_error.partition(": ")
    return sentence if kind == CheckImpossible.__name__ else "There was a technical fault."


def checks_of(version: PolicyVersion, reason_codes: Mapping[str, KnownReasonCode]) -> Checks:
    """Everything to be said about a version's document now."""
    found = check_policy(version.document, reason_codes=reason_codes)
    return with_whole_check(version, found)


def with_whole_check(version: PolicyVersion, found: Sequence[Complaint]) -> Checks:
    """The plain complaints about a version's document, and those of the whole decision where the worker has them."""
    result = result_of(version)
    if result is None:
        if _wishes(version).filter(state__in=(WorkState.READY, WorkState.LEASED)).exists():
            return Checks(tuple(found), CheckState.BEING_CHECKED, None, {})
        why = why_failed(version)
        state = CheckState.FAILED if why else CheckState.NOT_CHECKED
        return Checks(tuple(found), state, None, {}, why)
    stored = [Complaint.from_json(row["complaint"]) for row in result.complaints]
    said = {
        (complaint.place, complaint.message): (row["person_says"], row["other_says"])
        for complaint, row in zip(stored, result.complaints, strict=True)
    }
    state = CheckState.WITHOUT_MODEL if result.model_version_id is None else CheckState.CHECKED
    return Checks((*found, *stored), state, result.finished_at, said)
