"""The route of a claimed application: evidence, facts, score, policy, explanation, record, case or notice."""
