"""Answering back: a dispute on four pages, one thing a page, and the wish that a person looks again.

What was written on one page is kept on the server, sealed, until the last page sends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from explanations.notices.selectors import standing_notice
from frontend.applicant.access import Visit, own_page
from frontend.applicant.documents import (
    UploadRefused,
    document_name,
    kinds,
    own_document,
    receive_upload,
    sent_no_file,
)
from frontend.applicant.entry import UNPROCESSABLE
from frontend.applicant.facts import ShownFact, UsedFacts, used_facts
from review_queue.actions.appeal import (
    FACTS_MAX,
    TEXT_CHARACTERS_MAX,
    AppealRefused,
    appeal_room,
    open_appeal,
)
from review_queue.appeals import ended_because
from review_queue.models import Appeal
from underwriting.decisions.offers import standing_offer
from underwriting.decisions.selectors import standing_decision
from underwriting.enums import AppealKind
from underwriting.models import Party

CONFLICT = 409
OTHER = "other"
GET_OR_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_OR_POST)
@own_page(draft="dispute")
def which_part(visit: Visit) -> HttpResponseBase:
    """Which part is wrong: the reasons and facts of the decision."""
    refused = _refused(visit)
    if refused is not None:
        return refused
    facts = _facts(visit)
    reasons = list(_reasons(visit, facts))
    of_reasons = {name for name, _ in reasons}
    errors: dict[str, str] = {}
    draft = visit.draft("dispute")
    chosen = draft.get("parts", [])
    if visit.request.method == "POST":
        allowed = {OTHER, *facts.disputable}
        chosen = [part for part in dict.fromkeys(visit.request.POST.getlist("part")) if part in allowed]
        if 0 < len(chosen) <= FACTS_MAX:
            visit.keep_draft("dispute", {**draft, "parts": chosen})
            return visit.go("dispute-words")
        errors = {
            "part": visit.say("appeal.choose_fewer", most=FACTS_MAX) if chosen else visit.say("appeal.choose")
        }
    all_groups = [
        *((visit.say(f"data.{source.value}"), "", rows) for source, rows in facts.own.items()),
        (visit.say("data.joint"), visit.say("data.joint_lead"), facts.joint),
    ]
    groups = [
        (title, hint, [fact for fact in rows if fact.name not in of_reasons])
        for title, hint, rows in all_groups
    ]
    context = {"reasons": reasons, "groups": groups, "chosen": chosen, "errors": errors}
    return visit.page("dispute.html", context, status=UNPROCESSABLE if errors else 200)


@require_http_methods(GET_OR_POST)
@own_page(draft="dispute")
def in_words(visit: Visit) -> HttpResponseBase:
    """What is wrong with it, in the person's own words."""
    draft = visit.draft("dispute")
    if not draft.get("parts"):
        return _refused(visit) or visit.go("dispute")
    text, errors = draft.get("text", ""), dict[str, str]()
    if visit.request.method == "POST":
        text = visit.request.POST.get("text", "")
        error = "say" if not text.strip() else _too_long(text)
        if not error:
            visit.keep_draft("dispute", {**draft, "text": text})
            return visit.go("dispute-check" if "check" in visit.request.GET else "dispute-file")
        errors = {"text": visit.say(f"appeal.{error}")}
    known = _facts(visit).disputable
    found = [known[part] for part in draft["parts"] if part in known]
    context = {"parts": found, "text": text, "errors": errors}
    return visit.page("dispute_words.html", context, status=UNPROCESSABLE if errors else 200)


@require_http_methods(GET_OR_POST)
@own_page()
def with_file(visit: Visit) -> HttpResponseBase:
    """A paper that shows it, for those who have one. It is kept with the application at once."""
    draft = visit.draft("dispute")
    if not draft.get("text"):
        return _refused(visit) or visit.go("dispute")
    errors: dict[str, str] = {}
    status = 200
    if visit.request.method == "POST":
        if sent_no_file(visit):
            return visit.go("dispute-check")
        try:
            received = receive_upload(visit)
        except UploadRefused as refused:
            errors, status = {refused.field: str(refused)}, refused.status
        else:
            visit.keep_draft("dispute", {**draft, "document": str(received.public_id)})
            return visit.go("dispute-check")
    document = own_document(visit, draft.get("document", ""))
    context = {
        "kinds": kinds(visit),
        "chosen": visit.request.POST.get("kind", ""),
        "have": document_name(visit, document) if document else "",
        "errors": errors,
    }
    return visit.page("dispute_file.html", context, status=status)


