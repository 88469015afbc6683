"""The rules of a draft as a decision table: rules down, conditions across, edited a row at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.rule_form import shown, typed_value, unit_words
from frontend.risk.rules import place_of
from frontend.risk.saying import announced, told
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.facts.catalogue import catalogue
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.drafting import rule_section, save_rule
from underwriting.policy.leases import SectionHeld, leases_of
from underwriting.policy.schema import PolicyRefused, RuleKind
from underwriting.policy.selectors import access_draft
from underwriting.policy.tables import (
    Column,
    TableRefused,
    as_table,
    column_of,
    columns_of,
    conjunction,
    table_columns,
    with_cell,
)
from underwriting.policy.version_rows import DraftChanged
from underwriting.policy.words import value_in_words

CELL = "cell "
KINDS = {"KNOCKOUT": RuleKind.KNOCKOUT, "REVIEW": RuleKind.REVIEW}
MAX_CELLS = 400


@dataclass(frozen=True, slots=True)
class EditedCell:
    """A cell of a row that is open: what is typed in it, and in which unit."""

    column: Column
    typed: str
    words: str
    error: str = ""

    @property
    def name(self) -> str:
        return CELL + self.column.key

    @property
    def unit(self) -> str:
        return unit_words(catalogue()[self.column.fact])


@dataclass(frozen=True, slots=True)
class EditedRow:
    """One rule as a row, open or closed. `messages`: what stands against saving it as a whole."""

    rule_id: str
    name: str
    kind: RuleKind
    sha256: str
    cells: tuple[EditedCell, ...]
    messages: tuple[str, ...] = ()


@screen(read=MANAGERS)
@answering_refusals
def table(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    draft = access_draft(request.lender, slug, number)
    return _page(request, draft, KINDS.get(request.GET.get("kind", ""), RuleKind.REVIEW))


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def table_row(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """One row open for editing, or with `closed` as it is; saving swaps that row. 422 with the message in its cell, 409 as in the editor."""
    draft = access_draft(request.lender, slug, number)
    rule = draft.document["rules"][place_of(draft, rule_id)]
    kind = KINDS[rule["kind"]]
    if request.method in ("GET", "HEAD"):
        return _answer(request, draft, _stored_row(draft, rule), is_open="closed" not in request.GET)
    try:
        columns = _posted_columns(request.POST)
    except TableRefused as refused:
        return _answer(
            request, draft, _with_messages(_stored_row(draft, rule), refused), is_open=True, status=422
        )
    typed = _row(rule, columns, draft.document["currency"], request.POST)
    try:
        written = _written(rule, typed)
        saved = save_rule(
            version=draft,
            rule_id=rule_id,
            rule=written,
            reason_codes=policy_codes(current_catalogue(request.lender.pk)),
            expected_sha256=request.POST.get("sha256", ""),
            actor=actor_of(request),
            now=database_now(),
        )
    except (TableRefused, PolicyRefused) as refused:
        return _answer(request, draft, _with_messages(typed, refused), is_open=True, status=422)
    except (DraftChanged, SectionHeld) as refused:
        return _answer(request, draft, _with_messages(typed, refused), is_open=True, status=409)
    text = f"Rule {rule_id} saved."
    if not request.headers.get("HX-Request"):
        return told(request, text, HttpResponseRedirect(f"{_place(draft)}?kind={kind.value}#row-{rule_id}"))
    row = _row(written, columns, saved.document["currency"])
    return announced(_answer(request, saved, row, is_open=False), text)


def _posted_columns(posted: Mapping[str, Any]) -> list[Column]:
    """The columns of the row that was open, in its order. Raises TableRefused."""
    names = [name.removeprefix(CELL) for name in posted if name.startswith(CELL)]
    columns = [column_of(name) for name in names[:MAX_CELLS]]
    for column in columns:
        if column.fact not in catalogue():
            raise TableRefused(f"There is no fact “{column.fact[:60]}”.")
    return columns


def _stored_row(draft: PolicyVersion, rule: Mapping[str, Any]) -> EditedRow:
    """A rule over all columns of its table, which every rule of its kind has a say in."""
    same = [each for each in draft.document["rules"] if each["kind"] == rule["kind"]]
    return _row(rule, table_columns(same), draft.document["currency"])


def _row(
    rule: Mapping[str, Any], columns: Sequence[Column], currency: str, posted: Mapping[str, Any] | None = None
) -> EditedRow:
    """A stored rule over these columns; with `posted`, what was typed stands in the cells."""
    conditions = conjunction(rule["when"]) or ()
    values = dict(zip(columns_of(conditions), (c["value"] for c in conditions), strict=True))
    cells = []
    for column in columns:
        value = values.get(column)
        words = "" if value is None else value_in_words(column.fact, value, currency)
        stored = "" if value is None else shown(column.fact, value)
        cells.append(
            EditedCell(column, stored if posted is None else posted.get(CELL + column.key, "")[:200], words)
        )
    return EditedRow(rule["id"], rule["name"], KINDS[rule["kind"]], canonical_sha256(rule), tuple(cells))


def _written(rule: Mapping[str, Any], row: EditedRow) -> dict[str, Any]:
    """The rule with what was typed in the row. Raises TableRefused, with the cell's key before the message where it is one cell's."""
    changed: dict[str, Any] = {"rules": [rule]}
    conditions = conjunction(rule["when"]) or ()
    values = dict(zip(columns_of(conditions), (c["value"] for c in conditions), strict=True))
    for cell in sorted(row.cells, key=lambda cell: not cell.typed.strip()):
        value, before = None, values.get(cell.column)
        if cell.typed.strip():
            try:
                value = typed_value(catalogue()[cell.column.fact], cell.typed, cell.column.operator)
            except ValueError as error:
                raise CellRefused(cell.column, str(error)) from error
        if value != before:
            changed = with_cell(changed, row.rule_id, cell.column, value)
    written: dict[str, Any] = changed["rules"][0]
    return written


class CellRefused(TableRefused):
    """What was typed in one cell cannot be read."""

    def __init__(self, column: Column, message: str) -> None:
        self.column = column
        super().__init__(message)


def _with_messages(row: EditedRow, refused: Exception) -> EditedRow:
    if isinstance(refused, CellRefused):
        cells = tuple(
            EditedCell(c.column, c.typed, c.words, str(refused)) if c.column == refused.column else c
            for c in row.cells
        )
        return EditedRow(row.rule_id, row.name, row.kind, row.sha256, cells)
    messages = (
        tuple(c.message for c in refused.complaints)
        if isinstance(refused, PolicyRefused)
        else (str(refused),)
    )
    return EditedRow(row.rule_id, row.name, row.kind, row.sha256, row.cells, messages)


def _answer(
    request: StaffRequest, draft: PolicyVersion, row: EditedRow, *, is_open: bool, status: int = 200
) -> HttpResponse:
    """The row alone; without scripts the whole table with that row in it."""
    if status == 409:
        draft = access_draft(request.lender, draft.policy.slug, draft.number)
        rule = draft.document["rules"][place_of(draft, row.rule_id)]
        row = EditedRow(row.rule_id, row.name, row.kind, canonical_sha256(rule), row.cells, row.messages)
    if not request.headers.get("HX-Request"):
        return _page(request, draft, row.kind, row if is_open else None, status=status)
    held = leases_of(draft, database_now()).get(rule_section(row.rule_id))
    context = {
        "draft": draft,
        "policy": draft.policy,
        "row": row,
        "is_fragment": True,
        "held": held,
        "is_mine": held is not None and held.holder_id == request.user.pk,
        "section": rule_section(row.rule_id),
        "zone": request.lender.time_zone,
    }
    template = "risk/_table_row_open.html" if is_open else "risk/_table_row.html"
    return render(request, template, context, status=status)


def _page(
    request: StaffRequest,
    draft: PolicyVersion,
    kind: RuleKind,
    opened: EditedRow | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    drawn = as_table(draft.document, kind)
    context = {
        "draft": draft,
        "policy": draft.policy,
        "kind": kind.value,
        "table": drawn,
        "rows": [
            opened
            if opened is not None and row.rule_id == opened.rule_id
            else EditedRow(
                row.rule_id,
                row.name,
                kind,
                "",
                tuple(
                    EditedCell(column, "", cell.words if cell else "")
                    for column, cell in zip(drawn.columns, row.cells, strict=True)
                ),
            )
            for row in drawn.rows
        ],
        "opened": opened.rule_id if opened else "",
        "has_error": status != 200,
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/table.html", context, status=status)


def _place(draft: PolicyVersion) -> str:
    return reverse("policy-table", args=[draft.policy.slug, draft.number])
