"""Routes of the applicants' pages."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, URLResolver, path

from frontend.applicant import (
    answering,
    decision,
    documents,
    ending,
    entry,
    everything,
    messages,
    missing,
    views,
)


def _page(rest: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(f"a/<str:token>/{rest}", view, name=f"applicant-{name}")


urlpatterns: list[URLPattern | URLResolver] = [
    _page("", views.status, "status"),
    _page("fresh/", entry.fresh, "fresh"),
    _page("leave/", entry.leave, "leave"),
    _page("decision/", decision.decision, "decision"),
    _page("letter.pdf", decision.letter, "letter"),
    _page("data/", decision.data, "data"),
    _page("everything/", everything.page, "everything"),
    _page("everything.json", everything.download, "everything-json"),
    _page("documents/", documents.documents, "documents"),
    _page("documents/<uuid:document_id>/", documents.document, "document"),
    _page("messages/", messages.messages, "messages"),
    _page("missing/", missing.missing, "missing"),
    _page("offer/", ending.offer, "offer"),
    _page("withdraw/", ending.withdraw, "withdraw"),
    _page("dispute/", answering.which_part, "dispute"),
    _page("dispute/words/", answering.in_words, "dispute-words"),
    _page("dispute/file/", answering.with_file, "dispute-file"),
    _page("dispute/check/", answering.check_dispute, "dispute-check"),
    _page("look-again/", answering.look_again, "look-again"),
    _page("look-again/check/", answering.check_look_again, "look-again-check"),
    _page("appeals/<uuid:appeal_id>/", answering.sent, "appeal"),
]
