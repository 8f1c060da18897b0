"""Readiness: what an institution states about its data when it signs a study's terms."""

from __future__ import annotations

from governance.readiness.statement import (
    READINESS_SCHEME,
    AgreementReached,
    ConsentCounts,
    ReadinessInvalid,
    Statement,
    statement,
    statement_from_canonical,
)

__all__ = [
    "READINESS_SCHEME",
    "AgreementReached",
    "ConsentCounts",
    "ReadinessInvalid",
    "Statement",
    "statement",
    "statement_from_canonical",
]
