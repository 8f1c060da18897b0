"""What came up in all histories together: a test of histories that never happen tests nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from governance.history import ProposalState
from governance.history.events import OF_RECORD, ActionApproved, CheckpointAttested
from governance.vocabulary import (
    Action,
    Authorisation,
    Level,
    NodeStanding,
    Part,
    Settlement,
    Standing,
    StudyState,
)

if TYPE_CHECKING:
    from enum import IntEnum

    from governance.history.events import Event

_ENUMS: tuple[type[IntEnum], ...] = (
    Action,
    Authorisation,
    Level,
    NodeStanding,
    Part,
    ProposalState,
    Settlement,
    Standing,
    StudyState,
)
_NEVER = {
    "ProposalState.QUEUED",  # The house has no time lock.
    "Level.NONE",  # Terms ask for more.
}


class Seen:
    """Counts events, enum values and refusals over a whole run."""

    def __init__(self) -> None:
        self.histories = 0
        self.accepted = 0
        self.refused = 0
        self.events: Counter[str] = Counter()
        self.values: Counter[str] = Counter()

    def event(self, event: Event) -> None:
        """Counts an event of record."""
        self.events[type(event).__name__] += 1
        if isinstance(event, ActionApproved):
            self.note(event.action)
        elif isinstance(event, CheckpointAttested):
            self.note(event.level)

    def note(self, value: IntEnum) -> None:
        """Counts a value that the contracts and the fold agreed on."""
        self.values[_name(value)] += 1

    def report(self) -> str:
        """All counts, in words."""
        counts = {**self.events, **self.values}
        return "\n".join(
            [
                f"{self.histories} histories",
                f"{self.accepted:>7} acts accepted",
                f"{self.refused:>7} acts refused",
                *(f"{count:>7} {name}" for name, count in counts.items()),
            ]
        )

    def missing(self) -> list[str]:
        """What could have come up and did not."""
        events = [each.__name__ for each in OF_RECORD if not self.events[each.__name__]]
        wanted = {_name(member) for kind in _ENUMS for member in kind} - _NEVER
        return events + sorted(name for name in wanted if not self.values[name])


def _name(value: IntEnum) -> str:
    return f"{type(value).__name__}.{value.name}"
