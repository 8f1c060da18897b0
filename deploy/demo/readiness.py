"""How a hospital of the demo finds out whether its data meet the terms, before it signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.demo.documents import schema_path
from governance.readiness import NotReady, keep
from governance.readiness.check import check
from governance.readiness.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from governance.readiness import ConsentCounts, Statement
    from governance.terms import Terms

_SAID = Config(
    units={"age": "a", "trestbps": "mm[Hg]", "chol": "mg/dL", "thalch": "/min", "oldpeak": "mm"},
    prior_use="The data are public and have been used to train many models.",
)
"""What each of them says: its units, and its word. Nobody in the demo has a server to be asked."""


def ready(
    home: Path, table: Path, terms: Terms, number: int, *, consent: ConsentCounts, now: int
) -> Statement:
    """Holds a hospital's own table against the terms; the statement is kept in its home.

    Args:
        home: The hospital's folder.
        table: Its patients' data.
        terms: What it is about to sign.
        number: Its number in the swarm.
        consent: Its patients' decisions, counted.
        now: Unix seconds.

    Raises:
        NotReady: its data do not meet the terms.
    """
    checked = check(
        terms, number, data=table, schema=schema_path(), now=now, consent=consent, config=_SAID
    )
    if checked.shortfalls:
        raise NotReady(checked.shortfalls)
    keep(checked.statement, home / "readiness.json")
    return checked.statement
