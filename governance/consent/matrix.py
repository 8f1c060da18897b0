"""The plain matrix: what patients allowed in a table, for institutions without FHIR.

One row a record: `record`, `decision` (permit or deny), `diseases`, `regions`, `researchers`,
`purposes`, `from`, `until`, and, if need be, `studies`. Several values are parted by spaces or
semicolons; `any` is all there are, and an empty field none.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from governance.consent.errors import ConsentUnreadable
from governance.consent.question import EEA, EU, GDPR_LEVEL, PURPOSES, SECTORS
from governance.consent.reasons import Reason
from governance.consent.spans import ALWAYS, TimeNotUnderstood, denied, permitted
from governance.consent.statement import Denial, Matrix, Policy, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from governance.consent.question import Question

MATRIX_SCHEME = "swarm-charter/consent-matrix/1"

REQUIRED = (
    "record",
    "decision",
    "diseases",
    "regions",
    "researchers",
    "purposes",
    "from",
    "until",
)
OPTIONAL = ("studies",)

_REGIONS = {"EU": EU, "EEA": EEA, "GDPR": GDPR_LEVEL}
_DISEASE = re.compile(r"[A-Z0-9]+:[A-Za-z0-9][A-Za-z0-9.]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PARTS = re.compile(r"[;\s]+")


def statement_of_row(row: Mapping[str, str]) -> Statement:
    """Bring a row to what it says; what is not understood permits nothing."""
    try:
        return _statement(row)
    except (ValueError, TimeNotUnderstood):
        # A row that cannot be read may be a denial.
        why = Reason.VALUE_UNKNOWN
        return Statement(denials=(Denial(Policy.ALL, *ALWAYS, why),), flaw=why)


def _statement(row: Mapping[str, str]) -> Statement:
    period = {"start": row["from"] or None, "end": row["until"] or None}
    if row["decision"] == "deny":
        return Statement(denials=(Denial(Policy.ALL, *denied(period), Reason.DENIED),))
    if row["decision"] != "permit":
        raise ValueError
    span = permitted(period)
    if span is None:
        return Statement(flaw=Reason.PERIOD_MISSING)
    studies = row.get("studies") or ""
    return Statement(
        matrix=Matrix(
            diseases=_listed(row["diseases"], _DISEASE),
            regions=_regions(row["regions"]),
            researchers=_listed(row["researchers"], SECTORS),
            purposes=_listed(row["purposes"], PURPOSES),
            studies=tuple(filter(None, (each.strip() for each in studies.split(";")))) or None,
            span=span,
        )
    )


def _listed(text: str, known: Sequence[str] | re.Pattern[str]) -> tuple[str, ...] | None:
    if text.strip() == "any":
        return None
    values = tuple(filter(None, _PARTS.split(text)))
    for value in values:
        fits = known.fullmatch(value) if isinstance(known, re.Pattern) else value in known
        if not fits:
            raise ValueError
    return values


def _regions(text: str) -> tuple[str, ...] | None:
    if text.strip() == "any":
        return None
    countries: set[str] = set()
    for value in filter(None, _PARTS.split(text)):
        if value not in _REGIONS and not _COUNTRY.fullmatch(value):
            raise ValueError
        countries |= _REGIONS.get(value, frozenset({value}))
    return tuple(sorted(countries))


def shortfalls(said: Matrix, asked: Question) -> Iterator[Reason]:
    """What an entry of the matrix lacks of what the study asks."""
    start, end = said.span
    if not start <= asked.at < end:
        yield Reason.USE_NOT_YET if asked.at < start else Reason.USE_EXPIRED
    of_this_study = said.studies is not None and asked.title in said.studies
    if not of_this_study and (asked.study_only or said.studies is not None):
        yield Reason.BASIS_OTHER
    if not _diseases(said.diseases, asked.diseases):
        yield Reason.DISEASE_NOT_PERMITTED
    if not _all(asked.countries, said.regions):
        yield Reason.REGION_NOT_PERMITTED
    if not _all(asked.sectors, said.researchers):
        yield Reason.RESEARCHERS_NOT_PERMITTED
    if not _all(asked.purposes, said.purposes):
        yield Reason.PURPOSE_NOT_PERMITTED


def _all(asked: tuple[str, ...] | None, permitted_: tuple[str, ...] | None) -> bool:
    return permitted_ is None or (asked is not None and set(asked) <= set(permitted_))


def _diseases(permitted_: tuple[str, ...] | None, asked: tuple[str, ...]) -> bool:
    """Whether each disease of the study is one of the patient's, or beneath it by its ICD code."""
    if permitted_ is None:
        return True
    return bool(asked) and all(
        any(disease == code or _beneath(disease, code) for code in permitted_) for disease in asked
    )


def _beneath(disease: str, code: str) -> bool:
    return code.startswith("ICD10") and "." not in code and disease.startswith(code + ".")


# --- files ----------------------------------------------------------------------------------------


def rows_of_csv(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers.

    Raises:
        ConsentUnreadable: it is no such table, or a row has other fields than the heading.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            heading = next(reader, [])
            _check_fields(path, heading, "its heading")
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(heading):
                    what = "the row has more or fewer fields than the heading"
                    raise ConsentUnreadable(path, what, f"line {reader.line_num}")
                yield reader.line_num, dict(zip(heading, map(str.strip, cells), strict=True))
    except (OSError, UnicodeError, csv.Error):
        raise ConsentUnreadable(path, "this is no CSV file in UTF-8 that may be read") from None


def rows_of_yaml(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a YAML file with their numbers, counted from 1.

    Raises:
        ConsentUnreadable: it is no such document, or a row has other fields.
    """
    from governance.terms.document import read_yaml  # noqa: PLC0415 - yaml, only where it is used

    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError):
        raise ConsentUnreadable(path, "this is no file in UTF-8 that may be read") from None
    for problem in document.problems:
        place = f"line {problem.line}"
        raise ConsentUnreadable(path, "this is no YAML that says one thing only", place)
    data: Any = document.data
    known = isinstance(data, dict) and data.get("scheme") == MATRIX_SCHEME
    if not known or set(data) != {"scheme", "records"} or not isinstance(data["records"], tuple):
        raise ConsentUnreadable(path, f"this is no matrix of the scheme {MATRIX_SCHEME}")
    for number, row in enumerate(data["records"], 1):
        if not isinstance(row, dict):
            raise ConsentUnreadable(path, "this is no row of fields", f"record {number}")
        _check_fields(path, list(row), f"record {number}")
        yield number, {name: _text(value).strip() for name, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ";".join(map(_text, value))
    return "" if value is None else str(value)


def _check_fields(path: Path, fields: Sequence[str], place: str) -> None:
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        raise ConsentUnreadable(path, f"the field '{missing[0]}' is missing", place)
    if len(set(fields)) != len(fields) or not set(fields) <= {*REQUIRED, *OPTIONAL}:
        raise ConsentUnreadable(path, "it has a field twice, or one that is not known", place)
