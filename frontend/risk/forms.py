"""Forms of a policy draft: what is typed in a person's units, and the part of the document it becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from underwriting.enums import ProductKind, Role
from underwriting.policy.schema import Delegation, PolicyDocument

NUMBER: dict[str, Any] = {"class": "input input--short", "inputmode": "numeric"}
WIDE: dict[str, Any] = {"class": "input"}
SHORT: dict[str, Any] = {"class": "input input--short", "inputmode": "decimal"}
CODE_ERROR = {"invalid": "Enter a reason code such as CP01."}


def to_minor(units: Decimal) -> int:
    """An amount with at most two decimals as whole minor units."""
    return int(units * 100)


def from_minor(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


def to_ratio(percent: Decimal) -> float:
    """A percentage with at most two decimals as a plain ratio."""
    return float(percent / 100)


def from_ratio(ratio: float | None) -> Decimal | None:
    return None if ratio is None else (Decimal(str(ratio)) * 100).normalize() + 0


def whole_field(
    label: str, hint: str = "", *, low: int = -5000, high: int = 5000, required: bool = True
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, min_value=low, max_value=high, required=required,
        widget=forms.NumberInput({**NUMBER, "step": 1}), error_messages={"required": f"Enter {label.lower()}."},
    )  # fmt: skip


def amount_field(label: str, hint: str = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, min_value=0, max_digits=12, decimal_places=2, required=required,
        widget=forms.TextInput(SHORT), error_messages={"required": f"Enter {label.lower()}.", "invalid": "Enter an amount such as 500 or 500.50."},
    )  # fmt: skip


def percent_field(
    label: str, hint: str = "", *, required: bool = True, high: int = 100_000
) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, min_value=0, max_value=high, max_digits=8, decimal_places=2, required=required,
        widget=forms.TextInput(SHORT), error_messages={"required": f"Enter {label.lower()}.", "invalid": "Enter a percentage such as 12.5."},
    )  # fmt: skip


class PartForm(forms.Form):
    """Part of a policy. `place_fields` maps places of complaints to the field beside which they are shown."""

    place_fields: dict[str, str] = {}

    def add_complaint(self, place: str, message: str) -> None:
        """Show a complaint about the document beside the field that caused it."""
        name = next((field for prefix, field in self.place_fields.items() if place.startswith(prefix)), None)
        self.add_error(name if name in self.fields else None, message)


class CutOffsForm(PartForm):
    approve = whole_field(
        "Approve at", "Scores of at least this are approved when nothing else speaks against it."
    )
    refer = whole_field("Decline below", "Scores from here up to the approval cut-off go to a person.")
    place_fields = {"/cut_offs/approve": "approve", "/cut_offs/refer": "refer"}

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        return {"approve": document.cut_offs.approve, "refer": document.cut_offs.refer}

    def write(self, document: dict[str, Any]) -> None:
        document["cut_offs"] = {"approve": self.cleaned_data["approve"], "refer": self.cleaned_data["refer"]}


def drop_errors_if_removed(form: forms.Form) -> None:
    """A row that is struck out need not be right."""
    if form.is_bound and getattr(form, "cleaned_data", {}).get("remove"):
        form.errors.clear()


class LimitsForm(PartForm):
    """Affordability, counteroffer, fallback, authority and service level."""

    instalment_to_income_max = percent_field("Instalment, at most % of monthly income", required=False)
    debt_service_max = percent_field("All debt payments, at most % of monthly income", required=False)
    reason_code = forms.CharField(
        label="Reason code of the cap",
        required=False,
        max_length=4,
        widget=forms.TextInput({"class": "input input--short"}),
    )
    counteroffer_allowed = forms.BooleanField(
        label="A smaller loan may be offered instead of a decline", required=False
    )
    counteroffer_minimum = amount_field("Smallest counteroffer")
    counteroffer_share = percent_field("Smallest share of the amount asked for, %", high=100)
    counteroffer_terms = forms.CharField(
        label="Terms it may have, months",
        help_text="Such as 36, 60. Empty: any term of the offer grid.",
        required=False,
        widget=forms.TextInput(WIDE),
    )
    fallback_on = forms.BooleanField(
        label="When the model is late, small loans may be approved on the bureau's score", required=False
    )
    bureau_score_min = whole_field("Bureau score, at least", low=300, high=900, required=False)
    loan_to_income_max = forms.DecimalField(
        label="Times yearly income, at most",
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(SHORT),
    )
    fallback_amount = amount_field("Amount, at most", required=False)
    fallback_tier = forms.CharField(
        label="Price tier",
        required=False,
        max_length=20,
        widget=forms.TextInput({"class": "input input--short"}),
    )
    officer_limit = amount_field("Credit officers decide up to")
    senior_limit = amount_field("Senior officers decide up to")
    officer_tiers = forms.CharField(
        label="Tiers at which credit officers approve alone",
        help_text="Such as A, B. Empty: every tier.",
        required=False,
        max_length=200,
        widget=forms.TextInput(WIDE),
    )
    officer_override = amount_field("Credit officers confirm overrides up to", required=False)
    exception_rules = forms.CharField(
        label="Review rules in spite of which two people approve",
        help_text="Such as R-03, R-04. Empty: none.",
        required=False,
        max_length=400,
        widget=forms.TextInput(WIDE),
    )
    working_minutes = whole_field("Working minutes to decide a referral", low=1, high=100_000)

    place_fields = {
        "/affordability/instalment": "instalment_to_income_max", "/affordability/debt": "debt_service_max", "/affordability/reason": "reason_code",
        "/affordability": "instalment_to_income_max", "/counteroffer/allowed": "counteroffer_allowed", "/counteroffer/minimum_amount": "counteroffer_minimum",
        "/counteroffer/minimum_share": "counteroffer_share", "/counteroffer/terms": "counteroffer_terms", "/fallback/price_tier": "fallback_tier",
        "/fallback/bureau": "bureau_score_min", "/fallback/loan": "loan_to_income_max", "/fallback/amount": "fallback_amount", "/sla": "working_minutes",
        "/delegation/price_tiers": "officer_tiers", "/delegation/override": "officer_override", "/delegation/exception": "exception_rules",
    }  # fmt: skip

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        caps, counter, late = document.affordability, document.counteroffer, document.fallback
        return {
            "instalment_to_income_max": from_ratio(caps.instalment_to_income_max) if caps else None,
            "debt_service_max": from_ratio(caps.debt_service_max) if caps else None,
            "reason_code": caps.reason_code if caps else "",
            "counteroffer_allowed": counter.allowed,
            "counteroffer_minimum": from_minor(counter.minimum_amount_minor),
            "counteroffer_share": from_ratio(counter.minimum_share_of_requested),
            "counteroffer_terms": ", ".join(str(term) for term in counter.terms_months),
            "fallback_on": late is not None,
            "bureau_score_min": late.bureau_score_min if late else None,
            "loan_to_income_max": late.loan_to_income_max if late else None,
            "fallback_amount": from_minor(late.amount_max_minor) if late else None,
            "fallback_tier": late.price_tier if late else "",
            "officer_limit": from_minor(document.authority_minor.get(Role.CREDIT_OFFICER, 0)),
            "senior_limit": from_minor(document.authority_minor.get(Role.SENIOR_OFFICER, 0)),
            "working_minutes": document.sla.working_minutes,
            **_delegated(document.delegation),
        }

    def __init__(self, *args: Any, kind: ProductKind = ProductKind.INSTALMENT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind is not ProductKind.INSTALMENT:
            for name in (
                "counteroffer_allowed",
                "counteroffer_minimum",
                "counteroffer_share",
                "counteroffer_terms",
            ):
                del self.fields[name]

    def clean_counteroffer_terms(self) -> tuple[int, ...]:
        text = self.cleaned_data["counteroffer_terms"].replace(",", " ")
        if not all(part.isdecimal() and len(part) <= 3 for part in text.split()):
            raise forms.ValidationError("Enter whole months, such as 36, 60.")
        return tuple(int(part) for part in text.split())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("fallback_on"):
            for name in ("bureau_score_min", "loan_to_income_max", "fallback_amount", "fallback_tier"):
                if name not in self.errors and not data.get(name):
                    self.add_error(name, "The fallback rule needs this.")
        capped = data.get("instalment_to_income_max") or data.get("debt_service_max")
        if capped and not data.get("reason_code") and "reason_code" not in self.errors:
            self.add_error("reason_code", "A cap declines, so it needs a reason code.")
        return data

    def write(self, document: dict[str, Any]) -> None:
        data = self.cleaned_data
        instalment, service = data["instalment_to_income_max"], data["debt_service_max"]
        document["affordability"] = None
        if instalment or service:
            document["affordability"] = {
                "instalment_to_income_max": to_ratio(instalment) if instalment else None,
                "debt_service_max": to_ratio(service) if service else None,
                "reason_code": data["reason_code"].strip().upper(),
            }
        if "counteroffer_allowed" in self.fields:
            document["counteroffer"] = {
                "allowed": data["counteroffer_allowed"],
                "minimum_amount_minor": to_minor(data["counteroffer_minimum"]),
                "minimum_share_of_requested": to_ratio(data["counteroffer_share"]),
                "terms_months": list(data["counteroffer_terms"]),
            }
        document["fallback"] = None
        if data["fallback_on"]:
            document["fallback"] = {
                "bureau_score_min": data["bureau_score_min"],
                "loan_to_income_max": float(data["loan_to_income_max"]),
                "amount_max_minor": to_minor(data["fallback_amount"]),
                "price_tier": data["fallback_tier"].strip(),
            }
        document["authority_minor"] = {
            **document.get("authority_minor", {}),
            Role.CREDIT_OFFICER.value: to_minor(data["officer_limit"]),
            Role.SENIOR_OFFICER.value: to_minor(data["senior_limit"]),
        }
        document["sla"] = {"working_minutes": data["working_minutes"]}
        self._write_delegation(document)

    def _write_delegation(self, document: dict[str, Any]) -> None:
        """What officers may do by tier and override; what the document says of other roles stays."""
        data, role = self.cleaned_data, Role.CREDIT_OFFICER.value
        known = document.get("delegation") or {}
        parts: dict[str, Any] = {
            "price_tiers": {k: v for k, v in known.get("price_tiers", {}).items() if k != role},
            "override_minor": {k: v for k, v in known.get("override_minor", {}).items() if k != role},
            "exception_rules": _listed(data["exception_rules"]),
        }
        if data["officer_tiers"].strip():
            parts["price_tiers"][role] = _listed(data["officer_tiers"])
        if data["officer_override"] is not None:
            parts["override_minor"][role] = to_minor(data["officer_override"])
        document.pop("delegation", None)
        if any(parts.values()):
            document |= {"format": 2, "delegation": parts}


def _listed(text: str) -> list[str]:
    """What stands between commas, each once, in order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _delegated(delegation: Delegation | None) -> dict[str, Any]:
    delegation = delegation or Delegation()
    override = delegation.override_minor.get(Role.CREDIT_OFFICER)
    return {
        "officer_tiers": ", ".join(delegation.price_tiers.get(Role.CREDIT_OFFICER, ())),
        "officer_override": None if override is None else from_minor(override),
        "exception_rules": ", ".join(delegation.exception_rules),
    }
