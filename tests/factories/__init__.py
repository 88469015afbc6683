"""Valid rows by default, without surprises: each function makes one thing and what it cannot exist without."""

from tests.factories.applying import make_application, make_party
from tests.factories.deciding import (
    disclose,
    make_assessment,
    make_backtest,
    make_model_version,
    make_policy_check,
    make_policy_version,
    make_reference_sample,
)
from tests.factories.lending import actor_of, make_client, make_lender, make_product, make_user

__all__ = [
    "actor_of", "disclose", "make_application", "make_assessment", "make_backtest", "make_client", "make_lender", "make_model_version", "make_party",
    "make_policy_check", "make_policy_version", "make_product", "make_reference_sample", "make_user",
]  # fmt: skip
