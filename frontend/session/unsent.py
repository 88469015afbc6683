"""A form that was sent after its session had ended: what was typed waits in the browser's new session for its writer.

Nobody else gets to read it: it is given out to the person alone who was signed in when the page was made.
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, QueryDict

WRITER_HEADER = "UW-Writer"
ENDED_FOR = "ended_for"
UNSENT = "unsent"
CHARACTERS_MAX = 8_000
FIELDS_MAX = 60
FORMS_MAX = 4
SECRET = frozenset({"csrfmiddlewaretoken", "password", "code"})
_signer = signing.Signer(salt="frontend.session.unsent")


def writer_token(user_id: int) -> str:
    """What a page carries to say whose words are typed into it."""
    return _signer.sign(str(user_id))


def keep_unsent(request: HttpRequest) -> None:
    """Put the form of a refused request aside. Does nothing where it is not known who wrote it, or it is too long."""
    writer = _writer(request)
    fields = {name: values for name, values in request.POST.lists() if name not in SECRET}
    length = sum(len(value) for values in fields.values() for value in values)
    if writer is None or len(fields) > FIELDS_MAX or length > CHARACTERS_MAX:
        return
    others = [form for form in request.session.get(UNSENT, []) if form["path"] != request.path]
    form = {"writer": writer, "path": request.path, "fields": fields}
    request.session[UNSENT] = [*others, form][-FORMS_MAX:]


def take_unsent(request: Any, path: str) -> QueryDict | None:
    """What the signed-in person sent to this path in vain, once; None where there is nothing of theirs."""
    form = next((form for form in unsent_by(request) if form["path"] == path), None)
    if form is None:
        return None
    request.session[UNSENT] = [other for other in request.session[UNSENT] if other != form]
    fields = QueryDict(mutable=True)
    for name, values in form["fields"].items():
        fields.setlist(name, values)
    return fields


def unsent_by(request: Any) -> list[dict[str, Any]]:
    """The forms that the signed-in person sent in vain: `path` and `fields`, the oldest first."""
    waiting: list[dict[str, Any]] = request.session.get(UNSENT, [])
    return [form for form in waiting if form["writer"] == request.staff.user.pk]


def take_unsent_words(request: Any) -> list[str]:
    """The sentences among all that this person sent in vain, once: for the page they come back to, whatever the form was."""
    mine = unsent_by(request)
    if mine:
        request.session[UNSENT] = [form for form in request.session[UNSENT] if form not in mine]
    words = (value for form in mine for values in form["fields"].values() for value in values)
    return list(dict.fromkeys(value.strip() for value in words if " " in value.strip()))


def _writer(request: HttpRequest) -> int | None:
    """Who was signed in on the page that sent this: told by the session that ended, else by the page's signed word."""
    ended_for = request.session.get(ENDED_FOR)
    if ended_for is not None:
        return int(ended_for)
    try:
        return int(_signer.unsign(request.headers.get(WRITER_HEADER, "")))
    except signing.BadSignature:
        return None
