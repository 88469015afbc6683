"""The smaller parts of a policy draft, each a form of its own: caps, counteroffers, fallback, people, service level, segments, lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from frontend.risk.forms import (
    SHORT,
    WIDE,
    PartForm,
    amount_field,
    from_minor,
    from_ratio,
    percent_field,
    to_minor,
    to_ratio,
    whole_field,
)
from underwriting.enums import Role
from underwriting.facts.catalogue import catalogue
from underwriting.policy.schema import Delegation, PolicyDocument

CODE = {"class": "input input--short"}


def code_field(label: str, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=4,
        widget=forms.TextInput(CODE),
        error_messages={"required": "Enter a reason code such as CP01."},
    )


def times_field(label: str, *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(SHORT),
    )


def listing_field(label: str, hint: str, *, longest: int) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, required=False, max_length=longest, widget=forms.TextInput(WIDE)
    )


class AffordabilityForm(PartForm):
    """Caps on the payment of the offer itself, after pricing; none where both are empty."""

    instalment_to_income_max = percent_field("Instalment, at most % of monthly income", required=False)
    debt_service_max = percent_field("All debt payments, at most % of monthly income", required=False)
    reason_code = code_field("Reason code of the cap")
    place_fields = {
        "/affordability/debt": "debt_service_max",
        "/affordability/reason": "reason_code",
        "/affordability": "instalment_to_income_max",
    }

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        caps = document.affordability
        return {
            "instalment_to_income_max": from_ratio(caps.instalment_to_income_max) if caps else None,
            "debt_service_max": from_ratio(caps.debt_service_max) if caps else None,
            "reason_code": caps.reason_code if caps else "",
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
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


class CounterofferForm(PartForm):
    allowed = forms.BooleanField(label="A smaller loan may be offered instead of a decline", required=False)
    minimum = amount_field("Smallest counteroffer")
    share = percent_field("Smallest share of the amount asked for, %", high=100)
    terms = listing_field(
        "Terms it may have, months", "Such as 36, 60. Empty: any term of the offer grid.", longest=200
    )
    place_fields = {
        "/counteroffer/allowed": "allowed",
        "/counteroffer/minimum_amount": "minimum",
        "/counteroffer/minimum_share": "share",
        "/counteroffer/terms": "terms",
    }

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        bounds = document.counteroffer
        return {
            "allowed": bounds.allowed,
            "minimum": from_minor(bounds.minimum_amount_minor),
            "share": from_ratio(bounds.minimum_share_of_requested),
            "terms": ", ".join(str(term) for term in bounds.terms_months),
        }

    def clean_terms(self) -> tuple[int, ...]:
        text = self.cleaned_data["terms"].replace(",", " ")
        if not all(part.isdecimal() and len(part) <= 3 for part in text.split()):
            raise forms.ValidationError("Enter whole months, such as 36, 60.")
        return tuple(int(part) for part in text.split())

    def write(self, document: dict[str, Any]) -> None:
        data = self.cleaned_data
        document["counteroffer"] = {
            "allowed": data["allowed"],
            "minimum_amount_minor": to_minor(data["minimum"]),
            "minimum_share_of_requested": to_ratio(data["share"]),
            "terms_months": list(data["terms"]),
        }


class FallbackForm(PartForm):
    """What answers when the model is late; off: a person decides."""

    on = forms.BooleanField(
        label="When the model is late, small loans may be approved on the bureau's score", required=False
    )
    bureau_score = whole_field("Bureau score, at least", low=300, high=900, required=False)
    loan_to_income = times_field("Times yearly income, at most")
    amount = amount_field("Amount, at most", required=False)
    tier = forms.CharField(label="Price tier", required=False, max_length=20, widget=forms.TextInput(CODE))
    place_fields = {
        "/fallback/price_tier": "tier",
        "/fallback/bureau": "bureau_score",
        "/fallback/loan": "loan_to_income",
        "/fallback/amount": "amount",
    }

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        late = document.fallback
        if late is None:
            return {"on": False}
        return {
            "on": True,
            "bureau_score": late.bureau_score_min,
            "loan_to_income": late.loan_to_income_max,
            "amount": from_minor(late.amount_max_minor),
            "tier": late.price_tier,
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("on"):
            for name in ("bureau_score", "loan_to_income", "amount", "tier"):
                if name not in self.errors and not data.get(name):
                    self.add_error(name, "The fallback rule needs this.")
        return data

    def write(self, document: dict[str, Any]) -> None:
        data = self.cleaned_data
        document["fallback"] = None
        if data["on"]:
            document["fallback"] = {
                "bureau_score_min": data["bureau_score"],
                "loan_to_income_max": float(data["loan_to_income"]),
                "amount_max_minor": to_minor(data["amount"]),
                "price_tier": data["tier"].strip(),
            }


class AuthorityForm(PartForm):
    """How far officers decide alone; what the document says of other roles stays."""

    officer_limit = amount_field("Credit officers decide up to")
    senior_limit = amount_field("Senior officers decide up to")
    officer_tiers = listing_field(
        "Tiers at which credit officers approve alone", "Such as A, B. Empty: every tier.", longest=200
    )
    officer_override = amount_field("Credit officers confirm overrides up to", required=False)
    exception_rules = listing_field(
        "Review rules in spite of which two people approve", "Such as R-03, R-04. Empty: none.", longest=400
    )
    place_fields = {
        "/authority_minor": "officer_limit",
        "/delegation/price_tiers": "officer_tiers",
        "/delegation/override": "officer_override",
        "/delegation/exception": "exception_rules",
    }

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        limits, delegation = document.authority_minor, document.delegation or Delegation()
        return {
            "officer_limit": from_minor(limits.get(Role.CREDIT_OFFICER, 0)),
            "senior_limit": from_minor(limits.get(Role.SENIOR_OFFICER, 0)),
            "officer_tiers": ", ".join(delegation.price_tiers.get(Role.CREDIT_OFFICER, ())),
            "officer_override": from_minor(delegation.override_minor.get(Role.CREDIT_OFFICER)),
            "exception_rules": ", ".join(delegation.exception_rules),
        }

    def write(self, document: dict[str, Any]) -> None:
        data, role = self.cleaned_data, Role.CREDIT_OFFICER.value
        document["authority_minor"] = {
            **document.get("authority_minor", {}),
            role: to_minor(data["officer_limit"]),
            Role.SENIOR_OFFICER.value: to_minor(data["senior_limit"]),
        }
        known = document.get("delegation") or {}
        parts: dict[str, Any] = {
            "price_tiers": {k: v for k, v in known.get("price_tiers", {}).items() if k != role},
            "override_minor": {k: v for k, v in known.get("override_minor", {}).items() if k != role},
            "exception_rules": listed(data["exception_rules"]),
        }
        if data["officer_tiers"].strip():
            parts["price_tiers"][role] = listed(data["officer_tiers"])
        if data["officer_override"] is not None:
            parts["override_minor"][role] = to_minor(data["officer_override"])
        document.pop("delegation", None)
        if any(parts.values()):
            document["delegation"] = parts


class ServiceForm(PartForm):
    working_minutes = whole_field("Working minutes to decide a referral", low=1, high=100_000)
    place_fields = {"/sla": "working_minutes"}

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        return {"working_minutes": document.sla.working_minutes}

    def write(self, document: dict[str, Any]) -> None:
        document["sla"] = {"working_minutes": self.cleaned_data["working_minutes"]}


def purpose_choices() -> list[tuple[str, str]]:
    return [(value, value.replace("_", " ").capitalize()) for value in catalogue()["purpose"].values]


class SegmentsForm(PartForm):
    """Where the product is offered at all; nothing chosen means everywhere."""

    channels = listing_field("Channels", "Such as broker, branch. Empty: all channels.", longest=2000)
    purposes = forms.MultipleChoiceField(
        label="Purposes", required=False, choices=purpose_choices, widget=forms.CheckboxSelectMultiple
    )
    place_fields = {"/segments/channels": "channels", "/segments/purposes": "purposes"}

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        segments = document.segments
        return {"channels": ", ".join(segments.channels), "purposes": list(segments.purposes)}

    def write(self, document: dict[str, Any]) -> None:
        before = document.get("segments")
        after = {
            "channels": listed(self.cleaned_data["channels"]),
            "purposes": self.cleaned_data["purposes"],
        }
        if before is not None or any(after.values()):
            document["segments"] = after


class LineForm(PartForm):
    """How a line's limit is fitted to its steps."""

    minimum = amount_field("Smallest limit")
    step = amount_field("Limits in steps of")
    paying = percent_field("Assumed monthly payment, % of the limit", required=False)
    reason_code = code_field("Reason code below the smallest limit", required=True)
    place_fields = {
        "/line/minimum": "minimum",
        "/line/step": "step",
        "/line/assumed": "paying",
        "/line/reason": "reason_code",
    }

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        line = document.line
        if line is None:
            return {}
        return {
            "minimum": from_minor(line.minimum_minor),
            "step": from_minor(line.step_minor),
            "paying": from_ratio(line.assumed_payment_ratio),
            "reason_code": line.reason_code,
        }

    def clean_step(self) -> Decimal:
        step: Decimal = self.cleaned_data["step"]
        if step == 0:
            raise forms.ValidationError("A step is more than nothing.")
        return step

    def write(self, document: dict[str, Any]) -> None:
        data = self.cleaned_data
        document["line"] = {
            "minimum_minor": to_minor(data["minimum"]),
            "step_minor": to_minor(data["step"]),
            "assumed_payment_ratio": to_ratio(data["paying"]) if data["paying"] else None,
            "reason_code": data["reason_code"].strip().upper(),
        }


def listed(text: str) -> list[str]:
    """What stands between commas, each once, in order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
