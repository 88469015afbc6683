"""Shapley values of a booster's margin against reference people. Workers only: numba is imported, and compiles, here."""

from explanations.attribution.interventional import Attribution, explain
from explanations.attribution.repair import as_matrix, repair_effects
from explanations.attribution.tables import NotAdditive, Tables, TablesRefused, tabulate
from explanations.attribution.trees import NotTabulable

__all__ = [
    "Attribution", "NotAdditive", "NotTabulable", "Tables", "TablesRefused", "as_matrix", "explain", "repair_effects", "tabulate",
]  # fmt: skip
