"""Asking the worker to weigh past applications under a version's document."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from underwriting.effect.hashes import prices_sha256, rules_sha256, weighing_sha256
from underwriting.enums import WorkKind, WorkState
from underwriting.models import Assessment, EffectCube, LoanEvent, Policy, PolicyVersion, WorkItem
from underwriting.policy.selectors import active_policy_version, versions_in_force
from underwriting.work.put import put


def ask_for_effect(version: PolicyVersion, now: datetime, *, even_if_weighed: bool = False) -> bool:
    """Have a version's document weighed beside the version in force; call it in the transaction that saved the document.

    Returns whether there is work now. Nothing is put where nothing is in force, where these rules and prices were weighed
    beside the version in force already, or could not be, unless `even_if_weighed` (new past applications, new outcomes); nor
    while the same wish of this version still waits: the worker reads the document as it is then.
    """
    # first, because it is cheap: the hashes of a large document are not
    if open_wishes(version.policy.lender_id).filter(state=WorkState.READY, subject_id=version.pk).exists():
        return True
    live = active_policy_version(version.policy.product_id, now)
    if live is None or (not even_if_weighed and _cubes(version, live).exists()):
        return False
    with transaction.atomic():
        put(
            kind=WorkKind.BUILD_EFFECT,
            lender_id=version.policy.lender_id,
            subject_id=version.pk,
            payload={
                "document_sha256": version.document_sha256,
                "product_id": version.policy.product_id,
                "even_if_weighed": even_if_weighed,
            },
            now=now,
        )
    return True


def ask_where_stale(now: datetime) -> int:
    """Ask for every version in force whose cube is missing, or lacks past applications or loan results. Returns for how many.

    A version whose moment came without anybody acting is found here.
    """
    lenders = Policy.objects.order_by("lender_id").values_list("lender_id", flat=True).distinct()
    return sum(ask_where_stale_of(lender_id, now) for lender_id in lenders)


def ask_where_stale_of(lender_id: int, now: datetime) -> int:
    """The same for the policies of one lender, when it is known that past applications came."""
    in_force = versions_in_force(lender_id, now)
    return sum(
        _is_stale(version, version) and ask_for_effect(version, now, even_if_weighed=True)
        for version in in_force
    )


def ask_if_stale(version: PolicyVersion, now: datetime) -> bool:
    """Have a version weighed where it never was, or where past applications or loan results came since. Returns whether there is
    work now."""
    live = active_policy_version(version.policy.product_id, now)
    return (
        live is not None and _is_stale(version, live) and ask_for_effect(version, now, even_if_weighed=True)
    )


def _cubes(version: PolicyVersion, live: PolicyVersion) -> QuerySet[EffectCube]:
    """What was weighed of a version's rules and prices beside the version in force; one at most."""
    return EffectCube.objects.filter(
        product_id=version.policy.product_id,
        live_sha256=weighing_sha256(live.document),
        rules_sha256=rules_sha256(version.document),
        prices_sha256=prices_sha256(version.document),
    )


def _is_stale(version: PolicyVersion, live: PolicyVersion) -> bool:
    cube = _cubes(version, live).first()
    if cube is None:
        return True
    newer = Assessment.objects.filter(
        lender_id=version.policy.lender_id,
        application__product_id=version.policy.product_id,
        pk__gt=cube.last_assessment_id,
    )
    events = LoanEvent.objects.filter(lender_id=version.policy.lender_id, pk__gt=cube.last_event_id)
    return newer.exists() or events.exists()


def open_wishes(lender_id: int) -> QuerySet[WorkItem]:
    """Wishes of a lender that wait or are being worked on."""
    # one condition a state, so that each finds its own index of open work among all that is done
    is_open = Q(state=WorkState.READY) | Q(state=WorkState.LEASED)
    return WorkItem.objects.filter(is_open, kind=WorkKind.BUILD_EFFECT, lender_id=lender_id)
