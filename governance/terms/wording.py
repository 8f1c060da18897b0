"""What a language must have for terms to be told in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Wording:
    """One language.

    Attributes:
        headings: Of the summary's sections.
        sentences: With the names of what is put into them between braces.
        words: What a field's values are called, by field.
        counted: One and several of a thing, with `{}` for the number.
        conjunctions: `and` and `or`.
        decimal: What stands between whole and parts of a number.
    """

    headings: Mapping[str, str]
    sentences: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    counted: Mapping[str, tuple[str, str]]
    conjunctions: Mapping[str, str]
    decimal: str = "."

    def listed(self, items: Sequence[str], last: str = "and") -> str:
        """Items in a sentence, the last one after a conjunction."""
        *most, end = items
        return f"{', '.join(most)} {self.conjunctions[last]} {end}" if most else end

    def count(self, number: int, thing: str) -> str:
        """So many of a thing."""
        one, several = self.counted[thing]
        return (one if number == 1 else several).format(number)

    def number(self, plain: str) -> str:
        """A decimal number as the language writes it."""
        return plain.replace(".", self.decimal)
