"""The audit explorer, and the read-only pages of what its entries link to: assessments and model versions."""
