"""S19: find what happened, by whom, and open each event to what was there before and after."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.audit import rows
from frontend.audit.search import KEYS, filter_fields, read_line, write_line
from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, RISK, StaffRequest
from underwriting.audit.selectors import access_audit_entry, audit_page
from underwriting.enums import Role
from underwriting.models import AuditEntry

READERS = AUDITORS | RISK | {Role.ADMIN}


@screen(read=READERS)
def explorer(request: StaffRequest) -> HttpResponse:
    """The trail of this lender, newest first. The filter fields only write the line: the address holds one `q`."""
    if "filter" in request.GET:
        line = write_line({key: request.GET.get(key, "") for key in (*KEYS, "words")})
        return HttpResponseRedirect(
            f"{reverse('audit')}?{urlencode({'q': line})}" if line else reverse("audit")
        )
    search = read_line(request.GET.get("q", ""), time_zone=request.lender.time_zone)
    page = audit_page(
        lender_id=request.lender.pk, query=search.query, before_key=_key(request.GET.get("older", ""))
    )
    older = None if page.next_key is None else urlencode({"q": search.line, "older": page.next_key})
    context = {
        "search": search,
        "fields": filter_fields(search),
        "entries": [
            {"entry": entry, "who": rows.who(entry), "sentence": rows.sentence(entry)}
            for entry in page.entries
        ],
        "older": older,
        "is_first_page": not request.GET.get("older"),
        "zone": request.lender.time_zone,
    }
    return render(request, "audit/explorer.html", context)


@screen(read=READERS)
def event(request: StaffRequest, entry_id: int) -> HttpResponse:
    """One entry: fields before and after, who and from where, links, and the entry as JSON."""
    try:
        entry = access_audit_entry(lender_id=request.lender.pk, entry_id=entry_id)
    except AuditEntry.DoesNotExist:
        raise Http404 from None
    context = {
        "entry": entry,
        "who": rows.who(entry),
        "sentence": rows.sentence(entry),
        "changes": rows.field_changes(entry),
        "links": rows.links(entry),
        "raw": rows.raw(entry),
        "zone": request.lender.time_zone,
    }
    return render(request, "audit/event.html", context)


def _key(text: str) -> int | None:
    """A page key from the address; anything else is the first page."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
