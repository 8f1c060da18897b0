"""An institution's statement of readiness; the document stays home, its digest goes on chain.

A statement holds what was found, never a verdict: whether it meets the terms is asked of the terms
each time, by `governance.readiness.shortfalls`. It is signed with them: the digest is one of the
words of the institution's signature on the study, so that it needs no signature of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import rfc8785

from governance.errors import CharterError
from governance.primitives import HexInvalid, from_hex, sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READINESS_SCHEME = "swarm-charter/readiness/2"

_DIGEST_BYTES = 32
_OWNER_ONLY = 0o600
_LONGEST_TEXT = 4_000
# Minus one is the least that a kappa can be; a minus zero there is not.
_VALUE = re.compile(r"-?0\.[0-9]{0,5}[1-9]|0|-?1")


class ReadinessInvalid(CharterError):
    """Something is no statement of readiness, or contradicts itself."""

    code = "ReadinessInvalid"


class Source(StrEnum):
    """Where the value of an agreement comes from."""

    COMPUTED = "computed"
    STATED = "stated"


class Verdict(StrEnum):
    """What an endpoint did when it was asked for data without credentials.

    `UNKNOWN` is everything that is neither: silence, an error, an answer that means nothing.
    """

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Column:
    """What was found in one column; never a value of it.

    Attributes:
        name: As the schema names it.
        unit: The unit that the institution states; None where it states none.
        missing: Rows without a value.
        faulty: Rows whose value, or whose lack of one, breaks the schema.
    """

    name: str
    unit: str | None
    missing: int
    faulty: int


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in the data.

    Attributes:
        schema_digest: SHA-256 of the schema's document.
        digest: SHA-256 of the table's file, so that it can be told later what was checked.
        rows: How many there are.
        faulty: How many break the schema.
        foreign: How many columns the schema does not know; their names are not told.
        columns: The schema's columns, in its order.
        unlike: Columns whose unit is another than the schema's, or is not stated.
    """

    schema_digest: bytes
    digest: bytes
    rows: int
    faulty: int
    foreign: int
    columns: tuple[Column, ...]
    unlike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementReached:
    """The agreement that the annotators reached.

    Attributes:
        metric: As the terms name it.
        value: Decimal text from -1 to 1, rounded down to six decimals; None where the labels give
            no value, such as a kappa of labels that are all alike.
        source: Computed from the labels, or stated by the institution.
        records: How many records were labelled at least twice.
        annotators: How many annotators there are.
    """

    metric: str
    value: str | None
    source: Source = Source.STATED
    records: int = 0
    annotators: int = 0


@dataclass(frozen=True, slots=True)
class ConsentCounts:
    """Of how many patients the institution has a decision, and how many of them permit the use."""

    asked: int
    permitting: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One endpoint that was asked for data without credentials, and what came of it.

    Attributes:
        kind: `dicom`, `fhir` or `http`.
        target: Which endpoint.
        vantage: The own address from which it was asked; None where there is no way to it.
        verdict: What it did.
        reason: Why that is the verdict, in a few words that hold nothing of what was answered.
    """

    kind: str
    target: str
    vantage: str | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What an institution states.

    Attributes:
        institution: Its number.
        terms_digest: Binds it to one version of the terms.
        checked_at: When, in Unix seconds.
        data: What was found in the table.
        agreement: What the annotators reached; None where the terms ask for none.
        consent: Counts of the patients' decisions; None where they are not asked for.
        exposure: The endpoints asked; none where the institution names none.
        prior_use: In the institution's own words, what else the data were used for, such as
            training another model; None where it says nothing.
    """

    institution: int
    terms_digest: bytes
    checked_at: int
    data: Table
    agreement: AgreementReached | None
    consent: ConsentCounts | None
    exposure: tuple[Asked, ...]
    prior_use: str | None

    def __post_init__(self) -> None:
        for problem in _contradictions(self):
            raise ReadinessInvalid(
                f"The statement of readiness contradicts itself: {problem}.",
                "State what was found, as `charter readiness check` does.",
            )

    def as_json(self) -> dict[str, Any]:
        """Return the statement as plain data, as its document has it."""
        return {
            "scheme": READINESS_SCHEME,
            "institution": self.institution,
            "terms_digest": to_hex(self.terms_digest),
            "checked_at": self.checked_at,
            "data": asdict(self.data)
            | {
                "schema_digest": to_hex(self.data.schema_digest),
                "digest": to_hex(self.data.digest),
                "columns": [asdict(column) for column in self.data.columns],
                "unlike": list(self.data.unlike),
            },
            "agreement": asdict(self.agreement) if self.agreement else None,
            "consent": asdict(self.consent) if self.consent else None,
            "exposure": [asdict(asked) for asked in self.exposure],
            "prior_use": self.prior_use,
        }

    def canonical(self) -> bytes:
        """Return the RFC 8785 JSON of the statement."""
        return rfc8785.dumps(self.as_json())

    def digest(self) -> bytes:
        """Return the SHA-256 of the canonical form, which the institution signs with the terms."""
        return sha256(self.canonical())


