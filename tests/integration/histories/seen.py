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
from tests.integration.histories.posting import TRICKS

if TYPE_CHECKING:
    from enum import IntEnum

    from governance.history.events import Event
    from tests.integration.histories.posting import Letter

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
_ACTS = (
    *("applyToJoin", "leave", "rotateAccount", "registerNode", "revokeNode"),
    *("registerValidator", "removeValidator"),
    *("propose", "cancel", "execute"),
    *("castVote", "castVoteWithReason", "castVoteWithReasonAndParams"),
    *("open", "sign", "decline", "withdraw", "renewConsent", "start", "amend", "close"),
    *("publish", "attest", "declare", "pay", "confirm"),
)
"""What somebody can do by a call of its own, so that it does not take a vote."""
_CALLERS = (
    *("applicant", "member", "left", "expelled"),
    *("applicant of two persons", "member of two persons", "left of two persons"),
    *("expelled of two persons", "former account", "registered node", "revoked node", "stranger"),
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
        self.acts: Counter[str] = Counter()
        self.callers: Counter[str] = Counter()
        self.tricks: Counter[str] = Counter()

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

    def accept(self, function: str, letter: Letter | None) -> None:
        """Counts an act that a contract accepted, and who signed it if it came by relay."""
        self.accepted += 1
        self.acts[f"{function} {_way(by_post=letter is not None)}"] += 1
        if letter is not None and letter.by.is_contract:
            self.acts[f"{function} of two persons"] += 1

    def caller(self, kind: str, *, by_post: bool) -> None:
        """Counts who tried to do something, and how."""
        self.callers[f"{kind} {_way(by_post=by_post)}"] += 1

    def report(self) -> str:
        """All counts, in words."""
        counts = {**self.events, **self.values, **self.callers, **self.acts}
        return "\n".join(
            [
                f"{self.histories} histories",
                f"{self.accepted:>7} acts accepted",
                f"{self.refused:>7} acts refused",
                f"{self.tricks.total():>7} signed acts refused that were spoilt",
                *(f"{count:>7} {name}" for name, count in counts.items()),
                *(f"{count:>7} spoilt: {name}" for name, count in self.tricks.items()),
            ]
        )

    def missing(self) -> list[str]:
        """What could have come up and did not."""
        events = [each.__name__ for each in OF_RECORD if not self.events[each.__name__]]
        wanted = {_name(member) for kind in _ENUMS for member in kind} - _NEVER
        ways = [_way(by_post=by_post) for by_post in (False, True)]
        acts = [f"{act} {way}" for act in _ACTS for way in (*ways, "of two persons")]
        callers = [f"{kind} {way}" for kind in _CALLERS for way in ways]
        return [
            *events,
            *sorted(name for name in wanted if not self.values[name]),
            *(name for name in acts if not self.acts[name]),
            *(name for name in callers if not self.callers[name]),
            *(name for name in TRICKS if not self.tricks[name]),
        ]


def _name(value: IntEnum) -> str:
    return f"{type(value).__name__}.{value.name}"


def _way(*, by_post: bool) -> str:
    return "by relay" if by_post else "in person"
