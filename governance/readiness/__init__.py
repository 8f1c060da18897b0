"""Readiness: what an institution found out about its data before it signs a study's terms.

`inspect` holds a table against the study's schema, `reached` and `read_labels` say how well
annotators agree, `ask` asks the institution's own endpoints for data without credentials; a
`Statement` holds all of it, and `shortfalls` says whether it meets the terms.
"""

from __future__ import annotations

from governance.readiness.statement import (
    READINESS_SCHEME,
    AgreementReached,
    Asked,
    Column,
    ConsentCounts,
    ReadinessInvalid,
    Source,
    Statement,
    Table,
    Verdict,
    keep,
    statement_from_canonical,
)
from governance.readiness.terms import NotReady, require_passing, shortfalls

__all__ = [
    "READINESS_SCHEME",
    "AgreementReached",
    "Asked",
    "Column",
    "ConsentCounts",
    "NotReady",
    "ReadinessInvalid",
    "Source",
    "Statement",
    "Table",
    "Verdict",
    "keep",
    "require_passing",
    "shortfalls",
    "statement_from_canonical",
]
