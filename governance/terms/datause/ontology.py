"""Which disease is a kind of which: an `is_a` table, and questions to it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from governance.terms.datause.conditions import CODE
from governance.terms.errors import TermsError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

MAX_BYTES = 64 * 1024 * 1024
"""More than every `is_a` of SNOMED CT."""

_HEADER = ("child", "parent")
_COLUMNS = (2, 3)
_SUBCATEGORY = re.compile(r"(ICD10|ICD10GM):[A-Z][0-9]{2}\.[0-9]{1,2}")


class OntologyInvalid(TermsError):
    """A table of diseases cannot be used."""

    code = "OntologyInvalid"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(
            f"The table of diseases {name} cannot be used: {problem}.",
            "Give CSV or TSV with a row for each is_a: child, parent and, if you like, the "
            "child's name.",
        )


@dataclass(frozen=True, slots=True)
class Ontology:
    """What is a kind of what, as far as it is known.

    Attributes:
        parents: the codes directly above a code.
        labels: names of codes, for people.
    """

    parents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def knows(self, code: str) -> bool:
        """Whether the table says anything of a code."""
        return code in self.parents or any(self.knows(above) for above in _category(code))

    def is_below(self, code: str, other: str) -> bool:
        """Whether a disease is another one, or a kind of it."""
        return other in self.above(code)

    def above(self, code: str) -> frozenset[str]:
        """A disease and all that it is a kind of."""
        seen = {code}
        waiting = [code]
        while waiting:
            current = waiting.pop()
            new = (self.parents.get(current, frozenset()) | set(_category(current))) - seen
            seen |= new
            waiting += new
        return frozenset(seen)

    def name(self, code: str) -> str:
        """A code with its name, where that is known."""
        label = self.labels.get(code)
        return f"{code} ({label})" if label else code


def shipped_ontology() -> Ontology:
    """The small table that comes with us: diseases of heart and circulation."""
    place = resources.files("governance.terms.datause").joinpath("heart.csv")
    return parse_ontology(place.read_text("utf-8"), name="heart.csv")


def load_ontology(path: str | os.PathLike[str]) -> Ontology:
    """Reads a table of diseases from a CSV or TSV file.

    Raises:
        OntologyInvalid: it cannot be read, is too large, malformed, or goes in a circle.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise OntologyInvalid(name, f"{error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise OntologyInvalid(name, f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OntologyInvalid(name, "it is no text in UTF-8") from None
    return parse_ontology(text, name=name)


def parse_ontology(text: str, *, name: str = "the table") -> Ontology:
    """Reads a table of diseases from text; `name` is what messages call it.

    The first two columns are child and parent, a third names the child. Lines beginning with `#`,
    empty lines and a heading are passed over. A parent that is nobody's child is known too.

    Raises:
        OntologyInvalid: a row is malformed, the table is empty, or it goes in a circle.
    """
    parents: dict[str, set[str]] = {}
    labels: dict[str, str] = {}
    for line, cells in _rows(text, name):
        child, parent = cells[:2]
        for code in (child, parent):
            if not CODE.fullmatch(code):
                raise OntologyInvalid(name, f"line {line}: '{code[:40]}' is no code")
        if child == parent:
            raise OntologyInvalid(name, f"line {line}: {child} is its own parent")
        parents.setdefault(child, set()).add(parent)
        parents.setdefault(parent, set())
        if len(cells) > len(_HEADER) and cells[2]:
            labels[child] = cells[2]
    if not parents:
        raise OntologyInvalid(name, "it has no rows")
    circle = _circle(parents)
    if circle:
        raise OntologyInvalid(name, f"it goes in a circle: {' is a '.join(circle)}")
    return Ontology({code: frozenset(above) for code, above in parents.items()}, labels)


def _rows(text: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    lines = text.splitlines()
    told = (line for line in lines if line.strip() and not line.startswith("#"))
    delimiter = "\t" if "\t" in next(told, "") else ","
    begun = False
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            cells = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter)))
        except csv.Error as error:
            raise OntologyInvalid(name, f"line {number}: {error}") from None
        heading = not begun and tuple(cell.lower() for cell in cells[:2]) == _HEADER
        begun = True
        if heading:
            continue
        if len(cells) not in _COLUMNS:
            message = f"line {number}: has {len(cells)} columns instead of two or three"
            raise OntologyInvalid(name, message)
        yield number, cells


def _circle(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle in the table, its first code again at its end; empty if there is none."""
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        on_path: set[str] = set()
        waiting = [(start, False)]
        while waiting:
            code, leaving = waiting.pop()
            if leaving:
                on_path.discard(path.pop())
                done.add(code)
            elif code in on_path:
                return [*path[path.index(code) :], code]
            elif code not in done:
                path.append(code)
                on_path.add(code)
                waiting.append((code, True))
                above = (*parents.get(code, ()), *_category(code))
                waiting += [(parent, False) for parent in above]
    return []


def _category(code: str) -> tuple[str, ...]:
    """The category of an ICD-10 subcategory: by its construction, I25.1 is a kind of I25."""
    return (code.partition(".")[0],) if _SUBCATEGORY.fullmatch(code) else ()
