"""What can be wrong with study terms and with charters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a document.

    `line` and `column` count from 1 and are 0 where the document has no lines (canonical bytes);
    `path` is the field, such as `benefits.payees[0].share`, or empty for the whole document.
    """

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        field = f"{self.path}: " if self.path else ""
        return f"{where}{field}{self.message}"


class TermsError(CharterError):
    """The family of all that can be wrong with terms and charters."""


class DocumentInvalid(TermsError):
    """The family of documents with mistakes; `problems` holds them all, in order of the lines."""

    what = "document"

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        first = self.problems[0]
        where = f"{name}, {first}" if first.line else f"{name}: {first}"
        more = len(self.problems) - 1
        rest = f" (and {more} more)" if more else ""
        super().__init__(
            f"The {self.what} is not valid: {where}{rest}.",
            f"Correct the {self.what}; every problem is listed with its line and field.",
        )


class TermsInvalid(DocumentInvalid):
    """The terms have mistakes."""

    code = "TermsInvalid"
    what = "terms file"


class CharterInvalid(DocumentInvalid):
    """The charter document has mistakes."""

    code = "CharterInvalid"
    what = "charter"


class DocumentUnreadable(TermsError):
    """The file of terms or of a charter cannot be read."""

    code = "DocumentUnreadable"


class TermsNotCanonical(TermsError):
    """Bytes that should be canonical terms are not in the one canonical form."""

    code = "TermsNotCanonical"
    exit_status = ExitStatus.UNVERIFIABLE


class TermsMismatch(TermsError):
    """What is enforced or signed is not what the terms say; `fields` names what differs."""

    code = "TermsMismatch"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(
            f"What the contract enforces is not what the terms say: {', '.join(self.fields)}.",
            "Do not sign these terms; have them proposed again with our tools.",
        )


class CharterProhibitionMissing(TermsError):
    """The terms omit a use that the charter prohibits; `missing` lists what is omitted."""

    code = "CharterProhibitionMissing"

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        listed = "; ".join(f"“{use}”" for use in self.missing)
        super().__init__(
            f"The terms do not prohibit what the charter prohibits: {listed}.",
            "Add these uses to prohibited_uses, word for word.",
        )
