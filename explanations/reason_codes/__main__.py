"""`python -m explanations.reason_codes`: whether the shipped catalogue may be used, its reading grades among it."""

from __future__ import annotations

import sys

from explanations.reason_codes.checks import check_catalogue, grade_complaints
from explanations.reason_codes.codes import Catalogue
from explanations.reason_codes.shipped import shipped_document


def main() -> int:
    """Print every complaint; 1 where there is one."""
    catalogue = Catalogue.from_document(shipped_document())
    complaints = check_catalogue(catalogue) or grade_complaints(catalogue)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
