"""Reading a table of data row by row, CSV or NDJSON, however large; nothing of it is kept.

CSV has a header; its delimiter is the one of comma, semicolon and tab by which the header names
most columns of the schema. A header may name a column's unit: `trestbps [mmHg]`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from governance.errors import CharterError
from governance.primitives import each_once
from governance.readiness.schema import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from governance.readiness.schema import DataSchema, Field

_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 2**24
_NDJSON = frozenset({".ndjson", ".jsonl"})
_WITH_UNIT = re.compile(r"(.*\S) *\[(.+)\]")
_BOM = b"\xef\xbb\xbf"


class TableInvalid(CharterError):
    """A table of data or of labels cannot be read."""

    code = "TableInvalid"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The table {path} cannot be read: {reason}.",
            "Give a CSV file in UTF-8 with a header, or NDJSON with the ending .ndjson.",
        )


@dataclass(slots=True)
class Row:
    """One row as the schema sees it.

    Attributes:
        number: Counted from 1, without the header.
        cells: The judgement of each value, by column; what is missing is not there.
        foreign: Columns with a value that the schema does not know, by position from 1.
        broken: Why it is no row at all, if so.
    """

    number: int
    cells: dict[str, Judged] = field(default_factory=dict)
    foreign: list[int] = field(default_factory=list)
    broken: str | None = None


class Source:
    """A table's file while it is read.

    Args:
        path: The file.
        schema: What its columns should be.
        missing: What stands in a cell of CSV that has no value, beside nothing at all.

    Attributes:
        units: Units that the header names, by column.
        foreign: How many columns the schema does not know; known when all rows were read.

    Raises:
        TableInvalid: on reading, where it is no table.
    """

    def __init__(self, path: Path, schema: DataSchema, missing: Collection[str] = ()) -> None:
        self._path = path
        self._schema = schema
        self._missing = frozenset(missing) | {""}
        self._sha256 = hashlib.sha256()
        self.units: dict[str, str] = {}
        self.foreign = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file, once it was read to its end."""
        return self._sha256.digest()

    def rows(self) -> Iterator[Row]:
        """Yield the rows in their order."""
        with self._path.open("rb") as file:
            lines = lines_of(file, self._path, self._sha256.update)
            if self._path.suffix.lower() in _NDJSON:
                yield from self._ndjson(lines)
            else:
                yield from self._csv(lines)

    def _csv(self, lines: Iterator[str]) -> Iterator[Row]:
        first = next(lines, None)
        if first is None:
            raise TableInvalid(self._path, "it is empty")
        delimiter, header = max(
            ((each, self._header(first, each)) for each in _DELIMITERS),
            key=lambda tried: sum(found is not None for found in tried[1]),
        )
        known = [found for found in header if found]
        if not known:
            raise TableInvalid(self._path, "its first line names no column of the schema")
        if len({found.name for found in known}) < len(known):
            raise TableInvalid(self._path, "its first line names a column twice")
        self.foreign = len(header) - len(known)
        for number, cells in enumerate(csv_rows(lines, self._path, delimiter), 1):
            yield self._csv_row(number, header, cells)

    def _header(self, line: str, delimiter: str) -> list[Field | None]:
        header: list[Field | None] = []
        units: dict[str, str] = {}
        for cell in next(csv_rows(iter([line]), self._path, delimiter), []):
            name, unit = cell, None
            found = _WITH_UNIT.fullmatch(cell)
            if name not in self._schema.fields and found:
                name, unit = found[1], found[2]
            header.append(self._schema.fields.get(name))
            if unit and header[-1]:
                units[name] = unit
        if len(units) > len(self.units):
            self.units = units
        return header

    def _csv_row(self, number: int, header: list[Field | None], cells: list[str]) -> Row:
        row = Row(number)
        if len(cells) != len(header):
            row.broken = f"has {len(cells)} fields, and the header has {len(header)}"
            return row
        for position, (found, cell) in enumerate(zip(header, cells, strict=True), 1):
            if cell.strip() in self._missing:
                continue
            if found is None:
                row.foreign.append(position)
            else:
                row.cells[found.name] = found.judge(cell)
        return row

    def _ndjson(self, lines: Iterator[str]) -> Iterator[Row]:
        names: dict[str, int] = {}
        number = 0
        for line in lines:
            if not line.strip():
                continue
            number += 1
            row = Row(number)
            plain = _json_object(line)
            if plain is None:
                row.broken = "is no JSON object"
            for name, value in (plain or {}).items():
                found = self._schema.fields.get(name)
                if found is None:
                    row.foreign.append(names.setdefault(name, len(names) + 1))
                elif value is not None:
                    row.cells[name] = Judged(value, found.rule(value))
            self.foreign = len(names)
            yield row


def lines_of(
    file: IO[bytes], path: Path, seen: Callable[[bytes], object] | None = None
) -> Iterator[str]:
    """Yield a file's lines as text.

    Args:
        file: The file, in bytes.
        path: What messages call it.
        seen: Is handed the bytes as they are read, such as a hash.

    Raises:
        TableInvalid: a line is no UTF-8, or too long to be one.
    """
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if seen is not None:
            seen(line)
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) == _LONGEST_LINE:
            raise TableInvalid(path, f"line {number} is longer than {_LONGEST_LINE} bytes")
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise TableInvalid(path, f"line {number} is not text in UTF-8") from None


def csv_rows(lines: Iterator[str], path: Path, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of CSV; empty lines are none.

    Raises:
        TableInvalid: it is no CSV.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells:
                yield cells
    except csv.Error:
        raise TableInvalid(path, f"row {reader.line_num} is no CSV") from None


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        plain = json.loads(line, object_pairs_hook=each_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return plain if isinstance(plain, dict) else None


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")
