"""What a replay finds: that an assessment is identical, or the things that are not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """`thing` is what kind of thing differs, `name` which one of them, `detail` how, in a sentence."""

    thing: str
    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.thing} {self.name}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One assessment, recomputed from what was stored."""

    assessment_id: int
    application: str
    number: int
    outcome: str
    differences: tuple[Difference, ...]

    @property
    def is_identical(self) -> bool:
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        return {
            "assessment": self.assessment_id,
            "application": self.application,
            "number": self.number,
            "outcome": self.outcome,
            "identical": self.is_identical,
            "differences": [asdict(difference) for difference in self.differences],
        }
