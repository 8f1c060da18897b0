"""One consent as it was read, before the ledger has it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.consent.errors import ConsentUnreadable

if TYPE_CHECKING:
    from pathlib import Path

    from governance.consent.statement import Statement

MATRIX = "matrix"
"""The source of what the plain matrix says: one row a record."""

BY_ID = "id:"
"""How the source of a FHIR consent begins that has an id, of which its server has no second."""


def is_name(text: str) -> bool:
    """Whether a text can name a patient or a consent.

    It has no gaps at its ends, nothing that cannot be seen, and is composed (Unicode NFC): two
    spellings of one name would part a withdrawal from the consent that it withdraws.
    """
    plain = text.isprintable() and text == text.strip() != ""
    return plain and (text.isascii() or unicodedata.is_normalized("NFC", text))


@dataclass(frozen=True, slots=True)
class Found:
    """One consent as it was read.

    Attributes:
        record: The pseudonym whose consent it is.
        source: What tells it from the patient's other consents.
        updated: When it was changed last, Unix seconds; 0 if it does not say.
        statement: What it says.
        file: Where it stood.
        entry: The entry's number there, from 1; in NDJSON and CSV the line's.
        server: The server that the patient's reference names, if it is absolute.
    """

    record: str
    source: str
    updated: int
    statement: Statement
    file: Path
    entry: int
    server: str = ""


@dataclass(slots=True)
class Pages:
    """Whether the pages of an export were followed to their last one.

    Attributes:
        leading_on: The last file with a Bundle that names a next page.
        ended: Whether there is a Bundle that names none.
    """

    leading_on: Path | None = None
    ended: bool = False

    def turn(self, path: Path, *, leads_on: bool) -> None:
        """Take a Bundle of a file into account."""
        if leads_on:
            self.leading_on = path
        else:
            self.ended = True

    def check(self) -> None:
        """See that there is a last page.

        Raises:
            ConsentUnreadable: every page names a next one, so some were not exported.
        """
        if self.leading_on is not None and not self.ended:
            what = "the Bundle names a next page, and no file holds the last one"
            raise ConsentUnreadable(self.leading_on, what)
