"""The bureau whose report comes along with the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from underwriting.bureau.protocol import PullAnswer, PullFault, PullRequest, ReportedCredit
from underwriting.facts.values import Absence

_NOTHING = ({"absence": Absence.UNKNOWN.value}, {"absence": Absence.NOT_ASKED.value})


class InlineBureau:
    """Answers with the report in the request; nothing is sent anywhere."""

    def pull(self, request: PullRequest) -> PullAnswer:
        """The report that came along, or EMPTY_FILE where none did, or one that says nothing."""
        report = reported_along(request.inline)
        return PullAnswer(report=report, fault=PullFault.EMPTY_FILE if report is None else None)

    def ask_by_reference(self, request: PullRequest) -> PullAnswer:
        """The same report again."""
        return self.pull(request)


def reported_along(inline: Mapping[str, Any] | None) -> ReportedCredit | None:
    """The report that came along; None where none did, or one that says nothing."""
    return None if inline is None or not says_something(inline) else _credit_part(inline)


def says_something(inline: Mapping[str, Any]) -> bool:
    """Whether a report (fact name -> number or {"absence": ...}) has a value at all; NEVER is one, not knowing is none.

    A report of nothing but absences would leave the model with an empty row, and an empty row can score below a cut-off.
    """
    return any(value not in _NOTHING for value in inline.values())


def _credit_part(inline: Mapping[str, Any]) -> ReportedCredit:
    body = {name: value for name, value in inline.items() if name != "bureau_score"}
    score = inline.get("bureau_score")
    return ReportedCredit(
        body=body,
        bureau_score=score if isinstance(score, int) else None,
        bureau_score_range="",
        bureau_score_factors=(),
        reported_at=None,
    )
