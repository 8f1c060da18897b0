"""Reading terms and charters from YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from governance.terms.canonical import MAX_TERMS, canonical
from governance.terms.check import check
from governance.terms.document import MAX_CHARACTERS, read_yaml
from governance.terms.errors import (
    CharterInvalid,
    DocumentUnreadable,
    Problem,
    TermsInvalid,
)
from governance.terms.model import Charter, Terms

if TYPE_CHECKING:
    import os

MAX_BYTES = 4 * MAX_CHARACTERS
"""More than the characters that are read can take."""


def load_terms(path: str | os.PathLike[str], *, now: int | None = None) -> Terms:
    """Read a terms file.

    Args:
        path: The YAML file.
        now: Unix seconds at which the terms are to be opened; terms that have expired by then are
            a mistake. None reads terms of any age.

    Raises:
        DocumentUnreadable: there is no such file, or it is not text in UTF-8.
        TermsInvalid: it has mistakes; all of them are listed.
    """
    return parse_terms(read_document(path), name=str(path), now=now)


def parse_terms(text: str, *, name: str = "terms.yaml", now: int | None = None) -> Terms:
    """Read terms from YAML text; `name` is what messages call it, `now` as in `load_terms`.

    Raises:
        TermsInvalid: the text has mistakes; all of them are listed.
    """
    terms = check(read_yaml(text), Terms, TermsInvalid, name, now)
    size = len(canonical(terms))
    if size > MAX_TERMS:
        message = f"the canonical form has {size} bytes and the chain takes {MAX_TERMS}"
        raise TermsInvalid(name, [Problem(1, 1, "", message)])
    return terms


def load_charter(path: str | os.PathLike[str]) -> Charter:
    """Read a charter's file.

    Raises:
        DocumentUnreadable: there is no such file, or it is not text in UTF-8.
        CharterInvalid: it has mistakes; all of them are listed.
    """
    return parse_charter(read_document(path), name=str(path))


def parse_charter(text: str, *, name: str = "charter.yaml") -> Charter:
    """Read a charter from YAML text.

    Raises:
        CharterInvalid: the text has mistakes; all of them are listed.
    """
    return check(read_yaml(text), Charter, CharterInvalid, name)


def read_document(path: str | os.PathLike[str]) -> str:
    """Return the text of a document, in UTF-8.

    Raises:
        DocumentUnreadable: there is no such file, or it is too large, or not text in UTF-8.
    """
    remedy = "Give the path of a YAML file in UTF-8 that you may read."
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"The file {path} cannot be read: {error.strerror}."
        raise DocumentUnreadable(message, remedy) from None
    if len(data) > MAX_BYTES:
        raise DocumentUnreadable(f"The file {path} is larger than 1 MiB.", remedy)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentUnreadable(f"The file {path} is not text in UTF-8.", remedy) from None
