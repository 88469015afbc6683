"""S26: the reason library. What applicants read for each code in each language, and the lender's own words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from explanations.reason_codes.catalogue import current_catalogue, shipped_catalogue
from explanations.reason_codes.codes import ENGLISH, Catalogue, ReasonCode
from explanations.reason_codes.coverage import untold
from explanations.reason_codes.grade import Reading, learn, reading_of, words_of
from explanations.reason_codes.lint import LANGUAGE_NAMES
from explanations.reason_codes.own_words import Field, catalogue_with, fields_of
from explanations.reason_codes.proposals import (
    WordingRefused,
    WordsRefused,
    changes_in_force,
    open_proposal,
    save_words,
)
from explanations.reason_codes.samples import Sample, cap_samples, samples
from frontend.admin.area import ADMINS, LOOKERS, history, may_change, put_value, saved, sections, sent
from frontend.admin.wording_forms import FIELD_WORDS, WordsForm
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import Role, WordingState
from underwriting.facts.catalogue import catalogue as facts_catalogue
from underwriting.models import WordingProposal

READERS = LOOKERS | {Role.RISK_APPROVER}
SHOWN = (("all", "All"), ("hard", "Harder to read"), ("own", "Own words"))


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence as somebody might read it, and how hard that is."""

    field: str
    sentence: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code of the library in one language."""

    code: ReasonCode
    lines: tuple[Line, ...]
    has_own_words: bool
    is_in_draft: bool

    @property
    def is_hard(self) -> bool:
        return any(line.reading.is_hard for line in self.lines)


@screen(read=READERS)
def library(request: StaffRequest) -> HttpResponse:
    """Every code with its sentences, sample figures in them, grade and length beside each."""
    codes = current_catalogue(request.lender.pk)
    language = _language(request.GET.get("language", ENGLISH), codes)
    shown = request.GET.get("show", "all")
    told = codes.in_language(language)
    proposal = open_proposal(request.lender)
    rows = _rows(told, request, changes_in_force(request.lender), proposal)
    context = {
        "sections": sections("admin-reasons"),
        "version": codes.version,
        "country": codes.document["catalogue"]["country"],
        "language": language,
        "languages": [(name, LANGUAGE_NAMES[name]) for name in codes.languages],
        "shown": shown,
        "shows": SHOWN,
        "rows": [
            row
            for row in rows
            if shown not in ("hard", "own")
            or (row.is_hard if shown == "hard" else row.has_own_words or row.is_in_draft)
        ],
        "code_count": len(rows),
        "hard_count": sum(row.is_hard for row in rows),
        "own_count": sum(row.has_own_words for row in rows),
        "cap": lines_of(cap_samples(told, request.lender.currency), language),
        "untold": untold(request.lender),
        "proposal": proposal,
        "history": history(request.lender, object_types=("wording",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/reasons.html", context)


@screen(read=READERS, write=ADMINS)
def code_page(request: StaffRequest, code: str) -> HttpResponse:
    """One code in one language; a POST saves the lender's own words into its draft, or says why they cannot be used."""
    codes = current_catalogue(request.lender.pk)
    if code not in codes.codes or not codes.codes[code].enabled:
        raise Http404
    language = _language(request.GET.get("language", ENGLISH), codes)
    proposal = open_proposal(request.lender)
    changes = proposal.changes if proposal else changes_in_force(request.lender)
    fields = fields_of(shipped_catalogue(), code, language, changes)
    revision = proposal.revision if proposal else 0
    form = WordsForm(sent(request), fields=fields, language=language, initial={"seen_revision": revision})
    status = 200
    if request.method == "POST":
        status = _save(request, form, code, language, revision)
        if status == 303:
            sentence = f"{code} saved in {LANGUAGE_NAMES[language]}. Submit your wording when it is whole."
            return saved(request, sentence, "admin-wording")
    words = form.words() if request.method == "POST" else {field.name: field.own for field in fields}
    context = {
        "sections": sections("admin-reasons"),
        "code": codes.codes[code],
        "facts": [facts_catalogue()[fact].label for fact in codes.codes[code].facts],
        "language": language,
        "languages": [(name, LANGUAGE_NAMES[name]) for name in codes.languages],
        "form": form,
        "fields": _comparison(fields),
        "preview": _preview(request, code, language, words),
        "proposal": proposal,
        "may_change": may_change(request) and not (proposal and proposal.state == WordingState.SUBMITTED),
        "history": history(request.lender, object_types=("wording",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/reason.html", context, status=status)


def lines_of(found: Sequence[Sample], language: str) -> tuple[Line, ...]:
    """Sentences with their readings; call `learn` first for many."""
    return tuple(
        Line(FIELD_WORDS.get(sample.field, ""), sample.sentence, reading_of(sample.sentence, language))
        for sample in found
    )


def _rows(
    told: Catalogue, request: StaffRequest, own: dict[str, Any], proposal: WordingProposal | None
) -> list[CodeRow]:
    found = [
        (code, samples(code, told, request.lender.currency)) for code in told.codes.values() if code.enabled
    ]
    if told.language == ENGLISH:
        learn(words_of(sample.sentence for _, lines in found for sample in lines))
    in_force = own.get(told.language, {})
    drafted = proposal.changes.get(told.language, {}) if proposal else in_force
    return [
        CodeRow(
            code,
            lines_of(lines, told.language),
            has_own_words=code.code in in_force,
            is_in_draft=drafted.get(code.code) != in_force.get(code.code),
        )
        for code, lines in found
    ]


def _save(request: StaffRequest, form: WordsForm, code: str, language: str, revision: int) -> int:
    """303 saved, 409 somebody else was faster (what was typed stays typed), 422 not usable."""
    if not form.is_valid():
        return 422
    try:
        save_words(
            lender=request.lender,
            code=code,
            language=language,
            words=form.words(),
            seen_revision=form.cleaned_data["seen_revision"],
            author=request.staff.user,
            actor=actor_of(request),
            now=timezone.now(),
        )
    except WordsRefused as refused:
        for complaint in refused.complaints:
            form.add_error(form.key_of(complaint.field), complaint.message)
        return 422
    except WordingRefused as refused:
        form.add_error(None, str(refused))
        put_value(form, "seen_revision", str(revision))
        return 409
    return 303


def _preview(
    request: StaffRequest, code: str, language: str, words: dict[str, str]
) -> tuple[tuple[Line, ...], str]:
    """The sentences of these words with sample figures; where they cannot be filled in, none and why."""
    lender = request.lender
    given = {language: {code: words}}
    told = catalogue_with(shipped_catalogue(), given, lender_code=lender.code, number=0).in_language(language)
    try:
        return lines_of(samples(told.codes[code], told, lender.currency), language), ""
    except (KeyError, TypeError, ValueError):
        return (), "A figure stands in a sentence where it cannot be filled in."


def _comparison(fields: Sequence[Field]) -> list[Field]:
    return [field for field in fields if field.own != field.shipped]


def _language(asked: str, codes: Catalogue) -> str:
    if asked not in codes.languages:
        raise Http404
    return asked
