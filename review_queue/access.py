"""The only way screens and tasks get a case: by lender; not yours is the same as not there."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.http import Http404

from review_queue.models import Conflict, ReviewCase, Tag
from underwriting.enums import WorkKind, WorkState
from underwriting.models import Application, WorkItem

NUMBER_OFFSET = 20_000
CONFLICTED = ArraySubquery(Conflict.objects.filter(application=OuterRef("application")).values("user_id"))
BEING_ASSESSED = Exists(
    WorkItem.objects.filter(
        application=OuterRef("application"),
        kind=WorkKind.ASSESS,
        state__in=[WorkState.READY, WorkState.LEASED],
    )
)
TAG_NAMES = ArraySubquery(Tag.objects.filter(cases=OuterRef("pk")).order_by("name").values("name"))


def access_case(*, number: int, lender_id: int) -> ReviewCase:
    """A case of this lender with everything its page shows but the model's text; `conflicted_users` are the keys
    of those with a conflict of interest in it, `tag_names` the words on it, `is_being_assessed` whether an assessment waits or is under way.

    Raises Http404 for another lender's case as for one that does not exist.
    """
    case = (
        ReviewCase.objects.filter(number=number, lender_id=lender_id)
        .select_related(
            "application__product", "lender", "holder", "assigned_to", "appeal", "reopens",
            "assessment__policy_version__policy", "assessment__model_version", "assessment__reason_catalogue",
        )
        .annotate(conflicted_users=CONFLICTED, tag_names=TAG_NAMES, is_being_assessed=BEING_ASSESSED)
        .defer("assessment__model_version__text", "assessment__model_version__card", "assessment__model_version__manifest")
        .first()
    )  # fmt: skip
    if case is None:
        raise Http404
    return case


def lock_case(*, case_id: int) -> ReviewCase:
    """Lock the application, then its case, as every writer does, and read both afresh. Inside a transaction."""
    application_id = ReviewCase.objects.values_list("application_id", flat=True).get(pk=case_id)
    application = Application.objects.select_for_update().get(pk=application_id)
    case = (
        ReviewCase.objects.select_for_update(of=("self",)).select_related("holder", "lender").get(pk=case_id)
    )
    case.application = application
    return case
