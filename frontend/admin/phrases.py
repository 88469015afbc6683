"""The phrases that a lender's people put into notes by a slash and a short name."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, saved, sections, sent
from frontend.admin.forms import INPUT
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from review_queue.phrases import (
    NAME_CHARACTERS_MAX,
    NAME_PATTERN,
    TEXT_CHARACTERS_MAX,
    PhraseThere,
    access_phrase,
    add_phrase,
    phrases_of,
    remove_phrase,
)


class PhraseForm(forms.Form):
    name = forms.RegexField(
        NAME_PATTERN, label="Short name", max_length=NAME_CHARACTERS_MAX, widget=forms.TextInput({**INPUT, "autocomplete": "off"}),
        help_text="Typed after a slash: letters, digits and hyphens.",
        error_messages={"required": "Enter a short name", "invalid": "Use letters, digits and hyphens only"},
    )  # fmt: skip
    text = forms.CharField(
        label="Words", max_length=TEXT_CHARACTERS_MAX, widget=forms.Textarea({**INPUT, "rows": 3}),
        help_text="What the note says in its place.", error_messages={"required": "Enter the words"},
    )  # fmt: skip


@screen(read=LOOKERS, write=ADMINS)
def phrases(request: StaffRequest) -> HttpResponse:
    """The list; a POST adds one."""
    form = PhraseForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            phrase = add_phrase(
                lender=request.lender, actor=actor_of(request), now=timezone.now(), **form.cleaned_data
            )
        except PhraseThere:
            form.add_error("name", "There is a phrase of this name already")
        else:
            return saved(request, f"/{phrase.name} added.", "admin-phrases")
    context = {
        "sections": sections("admin-phrases"),
        "phrases": phrases_of(request.lender.pk),
        "form": form,
        "may_change": may_change(request),
        "history": history(request.lender, object_types=("lender",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/phrases.html", context, status=422 if form.errors else 200)


@screen(write=ADMINS)
def remove(request: StaffRequest, phrase_id: int) -> HttpResponse:
    """Take a phrase off the list; adding it again brings it back."""
    phrase = access_phrase(request.lender, phrase_id)
    name = phrase.name
    remove_phrase(phrase=phrase, actor=actor_of(request), now=timezone.now())
    return saved(request, f"/{name} removed.", "admin-phrases")
