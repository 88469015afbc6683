"""An applicant withdraws: nothing more is decided, nothing more is sent, and everything is kept (12 CFR 1002.9 comment 9-2)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import stop_clocks
from underwriting.decisions.offers import NOT_OVER
from underwriting.decisions.record import lock_applications
from underwriting.decisions.transitions import ENDED, StatusRefused
from underwriting.enums import ApplicationStatus, OfferState, Origin, WorkKind
from underwriting.models import Application, StandingOffer
from underwriting.outbox.results import void_waiting
from underwriting.work.put import put

# A decline has to be told all the same, and an offer that was taken is a contract.
NOT_WITHDRAWN = ENDED | {ApplicationStatus.DECLINED}


@transaction.atomic
def withdraw_application(*, application: Application, actor: Actor, now: datetime) -> Application:
    """Withdraw, under the lock that every decision takes; withdrawing again changes nothing and is answered the same.

    Every clock stops: no notice is due, and a letter that waits is not sent. An open offer is turned down with it. What is
    open about it in the review queue is closed there, by APPLICATION_ENDED.

    Returns:
        The application as it stands now; `application` gets its status, too.

    Raises:
        StatusRefused: it is declined, accepted, ended in another way, or imported.
    """
    locked = lock_applications([application.pk])[application.pk]
    before = ApplicationStatus(locked.status)
    if before is ApplicationStatus.WITHDRAWN:
        application.status = locked.status
        return locked
    if before in NOT_WITHDRAWN or locked.origin == Origin.IMPORTED:
        raise StatusRefused(f"an application with status {before.value} cannot be withdrawn")
    locked.status, locked.notice_due_at = ApplicationStatus.WITHDRAWN, None
    locked.save(update_fields=["status", "notice_due_at"])
    StandingOffer.objects.filter(application=locked, state__in=NOT_OVER).update(
        state=OfferState.REFUSED, answered_at=now
    )
    stop_clocks(locked, by="withdrawn by the applicant", now=now)
    void_waiting([locked], actor=actor, now=now)
    put(
        kind=WorkKind.APPLICATION_ENDED,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        now=now,
    )
    record_entry(
        actor=actor,
        action="application.withdrawn",
        object_type="application",
        object_id=str(locked.public_id),
        object_label=locked.reference,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        before={"status": before},
        after={"status": locked.status},
        now=now,
    )
    application.status = locked.status
    return locked
