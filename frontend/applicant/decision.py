"""The decision with its reasons, from the frozen notice; the letter; and the facts on which it rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from explanations.notices.forms import SHEET
from explanations.notices.letters import letter_for_party
from explanations.notices.selectors import StandingNotice, standing_notice
from frontend.applicant.access import Visit, own_page
from frontend.applicant.facts import in_words, used_facts
from review_queue.actions.appeal import appeal_room
from review_queue.models import Appeal
from underwriting.decisions.offers import standing_offer
from underwriting.decisions.selectors import latest_assessment, standing_decision
from underwriting.decisions.transitions import may_be_looked_at_again
from underwriting.enums import ApplicationStatus
from underwriting.models import Decision, FactCorrection, Party

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Correction:
    """A fact set right after the applicant said that it was wrong."""

    label: str
    before: str
    after: str


@require_safe
@own_page()
def decision(visit: Visit) -> HttpResponseBase:
    """The decision from its frozen notice: the reasons once they are disclosed, until then who is at work on them."""
    application = visit.application
    notice = standing_notice(application=application, party=visit.party)
    standing = standing_decision(application.pk)
    if notice is None or standing is None:
        return visit.go("status")
    room = appeal_room(application, now=visit.now)
    offer = standing_offer(application, now=visit.now)
    appeal = Appeal.objects.filter(application=application, party=visit.party, answer=standing).first()
    before, after, apart = _blocks(notice)
    return visit.page(
        "decision.html",
        {
            "notice": notice,
            "blocks": before,
            "more_blocks": after,
            "apart_blocks": apart,
            "is_over": not may_be_looked_at_again(ApplicationStatus(application.status)),
            "due_on": visit.day(notice.due_at) if notice.due_at else "",
            "offer": offer,
            "offer_until": visit.day(offer.valid_until) if offer else "",
            "look_again_until": visit.day(room.until) if room is not None and room.is_open else "",
            "answer_on": visit.day(room.open_appeal.answer_due_on) if room and room.open_appeal else "",
            "appealed_on": visit.day(appeal.received_at) if appeal else "",
            "corrections": corrections(visit, appeal, standing) if appeal else [],
        },
    )


def _blocks(notice: StandingNotice) -> tuple[Sequence[Block], Sequence[Block], Sequence[Block]]:
    """The frozen text of this party's notice: up to what they can do, what follows the page's links, what stands apart."""
    if notice.letter is None:
        return [], [], []
    blocks: Sequence[Block] = notice.letter["blocks"]
    end = next((place for place, block in enumerate(blocks) if block["kind"] == SHEET), len(blocks))
    can_do = {"kind": "list", "items": notice.letter["what_you_can_do"]}
    place = blocks.index(can_do) + 1 if can_do in blocks else end
    return blocks[:place], blocks[place:end], blocks[end:]


@require_safe
@own_page()
def data(visit: Visit) -> HttpResponseBase:
    """The facts of the assessment on which the decision stands; before one, of the newest."""
    application = visit.application
    standing = standing_decision(application.pk)
    assessment = standing.assessment if standing else latest_assessment(application.pk)
    party_count = Party.objects.filter(application=application).count()
    facts = used_facts(visit, assessment, party_count=party_count) if assessment else None
    room = appeal_room(application, now=visit.now)
    return visit.page("data.html", {"facts": facts, "can_dispute": room is not None and room.is_open})


def corrections(visit: Visit, appeal: Appeal, standing: Decision) -> list[Correction]:
    """What was set right of this person's facts between their appeal and its answer; not what was found to be right."""
    rows = FactCorrection.objects.filter(
        application=visit.application,
        party=visit.party,
        corrected_at__gte=appeal.received_at,
        corrected_at__lte=standing.decided_at,
    ).order_by("pk")
    return [
        Correction(
            label=visit.texts.fact(row.fact),
            before=in_words(visit, row.fact, row.before),
            after=in_words(visit, row.fact, row.value),
        )
        for row in rows
        if not row.is_verification
    ]


@require_safe
@own_page()
def letter(visit: Visit) -> HttpResponseBase:
    """This party's letter as it was rendered; until it is, the way leads back to the status."""
    pdf = letter_for_party(application=visit.application, party=visit.party)
    if pdf is None:
        return visit.go("status")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{visit.application.reference}.pdf"'
    return response
