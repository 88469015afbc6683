"""What a model is trained on is what it will be asked about: training rows and applications become the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from scoring.features.matrix import feature_matrix
from scoring.training.bundles import people_matrix
from scoring.training.feature_sets import feature_specs
from scoring.training.mapping import DataMapping, mapping_for
from scoring.training.read_rows import row_facts
from scoring.training.rows import source_rows
from underwriting.bureau.people import SHAPE_OF_LENDER, person
from underwriting.facts.assemble import assemble
from underwriting.facts.values import FactValue
from underwriting.models import Application, CreditReport, Party, Product

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def _assembled(
    mapping: DataMapping, application: Mapping[str, Any], party: Mapping[str, Any], report: Mapping[str, Any]
) -> dict[str, FactValue]:
    """The pipeline's facts of an application with these statements and this report; nothing is stored."""
    contract = {"application": dict.fromkeys(application, "asked"), "party": dict.fromkeys(party, "asked")}
    applied = Application(
        received_at=NOW, requested_amount_minor=application.get("requested_amount"),
        requested_term_months=application.get("requested_term_months"), purpose=application.get("purpose", ""),
    )  # fmt: skip
    primary = Party(pk=1, role="PRIMARY", ordinal=0, stated=dict(party))
    facts, faults = assemble(
        application=applied, parties=[primary], reports={1: CreditReport(body=dict(report), reported_at=NOW, bureau="Demo Bureau")},
        records={}, product=Product(contract=contract, reference_rate_bps=mapping.model.reference_rate_bps or 0), as_of=NOW, duplicate=False,
    )  # fmt: skip
    assert faults == []
    return facts


@pytest.mark.parametrize("lender", SHAPE_OF_LENDER)
def test_invented_people_are_trained_on_as_they_are_scored(lender: str) -> None:
    mapping = mapping_for(lender)
    people = [person(8, index, SHAPE_OF_LENDER[lender]) for index in range(150)]

    applied = [_assembled(mapping, one.stated_application, one.stated_party, one.report) for one in people]

    np.testing.assert_array_equal(
        feature_matrix(feature_specs(mapping), applied), people_matrix(people, mapping)
    )


@pytest.mark.real_data
@pytest.mark.parametrize("lender", SHAPE_OF_LENDER)
def test_real_rows_are_trained_on_as_they_are_scored(lender: str, real_data: Any) -> None:
    mapping = mapping_for(lender)
    rows = list(source_rows(real_data, mapping, limit=300))
    specs = feature_specs(mapping)

    applied = [_assembled(mapping, row.application, row.party, row.report) for row in rows]

    np.testing.assert_array_equal(
        feature_matrix(specs, applied), feature_matrix(specs, [row_facts(row, mapping) for row in rows])
    )
