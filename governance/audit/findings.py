"""Findings: what an audit found, each of a kind that the catalogue explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypedDict

from governance.audit.catalogue import CATALOGUE, FindingKind, Severity
from governance.vocabulary import decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CATALOGUE", "Finding", "FindingJson", "FindingKind", "Severity", "Words", "found"]

_MONEY: Final = frozenset({"amount", "paid"})
"""Facts in minor units of the fact `currency`."""
_SPANS: Final = frozenset({"age", "allowed", "late"})
"""Facts in seconds."""


class Words(str):
    """A fact that other languages say in other words, unlike a digest, an address or a name.

    Attributes:
        key: The words in English, with the names of facts of its own in braces.
        facts: What they are filled with.
    """

    __slots__ = ("facts", "key")

    key: str
    facts: Mapping[str, str | int]

    def __new__(cls, key: str, **facts: str | int) -> Words:
        """The words of a key, filled with its facts."""
        words = super().__new__(cls, key.format_map(facts) if facts else key)
        words.key, words.facts = key, facts
        return words


class FindingJson(TypedDict):
    """A finding as reports carry it."""

    id: str
    severity: str
    subject: str
    detail: str
    meaning: str
    ask_next: str
    at: int
    institutions: list[int]
    facts: dict[str, str | int]


def _money(amount: int, currency: str) -> str:
    return f"{decimal(amount, currency, ',')} {currency}"


def in_units(seconds: int) -> dict[str, int]:
    """A time in days (`d`), hours (`h`), minutes (`min`) and seconds (`s`), without what is 0."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = {"d": days, "h": hours, "min": minutes, "s": seconds}
    return {unit: value for unit, value in units.items() if value} or {"s": 0}


def _span(seconds: int) -> str:
    return " ".join(f"{value} {unit}" for unit, value in in_units(seconds).items())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the history that breaks the terms, or that somebody has to explain.

    Attributes:
        id: Its kind, a key of `CATALOGUE`.
        at: Unix seconds of the block in which it shows.
        institutions: Numbers of those whom it concerns, ascending.
        facts: The names and numbers that the kind's sentences are filled with.
    """

    id: str
    at: int
    institutions: tuple[int, ...] = ()
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def kind(self) -> FindingKind:
        """Its entry in the catalogue."""
        return CATALOGUE[self.id]

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.kind.severity

    @property
    def subject(self) -> str:
        """Where it was found, such as `study 1, round 20`."""
        return self.kind.where.format_map(self.written())

    @property
    def detail(self) -> str:
        """One sentence with the names and numbers."""
        return self.kind.detail.format_map(self.written())

    @property
    def meaning(self) -> str:
        """What a finding of this kind means."""
        return self.kind.meaning

    @property
    def ask_next(self) -> str:
        """What to ask next."""
        return self.kind.ask_next

    def written(
        self,
        number: Callable[[int], str] = str,
        money: Callable[[int, str], str] = _money,
        span: Callable[[int], str] = _span,
        text: Callable[[str], str] = str,
    ) -> dict[str, str]:
        """The facts as a sentence is filled with them.

        Args:
            number: Writes a number.
            money: Writes an amount of minor units with its currency.
            span: Writes a time in seconds.
            text: Writes any other fact, among them `Words`.
        """
        facts: Mapping[str, Any] = self.facts
        written = {}
        for name, fact in facts.items():
            if name in _MONEY:
                written[name] = money(fact, facts["currency"])
            elif name in _SPANS:
                written[name] = span(fact)
            else:
                written[name] = number(fact) if isinstance(fact, int) else text(fact)
        return written

    def as_json(self) -> FindingJson:
        """The finding as plain data."""
        return {
            "id": self.id,
            "severity": self.severity.value,
            "subject": self.subject,
            "detail": self.detail,
            "meaning": self.meaning,
            "ask_next": self.ask_next,
            "at": self.at,
            "institutions": list(self.institutions),
            "facts": dict(self.facts),
        }


def found(id_: str, at: int, *institutions: int, **facts: str | int) -> Finding:
    """A finding of a kind, its facts by name."""
    return Finding(id_, at, tuple(sorted(set(institutions))), facts)
