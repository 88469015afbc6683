"""First stage: the claimed applications and their parties, in two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from scoring.pipeline.types import Request
from underwriting.decisions.assessments import start_assessment
from underwriting.decisions.transitions import assessment_is_wanted
from underwriting.enums import ApplicationStatus
from underwriting.models import Application, Party
from underwriting.work.claim import ClaimedItem


def fetch(items: Sequence[ClaimedItem]) -> list[Request]:
    """Read applications and parties and mark them as being assessed; those that have ended meanwhile are left out."""
    wanted = {item.application_id: item for item in items if item.application_id is not None}
    applications = Application.objects.select_related("lender", "product").in_bulk(list(wanted))
    parties: dict[int, list[Party]] = defaultdict(list)
    for party in Party.objects.filter(application_id__in=list(wanted)).order_by("application_id", "ordinal"):
        parties[party.application_id].append(party)
    requests = [
        Request(item=item, application=applications[key], parties=tuple(parties[key]))
        for key, item in wanted.items()
        if assessment_is_wanted(ApplicationStatus(applications[key].status))
    ]
    start_assessment(
        [r.application.pk for r in requests if r.application.status == ApplicationStatus.SUBMITTED]
    )
    return requests
