"""S03: the search box of the review queue."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.context import READERS, see_other
from frontend.operations.params import FILTERS, address, read_query
from frontend.operations.queue import fragments, queue_context
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from review_queue.queue import QueueQuery
from review_queue.search import PERSON_WORDS_MAX, Search, TooManyWords, read_search
from review_queue.selectors import view_counts

TYPED_CHARACTERS_MAX = 200
TOO_MANY = f"Search for at most {PERSON_WORDS_MAX} words at a time: all of them must be one person's."


@screen(write=READERS)
def search(request: StaffRequest) -> HttpResponse:
    """Look through all open cases, whatever view and filters the box stood in.

    A POST, because an address is logged, stays in the browser and is pasted to colleagues: what it answers leads to carries an
    id, or the keyed hashes of the words, and never the words (review_queue.search). With script the words stay in the box.
    """
    typed = request.POST.get("typed", "").replace("\x00", "")[:TYPED_CHARACTERS_MAX]
    query = read_query(request, request.POST, now=timezone.now())
    try:
        found = read_search(typed, lender_id=request.lender.pk)
    except TooManyWords:
        return _page(request, query, typed, error=TOO_MANY)
    if found == Search():
        return see_other(request, f"{reverse('queue')}?{address(query)}")
    nothing = dict.fromkeys(FILTERS, "")
    everywhere = replace(query, **nothing)  # type: ignore[arg-type]
    everywhere = replace(everywhere, view="all", words=found.words, person=found.person)
    if request.headers.get("HX-Request"):
        return _page(request, everywhere, typed)
    return see_other(request, f"{reverse('queue')}?{address(everywhere)}")


def _page(request: StaffRequest, query: QueueQuery, typed: str, *, error: str = "") -> HttpResponse:
    """The queue with what was typed still in the box; as fragments the table, and the tabs above it."""
    now = timezone.now()
    context = queue_context(request, query, view_counts(query, now=now), now=now)
    context |= {"typed": typed, "search_error": error}
    status = 422 if error else 200
    if not request.headers.get("HX-Request"):
        return render(request, "operations/queue.html", context, status=status)
    answer = HttpResponse(fragments(request, context, "table", "tabs", "saved", "said"), status=status)
    if not error:
        answer["HX-Push-Url"] = f"{reverse('queue')}?{address(query)}"
    return answer
