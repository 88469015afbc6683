"""Shapley values of a booster's margin against reference people. Workers only: shap and numba are imported here."""

from explanations.attribution.interventional import Attribution, NotAdditive, explain
from explanations.attribution.repair import repair_effects

__all__ = ["Attribution", "NotAdditive", "explain", "repair_effects"]
