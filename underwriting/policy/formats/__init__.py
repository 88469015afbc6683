"""A policy as text that leaves the house and comes back the same: YAML, CSV tables, GoRules JDM."""