def keep(statement: Statement, path: Path) -> None:
    """Write a statement's canonical bytes, for its owner's eyes alone; what was there is replaced.

    The digest that is signed is that of the file.

    Raises:
        OSError: it cannot be written.
    """
    from governance.chain.files import write_atomically  # noqa: PLC0415 - only who writes needs it

    write_atomically(path, statement.canonical().decode(), _OWNER_ONLY)


def statement_from_canonical(data: bytes) -> Statement:
    """Read a statement from its canonical bytes.

    Raises:
        ReadinessInvalid: they are no statement in canonical form.
    """
    try:
        made = _statement(json.loads(data))
        sound = made.canonical() == data
    except (ValueError, KeyError, TypeError, HexInvalid, RecursionError, ReadinessInvalid):
        sound = False
    if not sound:
        raise ReadinessInvalid(
            "These bytes are no statement of readiness in canonical form.",
            "Give the file that `charter readiness check` wrote, as it wrote it.",
        )
    return made


def _statement(plain: dict[str, Any]) -> Statement:
    table, agreement, consent = plain["data"], plain["agreement"], plain["consent"]
    columns = tuple(
        Column(_text(each["name"]), _maybe(each["unit"]), each["missing"], each["faulty"])
        for each in table["columns"]
    )
    return Statement(
        institution=plain["institution"],
        terms_digest=from_hex(plain["terms_digest"], _DIGEST_BYTES),
        checked_at=plain["checked_at"],
        data=Table(
            from_hex(table["schema_digest"], _DIGEST_BYTES),
            from_hex(table["digest"], _DIGEST_BYTES),
            table["rows"],
            table["faulty"],
            table["foreign"],
            columns,
            tuple(map(_text, table["unlike"])),
        ),
        agreement=agreement
        and AgreementReached(
            _text(agreement["metric"]),
            _maybe(agreement["value"]),
            Source(agreement["source"]),
            agreement["records"],
            agreement["annotators"],
        ),
        consent=consent and ConsentCounts(consent["asked"], consent["permitting"]),
        exposure=tuple(
            Asked(
                _text(each["kind"]),
                _text(each["target"]),
                _maybe(each["vantage"]),
                Verdict(each["verdict"]),
                _text(each["reason"]),
            )
            for each in plain["exposure"]
        ),
        prior_use=_maybe(plain["prior_use"]),
    )


def _contradictions(made: Statement) -> Iterator[str]:
    table, agreement, consent = made.data, made.agreement, made.consent
    digests = (made.terms_digest, table.schema_digest, table.digest)
    if any(len(digest) != _DIGEST_BYTES for digest in digests):
        yield "a digest has not 32 bytes"
    counts = [made.checked_at, table.rows, table.faulty, table.foreign]
    counts += [count for column in table.columns for count in (column.missing, column.faulty)]
    counts += [agreement.records, agreement.annotators] if agreement else []
    counts += [consent.asked, consent.permitting] if consent else []
    if any(type(count) is not int or count < 0 for count in (*counts, made.institution)):
        yield "a count is no whole number from 0 on"
    elif made.institution < 1:
        yield "institutions are counted from 1"
    elif table.faulty > table.rows or any(
        max(column.missing, column.faulty) > table.rows for column in table.columns
    ):
        yield "more rows have a fault than there are rows"
    elif consent and consent.permitting > consent.asked:
        yield "more patients permit the use than were asked"
    if agreement and agreement.value is not None and not _VALUE.fullmatch(agreement.value):
        yield "an agreement is a decimal from -1 to 1, without needless zeros"
    if made.prior_use is not None and not 0 < len(made.prior_use) <= _LONGEST_TEXT:
        yield f"what else the data were used for is to be told in 1 to {_LONGEST_TEXT} characters"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _maybe(value: Any) -> str | None:
    return None if value is None else _text(value)
