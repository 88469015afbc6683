"""The largest steps a policy allows between two neighbouring people, as a form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from frontend.risk.forms import PartForm, amount_field, from_minor, percent_field, to_minor
from underwriting.enums import ProductKind
from underwriting.policy.schema import PolicyDocument


class StepsForm(PartForm):
    """What one point of score may cost at most: of the yearly rate, and of a line's limit. Empty: any step is allowed."""

    rate = percent_field(
        "Yearly rate rises by at most, percentage points",
        "From one point of score to the next lower one, such as 4.00. Empty: by any step.",
        required=False,
        high=1000,
    )
    limit = amount_field(
        "Limit falls by at most",
        "An amount, at the same income and one point of score lower. Empty: by any step.",
        required=False,
    )
    place_fields = {"/steps/rate": "rate", "/steps/limit": "limit"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.initial.get("is_line", True):
            del self.fields["limit"]

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        steps = document.steps
        rate = steps.rate_bps_max if steps else None
        return {
            "is_line": document.product_kind is not ProductKind.INSTALMENT,
            "rate": None if rate is None else Decimal(rate) / 100,
            "limit": from_minor(steps.limit_minor_max) if steps else None,
        }

    def write(self, document: dict[str, Any]) -> None:
        data, known = self.cleaned_data, document.get("steps") or {}
        rate, limit = data["rate"], data.get("limit")
        typed = {"rate_bps_max": None if rate is None else int(rate * 100)}
        if "limit" in self.fields:
            typed["limit_minor_max"] = None if limit is None else to_minor(limit)
        steps = {**known, **{key: most for key, most in typed.items() if most != known.get(key)}}
        if steps != known:
            document.pop("steps", None)
            if any(most is not None for most in steps.values()):
                document["steps"] = steps