@require_http_methods(GET_OR_POST)
@own_page()
def check_dispute(visit: Visit) -> HttpResponseBase:
    """Everything once more; sending it opens the appeal."""
    draft = visit.draft("dispute")
    if not draft.get("parts") or not draft.get("text"):
        return _refused(visit) or visit.go("dispute")
    document = own_document(visit, draft.get("document", ""))
    if visit.request.method == "POST":
        return _send(
            visit,
            AppealKind.DISPUTE,
            facts=[part for part in draft["parts"] if part != OTHER],
            text=draft["text"],
            document=document,
        )
    known = _facts(visit).disputable
    context = {
        "parts": [_part_in_words(visit, known.get(part)) for part in draft["parts"]],
        "text": draft["text"],
        "document": document_name(visit, document) if document else "",
    }
    return visit.page("dispute_check.html", context)


@require_http_methods(GET_OR_POST)
@own_page(draft="look-again")
def look_again(visit: Visit) -> HttpResponseBase:
    """Ask a person to look again; saying why is free."""
    refused = _refused(visit)
    if refused is not None:
        return refused
    text, errors = visit.draft("look-again").get("text", ""), dict[str, str]()
    if visit.request.method == "POST":
        text = visit.request.POST.get("text", "")
        error = _too_long(text)
        if not error:
            visit.keep_draft("look-again", {"text": text})
            return visit.go("look-again-check")
        errors = {"text": visit.say(f"appeal.{error}")}
    room = appeal_room(visit.application, now=visit.now)
    context = {"text": text, "errors": errors, "until": visit.day(room.until) if room else ""}
    return visit.page("look_again.html", context, status=UNPROCESSABLE if errors else 200)


@require_http_methods(GET_OR_POST)
@own_page()
def check_look_again(visit: Visit) -> HttpResponseBase:
    draft = visit.draft("look-again")
    if "text" not in draft:
        return _refused(visit) or visit.go("look-again")
    if visit.request.method == "POST":
        return _send(visit, AppealKind.LOOK_AGAIN, facts=[], text=draft["text"], document=None)
    return visit.page("look_again_check.html", {"text": draft["text"].strip()})


@require_safe
@own_page()
def sent(visit: Visit, appeal_id: UUID) -> HttpResponseBase:
    """What was sent, by when it is answered, and what happens meanwhile."""
    appeal = Appeal.objects.filter(
        public_id=appeal_id, party=visit.party, application=visit.application
    ).first()
    if appeal is None:
        return visit.page("gone.html", {}, status=404)
    context = {
        "appeal": appeal,
        "sent_on": visit.day(appeal.received_at),
        "answer_on": visit.day(appeal.answer_due_on),
        "ended": visit.application.status if ended_because(appeal) else "",
        "has_offer": standing_offer(visit.application, now=visit.now) is not None,
    }
    return visit.page("appeal_sent.html", context)


def _send(visit: Visit, kind: AppealKind, **said: Any) -> HttpResponseBase:
    try:
        appeal = open_appeal(
            application=visit.application,
            party=visit.party,
            kind=kind,
            actor=visit.actor,
            now=visit.now,
            **said,
        )
    except AppealRefused as refused:
        return _refused(visit) or visit.page("appeal_refused.html", {"code": refused.code}, status=CONFLICT)
    visit.drop_draft("dispute" if kind is AppealKind.DISPUTE else "look-again")
    return visit.go("appeal", appeal.public_id)


def _refused(visit: Visit) -> HttpResponseBase | None:
    """The page that says why there is no appeal now; None where there is room for one."""
    room = appeal_room(visit.application, now=visit.now)
    if room is not None and room.is_open:
        return None
    if room is None:
        why = visit.say("appeal.not_decided")
    elif room.open_appeal is not None:
        why = visit.say("appeal.one_is_open", day=visit.day(room.open_appeal.answer_due_on))
    else:
        why = visit.say("appeal.too_late", day=visit.day(room.until))
    return visit.page("appeal_refused.html", {"why": why}, status=CONFLICT)


def _part_in_words(visit: Visit, fact: ShownFact | None) -> str:
    if fact is None:
        return visit.say("appeal.something_else")
    return f"{fact.label}: {fact.value}" if fact.value else visit.say("data.together", label=fact.label)


def _facts(visit: Visit) -> UsedFacts:
    standing = standing_decision(visit.application.pk)
    if standing is None:
        return UsedFacts(own={})
    count = Party.objects.filter(application=visit.application).count()
    return used_facts(visit, standing.assessment, party_count=count)


def _reasons(visit: Visit, facts: UsedFacts) -> Iterator[tuple[str, str]]:
    """(fact, heading) of each reason that this person reads and that speaks of a fact which they may say is wrong."""
    notice = standing_notice(application=visit.application, party=visit.party)
    standing = standing_decision(visit.application.pk)
    if notice is None or notice.letter is None or standing is None:
        return
    fact_of = {reason["code"]: reason["fact"] for reason in standing.reasons}
    seen, known = set[str](), facts.disputable
    for reason in notice.letter["reasons"]:
        name = fact_of.get(reason["code"], "")
        if name in known and name not in seen:
            seen.add(name)
            yield name, reason["heading"]


def _too_long(text: str) -> str:
    return "too_long" if len(text.strip()) > TEXT_CHARACTERS_MAX else ""
