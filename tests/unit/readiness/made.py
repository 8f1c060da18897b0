"""A statement to vary, for the terms in examples/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from governance.primitives import from_hex
from governance.readiness import (
    AgreementReached,
    Asked,
    Column,
    ConsentCounts,
    Source,
    Statement,
    Table,
    Verdict,
)
from governance.terms import Terms, digest

EXAMPLE = Path(__file__).parents[3] / "examples" / "terms.yaml"


def table(terms: Terms, **changed: Any) -> Table:
    fields: dict[str, Any] = {
        "schema_digest": from_hex(terms.data.schema_digest),
        "digest": bytes(range(32)),
        "rows": 198,
        "faulty": 0,
        "foreign": 0,
        "columns": (Column("age", "a", 0, 0), Column("chol", None, 12, 0)),
        "unlike": (),
    }
    return Table(**(fields | changed))


def asked(verdict: Verdict, **changed: Any) -> Asked:
    fields: dict[str, Any] = {
        "kind": "dicom",
        "target": "dicom://archive:104/ARCHIVE",
        "vantage": "10.1.2.3",
        "verdict": verdict,
        "reason": "because",
    }
    return Asked(**(fields | changed))


def made(terms: Terms, **changed: Any) -> Statement:
    fields: dict[str, Any] = {
        "institution": 3,
        "terms_digest": digest(terms),
        "checked_at": 1_790_000_000,
        "data": table(terms),
        "agreement": AgreementReached("cohen-kappa", "0.83", Source.COMPUTED, 190, 2),
        "consent": ConsentCounts(asked=210, permitting=198),
        "exposure": (asked(Verdict.CLOSED), asked(Verdict.UNKNOWN, vantage=None)),
        "prior_use": "The data were used to train no other model.",
    }
    return Statement(**(fields | changed))
