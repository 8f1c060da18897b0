"""What one consent of a patient says, brought to what decisions need, and its form in the ledger.

It names nobody: the ledger knows whose it is.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from governance.consent.reasons import Reason
from governance.consent.spans import ALWAYS

if TYPE_CHECKING:
    from governance.consent.spans import Span


class Policy(IntEnum):
    """The policies that count, by the last number of their code; `ALL` stands for every one."""

    ALL = 0
    COLLECT = 6
    STORE = 7
    USE = 8
    THIRD_PARTIES = 9
    STORE_EARLIER = 45
    USE_EARLIER = 46
    THIRD_PARTIES_EARLIER = 47
    BELOW_GDPR = 49


class Denial(NamedTuple):
    """Something denied for some time, and the reason that is told."""

    policy: int
    start: int
    end: int
    reason: Reason


class Matrix(NamedTuple):
    """An entry of the plain matrix. None in a field is `any`; an empty one permits nothing.

    Attributes:
        diseases: Codes of diseases.
        regions: Countries by ISO 3166-1 alpha-2.
        researchers: `public`, `private`.
        purposes: As `governance.consent.question.PURPOSES` lists them.
        studies: Titles of studies; None is none in particular.
        span: When it permits.
    """

    diseases: tuple[str, ...] | None
    regions: tuple[str, ...] | None
    researchers: tuple[str, ...] | None
    purposes: tuple[str, ...] | None
    studies: tuple[str, ...] | None
    span: Span


class Statement(NamedTuple):
    """What one consent says.

    Attributes:
        permits: Policy and time of each permission that counts.
        denials: What it denies; they count against all consents of the patient.
        flaw: Why its permissions do not count; None where they do.
        matrix: What the plain matrix says, where the statement comes from there.
    """

    permits: tuple[tuple[int, int, int], ...] = ()
    denials: tuple[Denial, ...] = ()
    flaw: Reason | None = None
    matrix: Matrix | None = None

    def body(self) -> str:
        """Its form in the ledger, one line of JSON."""
        plain: dict[str, object] = {}
        if self.permits:
            plain["permits"] = self.permits
        if self.denials:
            plain["denials"] = [(d.policy, d.start, d.end, d.reason) for d in self.denials]
        if self.flaw:
            plain["flaw"] = self.flaw
        if self.matrix:
            m = self.matrix
            plain["matrix"] = (m.diseases, m.regions, m.researchers, m.purposes, m.studies, m.span)
        return orjson.dumps(plain).decode()


def statement_from_body(body: str) -> Statement:
    """Read a statement from its form in the ledger.

    Raises:
        ValueError: it is none.
    """
    plain = orjson.loads(body)
    try:
        flaw, matrix = plain.get("flaw"), plain.get("matrix")
        return Statement(
            plain.get("permits", ()),
            tuple(Denial(p, s, e, Reason(why)) for p, s, e, why in plain.get("denials", ())),
            None if flaw is None else Reason(flaw),
            None if matrix is None else _matrix(matrix),
        )
    except (TypeError, AttributeError) as error:
        raise ValueError("no statement") from error


def _matrix(fields: list[Any]) -> Matrix:
    diseases, regions, researchers, purposes, studies = (
        None if each is None else tuple(each) for each in fields[:-1]
    )
    return Matrix(diseases, regions, researchers, purposes, studies, tuple(fields[-1]))


UNREADABLE = Statement(
    denials=(Denial(Policy.ALL, *ALWAYS, Reason.NOT_UNDERSTOOD),),
    flaw=Reason.NOT_UNDERSTOOD,
)
"""What stands for a consent that cannot be read: it may be a withdrawal."""
