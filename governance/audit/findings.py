"""Findings: what an audit found, each of a kind that the catalogue explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from governance.audit.catalogue import CATALOGUE, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CATALOGUE", "Finding", "FindingJson", "FindingKind", "Severity"]


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
        return self.kind.where.format_map(self.facts)

    @property
    def detail(self) -> str:
        """One sentence with the names and numbers."""
        return self.kind.detail.format_map(self.facts)

    @property
    def meaning(self) -> str:
        """What a finding of this kind means."""
        return self.kind.meaning

    @property
    def ask_next(self) -> str:
        """What to ask next."""
        return self.kind.ask_next

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
