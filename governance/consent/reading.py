"""Reading files and folders of consents, whatever their form; the ending of a name tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.consent.errors import ConsentTwice, ConsentUnreadable
from governance.consent.found import MATRIX, Found, Pages, is_name
from governance.consent.matrix import rows_of_csv, rows_of_yaml, statement_of_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FHIR = frozenset({".json", ".xml", ".ndjson", ".jsonl"})
TABLES = {".csv": rows_of_csv, ".yaml": rows_of_yaml, ".yml": rows_of_yaml}


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files that are meant: those named, and all in the folders named, in order.

    Raises:
        ConsentUnreadable: a file's name has another ending, or there is no file. One that was
            passed over might hold a withdrawal.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        below = [each for each in sorted(path.rglob("*")) if not each.name.startswith(".")]
        for each in below:
            # A link to a folder is not followed, and one to nothing leads nowhere.
            if not each.is_file() and (each.is_symlink() or not each.is_dir()):
                raise ConsentUnreadable(each, "this is neither a file nor a folder")
        visible = [each for each in below if each.is_file()]
        if not visible:
            raise ConsentUnreadable(path, "the folder has no files")
        found += visible
    for path in found:
        if path.suffix.lower() not in FHIR | TABLES.keys():
            listed = ", ".join(sorted(FHIR | TABLES.keys()))
            raise ConsentUnreadable(path, f"the name has another ending than {listed}")
    return found


def read(files: Iterable[Path], named_by: str) -> Iterator[Found]:
    """The consents in files, one after the other.

    Args:
        files: As `files_in` lists them.
        named_by: `reference` or `identifier`: which of the two names a patient in FHIR.

    Raises:
        ConsentUnreadable: a file cannot be read, or a search's last page is missing.
        ConsentPatientUnclear: a consent does not tell whose it is.
        ConsentTwice: a matrix has two rows of one record.
        ConsentReaderMissing: what reads FHIR is not installed.
    """
    in_matrix: set[str] = set()
    pages = Pages()
    for path in files:
        rows = TABLES.get(path.suffix.lower())
        if rows is None:
            from governance.consent.fhir import found_in  # noqa: PLC0415 - only for FHIR

            yield from found_in(path, named_by, pages)
            continue
        for number, row in rows(path):
            record = row["record"]
            if not is_name(record):
                what = "the row names no record, or by signs that can be mistaken"
                raise ConsentUnreadable(path, what, f"row {number}")
            if record in in_matrix:
                raise ConsentTwice(path, "this record has a row already", f"row {number}")
            in_matrix.add(record)
            yield Found(record, MATRIX, 0, statement_of_row(row), path, number)
    pages.check()
