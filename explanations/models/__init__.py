"""Tables of the explanations: notices and their letters, the proof of reasons, attribution tables."""

from explanations.models.attribution import AttributionTables
from explanations.models.notice import Letter, Notice
from explanations.models.proof import Proof

__all__ = ["AttributionTables", "Letter", "Notice", "Proof"]
