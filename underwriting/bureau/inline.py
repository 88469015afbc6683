"""The bureau whose report comes along with the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from underwriting.bureau.protocol import PullAnswer, PullFault, PullRequest, ReportedCredit


class InlineBureau:
    """Answers with the report in the request; nothing is sent anywhere."""

    def pull(self, request: PullRequest) -> PullAnswer:
        """The report that came along, or EMPTY_FILE where none did."""
        if request.inline is None:
            return PullAnswer(report=None, fault=PullFault.EMPTY_FILE)
        return PullAnswer(report=_credit_part(request.inline), fault=None)

    def ask_by_reference(self, request: PullRequest) -> PullAnswer:
        """The same report again."""
        return self.pull(request)


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
