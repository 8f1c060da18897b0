"""The whole check of an institution's readiness, before it signs a study's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.readiness.agreement import COMPUTED, LabelsInvalid, reached
from governance.readiness.config import Config
from governance.readiness.exposure import ask
from governance.readiness.inspection import FAULTS_TOLD, Fault, inspect
from governance.readiness.labels import read_labels
from governance.readiness.schema import DataSchema
from governance.readiness.statement import AgreementReached, Statement
from governance.readiness.terms import shortfalls

if TYPE_CHECKING:
    from pathlib import Path

    from governance.readiness.statement import ConsentCounts
    from governance.terms import Terms


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to.

    Attributes:
        statement: What was found, to be signed with the terms.
        shortfalls: What keeps it from passing, in words; nothing where it passes.
        faults: The first of the rows that break the schema; they are no part of the statement.
    """

    statement: Statement
    shortfalls: tuple[str, ...]
    faults: tuple[Fault, ...]


def check(
    terms: Terms,
    institution: int,
    *,
    data: Path,
    schema: Path,
    now: int,
    labels: Path | None = None,
    consent: ConsentCounts | None = None,
    config: Config | None = None,
    told: int = FAULTS_TOLD,
) -> Checked:
    """Check whether an institution's data meet the terms; its endpoints are asked, each once.

    Args:
        terms: The version of the terms to be signed.
        institution: The institution's number.
        data: The table, CSV or NDJSON.
        schema: The study's JSON Schema.
        now: Unix seconds.
        labels: The annotators' labels, where the terms ask for their agreement.
        consent: Counts of the patients' decisions, instead of the configuration's.
        config: What the institution's readiness.yaml says.
        told: How many faults of rows are told one by one.

    Raises:
        SchemaInvalid: the schema cannot be used.
        SchemaTooSlow: a row takes too long to be held against it.
        TableInvalid: the data or the labels are no table.
        LabelsInvalid: the labels are not what the terms' metric needs.
        OSError: a file cannot be read.
    """
    from governance.terms import digest  # noqa: PLC0415 - loads pydantic

    said = config or Config()
    inspected = inspect(
        data,
        DataSchema(schema.read_bytes(), str(schema)),
        units=said.units,
        missing=said.missing,
        told=told,
    )
    statement = Statement(
        institution=institution,
        terms_digest=digest(terms),
        checked_at=now,
        data=inspected.table,
        agreement=_agreement(terms, labels, said),
        consent=consent or said.consent,
        exposure=ask(said.endpoints, timeout=said.timeout, ca=said.ca),
        prior_use=said.prior_use,
    )
    return Checked(statement, shortfalls(statement, terms), inspected.faults)


def _agreement(terms: Terms, labels: Path | None, said: Config) -> AgreementReached | None:
    asked = terms.annotation and terms.annotation.agreement
    if not asked:
        return None
    if asked.metric in COMPUTED:
        return reached(asked.metric, read_labels(labels)) if labels else None
    if labels is not None:
        raise LabelsInvalid(
            f"The terms measure agreement by {asked.metric}, which is not computed from labels.",
            "State its value under agreement in readiness.yaml, and leave --labels out.",
        )
    value = said.agreement.get(asked.metric)
    return AgreementReached(asked.metric, value) if value is not None else None
