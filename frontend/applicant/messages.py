"""Messages between the applicant and the lender."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from frontend.applicant.access import Visit, own_page
from frontend.applicant.entry import UNPROCESSABLE
from review_queue.messages import MessageRefused, messages_of, send_message

SENT_KEY = "applicant_message_sent"


@require_http_methods(["GET", "HEAD", "POST"])
@own_page(draft="message")
def messages(visit: Visit) -> HttpResponseBase:
    """What was written so far, and a form for one more."""
    text = str(visit.draft("message").get("text", ""))
    error = ""
    if visit.request.method == "POST":
        text = visit.request.POST.get("text", "")
        try:
            send_message(
                application=visit.application,
                party=visit.party,
                author=None,
                text=text,
                actor=visit.actor,
                now=visit.now,
            )
        except MessageRefused as refused:
            error = visit.say(f"messages.{refused.code}")
        else:
            visit.drop_draft("message")
            visit.request.session[SENT_KEY] = True
            return visit.go("messages")
    written = [
        {"text": one.text, "author": one.author or visit.say("messages.you"), "on": visit.day(one.sent_at), "ours": one.is_from_lender}
        for one in messages_of(visit.application, visit.party)
    ]  # fmt: skip
    return visit.page(
        "messages.html",
        {
            "written": written,
            "text": text,
            "errors": {"text": error} if error else {},
            "was_sent": not error and visit.request.session.pop(SENT_KEY, False),
        },
        status=UNPROCESSABLE if error else 200,
    )
