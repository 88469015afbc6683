"""POLICY_CHECK: the whole decision of a draft held to its promises, with the champion, the product and the authority to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from scoring.serving.champion import Champion, ChampionLate, ChampionRefused, champion_for
from scoring.soundness.authority import authority_complaints
from scoring.soundness.whole import Setting, decide_person, whole_complaints
from underwriting.enums import ModelState, ProductKind
from underwriting.models import ModelVersion, PolicyCheckResult, PolicyVersion, Product, ReferencePool
from underwriting.policy.compile import compile_as_written, compile_policy
from underwriting.policy.schema import Complaint, PolicyRefused, parse_document
from underwriting.policy.types import PolicyResult
from underwriting.policy.whole_check import CheckImpossible, result_of
from underwriting.policy.words import rate_in_words
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write
from underwriting.work.pulse import Pulse


def run_policy_checks(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Check each version's document as it is now; the result names its hash. One that is checked already is left alone.

    Raises CheckImpossible where the model in charge is refused or late: nothing is kept then, and it is tried again. Raises ClaimLost.
    """
    for item in items:
        if item.subject_id is None:
            raise ValueError("the work item names no policy version")
        version = PolicyVersion.objects.select_related("policy__product").get(
            pk=item.subject_id, policy__lender_id=item.lender_id
        )
        pulse = Pulse([item], phase="check")
        found = None if result_of(version) is not None else _check(version, beat=pulse.beat)
        with transaction.atomic():
            if item.id not in hold_for_write([item]):
                continue
            if found is not None:
                rows, model_version_id = found
                PolicyCheckResult.objects.create(
                    version=version,
                    document_sha256=version.document_sha256,
                    model_version_id=model_version_id,
                    complaints=rows,
                    finished_at=clock(),
                )
            finish(items=[item])


def _check(version: PolicyVersion, *, beat: Callable[[], None]) -> tuple[list[dict[str, Any]], int | None]:
    """Complaints as stored, and the model they were found with; None where none is in charge. Raises CheckImpossible."""
    lender_id, product = version.policy.lender_id, version.policy.product
    champions = ModelVersion.objects.filter(lender_id=lender_id, state=ModelState.CHAMPION)
    model_version_id = champions.values_list("pk", flat=True).first()
    try:
        parsed = parse_document(version.document)
        rows = [_row(found) for found in authority_complaints(parsed, largest_minor=_largest(product))]
    except PolicyRefused:
        return [], model_version_id  # said at once by the plain checks
    if model_version_id is None:
        return rows, None
    try:
        champion = champion_for(lender_id)
        compile_policy(version.document)
        return rows + list(_of_the_whole(version, product, champion, beat)), champion.model_version_id
    except PolicyRefused:
        return rows, model_version_id  # what the plain checks refuse never decides anybody
    except ChampionRefused as refused:
        raise CheckImpossible(f"The model in charge is refused: {refused}.") from refused
    except ChampionLate as late:
        raise CheckImpossible("The model in charge did not answer in time.") from late


def _of_the_whole(
    version: PolicyVersion, product: Product, champion: Champion, beat: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    pool = ReferencePool.objects.filter(model_version_id=champion.model_version_id).first()
    if pool is None:
        raise ChampionRefused("it has no people to be checked with")
    setting = Setting(compile_as_written(version.document), champion, product, pool.rows, pool.points)
    for complaint in whole_complaints(setting, beat=beat):
        shown = (
            "" if one is None else in_words(decide_person(setting, one))
            for one in (complaint.person, complaint.other)
        )
        yield _row(complaint, *shown)


def _largest(product: Product) -> int | None:
    """The largest amount of the offer grid; None for a line, whose tiers say it."""
    if product.kind != ProductKind.INSTALMENT:
        return None
    return max((amount for amount, _ in product.offer_grid), default=None)


def _row(complaint: Complaint, person_says: str = "", other_says: str = "") -> dict[str, Any]:
    return {"complaint": complaint.to_json(), "person_says": person_says, "other_says": other_says}


def in_words(result: PolicyResult) -> str:
    """`Approve at 12.99 %, score 652`: what the live decision says."""
    words = result.outcome.value.capitalize()
    if result.offer is not None:
        words += f" at {rate_in_words(result.offer.annual_rate_bps)}"
    return words if result.score is None else f"{words}, score {result.score.score}"
