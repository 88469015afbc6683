"""A file read into a draft: shown as a diff in words first, put into the draft only by the button under that diff."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.drafts import access_draft, changed_meanwhile, readable, store
from frontend.risk.forms import WIDE
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.words import changes_between, checks, plural
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.models import PolicyVersion
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.formats.read import ReadFile, read_policy
from underwriting.policy.formats.text import MAX_FILE_BYTES
from underwriting.policy.schema import Complaint, PolicyRefused, parse_document
from underwriting.policy.version_rows import DraftChanged


class ImportForm(forms.Form):
    """A file or pasted text, never both."""

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="YAML, one CSV table or a zip of them, or GoRules JDM, as exported from here.",
    )
    text = forms.CharField(
        label="Or paste the text",
        required=False,
        max_length=900_000,
        strip=False,
        widget=forms.Textarea({**WIDE, "rows": 12, "spellcheck": "false", "class": "input mono"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = data.get("file"), data.get("text", "")
        if not self.errors and bool(file) == bool(text.strip()):
            self.add_error("file", "Choose a file or paste the text, one of the two.")
        elif file and file.size > MAX_FILE_BYTES:
            self.add_error("file", f"A file holds at most {MAX_FILE_BYTES:,} bytes.")
        return data

    def content(self) -> bytes:
        """What was sent; a form field's lines end as browsers end them, so they are put back."""
        file = self.cleaned_data["file"]
        if file:
            sent: bytes = file.read()
            return sent
        pasted: str = self.cleaned_data["text"]
        return pasted.replace("\r\n", "\n").encode()


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def import_page(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """Choose a file; look at what it would change; apply it. Only the last step writes."""
    draft = access_draft(request, slug, number)
    readable(draft)
    if request.method != "POST":
        return _page(request, draft, ImportForm())
    if "apply" in request.POST:
        return _apply(request, draft)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, draft, form, status=422)
    try:
        found = read_policy(form.content(), onto=draft.document)
    except PolicyRefused as refused:
        return _page(request, draft, form, complaints=refused.complaints, status=422)
    return _shown(request, draft, found.document, found)


def _apply(request: StaffRequest, draft: PolicyVersion) -> HttpResponse:
    """Store exactly the document that was shown: its hash came with it."""
    document = _posted(request.POST.get("document", ""))
    if document is None or canonical_sha256(document) != request.POST.get("content_sha256", ""):
        wrong = Complaint("", "What was sent is not what was shown. Read the file again.")
        return _page(request, draft, ImportForm(), complaints=(wrong,), status=422)
    try:
        store(request, draft, document)
    except DraftChanged:
        return _shown(request, access_draft(request, draft.policy.slug, draft.number), document, None)
    messages.success(request, "The import was applied to this draft.")
    return HttpResponseRedirect(reverse("policy-draft", args=[draft.policy.slug, draft.number]))


def _posted(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
        parse_document(document)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _shown(
    request: StaffRequest, draft: PolicyVersion, document: dict[str, Any], found: ReadFile | None
) -> HttpResponse:
    """The diff, the checks and the button; 409 where the draft was saved after the diff was first shown."""
    changes = changes_between(draft.document, document)
    changed = changed_meanwhile(request, draft) if found is None else ""
    context: dict[str, Any] = {
        "kind": found.kind.value if found else "",
        "changes": changes,
        "count": plural(len(changes), "change", "changes"),
        "is_same": canonical_sha256(document) == draft.document_sha256,
        "checks": checks(document),
        "document": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        "content_sha256": canonical_sha256(document),
        "changed": changed,
        "is_shown": True,
    }
    return _page(request, draft, ImportForm(), status=409 if changed else 200, **context)


def _page(
    request: StaffRequest,
    draft: PolicyVersion,
    form: ImportForm,
    *,
    complaints: tuple[Complaint, ...] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    base = {
        "draft": draft,
        "policy": draft.policy,
        "form": form,
        "complaints": complaints,
        "has_error": status == 422,
    }
    return render(request, "risk/import.html", {**base, **context}, status=status)
