"""What a saved change says: aloud beside the swapped fragment, or on the page that follows."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

SAVED = "draft-saved"


def announced(answer: HttpResponse, text: str) -> HttpResponse:
    """The fragment with its announcement; whatever follows the draft on the page is told that it was saved."""
    answer.content += render_to_string("risk/_live.html", {"text": text}).encode()
    answer["HX-Trigger"] = SAVED
    return answer


def told(request: HttpRequest, text: str, answer: HttpResponse) -> HttpResponse:
    """The redirect, with the sentence on the page it leads to."""
    messages.success(request, text)
    return answer
