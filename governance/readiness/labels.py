"""Reading label tables: a CSV with the columns record, annotator and label, one label a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.readiness.agreement import LabelsInvalid
from governance.readiness.table import csv_rows, lines_of

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("record", "annotator", "label")


def read_labels(path: Path) -> dict[str, dict[str, str]]:
    """Read a label table; a row without a label counts as none.

    Returns:
        Record -> annotator -> label.

    Raises:
        LabelsInvalid: columns are missing, or an annotator labels a record twice.
        TableInvalid: the file is no CSV in UTF-8.
        OSError: it cannot be read.
    """
    labels: dict[str, dict[str, str]] = {}
    known: dict[str, str] = {}
    with path.open("rb") as file:
        rows = csv_rows(lines_of(file, path), path, ",")
        header = [name.strip() for name in next(rows, [])]
        if any(header.count(column) != 1 for column in COLUMNS):
            raise LabelsInvalid(
                f"The label table {path} has not each of the columns {', '.join(COLUMNS)} once.",
                "Give a CSV with these columns, one label a row.",
            )
        where = [header.index(column) for column in COLUMNS]
        for number, cells in enumerate(rows, 1):
            if len(cells) != len(header):
                raise _at(path, number, "has not as many fields as the header")
            # With gaps left at their ends, one annotator would agree with themselves as two.
            record, annotator, label = (cells[position].strip() for position in where)
            if not record or not annotator:
                raise _at(path, number, "names no record or no annotator")
            if not label:
                continue
            by = labels.setdefault(record, {})
            if annotator in by:
                raise _at(path, number, "is the second label of one record by one annotator")
            # The same text once in memory, however often it stands in the table.
            by[known.setdefault(annotator, annotator)] = known.setdefault(label, label)
    return labels


def _at(path: Path, number: int, what: str) -> LabelsInvalid:
    return LabelsInvalid(f"Row {number} of {path} {what}.", "Correct the label table.")
