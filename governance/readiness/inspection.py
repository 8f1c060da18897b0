"""A table of data against the study's schema: rows, ranges, units, what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.readiness.patience import patience
from governance.readiness.schema import MISSING
from governance.readiness.statement import Column, Table
from governance.readiness.table import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from governance.readiness.schema import DataSchema
    from governance.readiness.table import Row

FAULTS_TOLD = 20
"""Faults that are told one by one, unless more are asked for; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row; the value itself is never told.

    Attributes:
        row: Counted from 1, without the header.
        column: The column, or its position where the schema does not know it; None for the row.
        rule: What is wrong, such as `is below 18`.
    """

    row: int
    column: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a table is, and the first of its faults."""

    table: Table
    faults: tuple[Fault, ...]


def inspect(
    path: Path,
    schema: DataSchema,
    *,
    units: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
    told: int = FAULTS_TOLD,
) -> Inspection:
    """Hold a table against a schema, row by row.

    Args:
        path: The table, CSV or NDJSON.
        schema: The study's schema.
        units: In which unit each column is measured, where the header does not say so.
        missing: What stands in a cell without a value, beside nothing at all.
        told: How many faults are told one by one.

    Raises:
        TableInvalid: the file cannot be read as a table.
        SchemaTooSlow: a row takes too long to be judged, as by a pattern that tries too many ways.
        OSError: it cannot be read at all.
    """
    source = Source(path, schema, missing)
    faults: list[Fault] = []
    absent, faulty = Counter[str](), Counter[str]()
    rows = spoilt = 0
    with patience() as progress:
        for row in source.rows():
            rows += 1
            absent.update(name for name in schema.fields if name not in row.cells)
            found = list(_faults(row, schema))
            if found:
                spoilt += 1
                faulty.update({name for _, name in found if name and name in schema.fields})
                left = told - len(faults)
                faults += [Fault(row.number, name, rule) for rule, name in found[: max(left, 0)]]
            progress.row = rows + 1
    stated = source.units | dict(units or {})
    contradicted = {name for name, unit in source.units.items() if stated[name] != unit}
    table = Table(
        schema_digest=schema.digest,
        digest=source.digest,
        rows=rows,
        faulty=spoilt,
        foreign=source.foreign,
        columns=tuple(
            Column(name, stated.get(name), absent[name], faulty[name]) for name in schema.fields
        ),
        unlike=tuple(
            name
            for name, field in schema.fields.items()
            if name in contradicted or (field.unit and stated.get(name) != field.unit)
        ),
    )
    return Inspection(table, tuple(faults))


def _faults(row: Row, schema: DataSchema) -> Iterator[tuple[str, str | None]]:
    if row.broken is not None:
        yield row.broken, None
        return
    whole = {name: cell.value for name, cell in row.cells.items()}
    for name, field in schema.fields.items():
        cell = row.cells.get(name)
        if cell is not None:
            if cell.rule is not None:
                yield cell.rule, name
        elif field.required and field.nullable:
            whole[name] = None
        elif field.required:
            yield MISSING, name
    if schema.closed:
        for position in row.foreign:
            yield "is no column of the schema", f"column {position}"
    for rule in schema.of_row(whole):
        yield rule, None
