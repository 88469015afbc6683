"""What an applicant could change: only facts in their own hands, within stated limits, tried with the real scorer and policy. Pure."""

from explanations.recourse.levers import Change, Suggestion, suggestions
from explanations.recourse.words import suggestion_line

__all__ = ["Change", "Suggestion", "suggestion_line", "suggestions"]
